"""What photos go through before they are trained on."""

import torch

from engine.training.augment import moved, squares


def test_moved_photos_are_shifted_and_mirrored_copies() -> None:
    photos = torch.rand(24, 3, 32, 32)
    out = moved(photos, torch.Generator().manual_seed(0))
    padded = torch.nn.functional.pad(photos, (4, 4, 4, 4), mode="reflect")
    mirrored = 0
    for photo, one in zip(padded, out, strict=True):
        places = [(row, column) for row in range(9) for column in range(9)]
        plain = [torch.equal(photo[:, row : row + 32, column : column + 32], one) for row, column in places]
        turned = [torch.equal(photo[:, row : row + 32, column : column + 32].flip(2), one) for row, column in places]
        assert any(plain) or any(turned)
        mirrored += any(turned)
    assert 0 < mirrored < 24


def test_the_same_seed_moves_alike() -> None:
    photos = torch.rand(8, 3, 32, 32)
    one, other = (moved(photos, torch.Generator().manual_seed(seed)) for seed in (3, 3))
    assert torch.equal(one, other)


def test_squares_have_the_sides_asked_for_and_reach_every_edge() -> None:
    inside = squares(400, (10, 12), (3, 5), torch.Generator().manual_seed(0), inside=True)
    heights, widths = inside.any(3).sum(2).flatten(), inside.any(2).sum(2).flatten()
    assert torch.equal(heights, widths)
    assert set(heights.tolist()) == {3, 4, 5}
    assert bool(inside.any(0).all())
    partly = squares(400, (10, 12), (4, 4), torch.Generator().manual_seed(0))
    assert int(partly.any(3).sum(2).min()) == 2
    assert bool(partly.any(0).all())
