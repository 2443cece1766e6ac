"""What lies over an empty canvas: where to drop a photo, the samples, or what is going on instead."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gui.icons import paint_icon
from gui.sources import SAMPLE_IMAGES
from gui.state import Phase, State

__all__ = ["Welcome"]


class Welcome(QWidget):
    """A card in the middle of the canvas.

    Signals
    -------
    sample_wanted : str
        Reference of a sample photo.
    """

    sample_wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self._icon = _Icon()
        self._title, self._hint = QLabel(), QLabel()
        self._title.setObjectName("welcomeTitle")
        self._buttons = QWidget()
        for label in (self._title, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        for reference in SAMPLE_IMAGES:
            row.addWidget(self._button(reference))
        row.addStretch(1)
        space = self.fontMetrics().height()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * space, 2 * space, 2 * space, 2 * space)
        layout.addStretch(1)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(space // 2)
        layout.addWidget(self._title)
        layout.addWidget(self._hint)
        layout.addSpacing(space // 2)
        layout.addWidget(self._buttons)
        layout.addStretch(1)

    def follow(self, state: State) -> None:
        """Show what the state has to say while there is no photo; hide as soon as there is one."""
        is_empty = state.document.image is None
        self.setVisible(is_empty or state.snapshot is None)
        if not self.isHidden():
            self._say(*self._words(state), offers=is_empty or state.phase in (Phase.ERROR, Phase.CANCELLED))

    def restyle(self) -> None:
        """Take over font and palette."""
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        self._title.setFont(font)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A dashed border: things can be dropped here."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.Window))
        gap = self.fontMetrics().height() * 0.75
        if self._buttons.isVisibleTo(self):
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 2, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(gap, gap, -gap, -gap), gap, gap)

    def _button(self, reference: str) -> QPushButton:
        name = reference.removeprefix("sample:")
        button = QPushButton(f"{name.capitalize()} sample")
        button.setObjectName(f"sample{name.capitalize()}")
        button.setToolTip(f"Open the sample photo “{name}” (Ctrl+Shift+O lists all samples)")
        button.setAccessibleName(f"Open the sample photo {name}")
        button.setProperty("reference", reference)
        button.clicked.connect(self._ask)
        return button

    @Slot()
    def _ask(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.sample_wanted.emit(sender.property("reference"))

    @staticmethod
    def _words(state: State) -> tuple[str, str, str]:
        """Icon, title and hint."""
        if state.document.image is None:
            return "photo", "Drop a photo here", "or a folder of photos, or begin with a sample"
        if state.phase is Phase.ERROR and state.problem is not None:
            return "cross", "This did not work", state.problem.sentence
        if state.phase is Phase.LOADING:
            return "hourglass", f"Loading {state.loading} …", ""
        if state.phase is Phase.CANCELLED:
            return "stop", "Stopped", "Press F5 to run again."
        if state.phase is Phase.STALE or not state.live:
            return "photo", "Live is off", "Press F5 to run."
        return "hourglass", "Computing …", ""

    def _say(self, icon: str, title: str, hint: str, offers: bool) -> None:
        self._icon.name = icon
        self._icon.update()
        self._title.setText(title)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._buttons.setVisible(offers)
        self.setAccessibleName(f"{title} {hint}".strip())
        self.update()


class _Icon(QWidget):
    """One of the program's icons, large."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "photo"
        side = round(self.fontMetrics().height() * 3.2)
        self.setFixedSize(QSize(side, side))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_icon(painter, QRectF(self.rect()), self.name, self.palette().color(QPalette.ColorRole.PlaceholderText))
