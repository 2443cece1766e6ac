"""All occluding windows in one item: outlines, a mark in the middle of each, and the selected one in full."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem

from gui.canvas.hatch import hatch_lines, mask_image, outline_lines
from gui.canvas.overlay import INK, PAPER, Key, Overlay, lines, mapped_boxes, pen, rects, with_alpha
from gui.canvas.plate import draw_plate
from gui.canvas.window_states import WindowState, window_states
from gui.snapshot import Snapshot
from gui.theme import AGREE, DIFFER

__all__ = ["WindowsItem"]

_LARGEST_MARK = 13.0
_SMALLEST_MARK = 4.0  # px
_OUTLINED = 400  # windows that are outlined one by one
_HATCH = 6.0  # px between lines
_COLOURS = {
    WindowState.WAITING: "#8A9099",
    WindowState.SKIPPED: "#56B4E9",
    WindowState.AGREES: AGREE,
    WindowState.DIFFERS: DIFFER,
    WindowState.FIRES: DIFFER,
}


class WindowsItem(Overlay):
    """Draws every window of a snapshot; thousands are as quick as a few."""

    def __init__(self, font: QFont, parent: QGraphicsItem | None = None) -> None:
        super().__init__(parent)
        self._font = font
        self._snapshot: Snapshot | None = None
        self._states: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._selected: int | None = None
        self._border: NDArray[np.int64] | None = None

    def set_snapshot(self, snapshot: Snapshot | None) -> None:
        """Take over the windows of a snapshot."""
        self._snapshot = snapshot if snapshot and snapshot.windows is not None else None
        self._states = window_states(self._snapshot) if self._snapshot else np.zeros(0, dtype=np.int64)
        self._border = None
        self.update()

    def select(self, window: int | None) -> None:
        """Show one window in full and the others faintly; ``None`` shows all alike."""
        if window != self._selected:
            self._selected = window
            self.update()

    def legend(self) -> tuple[Key, ...]:
        """The states there are."""
        if self._snapshot is None:
            return ()
        strict = self._snapshot.settings.rule == "consistency"
        words = {
            WindowState.WAITING: "not run yet",
            WindowState.SKIPPED: "no SIN inside",
            WindowState.AGREES: "window agrees",
            WindowState.DIFFERS: "differs, not firing",
            WindowState.FIRES: "differs" if strict else "fires the rule",
        }
        present = set(self._states.tolist())
        return tuple(Key(text, _Swatch(state)) for state, text in words.items() if state in present)

    def draw(self, painter: QPainter, to_scene: QTransform) -> None:
        """Outlines first, marks over them, the selected window on top."""
        if self._snapshot is None or self._snapshot.windows is None:
            return
        windows = self._snapshot.windows
        boxes = mapped_boxes(windows.boxes_px, to_scene)
        chosen = self._selected if self._selected is not None and self._selected < len(boxes) else None
        full = painter.opacity()
        painter.setOpacity(full * (0.45 if chosen is not None else 1.0))
        middles = boxes[:, :2] + boxes[:, 2:] / 2
        spacing = _spacing(middles, windows.grid)
        size = min(_LARGEST_MARK, 0.4 * spacing)
        if len(boxes) > _OUTLINED:
            self._draw_border(painter, to_scene)
        else:
            self._draw_outlines(painter, boxes)
        if size < _SMALLEST_MARK:
            self._draw_tiles(painter, middles, windows.grid)
        else:
            self._draw_marks(painter, middles, size)
        painter.setOpacity(full)
        if chosen is not None:
            self._draw_selected(painter, boxes[chosen], chosen, to_scene)

    def _draw_outlines(self, painter: QPainter, boxes: NDArray[np.float64]) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        crowd = min(1.0, max(0.1, (16 / len(boxes)) ** 0.5))
        for state in WindowState:
            painter.setPen(_outline(state, crowd))
            painter.drawRects(rects(boxes[self._states == state].tolist()))

    def _draw_border(self, painter: QPainter, to_scene: QTransform) -> None:
        """Around all that the firing windows hide; single outlines would blacken the photo."""
        if self._border is None:
            assert self._snapshot is not None
            assert self._snapshot.windows is not None
            hidden = np.zeros(self._snapshot.view.shape[:2], dtype=np.bool_)
            for top, left, bottom, right in self._snapshot.windows.boxes_px[
                self._states == WindowState.FIRES
            ].tolist():
                hidden[top:bottom, left:right] = True
            self._border = outline_lines(hidden)
        painter.setPen(_outline(WindowState.FIRES, 1.0))
        painter.drawLines(lines(self._border, to_scene, QPointF()))

    def _draw_marks(self, painter: QPainter, middles: NDArray[np.float64], size: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self.in_sight().adjusted(-size, -size, size, size)
        x, y = middles.T
        seen = (x >= room.left()) & (x <= room.right()) & (y >= room.top()) & (y <= room.bottom())
        for state in WindowState:
            for middle in middles[seen & (self._states == state)].tolist():
                _draw_mark(painter, QPointF(*middle), size, state)

    def _draw_tiles(self, painter: QPainter, middles: NDArray[np.float64], grid: tuple[int, int]) -> None:
        """One tile a window, where marks would be too small; those that differ are hatched."""
        states = self._states.reshape(grid)
        first, last = middles.min(axis=0), middles.max(axis=0)
        across, down = ((last - first) / np.maximum(1, np.array(grid[::-1]) - 1)).tolist()
        area = QRectF(first[0] - across / 2, first[1] - down / 2, across * grid[1], down * grid[0])
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        for state in WindowState:
            if (states == state).any():
                colour = with_alpha(_COLOURS[state], 0.4 if state < WindowState.DIFFERS else 0.75)
                painter.drawImage(area, mask_image(states == state, colour))
        to_tiles = QTransform(across, 0, 0, down, area.left(), area.top())
        step = max(1, round(_HATCH / max(1e-6, across)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(with_alpha(INK, 0.8), 1))
        painter.drawLines(lines(hatch_lines(states >= WindowState.DIFFERS, step), to_tiles, QPointF()))

    def _draw_selected(self, painter: QPainter, box: NDArray[np.float64], window: int, to_scene: QTransform) -> None:
        state = WindowState(int(self._states[window]))
        frame = QRectF(*box.tolist())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state >= WindowState.DIFFERS:
            self._hatch(painter, window, to_scene)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((INK, 6.5), (PAPER, 4.5), (QColor(_COLOURS[state]), 2.5)):
            painter.setPen(pen(colour, width))
            painter.drawRect(frame)
        draw_plate(painter, self._font, self._name(window), frame, self.in_sight(), (4.0, 4.0), below=False)

    def _hatch(self, painter: QPainter, window: int, to_scene: QTransform) -> None:
        assert self._snapshot is not None
        assert self._snapshot.windows is not None
        top, left, bottom, right = self._snapshot.windows.boxes_px[window].tolist()
        step = max(1, round(14 / max(1e-6, to_scene.m11())))
        ends = hatch_lines(np.ones((bottom - top, right - left), dtype=np.bool_), step)
        hatch = lines(ends, to_scene, QPointF(left, top))
        for colour, width in ((with_alpha(PAPER, 0.5), 2.4), (with_alpha(DIFFER, 0.9), 1.2)):
            painter.setPen(pen(colour, width))
            painter.drawLines(hatch)

    def _name(self, window: int) -> str:
        assert self._snapshot is not None
        windows = self._snapshot.windows
        assert windows is not None
        which = f"window #{window}"  # as in the table
        label = int(windows.label[window])
        if not windows.done[window] or label < 0:
            return f"{which}: not done" if not windows.done[window] else f"{which}: no finite answer"
        name = self._snapshot.model.labels[label]
        short = name if len(name) <= 24 else name[:23] + "…"
        return f"{which}: {short}, {windows.confidence[window]:.0%}"


class _Swatch:
    """Draws a state into the legend."""

    def __init__(self, state: WindowState) -> None:
        self._state = state

    def __call__(self, painter: QPainter, box: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_outline(self._state, 1.0))
        painter.drawRect(box.adjusted(1, 1, -1, -1))
        _draw_mark(painter, box.center(), box.width() * 0.6, self._state)


def _outline(state: WindowState, strength: float) -> QPen:
    colour, width, style = _COLOURS[state], 1.0, Qt.PenStyle.SolidLine
    if state is WindowState.WAITING:
        style = Qt.PenStyle.DotLine
    elif state in (WindowState.SKIPPED, WindowState.DIFFERS):
        style = Qt.PenStyle.DashLine
    elif state is WindowState.FIRES:
        width, strength = 2.0, max(strength, 0.15)
    return pen(with_alpha(colour, strength), width, style)


def _draw_mark(painter: QPainter, middle: QPointF, size: float, state: WindowState) -> None:
    """A disc agrees, a triangle fires, an open triangle differs, a ring is skipped, a dot waits."""
    box = QRectF(0, 0, size, size)
    box.moveCenter(middle)
    colour = QColor(_COLOURS[state])
    painter.setPen(pen(PAPER, max(1.0, size / 9)))
    if state is WindowState.WAITING:
        inner = size / 3
        painter.setBrush(colour)
        painter.drawEllipse(box.adjusted(inner, inner, -inner, -inner))
    elif state is WindowState.AGREES:
        inner = size / 8
        painter.setBrush(colour)
        painter.drawEllipse(box.adjusted(inner, inner, -inner, -inner))
    elif state is WindowState.SKIPPED:
        inner = size / 8
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for hue, width in ((INK, size / 4), (colour, size / 6)):
            painter.setPen(pen(hue, width))
            painter.drawEllipse(box.adjusted(inner, inner, -inner, -inner))
    else:
        fires = state is WindowState.FIRES
        painter.setBrush(colour if fires else with_alpha(PAPER, 0.75))
        painter.setPen(pen(PAPER if fires else colour, max(1.0, size / 9)))
        painter.drawPolygon([QPointF(middle.x(), box.top()), box.bottomRight(), box.bottomLeft()])


def _spacing(middles: NDArray[np.float64], grid: tuple[int, int]) -> float:
    """Distance between neighbouring windows in pixels of the scene, along the denser axis."""
    spans = middles.max(axis=0) - middles.min(axis=0)
    steps = [span / (count - 1) for span, count in zip(spans.tolist(), (grid[1], grid[0]), strict=True) if count > 1]
    return min(steps, default=10 * _LARGEST_MARK)
