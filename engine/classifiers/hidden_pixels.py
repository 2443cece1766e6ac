"""Pixels that a network knows to be hidden: black and unseen are two things for it."""

import torch
from torch import Tensor, nn

__all__ = ["HIDDEN", "HiddenPixels"]

HIDDEN = -1.0  # stands for a hidden pixel; seen ones are in [0, 1]


class HiddenPixels(nn.Module):
    """Six channels from three: ``x`` and ``1 - x``, both 0 where the pixel is hidden (Levine & Feizi, 2020).

    It is the first module of a network that is shown bands or blocks of a photo. It takes normalised pixels, as
    every network here does, and ``1 - x`` is taken of these.

    Parameters
    ----------
    mean, std : tuple of float
        Of the normalisation that its input went through; (0, 1) if none.
    """

    threshold: Tensor

    def __init__(self, mean: tuple[float, ...] = (0.0,) * 3, std: tuple[float, ...] = (1.0,) * 3) -> None:
        super().__init__()
        halfway = [(HIDDEN / 2 - m) / s for m, s in zip(mean, std, strict=True)]
        self.register_buffer("threshold", torch.tensor(halfway).reshape(1, -1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Pixels ``(B, 3, H, W)`` as ``(B, 6, H, W)``."""
        hidden = x < self.threshold
        return torch.cat([torch.where(hidden, 0.0, x), torch.where(hidden, 0.0, 1 - x)], dim=1)
