"""Putting a patch into photos so that gradients reach its pixels; the geometry is ``engine.placement``'s own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate, pad

from engine.attacks.settings import AttackSettings
from engine.placement import Placement, box_size, inverse_turn, scaled_size
from engine.places import Size, draw_placement

__all__ = ["Distortion", "draw_distortion", "place"]

_CORNERS = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])


@dataclass(frozen=True)
class Distortion:
    """How one photo's copy of the patch is put: a placement, and what no placement has.

    Parameters
    ----------
    placement : Placement
    brightness : float
        Factor on the patch's pixels.
    corners : 4 floats
        For each corner, from the top-left one clockwise, the share of its way from the centre that is left.
    """

    placement: Placement
    brightness: float = 1.0
    corners: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)


def draw_distortion(draw: np.random.Generator, size: Size, view_size: Size, settings: AttackSettings) -> Distortion:
    """One placement and distortion from the ranges that the settings allow."""
    placement = draw_placement(draw, size, view_size, settings.drawn_from)
    brightness = 1.0 + (float(draw.uniform(-1, 1)) * settings.brightness if settings.brightness else 0.0)
    corners = 1.0 - settings.perspective * draw.random(4) if settings.perspective else np.ones(4)
    return Distortion(placement, brightness, tuple(corners.tolist()))


def place(photos: Tensor, patch: Tensor, distortions: Sequence[Distortion]) -> Tensor:
    """Photos ``(B, 3, H, W)`` with the patch ``(3, h, w)`` in each, pixels in [0, 1].

    Pixels outside the patch are the photo's, bit for bit; without scale, rotation and distortion those inside
    are the patch's. With them they are :func:`engine.placement.paste`'s but for its rounding to 8 bits.
    """
    height, width = photos.shape[2:]
    placed = []
    for photo, distortion in zip(photos, distortions, strict=True):
        colour, cover = _render(patch, distortion)
        left, top = distortion.placement.left, distortion.placement.top
        sides = (left, width - left - colour.shape[2], top, height - top - colour.shape[1])
        placed.append(pad(colour, sides) + photo * (1 - pad(cover, sides)))
    return torch.stack(placed)


def _render(patch: Tensor, distortion: Distortion) -> tuple[Tensor, Tensor]:
    """The distorted patch, its colours times its cover ``(3, h, w)``, and the cover ``(1, h, w)`` in [0, 1]."""
    placement = distortion.placement
    if distortion.brightness != 1:
        patch = (patch * distortion.brightness).clamp(0, 1)
    size = scaled_size((patch.shape[1], patch.shape[2]), placement.scale)
    if size != tuple(patch.shape[1:]):
        # Antialiased: Pillow's way to resize.
        patch = interpolate(patch[None], size, mode="bilinear", antialias=True)[0].clamp(0, 1)
    flat = all(share == 1 for share in distortion.corners)
    if flat and placement.rotation % 90 == 0:
        turned = torch.rot90(patch, int(placement.rotation // 90) % 4, (1, 2))
        return turned, torch.ones_like(turned[:1])
    layers = torch.cat([patch, torch.ones_like(patch[:1])])[None]
    grid = _sources(size, placement.rotation, distortion.corners).to(patch)
    # Zeros beyond the edge: the rim of transparent pixels that `paste` adds.
    sampled = grid_sample(layers, grid[None], mode="bilinear", padding_mode="zeros", align_corners=False)[0]
    return sampled[:3], sampled[3:].clamp(0, 1)


def _sources(size: Size, rotation: float, corners: tuple[float, ...]) -> Tensor:
    """For every pixel of the bounding box, where it comes from in a patch of ``size``: (h, w, 2) in [-1, 1]."""
    box = box_size(size, rotation)
    a, b, c, d, e, f = inverse_turn(size, rotation, box)
    y, x = np.mgrid[0 : box[0], 0 : box[1]] + 0.5
    across, down = (a * x + b * y + c) * 2 / size[1] - 1, (d * x + e * y + f) * 2 / size[0] - 1
    if any(share != 1 for share in corners):
        across, down = _flattened(across, down, corners)
    return torch.from_numpy(np.stack([across, down], axis=-1).astype(np.float32))


def _flattened(
    across: NDArray[np.float64], down: NDArray[np.float64], corners: tuple[float, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Undo the perspective that moved the square's corners to these shares of their way from the centre."""
    moved = _CORNERS * np.array(corners)[:, None]
    rows, wanted = [], []
    for (x, y), (u, v) in zip(moved, _CORNERS, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    a, b, c, d, e, f, g, h = np.linalg.solve(np.array(rows), np.array(wanted))
    depth = g * across + h * down + 1
    # What lies behind the horizon is nowhere on the patch.
    depth = np.where(depth > 1e-6, depth, math.nan)
    u, v = (a * across + b * down + c) / depth, (d * across + e * down + f) / depth
    return np.nan_to_num(u, nan=9.0), np.nan_to_num(v, nan=9.0)
