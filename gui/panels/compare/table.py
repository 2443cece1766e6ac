"""The table of the tab Compare: verdicts as chips, sentences over several columns, a button where one can ask."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from gui.comparison import Standing
from gui.icons import paint_icon
from gui.panels import words
from gui.panels.compare.model import (
    ANSWER,
    CERTIFIED,
    COLUMNS,
    PASSES,
    TIME,
    TITLE,
    VERDICT,
    WEAKEST,
    CompareModel,
    Entry,
)
from gui.panels.plots.frame import DIMMED
from gui.theme import VERDICTS, VerdictStyle
from gui.widgets import Ringed

__all__ = ["CompareTable"]

_LETTERS = {CERTIFIED: 9, WEAKEST: 11, PASSES: 7, TIME: 8}
_NARROW, _NARROWEST = 92, 70  # letters: below, the class is left out, and then the weakest place
_ASKABLE = (Standing.ON_DEMAND, Standing.FAILED)
Index = QModelIndex | QPersistentModelIndex


class CompareTable(Ringed, QTableView):
    """One line a defense; up and down walk them, Return runs or shows one.

    Signals
    -------
    asked : str
        A defense is to be run.
    """

    asked = Signal(str)

    def __init__(self, model: CompareModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._buttons: dict[str, QPushButton] = {}
        self._gap = self.fontMetrics().averageCharWidth()
        self.setObjectName("compareTable")
        self.setAccessibleName("Defenses")
        self.setModel(model)
        self.setItemDelegate(_Painter(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        model.modelReset.connect(self.clearSpans)  # they belong to lines that may be others now

    def arrange(self) -> None:
        """Fit widths, spans, heights and buttons to what is shown."""
        self._share_out()
        self._change_buttons()
        for line, entry in enumerate(self._model.entries):
            sentence = bool(entry.sentence)
            first = TITLE if entry.row is None else VERDICT
            if self.columnSpan(line, first) != (len(COLUMNS) - first if sentence else 1):
                self.setSpan(line, first, 1, len(COLUMNS) - first if sentence else 1)
            self.setRowHeight(line, self._height(line, entry))
        self._place_buttons()

    def entry(self, index: Index) -> Entry | None:
        """What an index shows."""
        return self._model.entries[index.row()] if 0 <= index.row() < len(self._model.entries) else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other widths, and so other heights."""
        super().resizeEvent(event)
        self.arrange()

    def text_rect(self, line: int, entry: Entry) -> QRect:
        """Where a sentence is written, in the table."""
        first = TITLE if entry.row is None else VERDICT
        area = self.visualRect(self._model.index(line, first))
        button = self._buttons.get(entry.row.line.name) if entry.row is not None else None
        taken = button.width() + self._gap if button is not None else 0
        return area.adjusted(self._gap + taken, 2, -self._gap, -2)

    def _share_out(self) -> None:
        letter, room = self.fontMetrics().averageCharWidth(), self.viewport().width()
        narrow, narrowest = (room < letters * letter for letters in (_NARROW, _NARROWEST))
        self.setColumnHidden(ANSWER, narrow)
        self.setColumnHidden(WEAKEST, narrowest)
        widths = {column: letters * letter + self._gap for column, letters in _LETTERS.items()}
        rest = max(0, room - sum(width for column, width in widths.items() if not self.isColumnHidden(column)))
        shares = {TITLE: 0.52, VERDICT: 0.48} if narrow else {TITLE: 0.47, VERDICT: 0.28, ANSWER: 0.25}
        widths |= {column: int(rest * share) for column, share in shares.items()}
        for column, width in widths.items():
            self.setColumnWidth(column, width)

    def _height(self, line: int, entry: Entry) -> int:
        """Enough for all lines of title and sentence."""
        high = 0
        if entry.row is not None:
            high = self._wrapped(entry.row.line.title, self.columnWidth(TITLE) - self._gap, entry)
        if entry.sentence:
            high = max(high, self._wrapped(entry.sentence, self.text_rect(line, entry).width(), entry))
        return max(round(self.fontMetrics().height() * 1.7), high + self.fontMetrics().height() // 2)

    def _wrapped(self, text: str, width: int, entry: Entry) -> int:
        font = self.font()
        font.setBold(entry.row is None)
        return QFontMetrics(font).boundingRect(QRect(0, 0, max(1, width), 10_000), _WRAPPED, text).height()

    def _change_buttons(self) -> None:
        """A button in each line that can be asked for; the others go."""
        wanted = {
            entry.row.line.name: entry.row
            for entry in self._model.entries
            if entry.row is not None and entry.row.standing in _ASKABLE
        }
        for name in set(self._buttons) - set(wanted):
            button = self._buttons.pop(name)
            if button.hasFocus():
                self.setFocus()
            button.hide()
            button.deleteLater()
        for name, row in wanted.items():
            if name not in self._buttons:
                self._buttons[name] = self._button(name)
            cost = words.cost(row.line.passes, row.seconds)
            self._buttons[name].setText("Again" if row.standing is Standing.FAILED else "Run")
            self._buttons[name].setAccessibleName(f"Run {row.line.title}, {cost}")
            self._buttons[name].setToolTip(f"Run {row.line.title} on this photo: {cost}")

    def _place_buttons(self) -> None:
        for name, button in self._buttons.items():
            line = self._model.line_of(name)
            if line is not None:
                area, size = self.visualRect(self._model.index(line, VERDICT)), button.size()
                button.move(area.left() + self._gap // 2, area.center().y() - size.height() // 2)
                button.show()

    def _button(self, name: str) -> QPushButton:
        button = QPushButton("Run", self.viewport())
        button.setObjectName(f"run-{name}")
        font = self.fontMetrics()
        button.setFixedSize(font.horizontalAdvance("Again") + font.height() * 2, round(font.height() * 1.45))
        button.clicked.connect(lambda: self.asked.emit(name))
        return button

    def updateGeometries(self) -> None:
        """Buttons scroll with their lines."""
        super().updateGeometries()
        self._place_buttons()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Buttons scroll with their lines."""
        super().scrollContentsBy(dx, dy)
        self._place_buttons()


_WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap)


class _Painter(QStyledItemDelegate):
    """Draws chips and sentences; all else as usual."""

    def __init__(self, table: CompareTable) -> None:
        super().__init__(table)
        self._table = table

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Nothing of ours is written by the style; what is out of date is faint."""
        super().initStyleOption(option, index)
        entry = self._table.entry(index)
        if entry is None:
            return
        if (entry.sentence and index.column() != TITLE) or entry.row is None or index.column() == VERDICT:
            option.text = ""
        option.state &= ~QStyle.StateFlag.State_HasFocus
        if entry.is_outdated or (entry.row is not None and entry.row.standing is Standing.REFUSED):
            faint = option.palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
            option.palette.setColor(QPalette.ColorRole.Text, faint)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The ground, then a chip or a sentence."""
        entry = self._table.entry(index)
        if entry is not None and entry.row is None:
            painter.fillRect(option.rect, option.palette.color(QPalette.ColorRole.AlternateBase))
        super().paint(painter, option, index)
        if entry is None:
            return
        painter.save()
        if entry.sentence and index.column() == (TITLE if entry.row is None else VERDICT):
            self._write(painter, option, index.row(), entry)
        elif index.column() == VERDICT and entry.row is not None and entry.row.answer is not None:
            painter.setOpacity(DIMMED if entry.is_outdated else 1.0)
            _draw_chip(painter, option.rect, VERDICTS[entry.row.answer.word], option.fontMetrics)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        """Sizes are the table's."""
        return QSize(0, 0)

    def _write(self, painter: QPainter, option: QStyleOptionViewItem, line: int, entry: Entry) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.PlaceholderText
        font = painter.font()
        if entry.row is None:
            role = QPalette.ColorRole.Text
            font.setBold(True)
            painter.setFont(font)
        painter.setPen(self._table.palette().color(role))
        painter.drawText(self._table.text_rect(line, entry), _WRAPPED, entry.sentence)


def _draw_chip(painter: QPainter, area: QRect, style: VerdictStyle, metrics: QFontMetrics) -> None:
    """The verdict's word and icon on its colour, with its edge; broken off at its comma where it is narrow."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side, gap = metrics.height(), metrics.averageCharWidth()
    room = area.width() - side - 3 * gap
    word = style.word
    if metrics.horizontalAdvance(word) > room:
        word = metrics.elidedText(word.partition(",")[0], Qt.TextElideMode.ElideRight, room)
    width = side + 3 * gap + metrics.horizontalAdvance(word)
    box = QRectF(area.left() + gap / 2, round(area.center().y() - side * 0.7) + 0.5, width, round(side * 1.4))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(style.colour))
    painter.drawRoundedRect(box, side / 4, side / 4)
    text = QColor(style.text)
    edge = {"solid": Qt.PenStyle.SolidLine, "dashed": Qt.PenStyle.DashLine, "dotted": Qt.PenStyle.DotLine}
    painter.setPen(QPen(text, 0.9, edge.get(style.edge, Qt.PenStyle.SolidLine)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for inset in (1.0, 3.0) if style.edge == "double" else (2.0,):
        painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), side / 6, side / 6)
    paint_icon(
        painter, QRectF(box.left() + gap, box.center().y() - side * 0.42, side * 0.84, side * 0.84), style.icon, text
    )
    painter.setPen(text)
    inside = QRectF(box.left() + gap * 1.6 + side, box.top(), room + gap, box.height())
    painter.drawText(inside, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), word)
