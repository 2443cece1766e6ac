"""Every question that stops the user: one object, so that tests put another in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QMessageBox,
    QWidget,
)

from engine.images import EXTENSIONS

__all__ = ["PHOTOS", "Dialogs", "FigureChoice"]

PHOTOS = f"Photos ({' '.join(f'*{extension}' for extension in sorted(EXTENSIONS))})"
_ALL = "All files (*)"


_FORMATS = {
    "PNG, as on the screen": (".png", 1),
    "PNG, 2 x": (".png", 2),
    "PNG, 4 x": (".png", 4),
    "SVG drawing": (".svg", 1),
    "PDF page": (".pdf", 1),
}


@dataclass(frozen=True)
class FigureChoice:
    """Which figure to export, the file's ending, and pixels for each of the screen."""

    what: str
    suffix: str
    scale: int


class Dialogs:
    """File and question dialogs over one window; ``None`` is always "the user thought better of it".

    Parameters
    ----------
    window : QWidget, optional
    """

    def __init__(self, window: QWidget | None = None) -> None:
        self._window = window

    def open_file(self, caption: str, filters: str = PHOTOS, folder: Path | None = None) -> Path | None:
        """A file that exists."""
        name, _ = QFileDialog.getOpenFileName(self._window, caption, str(folder or ""), f"{filters};;{_ALL}")
        return Path(name) if name else None

    def open_folder(self, caption: str, folder: Path | None = None) -> Path | None:
        """A folder that exists."""
        name = QFileDialog.getExistingDirectory(self._window, caption, str(folder or ""))
        return Path(name) if name else None

    def save_file(self, caption: str, name: str, filters: str) -> Path | None:
        """Where to save; the extension follows the chosen filter when none was typed."""
        dialog = QFileDialog(self._window, caption)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(filters.split(";;"))
        suffix = filters.partition("*.")[2].partition(")")[0].split()[0]
        dialog.setDefaultSuffix(suffix)
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix(chosen.partition("*.")[2].partition(")")[0].split()[0])
        )
        dialog.selectFile(name)
        accepted = dialog.exec() == QFileDialog.DialogCode.Accepted
        chosen = dialog.selectedFiles() if accepted else []
        dialog.deleteLater()
        return Path(chosen[0]) if chosen else None

    def choose_figure(self, sources: Sequence[str]) -> FigureChoice | None:
        """What to export, and in which format."""
        dialog = QDialog(self._window)
        dialog.setWindowTitle("Export figure")
        what, form = QComboBox(), QComboBox()
        what.addItems(list(sources))
        what.setAccessibleName("What")
        form.addItems(list(_FORMATS))
        form.setAccessibleName("Format")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(dialog.accept)
        buttons.rejected.connect(dialog.reject)
        layout = QFormLayout(dialog)
        layout.addRow("&What", what)
        layout.addRow("&Format", form)
        layout.addRow(buttons)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        choice = FigureChoice(what.currentText(), *_FORMATS[form.currentText()])
        dialog.deleteLater()
        return choice if accepted else None

    def ask(self, title: str, question: str, yes: str, no: str = "Cancel") -> bool:
        """A question with two answers named by what they do."""
        box = QMessageBox(QMessageBox.Icon.Question, title, question, parent=self._window)
        agreed = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        box.addButton(no, QMessageBox.ButtonRole.RejectRole)
        box.exec()
        box.deleteLater()
        return box.clickedButton() is agreed

    def show_file(self, path: Path) -> None:
        """A file in the program that the system opens it with, such as the browser."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def tell(self, title: str, text: str) -> None:
        """Something to read, in rich text."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, text, QMessageBox.StandardButton.Close, self._window)
        box.exec()
        box.deleteLater()
