"""Numbers and names as panels write them."""

from collections import Counter

from gui.snapshot import Prediction, Snapshot, WindowsView
from gui.widgets.vote_bar import Vote

__all__ = [
    "about",
    "cost",
    "count",
    "duration",
    "in_two_lines",
    "margin",
    "percent",
    "prediction",
    "seconds",
    "share",
    "votes",
]

_THIN = "\u202f"
_LONG = 26  # letters that stand in one line
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def count(number: int) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{number:,}".replace(",", _THIN)


def margin(logits: float) -> str:
    """A difference of logits; the tiny ones that matter to a proof as powers of ten."""
    if logits == 0 or abs(logits) >= 1e-3:
        return f"{logits:.3g}"
    mantissa, _, exponent = f"{logits:.1e}".partition("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_RAISED)}"


def percent(fraction: float) -> str:
    """A confidence: whole per cent, one place more where it is all but certain."""
    text = f"{fraction:.0%}" if fraction < 0.995 else f"{fraction:.1%}"
    return text.replace("%", f"{_THIN}%")


def in_two_lines(title: str) -> str:
    """A long title broken between words, so that neither line is much longer than the other."""
    words = title.split() if len(title) > _LONG else [title]
    places = range(1, len(words))
    halves = [(" ".join(words[:place]), " ".join(words[place:])) for place in places]
    return "\n".join(min(halves, key=lambda pair: max(map(len, pair)), default=(title,)))


def share(part: int, whole: int) -> str:
    """A share that is 100 % only if it is all, and 0 % only if it is nothing."""
    if whole == 0:
        return "–"
    shown = f"{part / whole:.1%}"
    if part < whole and shown == "100.0%":
        shown = "99.9%"
    if part > 0 and shown == "0.0%":
        shown = "0.1%"
    return shown.replace(".0%", "%").replace("%", f"{_THIN}%")


def seconds(milliseconds: float) -> str:
    """A duration."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.2f} s"


def duration(seconds: float) -> str:
    """How long something long takes."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def about(estimate: float) -> str:
    """A duration in seconds that nobody knows exactly."""
    return "less than 1 s" if estimate < 1 else f"about {duration(estimate)}"


def cost(passes: int, estimate: float | None) -> str:
    """What something takes at most: forward passes, and seconds if they can be estimated."""
    text = "1 pass" if passes == 1 else f"up to {count(passes)} passes"
    return text if estimate is None else f"{text}, {about(estimate)}"


def prediction(value: Prediction | None) -> str:
    """A label with its confidence."""
    return f"{value.name}, {percent(value.confidence)}" if value is not None else "–"


def votes(snapshot: Snapshot) -> tuple[Vote, ...]:
    """Votes of the windows: the base prediction's label, the others, and what is not known yet."""
    windows = snapshot.windows
    if windows is None:
        return ()
    base, labels = snapshot.base, snapshot.model.labels
    tally = _tally(windows)
    said: list[Vote] = []
    if base is not None:
        agreeing = tally.pop(base.label, 0)
        said += [Vote(base.name, agreeing, "agree")] if agreeing else []
    said += [
        Vote(labels[label] if label >= 0 else "no finite answer", number, "differ")
        for label, number in tally.most_common()
    ]
    pending = len(windows) - int(windows.done.sum())
    return (*said, *([Vote("not yet known", pending, "pending")] if pending else []))


def _tally(windows: WindowsView) -> Counter[int]:
    return Counter(int(label) for label in windows.label[windows.done])
