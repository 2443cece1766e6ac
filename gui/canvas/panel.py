"""The canvas panel: follows the state, and turns mouse and keys into requests."""

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.canvas.layers import LayerModel
from gui.canvas.marks import Marks
from gui.canvas.patch_hand import PatchHand
from gui.canvas.patch_loader import PatchLoader
from gui.canvas.photo_box import PhotoBox
from gui.canvas.photo_view import PhotoView
from gui.canvas.probe import probe_text
from gui.canvas.scenery import Scenery, benign_for, scenery_of
from gui.canvas.status import Look, look_of
from gui.canvas.welcome import Welcome
from gui.canvas.window_states import next_under
from gui.comparing import ShownPlaces
from gui.snapshot import Snapshot
from gui.state import Phase, Selection, State

__all__ = ["CanvasPanel"]

_PATIENCE_MS = 120  # an answer that comes sooner replaces what is shown without a flicker
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class CanvasPanel(QWidget):
    """The photo with heatmap, SINs, windows, location map and patch.

    Parameters
    ----------
    state : State

    Signals
    -------
    hovered : str
        Pixel, colour, importance and windows under the cursor; empty beside the photo.
    original_changed, compare_changed : bool
        The photo as it was read is shown; the clean photo is shown beside.
    """

    hovered = Signal(str)
    original_changed = Signal(bool)
    compare_changed = Signal(bool)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.layers = LayerModel(self)
        self.view = PhotoView(self)
        self._marks = Marks(self.view.main, self.font())
        self._loader = PatchLoader(self)
        self._hand = PatchHand(state, self._marks.patch, self._loader, self)
        self._welcome = Welcome(self.view.viewport())
        self._benign: Snapshot | None = None
        self._scenery: Scenery | None = None
        self._look = Look()
        self._shows_original = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.addWidget(self.view)
        self.setFocusProxy(self.view)
        self._connect()
        self._restyle()
        self._marks.select(state.selection)
        self._take_snapshot(state.snapshot)

    @property
    def is_original(self) -> bool:
        """Whether the photo is shown as it was read."""
        return self._shows_original

    @property
    def is_comparing(self) -> bool:
        """Whether the clean photo is shown beside."""
        return self.view.is_comparing

    @Slot(bool)
    def set_original(self, shown: bool) -> None:
        """Show the photo as it was read, or as the model sees it."""
        if shown != self._shows_original:
            self._shows_original = shown
            for box in self.view.boxes:
                box.show_original(shown)
            self._refresh()
            self.view.fit()
            self.original_changed.emit(shown)

    @Slot(bool)
    def set_compare(self, shown: bool) -> None:
        """Show the clean photo beside the one with the patch, or only the one."""
        if shown != self.view.is_comparing:
            self.view.set_compare(shown)
            self._refresh()
            self.compare_changed.emit(shown)

    @Slot()
    def fit(self) -> None:
        """Show all of the photo."""
        self.view.fit()

    def zoom(self, factor: float) -> None:
        """Zoom about the middle; above 1 is closer."""
        self.view.zoom(factor)

    def nudge_patch(self, dx: int, dy: int) -> None:
        """Move the patch by pixels of the model's input; presses in quick succession are one step to undo."""
        self._hand.nudge(dx, dy)

    def scale_patch(self, step: int) -> None:
        """Make the patch's longer side longer or shorter by pixels of the model's input."""
        self._hand.scale(step)

    def to_viewport(self, x: float, y: float) -> QPoint:
        """Where a point of the model's input lies in the view's viewport."""
        return self.view.to_viewport(x, y)

    def render_to(self, painter: QPainter, target: QRectF) -> None:
        """Draw the canvas as it is on the screen into a rectangle of the same proportions; lines stay lines.

        For an SVG, ``QSvgGenerator`` has to write version 1.1 (``SvgVersion.Svg11``): the older one cannot clip.
        """
        self.view.render_to(painter, target)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the patch, brackets scale it, plus and minus zoom, Escape takes a gesture back."""
        far = 8 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        key = Qt.Key(event.key())
        if key in _ARROWS and self._hand.has_patch:
            self.nudge_patch(*(far * step for step in _ARROWS[key]))
        elif key in (Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight) and self._hand.has_patch:
            self.scale_patch(1 if key == Qt.Key.Key_BracketRight else -1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            self.zoom(1.25 if key == Qt.Key.Key_Plus else 0.8)
        elif key != Qt.Key.Key_Escape or not self._marks.patch.cancel():
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit the welcome card; Escape takes back the gesture that is going on before it stops the engine."""
        if watched is self.view.viewport() and event.type() == QEvent.Type.Resize:
            self._welcome.setGeometry(self.view.viewport().rect())
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.key() == Qt.Key.Key_Escape and self._marks.patch.is_dragged)
            return event.isAccepted()
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._restyle()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A frame that shows the keyboard's focus."""
        super().paintEvent(event)
        if self.view.hasFocus():
            painter = QPainter(self)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _connect(self) -> None:
        state, view = self.state, self.view
        state.snapshot_changed.connect(self._take_snapshot)
        state.document_changed.connect(self._refresh)
        state.phase_changed.connect(self._take_phase)
        state.selection_changed.connect(self._take_selection)
        state.places_changed.connect(self._take_places)
        state.problem_changed.connect(self._follow_welcome)
        self.layers.changed.connect(self._refresh)
        self._loader.loaded.connect(self._refresh)
        self._welcome.sample_wanted.connect(self._open_sample)
        self._patience.timeout.connect(self._show_look)
        view.main.clicked.connect(self._click)
        view.pointed.connect(self._point)
        view.focus_moved.connect(self._show_focus)
        view.viewport().installEventFilter(self)
        view.installEventFilter(self)

    @Slot(object)
    def _take_snapshot(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None and snapshot.patch_box is None:
            self._benign = snapshot
        elif snapshot is not None and self._benign is not None and not benign_for(snapshot, self._benign):
            self._benign = None
        self._marks.set_snapshot(snapshot)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        snapshot = self.state.snapshot
        if snapshot is not None:
            self._scenery = scenery_of(snapshot, self.state.document, self._benign, self.view.is_comparing)
            self._show_pictures(snapshot, self._scenery)
        self._hand.follow(snapshot, self._shows_original or bool(self._scenery and self._scenery.adrift))
        self._take_phase(self.state.phase)
        self._show_layers()

    def _show_pictures(self, snapshot: Snapshot, scenery: Scenery) -> None:
        main, clean = self.view.boxes
        before = main.whole
        main.set_picture(scenery.picture)
        clean.set_picture(snapshot.clean_view)
        main.set_heat(scenery.heat, scenery.levels)
        clean.set_heat(scenery.clean_heat, scenery.levels)
        for box in (main, clean):
            box.set_original(snapshot.original, snapshot.seen)
            box.set_table(self.layers.table)
        self.view.bar.set_scale(scenery.levels, self.layers.table)
        if main.whole != before:
            self.view.fit()
        main.caption.say(scenery.caption if self.is_comparing else "photo as read" if self._shows_original else "")
        clean.caption.say("clean photo" if self.is_comparing else "")

    @Slot(object)
    def _take_phase(self, phase: Phase) -> None:
        self._follow_welcome()
        # A quick answer replaces what is shown; a slow one is waited for with everything old dimmed.
        if phase is Phase.COMPUTING and self.state.snapshot is not None:
            if not self._patience.isActive() and not self._look.badge:
                self._patience.start()
        else:
            self._patience.stop()
            self._show_look()

    @Slot()
    def _show_look(self) -> None:
        self._look = look_of(self.state)
        self.view.main.badge.say(self._look.badge if self.state.snapshot is not None else "")
        self._show_layers()

    @Slot()
    def _follow_welcome(self) -> None:
        self._welcome.follow(self.state)

    @Slot(object)
    def _take_selection(self, selection: Selection) -> None:
        self._marks.select(selection)

    @Slot(object)
    def _take_places(self, places: ShownPlaces | None) -> None:
        self._marks.show_places(places)
        self._show_layers()

    def _show_layers(self) -> None:
        layers, look, has_content = self.layers, self._look, self.state.snapshot is not None
        self._marks.show(layers, look, has_content)
        photo = layers["image"].opacity * look.picture if has_content and layers.is_shown("image") else 0.0
        heat = layers["heatmap"].opacity * look.overlays if has_content and layers.is_shown("heatmap") else 0.0
        for box in self.view.boxes:
            box.fade(photo, heat)
        self.view.set_strip(has_content and layers.is_shown("heatmap"), self._marks.keys())
        self.view.setAccessibleDescription(", ".join([self._look.badge or "up to date", *self.view.legend.words]))

    @Slot(float, float)
    def _click(self, x: float, y: float) -> None:
        place, snapshot = self._marks.place_at(x, y), self.state.snapshot
        if place is not None:
            self.state.select(place=place)
            self._hand.put(*place)
        elif snapshot is not None and snapshot.windows is not None and self.layers.is_shown("windows"):
            self.state.select(window=next_under(snapshot.windows, x, y, self.state.selection.window))

    @Slot(object, QPointF)
    def _point(self, box: PhotoBox | None, point: QPointF) -> None:
        self._marks.patch.set_near(box is self.view.main or self.view.hasFocus())
        snapshot, scenery = self.state.snapshot, self._scenery
        if box is None or snapshot is None or scenery is None or not self._welcome.isHidden():
            self.hovered.emit("")
            return
        picture = scenery.picture if box is self.view.main else snapshot.clean_view
        place = self._marks.place_at(point.x(), point.y()) if box is self.view.main else None
        self.hovered.emit(probe_text(snapshot, picture, point.x(), point.y(), place, self.state.places))

    @Slot()
    def _show_focus(self) -> None:
        self._marks.patch.set_near(self.view.hasFocus())
        self.update()

    @Slot(str)
    def _open_sample(self, reference: str) -> None:
        self.state.change("Open sample", image=reference)

    def _restyle(self) -> None:
        self.view.restyle()
        self._welcome.restyle()
