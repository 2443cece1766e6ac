"""The real dialogs, answered as a user would."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QFileDialog, QLineEdit, QMessageBox

from gui.dialogs import Dialogs, FigureChoice


@pytest.fixture
def dialogs(qapp: QApplication) -> Iterator[Dialogs]:
    """Qt's own dialogs, as a desktop's cannot be driven."""
    qapp.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, True)
    yield Dialogs()
    qapp.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, False)


def answer(act: Callable[[QDialog], None]) -> None:
    """Do something with the dialog that is about to open, as soon as it is there."""

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            timer.stop()
            act(dialog)

    timer = QTimer(QApplication.instance())
    timer.timeout.connect(look)
    timer.timeout.connect(lambda: None if timer.isActive() else timer.deleteLater())
    timer.start(5)


def test_a_question_names_its_answers(dialogs: Dialogs):
    def press(words: str) -> Callable[[QDialog], None]:
        return lambda box: next(button for button in box.buttons() if button.text() == words).click()

    answer(press("Use it"))
    assert dialogs.ask("Load", "The photo has changed.", "Use it") is True
    answer(press("Cancel"))
    assert dialogs.ask("Load", "The photo has changed.", "Use it") is False
    answer(lambda box: box.reject())
    assert dialogs.ask("Load", "The photo has changed.", "Use it") is False


def test_a_figure_is_chosen_by_what_and_format(dialogs: Dialogs):
    def choose(dialog: QDialog) -> None:
        what, form = dialog.findChildren(QComboBox)
        what.setCurrentText("Whole window")
        form.setCurrentText("PNG, 4 x")
        dialog.accept()

    answer(choose)
    assert dialogs.choose_figure(["Photo as shown", "Whole window"]) == FigureChoice("Whole window", ".png", 4)
    answer(lambda dialog: dialog.reject())
    assert dialogs.choose_figure(["Photo as shown"]) is None


@pytest.mark.parametrize(
    ("typed", "filtered", "saved"), [("a", 0, "a.json"), ("a", 1, "a.csv"), ("a.npz", 0, "a.npz")]
)
def test_the_ending_follows_the_filter_unless_it_is_typed(
    dialogs: Dialogs, tmp_path: Path, typed: str, filtered: int, saved: str
):
    def choose(dialog: QDialog) -> None:
        assert isinstance(dialog, QFileDialog)
        dialog.setDirectory(str(tmp_path))
        name = dialog.nameFilters()[filtered]
        dialog.selectNameFilter(name)
        dialog.filterSelected.emit(name)
        dialog.findChild(QLineEdit).setText(typed)
        dialog.accept()

    answer(choose)
    filters = "Report (*.json);;Windows (*.csv);;Maps (*.npz)"
    assert dialogs.save_file("Export data", "photo-report.json", filters) == tmp_path / saved


def test_files_and_folders_are_opened_or_not(dialogs: Dialogs, tmp_path: Path):
    (tmp_path / "a.png").touch()
    answer(lambda dialog: dialog.reject())
    assert dialogs.open_file("Open photo", folder=tmp_path) is None
    answer(lambda dialog: dialog.reject())
    assert dialogs.open_folder("Open folder", folder=tmp_path) is None

    def choose(dialog: QDialog) -> None:
        dialog.findChild(QLineEdit).setText(str(tmp_path / "a.png"))
        dialog.accept()

    answer(choose)
    assert dialogs.open_file("Open photo", folder=tmp_path) == tmp_path / "a.png"


def test_something_to_read_is_closed(dialogs: Dialogs):
    said: list[str] = []

    def close(box: QDialog) -> None:
        assert isinstance(box, QMessageBox)
        said.append(box.text())
        box.reject()

    answer(close)
    dialogs.tell("About", "<b>SINscope</b>")
    assert said == ["<b>SINscope</b>"]
