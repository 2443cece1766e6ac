"""One training from first epoch to last: goes on where it was left, and says what it reached after each."""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.cache import digest
from engine.classifiers.cifar10 import CIFAR10_NETS
from engine.classifiers.preprocessing import Normalized
from engine.classifiers.weights import fit_weights, read_weights, seeded
from engine.errors import ModelError, TrainingError
from engine.half_precision import has_half_precision
from engine.outputs import write_output
from engine.training.augment import moved
from engine.training.data import TrainingPhotos
from engine.training.recipes import Recipe

__all__ = ["EpochDone", "Trained", "train"]

_VERSION = 1


@dataclass(frozen=True)
class EpochDone:
    """What an epoch reached.

    Parameters
    ----------
    epoch : int
        From 1.
    loss : float
        Mean over its batches.
    seconds : float
        It took; the score's time is not counted.
    score : dict of str to float
        Shares of the photos held back, see the recipe's objective.
    """

    epoch: int
    loss: float
    seconds: float
    score: dict[str, float]


@dataclass(frozen=True, eq=False)
class Trained:
    """A training as it stands.

    Parameters
    ----------
    network : Normalized
    curve : tuple of EpochDone
    """

    network: Normalized
    curve: tuple[EpochDone, ...]


def train(
    recipe: Recipe,
    photos: TrainingPhotos,
    checkpoint: Path,
    device: str = "cpu",
    stop: Callable[[], bool] | None = None,
) -> Iterator[Trained]:
    """Train a network; after every epoch its state is written, and the same call goes on from there.

    What is drawn at random follows from the recipe's seed and the epoch, so that a training that was killed ends
    with the weights of one that was not, on the same machine and number of threads.

    Parameters
    ----------
    recipe : Recipe
    photos : TrainingPhotos
    checkpoint : Path
        A file; it is left behind for the last epoch too.
    device : str
        ``cpu`` or ``cuda``.
    stop : callable, optional
        Once it says yes, the training ends; the epoch under way is lost.

    Yields
    ------
    Trained
        At once if there is a checkpoint, and after every epoch.

    Raises
    ------
    TrainingError
        If the loss is no number any more, or the checkpoint is of another training.
    """
    told = stop or (lambda: False)
    half = recipe.half and has_half_precision(device)
    network = _network(recipe).to(device).to(memory_format=torch.channels_last)
    held = tuple(part.to(device) for part in (photos.held_images.float() / 255, photos.held_labels))
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not name.startswith(recipe.frozen or ("\0",)))
    optimizer = _optimizer(recipe, network)
    batches = len(photos.labels) // recipe.batch
    curve = _restore(checkpoint, recipe, network, optimizer)
    if curve:
        yield Trained(network.eval(), tuple(curve))
    for epoch in range(len(curve), recipe.all_epochs):
        generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
        order = torch.randperm(len(photos.labels), generator=generator)
        started, total = time.perf_counter(), 0.0
        network.train()
        for index in range(batches):
            if told():
                return
            chosen = order[index * recipe.batch : (index + 1) * recipe.batch]
            pixels = moved(photos.images[chosen].float() / 255, generator).to(
                device, memory_format=torch.channels_last
            )
            done = epoch + index / batches
            progress = min(done / recipe.epochs, 1.0)
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate(done)
            with torch.autocast(device, torch.bfloat16, enabled=half):
                loss = recipe.objective.loss(network, pixels, photos.labels[chosen].to(device), generator, progress)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += float(loss.detach())
        if not total < float("inf"):
            raise TrainingError(f"The loss of {recipe.model} is no number any more; train with a lower peak rate.")
        seconds = time.perf_counter() - started
        network.eval()
        with torch.no_grad(), torch.autocast(device, torch.bfloat16, enabled=half):
            score = dict(recipe.objective.score(network, *held))
        curve.append(EpochDone(epoch + 1, total / batches, seconds, score))
        write_output(checkpoint, _state(recipe, network, optimizer, curve))
        yield Trained(network, tuple(curve))


def _network(recipe: Recipe) -> Normalized:
    row = CIFAR10_NETS[recipe.model]
    with seeded(recipe.seed):
        network = row.build()
    if recipe.start is not None:
        source = CIFAR10_NETS[recipe.start]
        if not source.available():
            raise ModelError(
                f"{recipe.model} starts from the weights of {recipe.start}, which are not here; train that first, "
                f"with `sinscope train {recipe.start}`."
            )
        fit_weights(network, read_weights(str(source.file)), str(source.file))
    return Normalized(network, row.preprocessing)


def _optimizer(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if recipe.optimizer == "adam":
        return torch.optim.Adam(trained, recipe.peak)
    # Normalisation and biases are not pulled to 0.
    matrices = {"params": [one for one in trained if one.ndim > 1], "weight_decay": recipe.decay}
    vectors = {"params": [one for one in trained if one.ndim <= 1], "weight_decay": 0.0}
    return torch.optim.SGD([matrices, vectors], recipe.peak, momentum=0.9, nesterov=True)


def _purpose(recipe: Recipe) -> str:
    return digest(_VERSION, recipe)


def _state(recipe: Recipe, network: nn.Module, optimizer: torch.optim.Optimizer, curve: list[EpochDone]) -> bytes:
    content = io.BytesIO()
    state = {
        "purpose": _purpose(recipe),
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "curve": [asdict(done) for done in curve],
    }
    torch.save(state, content)
    return content.getvalue()


def _restore(
    checkpoint: Path, recipe: Recipe, network: nn.Module, optimizer: torch.optim.Optimizer
) -> list[EpochDone]:
    """Set network and optimizer to a checkpoint, if there is one; the curve so far."""
    if not checkpoint.exists():
        return []
    try:
        state: dict[str, Any] = torch.load(checkpoint, map_location=_device(network), weights_only=True)
        same = state["purpose"] == _purpose(recipe)
    except Exception as error:  # torch answers broken bytes with almost any exception
        raise TrainingError(f"{checkpoint} is no checkpoint of a training, or damaged; remove it.") from error
    if not same:
        raise TrainingError(f"{checkpoint} is of a training by another recipe; remove it, or name another folder.")
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return [EpochDone(**done) for done in state["curve"]]


def _device(network: nn.Module) -> torch.device:
    return next(iter(network.parameters())).device
