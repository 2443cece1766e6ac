"""The photos of a folder as a strip to walk along; thumbnails are made aside, and only of what is in sight."""

from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRunnable,
    QSize,
    Qt,
    QThreadPool,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import SinscopeError
from engine.images import EXTENSIONS, list_images
from gui.glyphs import glyph
from gui.state import State

__all__ = ["Filmstrip"]

_SIDE = 88
_KEPT = 600
_FORMATS = {extension.lstrip(".") for extension in EXTENSIONS} | {"jpeg", "tiff"}
Index = QModelIndex | QPersistentModelIndex


class _News(QObject):
    """What runnables say; they are no ``QObject`` themselves."""

    listed = Signal(str, object)
    refused = Signal(str, str)
    made = Signal(str, object)


class _Listing(QRunnable):
    """Lists a folder; a slow disk keeps nobody waiting."""

    def __init__(self, folder: str, news: _News) -> None:
        super().__init__()
        self._folder, self._news = folder, news

    def run(self) -> None:
        try:
            self._news.listed.emit(self._folder, tuple(str(path) for path in list_images(Path(self._folder))))
        except SinscopeError as error:
            self._news.refused.emit(self._folder, str(error))


class _Thumbnail(QRunnable):
    """Makes one thumbnail; a file that cannot be read has none."""

    def __init__(self, path: str, side: int, news: _News) -> None:
        super().__init__()
        self._path, self._side, self._news = path, side, news

    def run(self) -> None:
        reader = QImageReader(self._path)
        reader.setAutoTransform(True)
        image = QImage()
        if bytes(reader.format().data()).decode() in _FORMATS:
            size = reader.size()
            if size.isValid() and max(size.width(), size.height()) > self._side:
                reader.setScaledSize(size.scaled(self._side, self._side, Qt.AspectRatioMode.KeepAspectRatio))
            image = reader.read()
        self._news.made.emit(self._path, image)


class _Photos(QAbstractListModel):
    """Paths, and the thumbnails of those that were looked at last."""

    def __init__(self, news: _News, pool: QThreadPool, parent: QObject) -> None:
        super().__init__(parent)
        self._news, self._pool = news, pool
        self._paths: tuple[str, ...] = ()
        self._rows: dict[str, int] = {}
        self._made: OrderedDict[str, QPixmap | None] = OrderedDict()
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._running = 0
        self._is_finished = False
        self.side = _SIDE
        news.made.connect(self._take)

    def finish(self) -> None:
        """Begin no more thumbnails: their news would find nobody."""
        self._is_finished = True

    def set_paths(self, paths: tuple[str, ...]) -> None:
        self.beginResetModel()
        self._paths = paths
        self._rows = {path: row for row, path in enumerate(paths)}
        self._made.clear()
        self._waiting.clear()
        self.endResetModel()

    def path(self, row: int) -> str:
        return self._paths[row]

    def row(self, path: str) -> int:
        return self._rows.get(path, -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._paths)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        path = self._paths[index.row()]
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnail(path)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return Path(path).name
        return path if role == Qt.ItemDataRole.ToolTipRole else None

    def _thumbnail(self, path: str) -> QPixmap | None:
        if path in self._made:
            self._made.move_to_end(path)
            return self._made[path]
        # What is asked for last is in sight now: it is made first, and what has long scrolled away never.
        self._waiting[path] = None
        self._waiting.move_to_end(path)
        while len(self._waiting) > 64:
            self._waiting.popitem(last=False)
        self._feed()
        return None

    def _feed(self) -> None:
        while self._waiting and not self._is_finished and self._running < self._pool.maxThreadCount():
            path, _ = self._waiting.popitem()
            self._running += 1
            self._pool.start(_Thumbnail(path, self.side * 2, self._news))

    @Slot(str, object)
    def _take(self, path: str, image: QImage) -> None:
        self._running -= 1
        row = self.row(path)
        if row >= 0:
            self._made[path] = None if image.isNull() else QPixmap.fromImage(image)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
            index = self.index(row)
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])
        self._feed()


