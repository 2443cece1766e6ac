"""What is on the screen as a picture: PNG at 1x, 2x and 4x, SVG, PDF, or for the clipboard."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPoint, QRectF, QSize, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPaintDevice, QPainter, QPalette, QPdfWriter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication, QGraphicsScene, QMainWindow, QTabWidget, QWidget

from engine.errors import OutputError
from gui.svg_clips import place_clips

__all__ = ["FORMATS", "SCALES", "draw_figure", "draw_image"]

FORMATS = (".png", ".svg", ".pdf")
SCALES = (1, 2, 4)
_POINTS_AN_INCH = 72
_MOST_PIXELS = 32_000  # a side; Qt's rasteriser ends at 32,767
_ROOM = QSize(720, 360)

Source = QWidget | QGraphicsScene


def draw_figure(source: Source, path: Path, scale: int = 1) -> Callable[[], bytes]:
    """Draw now, in the window's thread; what is returned gives the file's bytes, in any thread.

    Parameters
    ----------
    source : QWidget or QGraphicsScene
        A widget as it stands on the screen, or what the first view of a scene shows of it.
    path : Path
        Its ending names the format.
    scale : int
        Pixels of a PNG for each of the screen; vectors have the screen's size whatever it is.

    Raises
    ------
    OutputError
        If the ending is none of ``FORMATS``, or there is nothing to draw.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise OutputError(f"A figure cannot be written as {path.name}; end its name in .png, .svg or .pdf.")
    if ending == ".png":
        image = draw_image(source, scale)
        return lambda: _encoded(image)
    with _laid_out(source):
        content = _svg(source) if ending == ".svg" else _pdf(source)
    return lambda: content


def draw_image(source: Source, scale: int = 1) -> QImage:
    """The figure as pixels.

    Raises
    ------
    OutputError
        If there is nothing to draw, or too many pixels.
    """
    with _laid_out(source):
        size = _size(source) * scale
        if max(size.width(), size.height()) > _MOST_PIXELS:
            raise OutputError(
                f"A figure of {size.width()} x {size.height()} px is too large; choose a smaller scale."
            )
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        if image.isNull():
            raise OutputError("There is not enough memory for a figure of this size; choose a smaller scale.")
        image.setDevicePixelRatio(scale)
        _paint(source, image)
    image.setDevicePixelRatio(1)  # the file's pixels are not those of a screen
    return image


@contextmanager
def _laid_out(source: Source) -> Iterator[None]:
    """A widget behind another tab may never have been given room: it gets some for as long as it is drawn."""
    if not isinstance(source, QWidget) or source.size().isEmpty() or not source.visibleRegion().isEmpty():
        yield
        return
    former = source.size()
    source.resize(former.expandedTo(_ROOM))
    try:
        yield
    finally:
        source.resize(former)


def _encoded(image: QImage) -> bytes:
    buffer = _open_buffer()
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise OutputError("The figure cannot be encoded as PNG; try a smaller scale.")
    return bytes(buffer.data().data())


def _svg(source: Source) -> bytes:
    size, buffer = _size(source), _open_buffer()
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setResolution(_dots_an_inch())  # letters in the measure of the screen
    generator.setSize(size)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle("SINscope")
    generator.setDescription("")
    _paint(source, generator)
    return place_clips(bytes(buffer.data().data()))


def _pdf(source: Source) -> bytes:
    size, buffer = _size(source), _open_buffer()
    writer = QPdfWriter(buffer)
    writer.setTitle("SINscope")
    writer.setCreator("SINscope")
    writer.setResolution(_dots_an_inch())
    points = QSizeF(size) * _POINTS_AN_INCH / _dots_an_inch()
    page = QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
    writer.setPageSize(page)
    writer.setPageMargins(QMarginsF())
    _paint(source, writer)
    return bytes(buffer.data().data())


@contextmanager
def _lines_for(source: Source, ratio: float) -> Iterator[None]:
    """Lines as wide as on the screen, in widgets that measure them in pixels of the device."""
    drawn = [source] if isinstance(source, QWidget) else source.views()[:1]
    widgets = {widget for top in drawn for widget in (top, *top.findChildren(QWidget), *_above(top))}
    measuring = [widget for widget in widgets if hasattr(widget, "set_pixel_ratio")]
    for widget in measuring:
        widget.set_pixel_ratio(ratio)
    try:
        yield
    finally:
        for widget in measuring:
            widget.set_pixel_ratio(None)


def _above(widget: QWidget) -> Iterator[QWidget]:
    while (parent := widget.parentWidget()) is not None:
        yield parent
        widget = parent


def _paint(source: Source, device: QPaintDevice) -> None:
    with _lines_for(source, device.devicePixelRatio()):
        _paint_all(source, device)


def _paint_all(source: Source, device: QPaintDevice) -> None:
    painter = QPainter()
    if not painter.begin(device):
        raise OutputError("The figure cannot be drawn; try a smaller scale or another format.")
    try:
        if isinstance(source, QWidget):
            QWidget.render(source, painter, QPoint())  # a view has a render of its own, without its frame
            if isinstance(source, QMainWindow) and not isinstance(device, QImage):
                _paint_again(source, painter)
        else:
            size = _size(source)
            target = QRectF(0, 0, size.width(), size.height())
            painter.fillRect(target, QApplication.palette().color(QPalette.ColorRole.Base))
            for view in source.views()[:1]:
                painter.fillRect(target, view.backgroundBrush())
                painter.setRenderHints(view.renderHints())
            source.render(painter, target, _seen(source))
    finally:
        painter.end()


def _paint_again(window: QMainWindow, painter: QPainter) -> None:
    """What a whole window's frame has painted over: it relies on clip regions, which vector files do not know.

    The menu bar fills its empty part so, over its own titles, and goes in as a picture.
    """
    for tabs in window.findChildren(QTabWidget):
        shown = tabs.currentWidget()
        if shown is not None and shown.isVisible():
            QWidget.render(shown, painter, shown.mapTo(window, QPoint()))
    bar = window.menuBar()
    picture = QImage(bar.size() * max(SCALES), QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(max(SCALES))
    QWidget.render(bar, picture)
    painter.drawImage(bar.geometry(), picture)


def _seen(scene: QGraphicsScene) -> QRectF:
    """The part of a scene that its first view shows; all of it without a view."""
    for view in scene.views():
        return view.mapToScene(view.viewport().rect()).boundingRect()
    return scene.itemsBoundingRect()


def _size(source: Source) -> QSize:
    if isinstance(source, QWidget):
        size = source.size()
    else:
        views = source.views()
        size = views[0].viewport().size() if views else _seen(source).size().toSize()
    if size.isEmpty():
        raise OutputError("There is nothing on the screen to export yet; open a photo first.")
    return size


def _dots_an_inch() -> int:
    screen = QApplication.primaryScreen()
    return round(screen.logicalDotsPerInch()) if screen is not None else 96


def _open_buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer
