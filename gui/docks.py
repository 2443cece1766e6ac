"""The panels round the canvas: docks at the sides, and a row of tabs below."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

from gui.widgets import Scroller

__all__ = ["LEFT", "RIGHT", "Docks", "Panel"]

LEFT, RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
_BELOW = Qt.DockWidgetArea.BottomDockWidgetArea
_NARROW = 180  # letters: below it, the results have the width below the verdict too


@dataclass(frozen=True)
class Panel:
    """A panel.

    Parameters
    ----------
    name, title : str
    widget : QWidget
    area : Qt.DockWidgetArea, optional
        The side it stands on at first; a tab below if ``None``.
    letters : int
        Its least width.
    is_compact : bool
        Whether more height is of no use to it.
    """

    name: str
    title: str
    widget: QWidget
    area: Qt.DockWidgetArea | None = None
    letters: int = 0
    is_compact: bool = False


class Docks:
    """The window's docks and their default layout.

    The panels below are tabs of one dock: docks that are tabs of one another leave stray tab bars behind when
    a layout is restored. They scroll where there is less room than they need.

    Parameters
    ----------
    window : QMainWindow
    panels : sequence of Panel
        Those at a side stand one above the other.
    """

    def __init__(self, window: QMainWindow, panels: Sequence[Panel]) -> None:
        self._window = window
        self.panels = tuple(panels)
        window.setDockOptions(QMainWindow.DockOption.AnimatedDocks)
        window.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("resultTabs")
        self.tabs.setAccessibleName("Results")
        self.tabs.tabBar().setAccessibleName("Results")
        self.tabs.setDocumentMode(True)
        self._tabs = {panel.name: Scroller() for panel in self.panels if panel.area is None}
        for panel in self.panels:
            if panel.area is None:
                self._tabs[panel.name].setWidget(panel.widget)
                self.tabs.addTab(self._tabs[panel.name], panel.title)
        sides = [panel for panel in self.panels if panel.area is not None]
        self.by_name = {
            panel.name: self._dock(panel) for panel in (*sides, Panel("results", "Results", self.tabs, _BELOW))
        }
        self.by_name["results"].setTitleBarWidget(QWidget())  # the tabs are title enough
        self.fit_width()
        self._at_first = window.saveState()

    def arrange(self) -> None:
        """Put every panel where it stood at first."""
        self._window.restoreState(self._at_first)
        self.tabs.setCurrentIndex(0)
        self.fit_width()
        self.share_out()

    def show_tab(self, name: str) -> None:
        """Bring a tab to the front."""
        self.by_name["results"].show()
        self.tabs.setCurrentWidget(self._tabs[name])

    def fit_width(self) -> None:
        """Give the results the corner below the verdict where the window is narrow."""
        corner = Qt.Corner.BottomRightCorner
        area = _BELOW if self._window.width() < _NARROW * self._window.fontMetrics().averageCharWidth() else RIGHT
        if self._window.corner(corner) is not area:
            self._window.setCorner(corner, area)

    def entitle(self, name: str, title: str) -> None:
        """Call a tab something else, such as how far its work has come."""
        self.tabs.setTabText(self.tabs.indexOf(self._tabs[name]), title)

    def share_out(self) -> None:
        """Widths and heights in the font's measure: controls and verdict narrow, the canvas gets the rest."""
        letter, line = self._window.fontMetrics().averageCharWidth(), self._window.fontMetrics().height()
        docks, window = self.by_name, self._window
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        controls, verdict = min(49 * letter, window.width() // 3), min(46 * letter, window.width() * 2 // 7)
        window.resizeDocks([docks["controls"], docks["verdict"]], [controls, verdict], across)
        window.resizeDocks([docks["results"]], [min(14 * line, window.height() // 3)], down)
        window.resizeDocks([docks["controls"], docks["layers"]], [40 * line, 13 * line], down)

    def _dock(self, panel: Panel) -> QDockWidget:
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(f"{panel.name}Dock")
        dock.setAccessibleName(panel.title)
        panel.widget.setMinimumWidth(panel.letters * self._window.fontMetrics().averageCharWidth())
        if panel.is_compact:
            panel.widget.setMaximumHeight(panel.widget.sizeHint().height())
        dock.setWidget(panel.widget)
        self._window.addDockWidget(panel.area or _BELOW, dock)
        return dock
