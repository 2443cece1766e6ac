"""Tails made of single operations, and sweeps that recompute all that can be recomputed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.fx import Graph, GraphModule

from engine.defenses.incremental.choice import boxes_of
from engine.defenses.incremental.plan import Plan, regions_of
from engine.defenses.incremental.prefix import Prefix, find_prefix
from engine.defenses.incremental.sweep import IncrementalSweep
from engine.defenses.masked_forward import Mask

aten = torch.ops.aten


class Residual(nn.Module):
    """Blocks of every kind: residual, depthwise, strided, dilated, side by side, and gated by the whole map."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.stem = nn.Sequential(nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU6())
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.wide = nn.Sequential(nn.Conv2d(width, 2 * width, 1), nn.Hardswish())
        self.depthwise = nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=2 * width)
        self.narrow = nn.Conv2d(2 * width, width, 1)
        self.dilated = nn.Conv2d(width, width, 3, padding=2, dilation=2)
        self.down = nn.Conv2d(2 * width, width, 1, stride=2)
        self.strided = nn.Conv2d(2 * width, width, 3, stride=2, padding=1)
        self.gate = nn.Linear(2 * width, 2 * width)
        self.fc = nn.Linear(2 * width, 5)
        self.stem[1].running_mean.uniform_(-0.2, 0.2)
        self.stem[1].running_var.uniform_(0.5, 1.5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.stem(x))
        x = x + self.narrow(self.depthwise(self.wide(x)).relu())
        x = torch.cat([x, self.dilated(x).relu()], 1)
        x = torch.cat([self.down(x), self.strided(x)], 1)
        x = x * self.gate(x.mean((2, 3))).sigmoid()[:, :, None, None]
        return self.fc(x.relu().mean((2, 3))) * 20


def chain(*calls: tuple[Any, ...]) -> GraphModule:
    """A tail that calls one operation after the other, and flattens; tensors among the arguments are weights."""
    root, graph = nn.Module(), Graph()
    value = graph.placeholder("crossing_0")
    for place, (target, *rest) in enumerate(calls):
        arguments = []
        for index, each in enumerate(rest):
            if isinstance(each, Tensor):
                root.register_buffer(f"constant_{place}_{index}", each)
                each = graph.get_attr(f"constant_{place}_{index}")
            arguments.append(each)
        value = graph.call_function(target, (value, *arguments))
    graph.output(graph.call_function(aten.flatten.using_ints, (value, 1)))
    return GraphModule(root, graph)


def greedy_plan(prefix: Prefix, masks: Sequence[Mask], steps: int | None = None) -> Plan:
    """A plan with the first steps of a prefix, all by default, whatever they cost."""
    boxes = boxes_of(masks, tuple(prefix.shapes[prefix.entry][2:]))
    assert boxes is not None
    return Plan(prefix, boxes, prefix.steps[:steps], regions_of(prefix, boxes), 1.0)


def swept(sweep: IncrementalSweep, photo: Tensor, fill: Tensor, masks: Sequence[Mask]) -> NDArray[np.float32]:
    """Logits under masks, in batches of the sweep's size."""
    sweep.begin(photo, fill)
    rows = []
    for start in range(0, len(masks), sweep.batch):
        chosen = masks[start : start + sweep.batch]
        sweep.take(chosen)
        rows.append(sweep.run()[: len(chosen)])
    return np.concatenate(rows)


def plainly(module: GraphModule, photo: Tensor, fill: Tensor, masks: Sequence[Mask]) -> NDArray[np.float32]:
    """Logits under masks, by the whole tail on the masked photos."""
    masked = photo.repeat(len(masks), 1, 1, 1)
    for row, mask in zip(masked, masks, strict=True):
        mask.write(photo[0], fill, row)
    with torch.inference_mode():
        answer: NDArray[np.float32] = module(masked.contiguous(memory_format=torch.channels_last)).numpy()
    return answer


def prefix_of(module: GraphModule, photo: Tensor) -> Prefix:
    """The prefix of a tail for a photo of some size."""
    _, channels, height, width = photo.shape
    return find_prefix(module, (channels, height, width))


def noise(channels: int, height: int, width: int, seed: int = 0) -> Tensor:
    """A photo."""
    return torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(seed))


def boxed(height: int, width: int, side: tuple[int, int]) -> list[Mask]:
    """A mask with one box at every corner, in the middle and off it, and one that hides nothing."""
    tops, lefts = (
        sorted({0, 1, (extent - each) // 2, extent - each})
        for extent, each in zip((height, width), side, strict=True)
    )
    return [Mask(()), *(Mask(((y, x, y + side[0], x + side[1]),)) for y in tops for x in lefts)]
