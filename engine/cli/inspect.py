"""``inspect``: photos in, answers, report and figures out."""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from engine.cli import exits
from engine.cli.answer import Answer, block, header, line
from engine.cli.arguments import settings_from
from engine.cli.bench import Bench, Pasting
from engine.cli.console import Screen
from engine.cli.faults import internal, printable
from engine.cli.inspectors import Inspectors
from engine.cli.references import Reference, expand, figure_paths, guard_inputs
from engine.errors import ImageError, OutputError, SettingsError, SinscopeError
from engine.outputs import check_output, write_output
from engine.placement import parse_position, read_patch
from engine.report import error_report, inspection_report

__all__ = ["as_document", "draw", "inspect_photos"]

STANDARD_OUTPUT = "-"


def inspect_photos(arguments: argparse.Namespace, inspectors: Inspectors) -> int:
    """Inspect every photo that was named; the exit code.

    Raises
    ------
    SinscopeError
        If nothing can be inspected as asked, or a result cannot be written.
    """
    settings = settings_from(arguments)
    pasting = _pasting(arguments)
    references = expand(arguments.images)
    json_path = None if arguments.json in (None, STANDARD_OUTPUT) else Path(arguments.json)
    if json_path:
        check_output(json_path)
    written = [json_path] if json_path else []
    figures = figure_paths(arguments.figure, references, written) if arguments.figure else []
    read = [reference.name for reference in references]
    read += [name for name in (arguments.paste, settings.weights, settings.labels) if name]
    guard_inputs([*written, *figures], read)

    screen = Screen(silent=arguments.json == STANDARD_OUTPUT)
    label = getattr(arguments, "label", None)
    bench = Bench(settings, label, inspectors, screen, until_alert=arguments.until_alert)
    run = _Run(screen, bench, pasting, references, figures, keep=arguments.json is not None, debug=arguments.debug)
    with screen.progress(len(references)):
        run.all()
    run.sum_up()
    if json_path:
        write_output(json_path, as_document(run.reports))
        screen.show(f"report written to {printable(str(json_path))}", wrap=False)
    elif arguments.json == STANDARD_OUTPUT:
        screen.document(as_document(run.reports))
    return run.code


def _pasting(arguments: argparse.Namespace) -> Pasting | None:
    """The patch that was asked for.

    Raises
    ------
    PatchError
        If it cannot be read.
    SettingsError
        If a place was given without a patch.
    """
    if arguments.paste is None:
        for option in ("at", "scale", "rotate"):
            if getattr(arguments, option) is not None:
                raise SettingsError(f"--{option} says where a patch goes, and there is none; add --paste PATCH.png.")
        return None
    at = parse_position(arguments.at) if arguments.at is not None else None
    scale = arguments.scale if arguments.scale is not None else 1.0
    return Pasting(read_patch(arguments.paste), at, scale, arguments.rotate or 0.0)


def as_document(reports: Sequence[str]) -> bytes:
    """Reports, each as JSON text, as one JSON array with a line for each."""
    return ("[\n" + ",\n".join(reports) + "\n]\n").encode()


def draw(answer: Answer, title: str) -> bytes:
    """The figure of an answer, as the bytes of a PNG file."""
    from engine.figure import figure_png  # matplotlib, only where a figure is wanted

    return figure_png(answer.inspection, title=title, placed=answer.pasted[1] if answer.pasted else None)


class _Run:
    """The photos of one command, one after another, and what has come of them so far."""

    def __init__(
        self,
        screen: Screen,
        bench: Bench,
        pasting: Pasting | None,
        references: Sequence[Reference],
        figures: Sequence[Path],
        keep: bool,
        debug: bool,
    ) -> None:
        self._screen, self._bench, self._pasting = screen, bench, pasting
        self._references, self._figures, self._keep, self._debug = references, figures, keep, debug
        self._names = _short(references)
        self._words: Counter[str] = Counter()
        self._answered = self._faulty = self._interrupted = False
        self._several = len(references) > 1
        self._started = time.perf_counter()
        self._drawn: list[Path] = []
        self.reports: list[str] = []

    @property
    def code(self) -> int:
        """What the exit code has to be."""
        if self._interrupted:
            return exits.INTERRUPTED
        if self._faulty:
            return exits.ERROR
        return exits.ALERT if self._words["alert"] or self._words["undecided"] else exits.QUIET

    def all(self) -> None:
        """Inspect every photo, until interrupted.

        Raises
        ------
        SinscopeError
            If the first photo shows that what was asked for cannot be done with any.
        """
        try:
            for index, name in enumerate(self._names):
                answer = self._one(index)
                if self._several and index == 0:
                    self._show(header(self._names))
                if self._several:
                    self._show(line(self._names, name, answer))
                elif answer:
                    self._show(block(answer), wrap=True)
        except KeyboardInterrupt:
            self._interrupted = True

    def sum_up(self) -> None:
        """Say how far it came."""
        done = f"{self._words.total()} of {len(self._references)} photos"
        if self._interrupted:
            self._screen.tell(f"interrupted after {done}")
        if self._several:
            counts = ", ".join(f"{count} {word}" for word, count in self._words.items()) or "none finished"
            self._show(f"{done}: {counts}; {time.perf_counter() - self._started:.1f} s")
        if len(self._drawn) == 1:
            self._show(f"figure written to {printable(str(self._drawn[0]))}")
        elif self._drawn:
            self._show(f"{len(self._drawn)} figures written")

    def _one(self, index: int) -> Answer | None:
        """One photo, up to its report and figure; ``None`` if there was an error."""
        reference = self._references[index]
        try:
            if reference.error:
                raise reference.error
            answer = self._bench.inspect(reference.name, self._pasting, index)
            report = inspection_report(answer.inspection, answer.image, pasted=answer.pasted, notes=answer.notes)
        except SinscopeError as error:
            if not isinstance(error, ImageError) and not self._answered:
                raise
            self._failed(reference, str(error))
            return None
        except Exception as error:
            self._failed(reference, internal(error, self._debug, reference.name))
            return None
        self._answered = True
        if self._figures:
            self._draw(answer, self._figures[index])
        self._finish(answer.verdict.word, report)
        return answer

    def _failed(self, reference: Reference, sentence: str) -> None:
        self._fault(sentence)
        self._finish("error", error_report(reference.name, sentence))

    def _finish(self, word: str, report: dict[str, Any]) -> None:
        text = json.dumps(report, allow_nan=False)  # takes a tenth of the memory
        if self._keep:
            self.reports.append(text)
        self._words[word] += 1  # the last: Ctrl-C before it leaves a photo that is not counted

    def _draw(self, answer: Answer, path: Path) -> None:
        """Write a figure; the photo is reported even if that fails."""
        try:
            write_output(path, draw(answer, answer.image.stem))
            self._drawn.append(path)
        except OutputError as error:
            self._fault(str(error))
        except Exception as error:
            self._fault(internal(error, self._debug, f"The figure {path}"))

    def _show(self, result: RenderableType, wrap: bool = False) -> None:
        """Print a result; reports and figures are still wanted where nothing can be printed."""
        try:
            self._screen.show(result, wrap)
        except OutputError as error:
            self._fault(str(error))

    def _fault(self, sentence: str) -> None:
        self._faulty = True
        self._screen.error(sentence)


def _short(references: Sequence[Reference]) -> list[str]:
    """Names for the table: without folders, where they are all different."""
    names = [printable(Path(reference.name).name) for reference in references]
    return names if len(set(names)) == len(names) else [printable(reference.name) for reference in references]
