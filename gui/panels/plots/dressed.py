"""A widget with plots inside that follows theme and device: pyqtgraph does neither by itself."""

import pyqtgraph as pg
from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from gui.theme import style_plot

__all__ = ["Dressed"]


class Dressed(QWidget):
    """Calls :meth:`restyle` whenever colours or pens may have to be others, from :meth:`begin_dressing` on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ratio: float | None = None
        self._is_built = False

    def begin_dressing(self) -> None:
        """To be called once everything is there that :meth:`restyle` dresses."""
        self._is_built = True
        self.restyle()

    def restyle(self) -> None:
        """Take over the palette."""
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "_is_built", False):
            self.restyle()

    def event(self, event: QEvent) -> bool:
        """Follow a move to a screen of other pixels."""
        done = super().event(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange and getattr(self, "_is_built", False):
            self.restyle()
        return done

    def set_pixel_ratio(self, ratio: float | None) -> None:
        """Draw for a device of so many pixels to one of the layout; ``None`` for the screen."""
        self._ratio = ratio
        self.restyle()

    def dress(self, plot: pg.PlotWidget) -> None:
        """Ground, axes and their text from the palette."""
        style_plot(plot)
        for side in ("left", "bottom"):
            axis = plot.getPlotItem().getAxis(side)
            axis.setPen(self.pen(self.palette().mid().color(), 1))
            axis.setTextPen(self.palette().text().color())

    def pen(self, colour: QColor | str, width: float, **style: object) -> QPen:
        """A pen of a width in pixels of the layout: pyqtgraph's pens count pixels of the device."""
        ratio = self._ratio if self._ratio is not None else self.devicePixelRatioF()
        made: QPen = pg.mkPen(colour, width=width * ratio, **style)
        return made
