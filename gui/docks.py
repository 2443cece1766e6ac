"""The panels round the canvas: where they stand at first, and the row of tabs below."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

__all__ = ["Docks", "Panel"]

Area = Qt.DockWidgetArea


@dataclass(frozen=True)
class Panel:
    """A panel: handle, title, the side it stands on at first, and the least width in letters."""

    name: str
    title: str
    widget: QWidget
    area: Area
    letters: int = 0


class Docks:
    """The window's docks and their default layout.

    Parameters
    ----------
    window : QMainWindow
    panels : sequence of Panel
        Those below are tabs; those at the sides stand one above the other.
    """

    def __init__(self, window: QMainWindow, panels: tuple[Panel, ...]) -> None:
        self._window = window
        window.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AnimatedDocks
        )
        window.setTabPosition(Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setCorner(Qt.Corner.BottomLeftCorner, Area.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea)
        self.panels = panels
        self.by_name = {panel.name: self._dock(panel) for panel in panels}
        self.arrange()

    def arrange(self) -> None:
        """Put every panel where it stands at first."""
        window = self._window
        for panel in self.panels:
            dock = self.by_name[panel.name]
            dock.setFloating(False)
            window.removeDockWidget(dock)
        tabs: list[QDockWidget] = []
        for panel in self.panels:
            dock = self.by_name[panel.name]
            window.addDockWidget(panel.area, dock)
            dock.show()
            if panel.area == Area.BottomDockWidgetArea:
                if tabs:
                    window.tabifyDockWidget(tabs[0], dock)
                tabs.append(dock)
        if tabs:
            tabs[0].raise_()
        self.share_out()

    def share_out(self) -> None:
        """Widths and heights in the font's measure: controls and verdict narrow, the canvas gets the rest."""
        letter, line = self._window.fontMetrics().averageCharWidth(), self._window.fontMetrics().height()
        side = {Area.LeftDockWidgetArea: 43, Area.RightDockWidgetArea: 46}
        docks = [(self.by_name[panel.name], panel.area) for panel in self.panels]
        for area, letters in side.items():
            widths = [dock for dock, where in docks if where == area]
            self._window.resizeDocks(widths, [letters * letter] * len(widths), Qt.Orientation.Horizontal)
        below = [dock for dock, where in docks if where == Area.BottomDockWidgetArea]
        self._window.resizeDocks(below[:1], [13 * line], Qt.Orientation.Vertical)
        left = [dock for dock, where in docks if where == Area.LeftDockWidgetArea]
        self._window.resizeDocks(left, [24 * line, 12 * line][: len(left)], Qt.Orientation.Vertical)

    def _dock(self, panel: Panel) -> QDockWidget:
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(f"{panel.name}Dock")
        dock.setAccessibleName(panel.title)
        if panel.area == Area.BottomDockWidgetArea:
            dock.setTitleBarWidget(QWidget(dock))  # its tab is title enough
        if panel.letters:
            panel.widget.setMinimumWidth(panel.letters * self._window.fontMetrics().averageCharWidth())
        dock.setWidget(panel.widget)
        return dock
