"""A network, views and inspections for tests of the figure, and ways to look into one."""

from dataclasses import replace

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray
from torch import Tensor, nn
from toys import classifier

from engine.classifiers.classifier import Classifier
from engine.figure.agreement import tile_edges
from engine.pipeline import Inspection
from engine.placement import Patch

SIZE = (40, 64)
SPATIAL = ("photo", "importance", "sins", "windows", "locations")
NAMES = tuple(f"class_{index} at ${index}_a$ a pound" for index in range(12))
LONG = tuple(f"$\\frac{{{index}}}{{2}}$ {'an extraordinarily long name ' * 8}_{index} \u72ac" for index in range(12))
KNOBS = {"patch": "8", "layer": "stem", "backend": "torch"}


class Colours(nn.Module):
    """Adds up oriented edges and colours, and listens to nothing else: hiding a few blocks may change its mind."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 6, 3, stride=2, padding=1, bias=False)
        self.fc = nn.Linear(6, 12, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.stem(x).relu().mean((2, 3))) * 400


def blocks(seed: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """A view of coloured blocks of 8 x 8 px."""
    colours = np.random.default_rng(seed).integers(0, 256, (size[0] // 8, size[1] // 8, 3), dtype=np.uint8)
    return np.kron(colours, np.ones((8, 8, 1), np.uint8))


def named(names: tuple[str, ...], size: tuple[int, int] = SIZE) -> Classifier:
    return replace(classifier(Colours(), size, name="toy_$net$"), labels=names)


def axes_of(figure: Figure, name: str) -> Axes:
    (found,) = (axes for axes in figure.axes if axes.get_label() == name)
    return found


def texts_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def by_gid(axes: Axes, gid: str) -> list:
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def tile_centres(found: Inspection) -> NDArray[np.float64]:
    """Middle (x, y) of each window's tile, in the windows' order."""
    across, down = tile_edges(found.family.columns), tile_edges(found.family.rows)
    x, y = np.meshgrid((across[:-1] + across[1:]) / 2, (down[:-1] + down[1:]) / 2)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def labels_of(found: Inspection) -> NDArray[np.int64]:
    labels = np.full(len(found.family), -2)
    labels[found.sweep.done] = found.verdict.windows.label
    return labels


def sticker() -> Patch:
    """A disc of 12 px."""
    y, x = np.mgrid[:12, :12] - 5.5
    rgba = np.full((12, 12, 4), 200, np.uint8)
    rgba[..., 3] = np.where(x**2 + y**2 < 36, 255, 0)
    return Patch("disc.png", "disc.png", "0" * 64, rgba)
