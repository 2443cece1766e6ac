"""The threat model: one axis-aligned patch wholly inside the model's input, any place, any content."""

import math
import re
from dataclasses import dataclass

from engine.errors import ThreatError

__all__ = ["PatchThreat"]

# Sides in pixels that the literature uses for a share of the input, by (input side, share in percent).
PUBLISHED_SIDES = {
    (224, 1.0): 23,
    (224, 2.0): 32,
    (224, 3.0): 39,
    (224, 5.0): 51,
    (224, 8.0): 64,
    (32, 0.4): 2,
    (32, 2.4): 5,
    (32, 5.0): 7,
    (32, 8.0): 9,
}

_SHARE = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*%\s*")
_SIDES = re.compile(r"\s*([0-9]+)\s*(?:[xX×]\s*([0-9]+)\s*)?(?:px)?\s*")


@dataclass(frozen=True)
class PatchThreat:
    """A patch of ``height`` x ``width`` px anywhere in an input of ``input_height`` x ``input_width`` px.

    The patch lives in the **model's input space**, after resize and crop, unless ``patch_space`` says what it was
    before (:func:`engine.resized_patch.on_photo`).
    """

    height: int
    width: int
    input_height: int
    input_width: int
    patch_space: str = "model input"

    def __post_init__(self) -> None:
        """Refuse a patch that is empty or does not fit.

        Raises
        ------
        ThreatError
            If a side is below 1 px or the patch is larger than the input.
        """
        if self.height < 1 or self.width < 1:
            raise ThreatError(f"A patch of {self.height} x {self.width} px is empty; give at least 1 px a side.")
        if self.height > self.input_height or self.width > self.input_width:
            raise ThreatError(
                f"A patch of {self.height} x {self.width} px is larger than the model's input of "
                f"{self.input_height} x {self.input_width} px; give a smaller patch."
            )

    @classmethod
    def parse(cls, text: str, input_size: tuple[int, int]) -> "PatchThreat":
        """Read ``2%`` (share of the pixels), ``32`` (px, square) or ``32x40`` (height x width in px).

        A share becomes the side that the literature uses where it has one for this input, else the
        smallest side whose square is at least that share.

        Raises
        ------
        ThreatError
            If the text is none of these, or the patch does not fit the input.
        """
        height, width = input_size
        if share := _SHARE.fullmatch(text):
            percent = float(share[1])
            if not 0 < percent <= 100:
                raise ThreatError(f"A patch of {text.strip()} is not a share of an image; try 2%.")
            published = PUBLISHED_SIDES.get((height, percent)) if height == width else None
            side = published or math.ceil(math.sqrt(round(percent / 100 * height * width, 6)))
            return cls(side, side, height, width)
        if sides := _SIDES.fullmatch(text):
            return cls(int(sides[1]), int(sides[2] or sides[1]), height, width)
        raise ThreatError(f"Cannot read the patch size {text!r}; write 2%, 32 or 32x40 (height x width in px).")

    @property
    def share(self) -> float:
        """Patch area over input area, in (0, 1]."""
        return self.height * self.width / (self.input_height * self.input_width)

    @property
    def places(self) -> tuple[int, int]:
        """Number of offsets along height and width; the last row and column are included."""
        return self.input_height - self.height + 1, self.input_width - self.width + 1

    @property
    def scope(self) -> str:
        """For what a certificate holds, as every result states it."""
        if self.height == self.width:
            patch = f"one square patch of up to {self.height} px"
        else:
            patch = f"one patch of up to {self.height} x {self.width} px (height x width)"
        return f"for {patch} ({self.share:.2%} of the model's input) anywhere, on this model, if this image was clean"

    def __str__(self) -> str:
        """Pixels and share together, as every result states them."""
        return f"{self.height} x {self.width} px ({self.share:.2%} of the model's input)"
