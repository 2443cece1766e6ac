"""The verdict as a badge that is read from two metres: word, icon, colour and edge say the same."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from gui.icons import paint_icon
from gui.theme import VerdictStyle

__all__ = ["Badge", "VerdictBadge"]

_LARGEST, _SMALLEST = 3.2, 1.2  # times the size of ordinary text


@dataclass(frozen=True)
class Badge:
    """What a badge shows.

    Parameters
    ----------
    word : str
        What is read aloud, too.
    icon : str
        A name of ``gui.icons``.
    style : VerdictStyle, optional
        Of a verdict that holds for what is shown; ``None`` draws the neutral badge.
    faded : VerdictStyle, optional
        Of the verdict before, while a newer one is on its way: its word stays, weakly.
    tag : str
        A word in the corner, as ``updating``.
    """

    word: str
    icon: str
    style: VerdictStyle | None = None
    faded: VerdictStyle | None = None
    tag: str = ""


class VerdictBadge(QLabel):
    """Draws a :class:`Badge`; ``text`` and the accessible name are its word, and its tag where it has one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.badge = Badge("", "question")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_badge(self, badge: Badge) -> None:
        """Show another badge."""
        if badge == self.badge:
            return
        self.badge = badge
        name = f"{badge.word} ({badge.tag})" if badge.tag else badge.word
        self.setText(name)
        self.setAccessibleName(name)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.NameChanged))
        self.update()

    def sizeHint(self) -> QSize:
        """As tall as two lines of its largest letters; as wide as it is given."""
        height = round(self.fontMetrics().height() * 6.6)
        return QSize(height * 2, height)

    def minimumSizeHint(self) -> QSize:
        """Never cut in height."""
        return QSize(0, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Take over another font or palette."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self.updateGeometry()
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground, edge, icon, word, tag."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, text = self._colours()
        unit = self.fontMetrics().height()
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(area, unit * 0.5, unit * 0.5)
        self._draw_edge(painter, area, text)
        inner = area.adjusted(unit * 0.85, unit * 0.7, -unit * 0.85, -unit * 0.7)
        if self.badge.tag:
            self._draw_tag(painter, inner, text)
            inner.setTop(inner.top() + unit * 0.9)
        side = min(inner.height(), unit * 3.4, inner.width() * 0.3)
        paint_icon(painter, QRectF(inner.left(), inner.center().y() - side / 2, side, side), self.badge.icon, text)
        words = inner.adjusted(side + unit * 0.7, 0, 0, 0)
        painter.setFont(self._fitting_font(words))
        painter.setPen(text)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(words, int(flags), self._lines())

    def _colours(self) -> tuple[QColor, QColor]:
        palette = self.palette()
        base, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.WindowText)
        if self.badge.style is not None:
            return QColor(self.badge.style.colour), QColor(self.badge.style.text)
        if self.badge.faded is not None:
            return _mixed(QColor(self.badge.faded.colour), base, 0.16), _mixed(text, base, 0.72)
        return base, text

    def _draw_edge(self, painter: QPainter, area: QRectF, text: QColor) -> None:
        unit, style = self.fontMetrics().height(), self.badge.style
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if style is None:
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1.5))
            painter.drawRoundedRect(area, unit * 0.5, unit * 0.5)
            return
        width = max(2.0, unit * 0.16)
        pen = QPen(text, width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if style.edge == "dashed":
            pen.setDashPattern([4, 2.4])
        elif style.edge == "dotted":
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setDashPattern([0.01, 2.2])
        elif style.edge == "double":
            pen.setWidthF(width * 0.7)
        painter.setPen(pen)
        for inset in (0.3, 0.52) if style.edge == "double" else (0.3,):
            gap = unit * inset
            painter.drawRoundedRect(area.adjusted(gap, gap, -gap, -gap), unit * 0.3, unit * 0.3)

    def _draw_tag(self, painter: QPainter, inner: QRectF, text: QColor) -> None:
        painter.setFont(self.font())
        painter.setPen(text)
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop), self.badge.tag)

    def _lines(self) -> str:
        """The word, broken behind a comma."""
        return self.badge.word.replace(", ", ",\n")

    def _fitting_font(self, area: QRectF) -> QFont:
        """The largest bold font at which the word fits, in as many lines as it has words at most."""
        font = QFont(self.font())
        font.setBold(True)
        scale = _LARGEST
        while True:
            font.setPointSizeF(self.font().pointSizeF() * scale)
            metrics = QFontMetricsF(font)
            longest = max((metrics.horizontalAdvance(word) for word in self.badge.word.split()), default=0.0)
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap)
            taken = metrics.boundingRect(area, flags, self._lines())
            if scale <= _SMALLEST or (longest <= area.width() and taken.height() <= area.height()):
                return font
            scale -= 0.1


def _mixed(colour: QColor, ground: QColor, share: float) -> QColor:
    rest = 1 - share
    return QColor.fromRgbF(
        colour.redF() * share + ground.redF() * rest,
        colour.greenF() * share + ground.greenF() * rest,
        colour.blueF() * share + ground.blueF() * rest,
    )
