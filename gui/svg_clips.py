"""Clips in the SVG files that Qt writes, put where Qt meant them."""

import re

__all__ = ["place_clips"]

_USE = re.compile(r'<g clip-path="url\(#(\w+)\)"><g [^>]*?transform="matrix\(([^)]*)\)"')
_CLIP = re.compile(r'(<clipPath id="(\w+)">\s*<path )([^>]*?d="M([-\d.e]+),([-\d.e]+))')
_NEAR = 16  # px from a widget's corner: a clip of its own begins there
Shift = tuple[float, float]


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
    corners: dict[str, Shift] = {name: (float(x), float(y)) for _, name, _, x, y in _CLIP.findall(text)}
    # The first use of a clip has the coordinates that it was set in; later ones may have moved on.
    placed: dict[str, str] = {}
    widgets: set[Shift] = {(0.0, 0.0)}
    for name, matrix in _USE.findall(text):
        if name in placed or name not in corners:
            continue
        *turn, across, down = map(float, matrix.split(","))
        shift = (across - corners[name][0], down - corners[name][1])
        owner = next((one for one in widgets if abs(one[0] - shift[0]) + abs(one[1] - shift[1]) < 0.02), None)
        if owner is not None:  # an item of a scene, whose clip is in the coordinates of its view
            placed[name] = f"1,0,0,1,{owner[0]:g},{owner[1]:g}"
        elif max(map(abs, corners[name])) > _NEAR:  # nobody knows whose: better too much is seen than nothing
            text = text.replace(f'<g clip-path="url(#{name})">', "<g>")
        else:
            placed[name] = matrix
            if turn == [1, 0, 0, 1]:
                widgets.add((across, down))

    def moved(match: re.Match[str]) -> str:
        matrix = placed.get(match[2])
        return f'{match[1]}transform="matrix({matrix})" {match[3]}' if matrix else match[0]

    return _CLIP.sub(moved, text).encode("utf-8")
