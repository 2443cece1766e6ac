"""Small screens: nothing lies over anything else, and what has too little room scrolls."""

from itertools import combinations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QCheckBox, QScrollArea
from pytestqt.qtbot import QtBot

from gui.batching import BatchRequest, BatchSurvey, Offer
from gui.main_window import MainWindow

TABS = ("windows", "compare", "attack", "batch", "activity")
OFFERS = tuple(
    Offer(name, title, "detection", "nothing", refusal)
    for name, title, refusal in (
        ("scalecert", "ScaleCert", ""),
        ("minority_reports_pc", "Minority Reports with PatchCleanser's masks", ""),
        ("ibp", "Interval bound propagation", "it needs a network of Conv2d and Linear modules alone."),
    )
)


def resized(qtbot: QtBot, window: MainWindow, width: int, height: int) -> None:
    """Give the window a size, whatever its least one is, and wait for its layout."""
    window.resize(width, height)
    window.docks.share_out()
    qtbot.waitUntil(lambda: (window.width(), window.height()) == (width, height))
    QApplication.processEvents()


def places(window: MainWindow) -> dict[str, QRect]:
    """Where the canvas and every panel lie."""
    found = {name: dock.geometry() for name, dock in window.docks.by_name.items()}
    return found | {"canvas": window.centralWidget().geometry()}


@pytest.mark.parametrize("size", [(800, 560), (800, 600), (800, 800), (1024, 600), (1280, 800)])
def test_no_panel_lies_over_another(qtbot: QtBot, window: MainWindow, size: tuple[int, int]) -> None:
    for tab in TABS:
        window.docks.show_tab(tab)
        resized(qtbot, window, *size)
        assert window.minimumSizeHint().width() <= size[0]
        assert window.minimumSizeHint().height() <= size[1]
        found = places(window)
        for one, other in combinations(found, 2):
            assert not found[one].intersects(found[other]), (tab, one, other)
        for name, place in found.items():
            assert window.rect().contains(place), (tab, name)
        assert found["canvas"].width() >= 224, "a photo of the usual size in its own pixels"


def test_a_narrow_window_gives_the_results_the_width_below_the_verdict(qtbot: QtBot, window: MainWindow) -> None:
    resized(qtbot, window, 800, 600)
    found = places(window)
    assert found["results"].right() == found["verdict"].right()
    resized(qtbot, window, 1280, 800)
    found = places(window)
    assert found["results"].right() < found["verdict"].left()


@pytest.mark.parametrize("size", [(800, 800), (1024, 600), (1280, 800)])
def test_the_batch_form_needs_no_scrolling_sideways(qtbot: QtBot, window: MainWindow, size: tuple[int, int]) -> None:
    form = window.batch_panel.form
    window.docks.show_tab("batch")
    resized(qtbot, window, *size)
    request = BatchRequest(1, "", None, True, window.state.settings, "")
    window.batch.survey = BatchSurvey(request, 8, True, "", OFFERS)
    window.batch.surveyed.emit()
    qtbot.waitUntil(lambda: form.defenses.geometry().left() > form.limit.geometry().left())  # beside the fields
    assert form.horizontalScrollBar().maximum() == 0
    page = window.docks.tabs.currentWidget()
    assert isinstance(page, QScrollArea)
    assert page.horizontalScrollBar().maximum() == 0
    defenses, shown = form.defenses, form.viewport().rect()
    assert shown.width() > defenses.geometry().left()
    if size[0] == 1280:  # in two columns, whose rows can all be seen at once
        assert form.extent.mapTo(form.widget(), form.extent.rect().topLeft()).y() < form.labels.geometry().top()
        assert form.out_button.mapTo(form.viewport(), form.out_button.rect().bottomRight()).y() <= shown.bottom()
    box = form.findChild(QCheckBox, "batch_minority_reports_pc")
    assert box.accessibleName() == "Minority Reports with PatchCleanser's masks"
    assert box.sizeHint().width() <= box.width()


def test_a_tiny_window_scrolls_its_forms(qtbot: QtBot, window: MainWindow) -> None:
    window.setMinimumSize(0, 0)
    window.docks.show_tab("batch")
    resized(qtbot, window, 620, 480)
    page = window.docks.tabs.currentWidget()
    assert isinstance(page, QScrollArea)
    assert page.horizontalScrollBar().maximum() > 0
    assert window.batch_panel.width() >= window.batch_panel.minimumSizeHint().width()
