"""Clips in the SVG files that Qt writes, put where Qt meant them."""

import re

__all__ = ["place_clips"]

_USE = re.compile(r'<g clip-path="url\(#(\w+)\)"><g [^>]*?transform="(matrix\([^)]*\))"')
_CLIP = re.compile(r'(<clipPath id="(\w+)">\s*<path )')


def place_clips(svg: bytes) -> bytes:
    """Move each clip to the place of what it clips.

    ``QSvgGenerator`` writes a clip in the coordinates of the widget that has set it, and uses it in those of the
    page: whatever is clipped away from the page's corner, such as the text of a field, could not be seen.

    Parameters
    ----------
    svg : bytes
        What ``QSvgGenerator`` has written, as SVG 1.1.
    """
    text = svg.decode("utf-8")
    # The first use of a clip has the coordinates that it was set in; later ones may have moved on.
    placed: dict[str, str] = {}
    for name, matrix in _USE.findall(text):
        placed.setdefault(name, matrix)

    def moved(match: re.Match[str]) -> str:
        matrix = placed.get(match[2])
        return f'{match[1]}transform="{matrix}" ' if matrix else match[1]

    return _CLIP.sub(moved, text).encode("utf-8")
