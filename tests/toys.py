"""Networks small enough to be answered by hand or by brute force, and slow references beside the engine's code."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.classifiers.assembly import assemble
from engine.classifiers.classifier import Classifier
from engine.classifiers.cut import CutClassifier, cut_classifier
from engine.classifiers.footprint import AxisFootprint, Footprints
from engine.classifiers.graph import export_graph
from engine.classifiers.preprocessing import Preprocessing
from engine.pipeline import Inspection, Inspector
from engine.selection import MaskedInput, apply_mask
from engine.settings import Settings
from engine.superficial import Superficial
from engine.threat import PatchThreat
from engine.windows import AxisWindow

HALF = (0.5, 0.5, 0.5)


class Toy(nn.Module):
    """A ``stem`` to cut behind, then ReLU, a 3 x 3 convolution, ReLU, the mean, and a linear layer."""

    def __init__(self, stem: nn.Module, channels: int, classes: int = 3, seed: int = 0, gain: float = 1.0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.stem = stem
        for module in stem.modules():
            if callable(reset := getattr(module, "reset_parameters", None)):
                reset()
        self.mid = nn.Conv2d(channels, 4, 3, padding=1)
        self.fc = nn.Linear(4, classes)
        self.gain = gain

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.mid(self.stem(x).relu()).relu().mean((2, 3))) * self.gain


class Skip(nn.Module):
    """Cut at ``mid``, where ``stem``'s output crosses too: both meet behind it."""

    def __init__(
        self, channels: int = 3, classes: int = 3, seed: int = 0, stride: int = 1, gain: float = 1.0
    ) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.mid = nn.Conv2d(channels, channels, 3, padding=1, stride=stride)
        self.pool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.out = nn.Conv2d(channels, 4, 3, padding=1)
        self.fc = nn.Linear(4, classes)
        self.gain = gain

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).relu()
        x = self.mid(x) + self.pool(x)
        return self.fc(self.out(x.relu()).relu().mean((2, 3))) * self.gain


