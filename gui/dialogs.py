"""Every question that stops the user: one object, so that tests put another in its place."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from engine.images import EXTENSIONS

__all__ = ["PHOTOS", "Dialogs"]

PHOTOS = f"Photos ({' '.join(f'*{extension}' for extension in sorted(EXTENSIONS))})"
_ALL = "All files (*)"


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

    def ask(self, title: str, question: str, yes: str, no: str = "Cancel") -> bool:
        """A question with two answers named by what they do."""
        box = QMessageBox(QMessageBox.Icon.Question, title, question, parent=self._window)
        agreed = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        box.addButton(no, QMessageBox.ButtonRole.RejectRole)
        box.exec()
        box.deleteLater()
        return box.clickedButton() is agreed

    def tell(self, title: str, text: str) -> None:
        """Something to read, in rich text."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, text, QMessageBox.StandardButton.Close, self._window)
        box.exec()
        box.deleteLater()
