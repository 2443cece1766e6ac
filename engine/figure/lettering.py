"""Text that fits: characters that can be drawn, widths in inches, lines that wrap or are cut with an ellipsis."""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

__all__ = ["Lettering"]

_MAIN = "DejaVu Sans"
_MISSING = "\u25a1"  # an empty box
_ELLIPSIS = "\u2026"
# Outline fonts of the common systems for scripts that matplotlib's own font lacks.
_FALLBACKS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans CJK KR",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Hiragino Sans",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Arial Unicode MS",
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Thai",
    "Noto Sans Symbols",
    "Nirmala UI",
    "Leelawadee UI",
    "Segoe UI Symbol",
    "FreeSans",
)


class Lettering:
    """Measures and fits text in the fonts that it needs.

    Parameters
    ----------
    sample : str
        Every character that may be asked for; fonts for those that matplotlib's own lacks are looked up among
        the system's.
    dpi : float
    """

    def __init__(self, sample: str, dpi: float) -> None:
        scratch = Figure(dpi=dpi)
        FigureCanvasAgg(scratch)
        self._dpi = dpi
        self._main = self._drawable = _characters(_MAIN)
        self._families = [_MAIN]
        lacking = {character for character in sample if character.isprintable()} - self._main
        installed = {font.name for font in fontManager.ttflist} if lacking else set()
        for family in _FALLBACKS:
            if lacking and family in installed and lacking & (covered := _characters(family)):
                self._families.append(family)
                self._drawable = self._drawable | covered
                lacking -= covered
        self._measured = scratch.text(0, 0, "", parse_math=False)

    def families(self, text: str) -> list[str]:
        """Fonts for a text: matplotlib's own, and only where it needs them, those of the system."""
        return self._families[: 1 if self._main.issuperset(text) else None]

    def clean(self, text: str) -> str:
        """On one line, with a box for each character that no font here can draw."""
        flat = " ".join(text.split())
        return "".join(each if each in self._drawable and each.isprintable() else _MISSING for each in flat)

    def width(self, text: str, size: float, weight: str = "normal") -> float:
        """Width in inches of text in a size in points."""
        self._measured.set(text=text, family=self.families(text), fontsize=size, fontweight=weight)
        return float(self._measured.get_window_extent().width) / self._dpi

    def elide(self, text: str, room: float, size: float, weight: str = "normal", *, middle: bool = False) -> str:
        """One line no wider than ``room`` inches; what is cut off its end or middle becomes an ellipsis."""
        text = self.clean(text)
        if self.width(text, size, weight) <= room:
            return text
        fewest, most = 0, len(text)
        while fewest < most:
            kept = (fewest + most + 1) // 2
            if self.width(_cut(text, kept, middle), size, weight) <= room:
                fewest = kept
            else:
                most = kept - 1
        return _cut(text, fewest, middle)

    def wrap(self, text: str, room: float, size: float, lines: int = 2, joint: str = " ") -> list[str]:
        """At most ``lines`` lines no wider than ``room`` inches, broken at joints; the last one is elided."""
        wrapped: list[str] = []
        words = [self.clean(word) for word in text.split(joint)]
        while words:
            taken = 1
            while taken < len(words) and self.width(joint.join(words[: taken + 1]), size) <= room:
                taken += 1
            if len(wrapped) == lines - 1:
                taken = len(words)
            wrapped.append(self.elide(joint.join(words[:taken]), room, size))
            words = words[taken:]
        return wrapped


def _characters(family: str) -> frozenset[str]:
    """What a font can draw."""
    font = get_font(findfont(FontProperties(family=family)))
    return frozenset(chr(code) for code in font.get_charmap())


def _cut(text: str, kept: int, middle: bool) -> str:
    tail = kept // 2 if middle else 0
    return text[: kept - tail].rstrip() + _ELLIPSIS + (text[-tail:].lstrip() if tail else "")