class ChannelsLast(nn.Module):
    """A block in the manner of ConvNeXt: from ``norm`` to ``act`` its tensors are ``(B, H, W, C)``."""

    def __init__(self, classes: int = 3, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.stem = nn.Conv2d(3, 6, 2, stride=2)
        self.norm = nn.LayerNorm(6)
        self.wide = nn.Linear(6, 8)
        self.act = nn.GELU()
        self.narrow = nn.Linear(8, 6)
        self.fc = nn.Linear(6, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.narrow(self.act(self.wide(self.norm(x.permute(0, 2, 3, 1)))))
        return self.fc((x + y.permute(0, 3, 1, 2)).mean((2, 3)))


class PixelSum(nn.Module):
    """Logits ``weight @ (sum of each channel) + bias``: worked out by hand. Cut it at ``input``."""

    def __init__(self, weight: Sequence[Sequence[float]], bias: Sequence[float]) -> None:
        super().__init__()
        self.fc = nn.Linear(3, len(bias))
        self.fc.weight.data.copy_(torch.tensor(weight))
        self.fc.bias.data.copy_(torch.tensor(bias))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x.sum((2, 3)))


def classifier(
    network: nn.Module,
    size: int | tuple[int, int],
    mean: tuple[float, ...] = HALF,
    std: tuple[float, ...] = HALF,
    name: str = "toy",
) -> Classifier:
    """A network of the user's own, through the loaders' common end."""
    height, width = (size, size) if isinstance(size, int) else size
    return assemble(Settings(model=name), network, Preprocessing((height, width), mean, std))


def cut(network: nn.Module, size: int | tuple[int, int], layer: str = "stem") -> CutClassifier:
    """A network exported and cut."""
    made = classifier(network, size)
    return cut_classifier(made, export_graph(made.network, made.preprocessing.input_size), layer)


def inspect(inspector: Inspector, view: NDArray[np.uint8], **knobs: object) -> Inspection:
    """The last stage of an inspection."""
    found = None
    for stage in inspector.inspect(view, Settings(**knobs)):
        found = stage
    assert found is not None
    assert found.stage == "verdict"
    return found


def picture(size: int | tuple[int, int], seed: int = 0, least: int = 0, most: int = 256) -> NDArray[np.uint8]:
    """A view of noise."""
    height, width = (size, size) if isinstance(size, int) else size
    return np.random.default_rng(seed).integers(least, most, (height, width, 3), dtype=np.uint8)


def conv_cells(line: int, lines: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> list[int]:
    """Cells of a convolution along one axis that read a line of pixels, from its definition."""
    count = conv_extent(lines, kernel, stride, padding, dilation)
    return [
        cell
        for cell in range(count)
        if any(cell * stride - padding + tap * dilation == line for tap in range(kernel))
    ]


def conv_extent(lines: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Cells of a convolution along one axis."""
    return (lines + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def conv_axis(lines: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> AxisFootprint:
    """The footprint that a convolution has along one axis, from its definition."""
    cells = [conv_cells(line, lines, kernel, stride, padding, dilation) for line in range(lines)]
    first = np.array([min(reached, default=0) for reached in cells])
    last = np.array([max(reached, default=-1) + 1 for reached in cells])
    return AxisFootprint(first, last, conv_extent(lines, kernel, stride, padding, dilation))


def pixel_footprints(height: int, width: int) -> Footprints:
    """Those of a classifier cut at its pixels."""
    return Footprints((conv_axis(height, 1),), (conv_axis(width, 1),))


def square_threat(side: int, size: int) -> PatchThreat:
    """A square patch in a square input."""
    return PatchThreat(side, side, size, size)


def state_of(values: NDArray[np.float32], *others: NDArray[np.float32], fill: float = 0.0) -> Superficial:
    """A state of given importances ``(C, H, W)``, ranked by Python's own sort; the importances cross as they are."""
    rank = np.empty(values.size, dtype=np.int32)
    rank[order_of(values)] = np.arange(values.size)
    crossing = tuple(torch.from_numpy(np.array(array, dtype=np.float32))[None] for array in (values, *others))
    return Superficial(
        crossing=crossing,
        fill=tuple(torch.full_like(tensor, fill) for tensor in crossing),
        importance=torch.from_numpy(np.array(values, dtype=np.float32)),
        rank=torch.from_numpy(rank.reshape(values.shape)),
        heatmap=np.nan_to_num(values, posinf=1e30).clip(max=1e30).sum(axis=0),
        curve=np.sort(values.ravel())[::-1],
    )


def order_of(values: NDArray[np.float32]) -> list[int]:
    """Flat indices from the highest value to the lowest, NaN first, ties by index."""
    flat = values.ravel().tolist()
    return sorted(
        range(len(flat)),
        key=lambda index: (
            not np.isnan(flat[index]),
            -np.nan_to_num(flat[index], nan=0.0, posinf=np.inf, neginf=-np.inf),
            index,
        ),
    )


def outside(shape: tuple[int, ...], window: tuple[AxisWindow, AxisWindow], tensor: int = 0) -> NDArray[np.bool_]:
    """Which neurons ``(C, H, W)`` of a crossing tensor a window leaves alone."""
    (top, bottom), (left, right) = (axis.cells[tensor] for axis in window)
    free = np.ones(shape, dtype=bool)
    free[:, top:bottom, left:right] = False
    return free


def slow_inputs(
    state: Superficial, importance: NDArray[np.float32], window: tuple[AxisWindow, AxisWindow] | None, count: int
) -> tuple[Tensor, ...]:
    """The tail's inputs ``(1, C, H, W)`` under one window by the definition of ``per_window``.

    The neurons outside are sorted alone, and the first ``count`` of them stay.
    """
    free = [
        np.ones(tensor.shape[1:], dtype=bool) if window is None else outside(tuple(tensor.shape[1:]), window, index)
        for index, tensor in enumerate(state.crossing)
    ]
    kept = np.zeros(importance.size, dtype=bool)
    kept[[index for index in order_of(importance) if free[0].ravel()[index]][:count]] = True
    masks = [kept.reshape(importance.shape), *free[1:]]
    inputs = []
    for mask, tensor, fill in zip(masks, state.crossing, state.fill, strict=True):
        answer = fill.clone()
        answer[0][torch.from_numpy(mask)] = tensor[0][torch.from_numpy(mask)]
        inputs.append(answer)
    return tuple(inputs)


def tail_inputs(state: Superficial, mask: MaskedInput) -> list[Tensor]:
    """The tail's inputs under one mask, written beside rubbish that must not show."""
    out = [torch.full((2, *tensor.shape[1:]), torch.nan) for tensor in state.crossing]
    apply_mask(state, [mask], out)
    return [tensor[:1] for tensor in out]


def same_bits(one: Tensor, other: Tensor) -> bool:
    """Equal bit for bit: NaN equals NaN, 0 is not -0."""
    return torch.equal(one.contiguous().view(torch.int32), other.contiguous().view(torch.int32))


def contents(height: int, width: int, draw: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """Things an attacker may put into a patch: extremes, stripes, checks, single colours and noise."""
    yield np.zeros((height, width, 3), np.uint8)
    yield np.full((height, width, 3), 255, np.uint8)
    rows, columns = np.indices((height, width))
    yield np.repeat((((rows + columns) % 2) * 255).astype(np.uint8)[..., None], 3, axis=2)
    yield np.repeat(((rows % 2) * 255).astype(np.uint8)[..., None], 3, axis=2)
    for channel in range(3):
        colour = np.zeros((height, width, 3), np.uint8)
        colour[..., channel] = 255
        yield colour
        yield 255 - colour
    while True:
        yield draw.integers(0, 256, (height, width, 3), dtype=np.uint8)
        yield draw.choice(np.array([0, 255], np.uint8), (height, width, 3))


def filled(view: NDArray[np.uint8], box: Sequence[int], content: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A view with a box ``(top, left, bottom, right)`` replaced."""
    top, left, bottom, right = box
    changed = view.copy()
    changed[top:bottom, left:right] = content
    return changed


def stop_after(batches: int) -> Callable[[], bool]:
    """A ``stop`` that says yes from its ``batches + 1``-th question on."""
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > batches

    return stop
