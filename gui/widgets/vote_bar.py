"""How the windows vote: a bar with a part for every label, and a line for each under it."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.theme import AGREE, DIFFER

__all__ = ["Vote", "VoteBar"]

Kind = Literal["agree", "differ", "pending"]
_LINES = 4


@dataclass(frozen=True)
class Vote:
    """Windows that say one label; ``pending`` ones say nothing yet."""

    name: str
    count: int
    kind: Kind


class VoteBar(QWidget):
    """Agreeing windows are plain, differing ones hatched, pending ones empty: it reads without colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.votes: tuple[Vote, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_votes(self, votes: tuple[Vote, ...]) -> None:
        """Show other votes: the agreeing label, then the others, most frequent first, then what is pending."""
        if votes == self.votes:
            return
        rows = len(self._lines())
        self.votes = votes
        said = ", ".join(f"{vote.count} {vote.name}" for vote in votes)
        self.setAccessibleName(f"Votes of the windows: {said or 'none'}")
        self.setToolTip("\n".join(f"{vote.count} × {vote.name}" for vote in votes))
        if len(self._lines()) != rows:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """The bar and its lines; always room for two, so that little moves."""
        line = self.fontMetrics().lineSpacing()
        return QSize(160, round(line * 1.4 + max(2, len(self._lines())) * line * 1.1))

    def minimumSizeHint(self) -> QSize:
        """Never cut in height."""
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the bar, then the lines."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        total = sum(vote.count for vote in self.votes)
        line = self.fontMetrics().lineSpacing()
        bar = QRectF(0.5, 0.5, self.width() - 1, line * 1.05)
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        text = self.palette().color(group, QPalette.ColorRole.WindowText)
        left = bar.left()
        for vote in self.votes:
            width = bar.width() * vote.count / total if total else 0.0
            self._draw_swatch(painter, QRectF(left, bar.top(), width, bar.height()), vote.kind)
            left += width
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(bar)
        top = bar.bottom() + line * 0.3
        for vote in self._lines():
            side = line * 0.7
            swatch = QRectF(0.5, top + (line - side) / 2, side, side)
            self._draw_swatch(painter, swatch, vote.kind)
            painter.setPen(text)
            said = {"agree": "agree: ", "differ": "differ: ", "pending": ""}[vote.kind]
            area = QRectF(line, top, self.width() - line, line)
            words = self.fontMetrics().elidedText(
                f"{vote.count} {said}{vote.name}", Qt.TextElideMode.ElideRight, int(area.width())
            )
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), words)
            top += line * 1.1

    def _lines(self) -> tuple[Vote, ...]:
        """The votes to name: all, or the first ones and how many are left."""
        if len(self.votes) <= _LINES:
            return self.votes
        shown = self.votes[: _LINES - 1]
        rest = self.votes[_LINES - 1 :]
        pending = sum(vote.count for vote in rest if vote.kind == "pending")
        others = sum(vote.count for vote in rest) - pending
        name = f"{len(rest) - bool(pending)} other labels" + (f", {pending} not yet known" if pending else "")
        return (*shown, Vote(name, others, "differ"))

    def _draw_swatch(self, painter: QPainter, area: QRectF, kind: Kind) -> None:
        base = self.palette().color(QPalette.ColorRole.Base)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setOpacity(1.0 if self.isEnabled() else 0.45)
        if kind == "pending":
            painter.fillRect(area, base)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area)
        else:
            painter.fillRect(area, QColor(AGREE if kind == "agree" else DIFFER))
            if kind == "differ":
                painter.fillRect(area, QBrush(QColor(0, 0, 0, 150), Qt.BrushStyle.BDiagPattern))
        painter.setOpacity(1.0)
