"""Two palettes, the verdict's colours, and how plots take them over."""

from dataclasses import dataclass
from typing import Literal

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

__all__ = [
    "AGREE",
    "DIFFER",
    "SERIES",
    "VERDICTS",
    "ThemeName",
    "VerdictStyle",
    "apply_theme",
    "is_dark",
    "style_plot",
]

ThemeName = Literal["system", "light", "dark"]

AGREE, DIFFER = "#0072B2", "#D55E00"
SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito


@dataclass(frozen=True)
class VerdictStyle:
    """How a verdict is drawn: never by colour alone."""

    word: str
    colour: str
    text: str
    icon: str
    edge: Literal["solid", "dashed", "double", "dotted"]


VERDICTS = {
    "certified": VerdictStyle("Certified", "#0072B2", "#FFFFFF", "shield", "solid"),
    "consistent": VerdictStyle("Consistent, not certified", "#56B4E9", "#000000", "tilde", "dashed"),
    "alert": VerdictStyle("Alert", "#D55E00", "#000000", "triangle", "double"),
    "undecided": VerdictStyle("Undecided", "#7F7F7F", "#000000", "question", "dotted"),
}

_LIGHT = {
    QPalette.ColorRole.Window: "#F3F4F6",
    QPalette.ColorRole.WindowText: "#1A1D21",
    QPalette.ColorRole.Base: "#FFFFFF",
    QPalette.ColorRole.AlternateBase: "#F0F2F5",
    QPalette.ColorRole.Text: "#1A1D21",
    QPalette.ColorRole.Button: "#E6E8EC",
    QPalette.ColorRole.ButtonText: "#1A1D21",
    QPalette.ColorRole.BrightText: "#FFFFFF",
    QPalette.ColorRole.Highlight: "#0B5CAD",
    QPalette.ColorRole.HighlightedText: "#FFFFFF",
    QPalette.ColorRole.ToolTipBase: "#1A1D21",
    QPalette.ColorRole.ToolTipText: "#F3F4F6",
    QPalette.ColorRole.PlaceholderText: "#5B626B",
    QPalette.ColorRole.Link: "#0B5CAD",
    QPalette.ColorRole.Mid: "#B8BDC5",
    QPalette.ColorRole.Dark: "#9AA0A8",
    QPalette.ColorRole.Light: "#FFFFFF",
    QPalette.ColorRole.Accent: "#0B5CAD",
}
_DARK = {
    QPalette.ColorRole.Window: "#1D2024",
    QPalette.ColorRole.WindowText: "#E8EAED",
    QPalette.ColorRole.Base: "#15171A",
    QPalette.ColorRole.AlternateBase: "#202429",
    QPalette.ColorRole.Text: "#E8EAED",
    QPalette.ColorRole.Button: "#2B3036",
    QPalette.ColorRole.ButtonText: "#E8EAED",
    QPalette.ColorRole.BrightText: "#FFFFFF",
    QPalette.ColorRole.Highlight: "#3D8FDB",
    QPalette.ColorRole.HighlightedText: "#0B0D0F",
    QPalette.ColorRole.ToolTipBase: "#E8EAED",
    QPalette.ColorRole.ToolTipText: "#15171A",
    QPalette.ColorRole.PlaceholderText: "#9AA3AD",
    QPalette.ColorRole.Link: "#6FB1EE",
    QPalette.ColorRole.Mid: "#454C55",
    QPalette.ColorRole.Dark: "#0F1113",
    QPalette.ColorRole.Light: "#3A4149",
    QPalette.ColorRole.Accent: "#3D8FDB",
}
_DISABLED = {"light": "#7A828C", "dark": "#7D8690"}
# Fusion draws a control's outline in its Window colour divided by 1.4: these come out as #80868F and #737B85, at
# least 3:1 against the window. Controls paint no ground of that colour.
_BEHIND_OUTLINE = {"light": "#B3BCC8", "dark": "#A1ACBA"}
_OUTLINED = ("QLineEdit", "QAbstractSpinBox", "QComboBox", "QSlider", "QPushButton")


def apply_theme(name: ThemeName) -> None:
    """Give the whole application the Fusion style and one of our palettes.

    ``system`` follows the desktop's scheme where Qt knows it.
    """
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    system_is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    dark = system_is_dark if name == "system" else name == "dark"
    palette = QPalette()
    for role, colour in (_DARK if dark else _LIGHT).items():
        palette.setColor(role, QColor(colour))
    faint = QColor(_DISABLED["dark" if dark else "light"])
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, faint)
    app.setStyle("Fusion")
    app.setPalette(palette)
    outlined = QPalette(palette)
    outlined.setColor(QPalette.ColorRole.Window, QColor(_BEHIND_OUTLINE["dark" if dark else "light"]))
    for control in _OUTLINED:
        app.setPalette(outlined, control)


def is_dark() -> bool:
    """Whether the palette in use is dark."""
    return QGuiApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128


def style_plot(plot: pg.PlotItem | pg.PlotWidget) -> None:
    """Background, axes and text of a plot from the palette; to be called at every change of theme."""
    palette = QGuiApplication.palette()
    text, line = palette.color(QPalette.ColorRole.Text), palette.color(QPalette.ColorRole.Mid)
    if isinstance(plot, pg.PlotWidget):
        plot.setBackground(palette.color(QPalette.ColorRole.Base))
        plot = plot.getPlotItem()
    for side in ("left", "bottom", "right", "top"):
        axis = plot.getAxis(side)
        axis.setPen(line)
        axis.setTextPen(text)
    if plot.titleLabel.text:
        plot.setTitle(plot.titleLabel.text, color=text)
