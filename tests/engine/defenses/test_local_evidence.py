"""How many cells a patch touches, by enumeration; which networks are local-feature networks."""

import numpy as np
import pytest
import torch
from defended import SIZE, Local, map_footprint, subject
from toys import picture

from engine.defenses.local_evidence import EvidenceLayer, evidence_windows
from engine.superficial import to_pixels
from engine.threat import PatchThreat


def test_window_bound_by_enumeration() -> None:
    """For all extents up to 40, fields, jumps and patches: at most min(ceil((p + r - 1) / s), F), and just that."""
    for field in range(1, 41):
        for jump in range(1, 9):
            reached_bound = dict.fromkeys(range(1, 41), False)
            for pixels in range(field, 41):
                cells = (pixels - field) // jump + 1
                line = np.arange(pixels)
                sees = (np.arange(cells)[:, None] * jump <= line) & (line < np.arange(cells)[:, None] * jump + field)
                counted = np.concatenate([np.zeros((cells, 1), int), sees.cumsum(axis=1)], axis=1)
                for patch in range(1, pixels + 1):
                    touched = (counted[:, patch:] > counted[:, :-patch]).sum(axis=0).max()
                    bound = min(-(-(patch + field - 1) // jump), cells)
                    assert touched <= bound
                    reached_bound[patch] |= touched == bound
            assert all(reached for patch, reached in reached_bound.items() if patch <= 41 - field)


@pytest.mark.parametrize(
    ("pixels", "field", "patch", "size"), [(192, 17, 30, 6), (224, 17, 32, 6), (224, 33, 32, 8), (32, 9, 5, 13)]
)
def test_windows_of_the_published_networks(pixels: int, field: int, patch: int, size: int) -> None:
    axis = map_footprint(pixels, field, 1 if pixels == 32 else 8)
    windows = evidence_windows(axis, axis, PatchThreat(patch, patch, pixels, pixels))
    assert windows.size == (size, size)
    assert len(windows.cells) == (axis.cells - size + 1) ** 2
    assert windows.cover.everywhere


def test_windows_hold_what_a_rectangle_touches() -> None:
    rows, columns = map_footprint(20, 5, 2), map_footprint(14, 3, 1)
    threat = PatchThreat(4, 2, 20, 14)
    windows = evidence_windows(rows, columns, threat)
    holds = windows.cover.count(np.ones(len(windows.cells), bool))
    for place in np.ndindex(threat.places):
        touched = np.zeros((rows.cells, columns.cells), bool)
        touched[
            slice(*rows.strip(place[0], place[0] + 4)),
            slice(*columns.strip(place[1], place[1] + 2)),
        ] = True
        held = [not (touched.ravel() & ~cells).any() for cells in windows.cells]
        assert sum(held) == holds[place] > 0


def test_a_local_feature_network_is_found() -> None:
    layer = subject("local").evidence_layer
    assert isinstance(layer, EvidenceLayer)
    assert layer.cut.shapes == ((3, SIZE - 2, SIZE - 2),)
    view = picture(SIZE)
    values = subject("local").evidence(view).values
    network = Local()
    wanted = network((to_pixels(view) - 0.5) / 0.5)
    assert np.allclose(values.mean((0, 1)), wanted.detach().numpy()[0], atol=1e-4)
    wide = layer.rows
    assert [wide.strip(place, place + 1) for place in (0, 5, SIZE - 1)] == [(0, 1), (3, 6), (SIZE - 3, SIZE - 2)]


@pytest.mark.parametrize("kind", ["toy", "plain", "banded"])
def test_others_are_told_why_not(kind: str) -> None:
    layer = subject(kind).evidence_layer
    assert isinstance(layer, str)
    assert layer.startswith("it needs a local-feature network")
    assert kind in layer


def test_evidence_under_a_patch_moves_only_in_the_windows_that_hold_it() -> None:
    made = subject("local")
    view = picture(SIZE, seed=1)
    clean = made.evidence(view)
    threat = PatchThreat(3, 3, SIZE, SIZE)
    windows = evidence_windows(clean.rows, clean.columns, threat)
    draw = np.random.default_rng(0)
    torch.manual_seed(0)
    for row, column in [(0, 0), (9, 9), (4, 7)]:
        patched = view.copy()
        patched[row : row + 3, column : column + 3] = draw.integers(0, 256, (3, 3, 3))
        moved = (made.evidence(patched).values != clean.values).any(axis=2).ravel()
        chosen = np.array([not (moved & ~cells).any() for cells in windows.cells])
        holding = windows.cover.rows[:, row][:, None] & windows.cover.columns[:, column][None, :]
        assert chosen[holding.ravel()].all()
