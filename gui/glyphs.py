"""The line icons of toolbar and messages, in the palette's colours."""

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QImage, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

__all__ = ["GLYPHS", "glyph"]

# Drawn on a grid of 24 x 24; strokes take the palette's text colour.
GLYPHS = {
    "photo": '<rect x="3" y="4.5" width="18" height="15" rx="2"/><path d="M3.5 17l5-5.5 4 4 3-3 5 5"/>'
    '<circle cx="15.5" cy="9" r="1.6"/>',
    "undo": '<path d="M8 5L4 9l4 4"/><path d="M4 9h10a5 5 0 0 1 0 10H9"/>',
    "redo": '<path d="M16 5l4 4-4 4"/><path d="M20 9H10a5 5 0 0 0 0 10h5"/>',
    "patch": '<rect x="3.5" y="3.5" width="17" height="17" rx="2"/>'
    '<rect x="11" y="11" width="6.5" height="6.5" fill="currentColor"/>',
    "run": '<path d="M7.5 4.5v15l12-7.5z" fill="currentColor"/>',
    "stop": '<rect x="6" y="6" width="12" height="12" rx="1.5" fill="currentColor"/>',
    "live": '<path d="M2.5 12h4l3-7 5 14 3-7h4"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6"/><path d="M15 15l5.5 5.5"/>',
    "close": '<path d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>',
    "warning": '<path d="M12 3.5L22 20.5H2z"/><path d="M12 10v5"/><path d="M12 17.5v.6"/>',
    "note": '<circle cx="12" cy="12" r="9"/><path d="M12 11v6"/><path d="M12 7.2v.6"/>',
    "compare": '<rect x="3" y="5" width="8" height="14" rx="1.5"/><rect x="13" y="5" width="8" height="14" rx="1.5"/>'
    '<rect x="16" y="12" width="3" height="4" fill="currentColor"/>',
    "samples": '<rect x="7" y="7.5" width="14" height="12" rx="2"/><path d="M3.5 15.5V6a1.5 1.5 0 0 1 1.5-1.5h12"/>',
    "drop": '<path d="M12 3v11M7.5 9.5L12 14l4.5-4.5"/><path d="M4 15v4.5h16V15"/>',
}
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" '
    'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">{body}</svg>'
)
_SIDES = (16, 24, 32, 48, 64)


def glyph(name: str) -> QIcon:
    """An icon by name in the palette's colours of now; ask again when they change.

    It is made of pictures, as icon engines written in Python bring Qt down when the program ends.
    """
    palette, made = QGuiApplication.palette(), QIcon()
    for group, mode in (
        (QPalette.ColorGroup.Active, QIcon.Mode.Normal),
        (QPalette.ColorGroup.Disabled, QIcon.Mode.Disabled),
    ):
        colour = palette.color(group, QPalette.ColorRole.ButtonText).name()
        body = GLYPHS[name].replace("currentColor", colour)
        renderer = QSvgRenderer(QByteArray(_SVG.format(colour=colour, body=body).encode()))
        for side in _SIDES:
            image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(Qt.GlobalColor.transparent)
            painter = QPainter(image)
            renderer.render(painter)
            painter.end()
            made.addPixmap(QPixmap.fromImage(image), mode)
    return made
