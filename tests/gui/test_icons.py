"""The icons: drawn in every size, and told apart without colour."""

import pytest
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter

from gui.icons import app_icon, paint_icon, verdict_icon, window_icon
from gui.theme import VERDICTS

NAMES = ("shield", "tilde", "triangle", "question", "hourglass", "stop", "photo", "cross")


def drawn(name: str, side: int = 32) -> bytes:
    """An icon in black."""
    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    paint_icon(painter, QRectF(0, 0, side, side), name, QColor("black"))
    painter.end()
    return bytes(image.constBits())


@pytest.mark.usefixtures("qapp")
def test_every_icon_has_its_own_shape() -> None:
    pictures = {name: drawn(name) for name in NAMES}
    assert len(set(pictures.values())) == len(NAMES)
    for picture in pictures.values():
        assert 0.05 < sum(alpha > 128 for alpha in picture[3::4]) / (32 * 32) < 0.6
    assert {style.icon for style in VERDICTS.values()} <= set(NAMES)


@pytest.mark.parametrize(
    "make", [app_icon, *(lambda word=word: verdict_icon(word) for word in VERDICTS), lambda: window_icon("differs")]
)
@pytest.mark.usefixtures("qapp")
def test_icons_come_in_small_and_large(make: type[QIcon]) -> None:
    icon = make()
    for side in (16, 48):
        assert icon.pixmap(QSize(side, side)).size() == QSize(side, side)


@pytest.mark.usefixtures("qapp")
def test_windows_are_told_apart_by_shape() -> None:
    shapes = set()
    for state in ("agrees", "differs", "no SIN", "not yet"):
        image = window_icon(state).pixmap(32, 32).toImage().convertToFormat(QImage.Format.Format_Alpha8)
        shapes.add(bytes(image.constBits()))
    assert len(shapes) == 4
