"""The canvas drawn elsewhere: as on the screen, at any scale."""

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QIODevice, QRect, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from snapshots import make_snapshot

from gui.canvas import CanvasPanel
from gui.state import State


def drawn(canvas: CanvasPanel, scale: int) -> QImage:
    """The canvas drawn at a scale, and brought back to the screen's size."""
    size = canvas.view.size()
    image = QImage(size * scale, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    canvas.render_to(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    return image


def pixels(image: QImage) -> np.ndarray:
    """RGB of each pixel as floats."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return flat[:, : image.width(), :3].astype(float)


@pytest.fixture
def shown(canvas: CanvasPanel, state: State) -> CanvasPanel:
    """Every layer, a selection, and no focus."""
    state.show(make_snapshot("alert"))
    canvas.layers.set_visible("locations", True)
    state.select(window=14)
    canvas.view.clearFocus()
    return canvas


def test_at_the_screens_scale_it_is_the_screen(shown: CanvasPanel):
    screen = shown.view.viewport().grab().toImage()
    difference = np.abs(pixels(drawn(shown, 1)) - pixels(screen))
    assert (difference.max(axis=2) > 8).mean() < 0.002


@pytest.mark.parametrize("scale", [2, 4])
def test_at_a_larger_scale_it_is_the_same_picture(shown: CanvasPanel, scale: int):
    small, large = pixels(drawn(shown, 1)), pixels(drawn(shown, scale))
    height, width = small.shape[:2]
    blocks = large.reshape(height, scale, width, scale, 3).mean(axis=(1, 3))
    # Marks as wide as on the screen: the mean over each block hardly moves.
    assert np.abs(blocks - small).mean() < 8
    strip = slice(height - 30, height)
    assert np.abs(blocks[strip].mean() - small[strip].mean()) < 3


def test_an_svg_has_words_paths_and_clips(shown: CanvasPanel):
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setSize(shown.view.size())
    generator.setViewBox(QRect(shown.view.rect()))
    painter = QPainter(generator)
    shown.render_to(painter, QRectF(shown.view.rect()))
    painter.end()
    text = bytes(buffer.data().data()).decode()
    assert "window #14: tench" in text
    assert "superficial importance" in text
    assert "<clipPath" in text
    # The strip has a clip of its own, or the photo's would cut it off.
    assert text.count("<clipPath id") >= 3
    assert text.count("<path") > 200  # SINs as paths
