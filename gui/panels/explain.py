"""What the verdict means: a page in plain words that follows the verdict."""

from PySide6.QtCore import QEvent, QSize, Slot
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

from gui.panels.meaning import general_meaning, meaning
from gui.state import Phase, State
from gui.widgets import InlineMessage

__all__ = ["ExplainPanel"]


class ExplainPanel(QWidget):
    """Shown in a dock or a dialog; it writes its page only while it is seen."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._written = ""
        self.old = InlineMessage("hourglass")
        self.page = QTextBrowser()
        self.page.setObjectName("explainPage")
        self.page.setAccessibleName("What the verdict means")
        self.page.setOpenLinks(False)
        self.page.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.page.document().setDocumentMargin(self.fontMetrics().height() * 0.8)
        gap = self.fontMetrics().height() // 2
        self.old.setContentsMargins(gap, gap // 2, gap, gap // 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.old)
        layout.addWidget(self.page, 1)
        self.setWindowTitle("What the verdict means")
        state.phase_changed.connect(self._follow)
        state.snapshot_changed.connect(self._follow)
        self.refresh()

    def sizeHint(self) -> QSize:
        """A column that reads well."""
        return QSize(self.fontMetrics().averageCharWidth() * 72, self.fontMetrics().height() * 36)

    def refresh(self) -> None:
        """Write the page for the verdict that is known, and say if it is out of date."""
        snapshot, phase = self._state.snapshot, self._state.phase
        verdict = snapshot.verdict if snapshot is not None and not snapshot.request.preview else None
        if snapshot is None or verdict is None:
            if phase in (Phase.COMPUTING, Phase.PARTIAL) and self._written:
                self._date("A newer verdict is on its way; what is below is about the one before.")
                return
            html = general_meaning()
        else:
            html = meaning(snapshot, verdict)
        self._date(
            "" if phase is Phase.VERDICT or verdict is None else "This verdict is not about what is asked now."
        )
        if html != self._written:
            self._written = html
            self._write()

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "page"):
            self._write()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        self.refresh()

    def _date(self, sentence: str) -> None:
        self.old.say(sentence)

    def _write(self) -> None:
        palette = self.palette()
        quiet = palette.color(QPalette.ColorRole.PlaceholderText).name()
        self.page.document().setDefaultStyleSheet(
            f"h2 {{ margin-bottom: 4px; }} h3 {{ margin-top: 12px; margin-bottom: 2px; color: {quiet}; }}"
            "p, ul { margin-top: 2px; margin-bottom: 6px; } li { margin-bottom: 3px; }"
        )
        place = self.page.verticalScrollBar().value()
        self.page.setHtml(self._written)
        self.page.verticalScrollBar().setValue(place)

    @Slot(object)
    def _follow(self, _what: object) -> None:
        if self.isVisible():
            self.refresh()
