"""What a widget clips is in an SVG where it is on the screen."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.export import export_figure

SVG = "{http://www.w3.org/2000/svg}"


class Clipped(QWidget):
    """Fills a rectangle within a clip, and another after it has moved on."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The clip is set in the coordinates of the widget."""
        painter = QPainter(self)
        painter.setClipRect(QRect(10, 5, 30, 20))
        painter.fillRect(0, 0, 100, 100, "#123456")
        painter.translate(7, 3)
        painter.fillRect(0, 0, 100, 100, "#654321")
        painter.end()


def test_a_clip_lies_where_its_widget_lies(qtbot: QtBot, tmp_path: Path):
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(200, 150)
    child = Clipped(page)
    child.setGeometry(60, 40, 100, 80)
    page.show()
    qtbot.waitExposed(page)
    export_figure(page, tmp_path / "page.svg")
    root = ElementTree.parse(tmp_path / "page.svg").getroot()
    clips = {clip.get("id"): clip[0] for clip in root.iter(f"{SVG}clipPath")}
    found = set()
    for group in root.iter(f"{SVG}g"):
        reference = group.get("clip-path")
        for filled in group.iter(f"{SVG}g"):
            if reference and filled.get("fill") in ("#123456", "#654321"):
                assert _box(clips[reference[5:-1]]) == pytest.approx((70, 45, 100, 65)), "on the page"
                found.add(filled.get("fill"))
    assert found == {"#123456", "#654321"}


def _box(path: ElementTree.Element) -> tuple[float, ...]:
    """Left, top, right and bottom of a path of straight lines, with its transform (a shift)."""
    matrix = [float(number) for number in re.findall(r"[-\d.]+", path.get("transform", "matrix(1,0,0,1,0,0)"))]
    assert matrix[:4] == [1, 0, 0, 1]
    points = [(float(x), float(y)) for x, y in re.findall(r"([-\d.]+),([-\d.]+)", path.get("d", ""))]
    across, down = [x + matrix[4] for x, _ in points], [y + matrix[5] for _, y in points]
    return min(across), min(down), max(across), max(down)