class _Frame(QStyledItemDelegate):
    """A thumbnail in its frame; the current one has a thick edge, an unread one a sign."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        view, palette = option.widget, option.palette
        current = isinstance(view, QListView) and view.currentIndex() == index
        area = option.rect.adjusted(4, 4, -4, -4)
        painter.fillRect(area, palette.color(QPalette.ColorRole.AlternateBase))
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(picture, QPixmap):
            size = picture.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = area.adjusted(0, 0, 0, 0)
            place.setSize(size)
            place.moveCenter(area.center())
            # The pixels of tiny photos are shown as they are.
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, size.width() < picture.width())
            painter.drawPixmap(place, picture)
        else:
            side = option.fontMetrics.height()
            glyph("photo").paint(painter, area.center().x() - side // 2, area.center().y() - side // 2, side, side)
        if current:
            pen = painter.pen()
            pen.setColor(QColor(palette.color(QPalette.ColorRole.Highlight)))
            pen.setWidth(3)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(area.adjusted(-2, -2, 1, 1))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        return QSize(_SIDE + 8, _SIDE + 8)


class Filmstrip(QWidget):
    """The photos of a folder; the one that is selected is opened.

    Parameters
    ----------
    state : State

    Signals
    -------
    opened : str, int
        A folder was listed and holds so many photos.
    closed
        The strip was put away.
    refused : str
        It was not, and why.
    """

    opened = Signal(str, int)
    closed = Signal()
    refused = Signal(str)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filmstrip")
        self._state = state
        self._news = _News(self)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._photos = _Photos(self._news, self._pool, self)
        self.folder = ""
        self._first: str | None = None
        self._caption = QLabel()
        self._caption.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.view = QListView()
        self.view.setObjectName("filmstripView")
        self.view.setAccessibleName("Photos of the folder")
        self.view.setToolTip("Left and Right walk from photo to photo")
        self.view.setViewMode(QListView.ViewMode.IconMode)
        self.view.setFlow(QListView.Flow.LeftToRight)
        self.view.setMovement(QListView.Movement.Static)
        self.view.setWrapping(False)
        self.view.setUniformItemSizes(True)
        self.view.setLayoutMode(QListView.LayoutMode.SinglePass)
        self.view.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setItemDelegate(_Frame(self.view))
        self.view.setModel(self._photos)
        self.view.setFixedHeight(_SIDE + 8 + self.view.horizontalScrollBar().sizeHint().height() + 4)
        self.view.selectionModel().currentChanged.connect(self._walked)
        self._shut = QToolButton()
        self._shut.setObjectName("filmstripClose")
        self._shut.setIcon(glyph("close"))
        self._shut.setAutoRaise(True)
        self._shut.setToolTip("Put the filmstrip away; the photo stays")
        self._shut.setAccessibleName("Close the filmstrip")
        self._shut.clicked.connect(self.close_folder)
        head = QHBoxLayout()
        head.setContentsMargins(self.fontMetrics().height() // 2, 0, 0, 0)
        head.addWidget(self._caption, 1)
        head.addWidget(self._shut)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.view)
        self._news.listed.connect(self._listed)
        self._news.refused.connect(self._refused)
        state.document_changed.connect(self._follow)
        self.hide()

    def open_folder(self, folder: str, first: str | None = None) -> None:
        """List a folder and open a photo of it, the first one if none is named."""
        self.folder, self._first = folder, first
        self._pool.start(_Listing(folder, self._news))

    @Slot()
    def close_folder(self) -> None:
        """Put the strip away."""
        self.folder = ""
        self._photos.set_paths(())
        self.hide()
        self.closed.emit()

    def step(self, by: int) -> None:
        """Walk some photos on, or back."""
        count = self._photos.rowCount()
        if count:
            row = min(max(self.view.currentIndex().row() + by, 0), count - 1)
            self.view.setCurrentIndex(self._photos.index(row))

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_shut"):
            self._shut.setIcon(glyph("close"))

    def finish(self) -> None:
        """Let running thumbnails end and begin no more, for closing."""
        self._photos.finish()
        self._pool.clear()
        self._pool.waitForDone()

    @Slot(str, object)
    def _listed(self, folder: str, paths: tuple[str, ...]) -> None:
        if folder != self.folder:
            return
        self._photos.set_paths(paths)
        self.show()
        self.view.setCurrentIndex(self._photos.index(max(0, self._photos.row(self._first or ""))))
        self.opened.emit(folder, len(paths))

    @Slot(str, str)
    def _refused(self, folder: str, why: str) -> None:
        if folder == self.folder:
            self.close_folder()
            self.refused.emit(why)

    @Slot(QModelIndex, QModelIndex)
    def _walked(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            path = self._photos.path(current.row())
            self._say(current.row())
            if path != self._state.document.image:
                self._state.change("Open photo", image=path)

    @Slot(object)
    def _follow(self, document: object) -> None:
        """An undo may go back to another photo of the folder."""
        row = self._photos.row(getattr(document, "image", None) or "")
        if row >= 0 and row != self.view.currentIndex().row():
            self.view.setCurrentIndex(self._photos.index(row))

    def _say(self, row: int) -> None:
        self._caption.setText(f"{Path(self.folder).name}:  {row + 1} of {self._photos.rowCount()}")
