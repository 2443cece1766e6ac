"""A small network with two stages below its superficial layer, and photos to adapt it to."""

import torch
import toys
from torch import Tensor, nn

from engine.pipeline import Inspector
from engine.settings import Settings
from engine.training.adapt import AdaptationStage, adapt
from engine.training.adaptation_settings import AdaptationSettings
from engine.training.crops import PhotoSet

SETTINGS = Settings(layer="stem", top=0.3, adapted="off", patch="5")
ADAPTATION = AdaptationSettings(
    patches=("5",), stages=("first", "second"), steps=4, photos=2, windows=2, renormalize=1, precision="fp32"
)


class Staged(nn.Module):
    """Cut it at ``stem``; ``first`` and ``second`` have batch norms, ``last`` and ``fc`` come after."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.first = nn.Sequential(
            nn.Conv2d(4, 4, 5, stride=2, padding=2, groups=4), nn.BatchNorm2d(4), nn.ReLU(inplace=True)
        )
        self.second = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU())
        self.last = nn.Conv2d(6, 6, 3, padding=1)
        self.fc = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return 20 * self.fc(self.last(self.second(self.first(self.stem(x)))).relu().mean((2, 3)))


def photo_set(count: int = 5, size: tuple[int, int] = (30, 36)) -> PhotoSet:
    pictures = [torch.from_numpy(toys.picture(size, seed=index)).permute(2, 0, 1) for index in range(count)]
    return PhotoSet(
        tuple(f"{index}.png" for index in range(count)),
        tuple("0" * 63 + f"{index}" for index in range(count)),
        (*pictures,),
    )


def trained(inspector: Inspector, adaptation: AdaptationSettings = ADAPTATION, **how: object) -> AdaptationStage:
    *_, stage = adapt(inspector, photo_set(), adaptation, SETTINGS, **how)
    return stage
