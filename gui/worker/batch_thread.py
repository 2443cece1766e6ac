"""The thread that watches over evaluations; the work is done by processes."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from gui.worker.side_thread import Serve, SideThread

__all__ = ["BatchThread"]


class BatchThread(SideThread):
    """Serves a :class:`BatchRequest` with a :class:`BatchSurvey`, or with a :class:`BatchView` now and then."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__("evaluation", _make_batcher, parent)


def _make_batcher(announce: Callable[[str], None]) -> Serve:
    from gui.worker.batcher import Batcher

    return Batcher(announce).serve
