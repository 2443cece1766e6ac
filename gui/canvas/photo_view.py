"""The canvas's scene: the photo and its marks, the clean photo beside it on demand, colour bar and legend below."""

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSizeF, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import QWidget

from gui.canvas.colour_bar import ColourBar
from gui.canvas.legend import Legend
from gui.canvas.overlay import Key
from gui.canvas.photo_box import PhotoBox

__all__ = ["PhotoView"]


class PhotoView(pg.GraphicsLayoutWidget):
    """Two linked boxes over a strip with colour bar and legend; what is drawn is told by the panel.

    Signals
    -------
    pointed : PhotoBox or None, QPointF
        The mouse is at this point (pixels of the input) of a box, or at no photo.
    focus_moved
        It got or lost the keyboard's focus.
    """

    pointed = Signal(object, QPointF)
    focus_moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("imageCanvas")
        self.setAccessibleName("Photo with overlays")
        self.setViewportUpdateMode(self.ViewportUpdateMode.FullViewportUpdate)
        self.boxes = self.main, self.clean = PhotoBox(), PhotoBox()
        self.bar, self.legend = ColourBar(), Legend()
        self._boxes = pg.GraphicsLayout()
        self._strip = pg.GraphicsLayout()
        self._is_fitted = True
        self._is_syncing = self._is_below = False
        self._arrange()
        for box in (self.main, self.clean):
            box.sigRangeChangedManually.connect(self._moved_by_hand)
            box.sigRangeChanged.connect(self._sync)
            box.sigResized.connect(self._refit)
        self.legend.rewrapped.connect(self._size_strip)
        scene = self.scene()
        scene.contextMenu = []  # pyqtgraph's exporters fail on what is drawn here
        scene.sigMouseMoved.connect(self._point)
        self.set_compare(False)
        self.restyle()

    @property
    def is_comparing(self) -> bool:
        """Whether the clean photo is shown beside."""
        return bool(self.clean.isVisible())

    def set_compare(self, shown: bool) -> None:
        """Show the clean photo beside, with the same zoom, or put it away."""
        if shown == (self.clean in self._boxes.items):
            self.clean.setVisible(shown)
            return
        if shown:
            self._boxes.addItem(self.clean, row=0, col=1)
            self.clean.show()
        else:
            self._boxes.removeItem(self.clean)
            self.clean.hide()
        self._boxes.layout.activate()
        self._refit()

    def set_strip(self, shows_bar: bool, keys: Sequence[Key]) -> None:
        """What the strip under the photo explains; it takes no room without anything to say."""
        if shows_bar != self.bar.isVisible():
            self.bar.setVisible(shows_bar)
            self._size_strip()
        self.legend.set_keys(keys)
        self._size_strip()

    @Slot()
    def fit(self) -> None:
        """Show all of the photo, now and when the window changes its size."""
        self._is_fitted = True
        self._is_syncing = True
        self.main.fit()
        if self.clean.isVisible():
            self.clean.fit()
        self._is_syncing = False

    def zoom(self, factor: float) -> None:
        """Zoom about the middle."""
        self._is_fitted = False
        self.main.scaleBy((1 / factor, 1 / factor))

    def to_viewport(self, x: float, y: float) -> QPoint:
        """Where a point of the model's input lies in the viewport."""
        return QPoint(self.mapFromScene(self.main.mapViewToScene(QPointF(x, y))))

    def render_to(self, painter: QPainter, target: QRectF) -> None:
        """Draw what is on the screen, lines and words as such."""
        self.render(painter, target, self.viewport().rect())

    def restyle(self) -> None:
        """Take over palette and font."""
        self.setBackground(QGuiApplication.palette().color(QPalette.ColorRole.Window))
        for part in (self.bar, self.legend):
            part.setFont(self.font())
            part.restyle()
        self._size_strip()
        self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit, unless it is the patch that was double-clicked."""
        super().mouseDoubleClickEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self.scene().mouseGrabberItem() is None:
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys are the panel's."""
        event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the strip's height to its words."""
        super().resizeEvent(event)
        if event is not None:
            self._size_strip()

    def viewportEvent(self, event: QEvent) -> bool:
        """Notice that the mouse has left."""
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None, QPointF())
        return bool(super().viewportEvent(event))

    def event(self, event: QEvent) -> bool:
        """Notice the keyboard's focus."""
        handled = bool(super().event(event))
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.focus_moved.emit()
        return handled

    def _arrange(self) -> None:
        gap = self.fontMetrics().height() * 0.5
        self.ci.setContentsMargins(0, 0, 0, 0)
        self.ci.layout.setSpacing(0)
        self._boxes.setContentsMargins(0, 0, 0, 0)
        self._boxes.layout.setHorizontalSpacing(gap)
        self._strip.setContentsMargins(gap, 0, gap, 0)
        self._strip.layout.setHorizontalSpacing(3 * gap)
        self.ci.addItem(self._boxes, row=0, col=0)
        self.ci.addItem(self._strip, row=1, col=0)
        self.ci.layout.setRowStretchFactor(0, 1)
        self._boxes.addItem(self.main, row=0, col=0)
        self._boxes.addItem(self.clean, row=0, col=1)
        self._strip.addItem(self.bar, row=0, col=0)
        self._strip.addItem(self.legend, row=0, col=1)
        self._strip.layout.setColumnStretchFactor(1, 1)
        self._strip.layout.setAlignment(self.legend, Qt.AlignmentFlag.AlignVCenter)

    def _place_legend(self, bar: QSizeF) -> bool:
        """Put the legend beside the colour bar, or below it where there is no room; whether it is below."""
        gap = self.fontMetrics().height() * 0.5
        below = bar.width() > 0 and self.width() < bar.width() + self.legend.widest + 5 * gap
        if below is not self._is_below:
            self._is_below = below
            self._strip.removeItem(self.legend)
            if below:
                self._strip.addItem(self.legend, row=1, col=0, colspan=2)
            else:
                self._strip.addItem(self.legend, row=0, col=1)
            self._strip.layout.setAlignment(self.legend, Qt.AlignmentFlag.AlignVCenter)
        return below

    @Slot()
    def _size_strip(self) -> None:
        bar = self.bar.full_size if self.bar.isVisible() else QSizeF(0, 0)
        self.bar.setMaximumSize(bar)
        self.bar.setMinimumSize(bar)
        self.bar.setPreferredSize(bar)
        below = self._place_legend(bar)
        heights = bar.height(), self.legend.preferredHeight()
        high = sum(heights) if below else max(heights)
        if high:
            high += self.fontMetrics().height() * 0.5
        if high != self._strip.maximumHeight():
            self._strip.setMinimumHeight(high)
            self._strip.setMaximumHeight(high)
            self._strip.setPreferredHeight(high)
            self.ci.layout.activate()  # at once: clicks are for what is on the screen

    @Slot(object)
    def _point(self, scene_point: QPointF) -> None:
        for box in (self.main, self.clean):
            if box.isVisible() and box.sceneBoundingRect().contains(scene_point):
                self.pointed.emit(box, box.mapSceneToView(scene_point))
                return
        self.pointed.emit(None, QPointF())

    @Slot()
    def _moved_by_hand(self) -> None:
        self._is_fitted = False

    @Slot()
    def _refit(self) -> None:
        if self._is_fitted:
            self.fit()

    @Slot(object)
    def _sync(self, box: PhotoBox) -> None:
        if self._is_syncing or not self.clean.isVisible():
            return
        self._is_syncing = True
        other = self.clean if box is self.main else self.main
        other.setRange(box.viewRect(), padding=0)
        self._is_syncing = False
