"""What the user sees: results on standard output, errors and progress on standard error."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from engine.cli.faults import printable
from engine.errors import OutputError

__all__ = ["Screen"]

_WIDTH = 110  # where nobody watches


class Screen:
    """The two streams of one run; the progress bar is drawn only on a terminal.

    Parameters
    ----------
    silent : bool
        Leave standard output to :meth:`document` alone.
    """

    def __init__(self, silent: bool = False) -> None:
        self._silent = silent
        self._out = _console(sys.stdout)
        self._err = _console(sys.stderr)
        self._progress: Progress | None = None
        self._task = TaskID(0)

    @property
    def watched(self) -> bool:
        """Whether standard error is a terminal."""
        return self._err.is_terminal

    def show(self, result: RenderableType, wrap: bool = True) -> None:
        """Print a result, or a line of it that is not to be wrapped.

        Raises
        ------
        OutputError
            If standard output cannot take it; a reader that has gone away is no error.
        """
        if self._silent:
            return
        with self.paused(), _printing(self._out.file):
            if self._out.is_terminal:
                self._out.print(result, soft_wrap=not wrap)
                return
            with self._out.capture() as captured:
                self._out.print(result, soft_wrap=not wrap)
            lines = captured.get().splitlines()  # without the blanks that fill tables up
            self._out.file.write("".join(f"{line.rstrip()}\n" for line in lines))
            self._out.file.flush()

    def document(self, document: bytes) -> None:
        """Print a JSON document and nothing else.

        Raises
        ------
        OutputError
            As :meth:`show`.
        """
        with self.paused(), _printing(self._out.file):
            self._out.file.write(document.decode())
            self._out.file.flush()

    def tell(self, sentence: str) -> None:
        """Print one line on standard error."""
        with self.paused(), suppress(OutputError), _printing(self._err.file):
            self._err.print(printable(sentence), soft_wrap=True)

    def error(self, sentence: str) -> None:
        """Print an error."""
        self.tell(f"error: {sentence}")

    @contextmanager
    def progress(self, total: int, unit: str = "photos") -> Iterator[None]:
        """Draw a bar for a number of photos, or of what ``unit`` says, within the block."""
        if not self.watched:
            yield
            return
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn(f"{{task.fields[done]}}/{{task.total:.0f}} {unit}", markup=False),
            TextColumn("{task.fields[detail]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
        )
        self._progress = Progress(
            *columns, console=self._err, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._task = self._progress.add_task("", total=total, detail="", done=0)
        try:
            with self._progress:
                yield
        finally:
            self._progress = None

    def advance(self, photo: str, detail: str, completed: float) -> None:
        """Say how far the work has come.

        Parameters
        ----------
        photo, detail : str
        completed : float
            Photos done, with the share of the current one.
        """
        if self._progress is not None:
            self._progress.update(
                self._task, description=printable(photo), detail=detail, completed=completed, done=int(completed)
            )

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to somebody else within the block: a result, or a download's own bar."""
        progress = self._progress
        if progress is None:
            yield
            return
        progress.stop()
        try:
            yield
        finally:
            progress.start()


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Go on: Rich would end the program, and with it the files that are still to be written."""
        raise BrokenPipeError


def _console(stream: IO[str] | None) -> Console:
    if stream is None:  # closed by whoever started the program
        stream = io.StringIO()
    # Names of files may hold what the stream's encoding does not.
    if hasattr(stream, "reconfigure"):
        cast(Any, stream).reconfigure(errors="backslashreplace")
    width = None if stream.isatty() else _WIDTH
    return _Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


@contextmanager
def _printing(stream: IO[str]) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        _discard(stream)
        raise OutputError(
            f"The result cannot be printed ({error.strerror or error}); free some space, or send standard "
            f"output to another place."
        ) from error


def _discard(stream: IO[str]) -> None:
    """Let what else is printed, and what is still buffered, go nowhere."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass
