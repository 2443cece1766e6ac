"""What every photo of a run goes through: read, patched if asked for, inspected."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.cli.answer import Answer
from engine.cli.class_names import class_index
from engine.cli.console import Screen
from engine.cli.inspectors import Inspectors
from engine.images import load_image
from engine.pipeline import Inspection
from engine.placement import Patch, PlacedPatch, Placement, oversize_notes, paste, placed_size
from engine.settings import Settings

__all__ = ["Bench", "Pasting"]


@dataclass(frozen=True)
class Pasting:
    """A patch and how it is put into every photo.

    Parameters
    ----------
    patch : Patch
    at : (int, int), optional
        X and Y of its top-left corner in the model's input; ``None`` puts it in the middle.
    scale, rotation : float
        As in ``Placement``.
    """

    patch: Patch
    at: tuple[int, int] | None = None
    scale: float = 1.0
    rotation: float = 0.0

    def put(self, view: NDArray[np.uint8]) -> PlacedPatch:
        """The view with the patch in it.

        Raises
        ------
        PatchError
            If it does not fit.
        """
        placement = Placement(*(self.at or (0, 0)), self.scale, self.rotation)
        if self.at is None:
            height, width = placed_size(self.patch, self.scale, self.rotation)
            left, top = max(0, (view.shape[1] - width) // 2), max(0, (view.shape[0] - height) // 2)
            placement = replace(placement, left=left, top=top)
        return paste(view, self.patch, placement)


class Bench:
    """Settings, ready for one photo after another.

    Parameters
    ----------
    settings : Settings
    label : str, optional
        The class to certify, by index or name.
    inspectors : Inspectors
    screen : Screen
    until_alert : bool
        Stop at the first alert of each photo.
    """

    def __init__(
        self,
        settings: Settings,
        label: str | None,
        inspectors: Inspectors,
        screen: Screen,
        *,
        until_alert: bool = False,
    ) -> None:
        self._settings, self._label = settings, label
        self._inspectors, self._screen = inspectors, screen
        self._until_alert = until_alert

    def inspect(self, name: str, pasting: Pasting | None = None, done: int = 0) -> Answer:
        """Inspect a photo to its verdict; the classifier is loaded when the first photo has been read.

        Parameters
        ----------
        name : str
            A path, or ``sample:NAME``.
        pasting : Pasting, optional
        done : int
            Photos before this one, for the progress bar.

        Raises
        ------
        ImageError
            If the photo cannot be read.
        SinscopeError
            Any other kind: settings, classifier, patch or backend do not fit, whatever the photo is.
        """
        shown = Path(name).name
        self._screen.advance(shown, "reading", done)
        started = time.perf_counter()
        image = load_image(name)
        read = time.perf_counter() - started
        if not self._inspectors.ready(self._settings):
            with self._screen.paused():  # a library may show a download's progress
                if self._screen.watched:
                    self._screen.tell(f"Loading {self._settings.model} ...")
                self._inspectors.get(self._settings)
        inspector = self._inspectors.get(self._settings)
        classifier, settings = inspector.classifier, self._settings
        if self._label is not None:
            settings = replace(settings, label=class_index(self._label, classifier.labels))
        started = time.perf_counter()
        view = classifier.preprocessing.view(image.rgb)
        placed = pasting.put(view) if pasting else None
        read += time.perf_counter() - started
        self._screen.advance(shown, "preparing", done)
        found: Inspection | None = None
        seen = placed.view if placed else view
        for found in inspector.inspect(seen, settings, until_alert=self._until_alert):
            if found.sweep is not None:
                windows = int(found.sweep.done.sum())
                share = windows / len(found.family)
                self._screen.advance(shown, f"{windows}/{len(found.family)} windows", done + share)
        assert found is not None
        found = replace(found, timing_ms={"read": read * 1000, **found.timing_ms})
        if pasting is None or placed is None:
            return Answer(image, found, None, ())
        return Answer(image, found, (pasting.patch, placed), oversize_notes(placed, found.threat))
