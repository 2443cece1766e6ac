"""Reads patch pictures for the canvas beside the GUI thread."""

import contextlib
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, QThreadPool, Signal, Slot
from PySide6.QtGui import QImage

from engine.errors import SinscopeError
from gui.sources import load_patch

__all__ = ["LoadedPatch", "PatchLoader"]

_KEPT = 8
_PICTURE_SIDE = 1024  # px; more than any screen shows of a patch


@dataclass(frozen=True, eq=False)
class LoadedPatch:
    """A patch's own size (height, width) in pixels, and a picture of it to draw."""

    reference: str
    size: tuple[int, int]
    picture: QImage = field(repr=False)


class PatchLoader(QObject):
    """Loads patches by reference in Qt's thread pool and keeps the last few.

    Signals
    -------
    loaded : LoadedPatch
    """

    loaded = Signal(object)
    _read = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[str, LoadedPatch] = OrderedDict()
        self._asked: set[str] = set()
        self._read.connect(self._keep)

    def get(self, reference: str) -> LoadedPatch | None:
        """The patch, if it has been read; else it is read, and ``loaded`` says when. Faults stay silent here:
        the engine reads the same file and reports them.
        """
        if reference in self._kept:
            self._kept.move_to_end(reference)
            return self._kept[reference]
        if reference not in self._asked:
            self._asked.add(reference)
            QThreadPool.globalInstance().start(lambda: self._work(reference))
        return None

    def _work(self, reference: str) -> None:
        """Runs in the pool."""
        made: LoadedPatch | str = reference
        with contextlib.suppress(SinscopeError, OSError, MemoryError):
            made = _read_patch(reference)
        with contextlib.suppress(RuntimeError):  # the window was closed meanwhile
            self._read.emit(made)

    @Slot(object)
    def _keep(self, made: LoadedPatch | str) -> None:
        if isinstance(made, str):
            self._asked.discard(made)
            return
        self._asked.discard(made.reference)
        self._kept[made.reference] = made
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self.loaded.emit(made)


def _read_patch(reference: str) -> LoadedPatch:
    patch = load_patch(reference)
    height, width = patch.rgba.shape[:2]
    shown = Image.fromarray(patch.rgba)
    shown.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE))
    pixels = np.ascontiguousarray(shown)
    picture = QImage(pixels.data, shown.width, shown.height, 4 * shown.width, QImage.Format.Format_RGBA8888)
    own = picture.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    return LoadedPatch(reference, (height, width), own)
