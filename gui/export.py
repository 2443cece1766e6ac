"""Everything that can leave the window: figures, data, and what goes to the clipboard."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGraphicsScene, QWidget

from engine.errors import SinscopeError
from engine.outputs import write_output
from gui.aside import Aside
from gui.export_data import maps_npz, report_json, summary_text, windows_csv
from gui.export_figure import draw_figure, draw_image
from gui.snapshot import Snapshot

__all__ = ["DATA_KINDS", "Exporter", "copy_picture", "export_figure"]

DATA_KINDS: dict[str, Callable[[Snapshot], bytes]] = {
    "report": report_json,
    "windows": windows_csv,
    "maps": maps_npz,
}


def export_figure(source: QWidget | QGraphicsScene, path: str | Path, scale: int = 1) -> None:
    """Write what is on the screen as PNG, SVG or PDF, by the ending of the path; whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be drawn or written.
    """
    encode = draw_figure(source, Path(path), scale)
    write_output(Path(path), encode())


def copy_picture(source: QWidget | QGraphicsScene, scale: int = 1) -> None:
    """Put what is on the screen on the clipboard.

    Raises
    ------
    OutputError
        If it cannot be drawn.
    """
    QGuiApplication.clipboard().setImage(draw_image(source, scale))


class Exporter(QObject):
    """Writes files beside the window: figures are drawn at once, but encoded and written in a thread.

    Signals
    -------
    written : str
        The path of a file that is there now, in full.
    copied : None
        The answer is on the clipboard.
    failed : str
        A sentence that says why there is none.
    """

    written = Signal(str)
    copied = Signal()
    failed = Signal(str)

    def __init__(self, aside: Aside, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._aside = aside

    def figure(self, source: QWidget | QGraphicsScene, path: str | Path, scale: int = 1) -> None:
        """Export what is on the screen now."""
        try:
            encode = draw_figure(source, Path(path), scale)
        except SinscopeError as error:
            self.failed.emit(str(error))
        else:
            self._write(Path(path), encode)

    def data(self, kind: str, snapshot: Snapshot, path: str | Path) -> None:
        """Export the ``report`` (JSON), the ``windows`` (CSV) or the ``maps`` (NPZ) of a snapshot."""
        make = DATA_KINDS[kind]
        self._write(Path(path), lambda: make(snapshot))

    def copy_report(self, snapshot: Snapshot) -> None:
        """Put the answer on the clipboard: readable text, and the report's JSON for what asks for that."""
        self._aside.run(lambda: (summary_text(snapshot), report_json(snapshot)), self._copy, self.failed.emit)

    def _copy(self, texts: tuple[str, bytes]) -> None:
        content = QMimeData()
        content.setText(texts[0])
        content.setData("application/json", texts[1])
        QGuiApplication.clipboard().setMimeData(content)
        self.copied.emit()

    def _write(self, path: Path, make: Callable[[], bytes]) -> None:
        def work() -> str:
            write_output(path, make())
            return str(path)

        self._aside.run(work, self.written.emit, self.failed.emit)
