"""What stands behind an option, read from text; each refusal says what to write instead."""

import argparse
import math

__all__ = ["floats", "integer", "interval", "number", "rate", "sides"]


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number; write one such as 0.5")
    return value


def integer(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number; write one such as 12") from error


def rate(text: str) -> float:
    """A share, ``50%`` or ``0.5``."""
    digits, percent, rest = text.strip().partition("%")
    try:
        value = float(digits)
    except ValueError:
        value = math.nan
    if rest or not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a share; write 50% or 0.5")
    return value / 100 if percent else value


def sides(text: str) -> tuple[int, int]:
    """Height and width in pixels, ``224`` or ``224x320``."""
    parts = text.lower().replace("×", "x").split("x")
    try:
        height, width = (int(part) for part in (parts if len(parts) == 2 else parts * 2))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a size; write 224, or 224x320 (height x width in px)"
        ) from error
    return height, width


def floats(text: str) -> tuple[float, ...]:
    """Numbers with commas between, ``0.5`` or ``0.485,0.456,0.406``."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of numbers; write 0.5, or three such as 0.485,0.456,0.406"
        ) from error


def interval(text: str) -> tuple[float, float]:
    """Two numbers with a hyphen between, ``0.8-1.2``, or one for both."""
    low, _, high = text.partition("-")
    try:
        least, most = float(low), float(high or low)
    except ValueError:
        least = most = math.nan
    if not (math.isfinite(least) and math.isfinite(most)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a range; write one such as 0.8-1.2")
    return least, most
