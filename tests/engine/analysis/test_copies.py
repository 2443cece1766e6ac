"""Which photos are chosen, and where their patches are put."""

import hashlib
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from engine.analysis.copies import choose_photos, patched_copy
from engine.errors import ImageError, PatchError
from engine.placement import Patch


@pytest.fixture
def folder(tmp_path):
    for index in range(10):
        Image.new("RGB", (4, 4), (index, 0, 0)).save(tmp_path / f"{index:02d}_photo.png")
    return tmp_path


def sha256(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sticker(side: int) -> Patch:
    return Patch("p.png", "p.png", "0" * 64, np.full((side, side, 4), 255, np.uint8))


def test_photos_are_spread_over_the_folder_and_always_the_same(folder):
    choice = choose_photos(folder, 4)
    assert [photo.label for photo in choice.photos] == [0, 2, 5, 7]
    assert choice == choose_photos(folder, 4)
    assert (choice.found, choice.left_out) == (10, ())
    assert choice.photos[1].sha256 == sha256(folder / "02_photo.png")


def test_more_than_there_are_is_all(folder):
    assert len(choose_photos(folder, 300).photos) == 10


def test_photos_that_were_trained_on_are_left_out_whatever_their_name(folder):
    trained_on = frozenset({sha256(folder / "00_photo.png"), sha256(folder / "05_photo.png"), "f" * 64})
    (folder / "zz.png").write_bytes((folder / "00_photo.png").read_bytes())
    choice = choose_photos(folder, 300, trained_on)
    assert [photo.path.name for photo in choice.left_out] == ["00_photo.png", "05_photo.png", "zz.png"]
    assert len(choice.photos) == 8
    assert not trained_on & {photo.sha256 for photo in choice.photos}


def test_nothing_left_is_one_sentence(folder):
    trained_on = frozenset(sha256(path) for path in folder.iterdir())
    with pytest.raises(ImageError, match="trained on all 10 photos"):
        choose_photos(folder, 3, trained_on)


def test_a_name_without_a_class_has_none(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "photo.png")
    assert choose_photos(tmp_path, 1).photos[0].label is None


def test_a_place_depends_on_seed_and_photo_alone():
    view = np.zeros((20, 20, 3), np.uint8)
    photos = [hashlib.sha256(bytes([index])).hexdigest() for index in range(40)]
    boxes = [patched_copy(view, sticker(4), 0, photo).box for photo in photos]
    assert boxes == [patched_copy(view + 1, sticker(4), 0, photo).box for photo in photos]
    assert boxes != [patched_copy(view, sticker(4), 1, photo).box for photo in photos]
    assert len(set(boxes)) > 30


def test_every_place_comes_about_borders_included():
    view = np.zeros((6, 5, 3), np.uint8)
    photos = [hashlib.sha256(str(index).encode()).hexdigest() for index in range(1200)]
    counted = Counter(patched_copy(view, sticker(4), 0, photo).box[:2] for photo in photos)
    assert set(counted) == {(top, left) for top in range(3) for left in range(2)}
    assert min(counted.values()) > 150  # 200 expected; five standard deviations below


def test_a_patch_larger_than_the_view_is_refused():
    with pytest.raises(PatchError, match="not inside the model's input of 3 x 9 px"):
        patched_copy(np.zeros((3, 9, 3), np.uint8), sticker(4), 0, "0" * 64)
