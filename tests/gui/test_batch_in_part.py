"""An evaluation that was stopped with photos that not every defense has answered: it is said everywhere."""

from PySide6.QtWidgets import QLabel

from engine.settings import Settings
from gui.batching import Answer, BatchRequest, BatchView, PhotoLine
from gui.long_work import Stand
from gui.main_window import MainWindow
from gui.panels.words import in_two_lines


def stopped(*answered: int) -> BatchView:
    """Eight photos by two defenses; so many answers are there of each of the first of them."""
    defenses = ("scalecert", "minority_reports")
    request = BatchRequest(1, "/photos", None, True, Settings(), "/out", defenses)
    answer = Answer("certified", "answers daisy")
    told = [
        PhotoLine(f"{index}.png", f"/photos/{index}.png", "daisy", dict.fromkeys(defenses[:number], answer))
        for index, number in enumerate(answered)
    ]
    first = [PhotoLine(line.photo, line.path, line.label, dict.fromkeys(defenses[:1], answer)) for line in told]
    done = sum(number == len(defenses) for number in answered)
    lines = [*first, *told]
    return BatchView(request, True, done, 8, done, 3.0, lines, len(lines), (), ())


def show(window: MainWindow, view: BatchView) -> tuple[str, str]:
    """What the tab says of it, above and over the table."""
    window.batch.view, window.batch.stand = view, Stand.STOPPED
    window.batch.changed.emit()
    panel = window.batch_panel
    return panel.findChild(QLabel, "batchStatus").text(), panel.table.note.text()


def test_photos_that_are_begun_are_told_apart(window: MainWindow) -> None:
    status, note = show(window, stopped(2, 2, 1))
    assert status.startswith("Stopped: 2 of 8 photos, 1 more in part; Resume goes on from there.")
    assert note == "3 photos, 1 of them in part"
    status, note = show(window, stopped(2, 2))
    assert status.startswith("Stopped: 2 of 8 photos; Resume")
    assert note == "2 photos"


def test_long_titles_stand_in_two_lines() -> None:
    assert (
        in_two_lines("Minority Reports with PatchCleanser's masks") == "Minority Reports with\nPatchCleanser's masks"
    )
    assert in_two_lines("Interval bound propagation") == "Interval bound propagation"
    assert in_two_lines("Averyveryverylongwordthatcannotbebroken") == "Averyveryverylongwordthatcannotbebroken"
