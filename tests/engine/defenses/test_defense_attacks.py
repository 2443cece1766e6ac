"""Attacks on whole defenses of small networks: extremes, noise and gradient ascent, at every kind of place."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from defended import SIZE, subject
from numpy.typing import NDArray
from toys import contents, filled, picture, square_threat

from engine.defenses import ALERT, Subject, make_defense
from engine.superficial import to_pixels

THREAT = square_threat(2, SIZE)
ROWS = [
    ("ibp", "plain"),
    ("clipped_bagnet:range:top=2", "local"),
    ("derandomized_smoothing:band=2:location_aware=true", "banded"),
    ("derandomized_smoothing:shape=block:band=3:stride=2", "banded"),
    ("patchguard_mask_ds:band=2", "banded"),
    ("patchguard_mask_bn", "local"),
    ("minority_reports:votes=2:stride=2:tau=0.4", "toy"),
    ("patchguard_pp:tau=0.4", "local"),
    ("scalecert:layer=stem:top=0.5", "toy"),
    ("patchcleanser:masks=3", "toy"),
    ("minority_reports_pc:masks=3:tau=0.4", "toy"),
]


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Networks this small only lose by sharing their work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def ascent(made: Subject, view: NDArray[np.uint8], place: tuple[int, int], label: int) -> Iterator[NDArray[np.uint8]]:
    """Patches that raise each other class against the label by projected gradient steps on the plain network."""
    row, column = place
    for target in range(3):
        if target == label:
            continue
        patch = torch.full((1, 3, *(THREAT.height, THREAT.width)), 0.5, requires_grad=True)
        for _ in range(6):
            pixels = to_pixels(view).clone()
            pixels[..., row : row + THREAT.height, column : column + THREAT.width] = patch
            logits = made.classifier.network(pixels)
            (slope,) = torch.autograd.grad(logits[0, target] - logits[0, label], patch)
            patch = (patch + 0.2 * slope.sign()).clamp(0, 1).detach().requires_grad_(True)
        yield (patch[0].permute(1, 2, 0).detach() * 255).round().to(torch.uint8).numpy()


@pytest.mark.parametrize(("text", "network"), ROWS, ids=[row[0].split(":tau")[0] for row in ROWS])
def test_no_attack_breaks_a_certificate(text: str, network: str) -> None:
    defense = make_defense(text)
    draw = np.random.default_rng(6)
    attacked = held = 0
    for seed in range(12):
        made = subject(network, seed % 4)
        view = picture(SIZE, seed=seed, least=60 + 15 * seed if seed % 2 else 0)
        result = defense(made, view, THREAT)
        label, proved = result.certificate.label, result.certificate.locations > 0
        if not proved.any() or held >= 2:
            continue
        held += 1
        corners = [(0, 0), (SIZE - 2, SIZE - 2), (0, SIZE - 2)]  # the last row and column are places too
        weakest = tuple(np.argwhere(proved)[int(result.certificate.locations[proved].argmin())])
        for row, column in {*corners, weakest, tuple(draw.integers(0, SIZE - 1, 2))}:
            if not proved[row, column]:
                continue
            some = contents(THREAT.height, THREAT.width, draw)
            patches = [next(some) for _ in range(5)] + list(ascent(made, view, (row, column), label))
            for patch in patches:
                box = (row, column, row + THREAT.height, column + THREAT.width)
                output = defense(made, filled(view, box, patch), THREAT, label).output
                assert output in ((label, ALERT) if defense.kind == "detection" else (label,))
                attacked += 1
    assert held >= 1
    assert attacked >= 7
