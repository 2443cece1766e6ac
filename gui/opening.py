"""Photos, folders, patches, adapted weights brought in: by dialog, drop, clipboard, sample or list of recent ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QObject, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter

from engine.datasets.cifar10 import cifar10_folder
from engine.images import MAX_PIXELS
from gui.aside import Aside
from gui.dialogs import Dialogs
from gui.drop import dropped_files
from gui.filmstrip import Filmstrip
from gui.messages import Message, MessageBar
from gui.preferences import Preferences
from gui.sources import keep_clipboard_image
from gui.state import State

__all__ = ["Opener"]


def _keep(picture: QImage) -> str:
    """Turn a picture of the clipboard into pixels and keep them; may run in any thread."""
    if picture.hasAlphaChannel():
        ground = QImage(picture.size(), QImage.Format.Format_RGB888)
        ground.fill(QColor("white"))
        painter = QPainter(ground)
        painter.drawImage(0, 0, picture)
        painter.end()
        picture = ground
    picture = picture.convertToFormat(QImage.Format.Format_RGB888)
    height, width = picture.height(), picture.width()
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(height, picture.bytesPerLine())
    return keep_clipboard_image(rows[:, : 3 * width].reshape(height, width, 3))


class Opener(QObject):
    """Asks for what is to be opened and tells the state.

    Parameters
    ----------
    state : State
    filmstrip : Filmstrip
    messages : MessageBar
    dialogs : Dialogs
    preferences : Preferences
    aside : Aside

    Signals
    -------
    patch_chosen : str
        A patch to put on the photo.
    """

    patch_chosen = Signal(str)

    def __init__(
        self,
        state: State,
        filmstrip: Filmstrip,
        messages: MessageBar,
        dialogs: Dialogs,
        preferences: Preferences,
        aside: Aside,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._filmstrip, self._messages = state, filmstrip, messages
        self.dialogs, self._preferences = dialogs, preferences
        self._aside = aside
        filmstrip.opened.connect(self._folder_opened)
        filmstrip.refused.connect(self._refused)

    def photo(self, reference: str) -> None:
        """Open a photo by path or ``sample:NAME``."""
        if not reference.startswith("sample:"):
            reference = str(Path(reference).absolute())
            self._preferences.recent("photos").add(reference)
        self._state.change("Open photo", image=reference)

    def patch(self, reference: str) -> None:
        """Put another patch on the photo."""
        if not reference.startswith("sample:"):
            reference = str(Path(reference).absolute())
            self._preferences.recent("patches").add(reference)
        self.patch_chosen.emit(reference)

    def folder(self, folder: str) -> None:
        """Walk through a folder."""
        self._filmstrip.open_folder(str(Path(folder).absolute()))

    def cifar10(self, name: str) -> None:
        """Walk through CIFAR-10's test photos of a class, unpacked when they are first asked for."""
        self._aside.run(lambda: str(cifar10_folder("test") / name), self.folder, self._refused)

    @Slot()
    def ask_photo(self) -> None:
        """Open a photo from a dialog."""
        path = self.dialogs.open_file("Open photo", folder=self._preferences.last_folder("photos"))
        if path is not None:
            self.photo(str(path))

    @Slot()
    def ask_patch(self) -> None:
        """Choose a patch from a dialog."""
        path = self.dialogs.open_file("Open patch", folder=self._preferences.last_folder("patches"))
        if path is not None:
            self.patch(str(path))

    @Slot()
    def ask_adapted(self) -> None:
        """Choose a file of adapted weights from a dialog."""
        path = self.dialogs.open_file("Open adapted weights", "Adapted weights (*.safetensors)")
        if path is not None:
            self._state.set_knobs("Adapted weights", adapted=str(path.absolute()))

    @Slot()
    def ask_folder(self) -> None:
        """Open a folder from a dialog."""
        path = self.dialogs.open_folder("Open folder", folder=self._preferences.last_folder("folders"))
        if path is not None:
            self.folder(str(path))

    @Slot()
    def paste(self) -> None:
        """Take a photo, or the file that was copied, from the clipboard."""
        data = QGuiApplication.clipboard().mimeData()
        if data is not None and self.take(data):
            return
        text = data.text().strip() if data is not None and data.hasText() else ""
        if text and "\n" not in text and Path(text).is_file():
            self.photo(text)
        else:
            self._messages.show_message(Message("There is no picture in the clipboard; copy one first."))

    def take(self, data: QMimeData, as_patch: bool = False) -> bool:
        """Open what was dropped or pasted; False if there is nothing to open in it."""
        files = dropped_files(data)
        if files:
            self.files(files, as_patch)
            return True
        picture = data.imageData() if data.hasImage() else None
        if not isinstance(picture, QImage) or picture.isNull():
            return False
        if picture.width() * picture.height() > MAX_PIXELS:
            self._messages.show_message(
                Message(f"The picture has more than {MAX_PIXELS // 10**6} megapixels; give a smaller one.", "error")
            )
            return True
        self._aside.run(lambda: _keep(picture), self._pasted, self._refused)
        return True

    def files(self, files: Sequence[Path], as_patch: bool = False) -> None:
        """Open a folder, a photo, a patch; of several files the folder of the first, beginning with it."""
        first = files[0]
        if first.is_dir():
            self.folder(str(first))
        elif as_patch:
            self.patch(str(first))
        else:
            if len(files) > 1:
                self._filmstrip.open_folder(str(first.absolute().parent), str(first.absolute()))
            self.photo(str(first))

    def _pasted(self, reference: str) -> None:
        self._state.change("Paste photo", image=reference)

    @Slot(str, int)
    def _folder_opened(self, folder: str, photos: int) -> None:
        self._preferences.recent("folders").add(folder)
        self._state.log(f"Opened {folder}, {photos} photos.")

    @Slot(str)
    def _refused(self, why: str) -> None:
        self._state.log(why)
        self._messages.show_message(Message(why, "error"))
