"""Patches with and without a word on how they were made."""

import json

import numpy as np
import pytest
from PIL import Image

from engine.analysis.patches import adaptive_patches, studied_patch
from engine.attacks.patch_file import write_trained_patch
from engine.attacks.settings import AttackSettings
from engine.errors import PatchError


def trained(path, alpha=0.0, target=859, side=6, value=0, photos=("aa", "bb")):
    made = {
        "schema": "sinscope.patch/1",
        "attack": AttackSettings(alpha=alpha, target=target).as_dict(),
        "photos": [{"name": f"{photo}.jpg", "sha256": photo} for photo in photos],
    }
    write_trained_patch(path, np.full((side, side, 3), value, np.uint8), made)
    return path


def test_a_trained_patch_says_what_it_is(tmp_path):
    found = studied_patch(trained(tmp_path / "p.png", alpha=0.5))
    assert (found.alpha, found.target, found.trained_on) == (0.5, 859, frozenset({"aa", "bb"}))
    assert found.threat((32, 32)).height == 6


def test_any_picture_can_be_a_patch(tmp_path):
    Image.new("RGB", (5, 4)).save(tmp_path / "p.png")
    found = studied_patch(tmp_path / "p.png")
    assert (found.alpha, found.target, found.trained_on) == (0.0, None, None)
    (tmp_path / "p.json").write_text('{"target": 3}')  # of some other program
    assert studied_patch(tmp_path / "p.png").trained_on is None


def test_a_damaged_word_on_training_is_not_passed_over(tmp_path):
    path = trained(tmp_path / "p.png")
    document = json.loads((tmp_path / "p.json").read_text())
    del document["photos"]
    (tmp_path / "p.json").write_text(json.dumps(document))
    with pytest.raises(PatchError, match="does not say how the patch was made"):
        studied_patch(path)


def test_a_patch_that_cannot_be_read_is_one_sentence(tmp_path):
    (tmp_path / "p.png").write_bytes(b"nothing")
    with pytest.raises(PatchError, match="is not an image"):
        studied_patch(tmp_path / "p.png")


def test_a_patch_larger_than_the_input_is_one_sentence(tmp_path):
    with pytest.raises(PatchError, match="6 x 6 px is larger than the model's input of 5 x 32 px"):
        studied_patch(trained(tmp_path / "p.png")).threat((5, 32))


def test_a_folder_stands_for_its_adaptive_patches_that_compare(tmp_path):
    plain = studied_patch(trained(tmp_path / "plain.png"))
    for name, alpha, target, side in (("c", 4.0, 859, 6), ("b", 0.5, 859, 6), ("t", 1.0, 3, 6), ("s", 1.0, 859, 4)):
        trained(tmp_path / f"{name}.png", alpha, target, side, value=ord(name))
    Image.new("RGB", (6, 6), (9, 9, 9)).save(tmp_path / "any.png")
    found = adaptive_patches([tmp_path, tmp_path / "b.png"], plain)
    assert [(each.patch.name, each.alpha) for each in found] == [("b.png", 0.5), ("c.png", 4.0)]


def test_patches_that_do_not_compare_are_refused_by_name(tmp_path):
    plain = studied_patch(trained(tmp_path / "plain.png"))
    small = trained(tmp_path / "small.png", 1.0, side=4)
    with pytest.raises(PatchError, match=r"small.png is 4 x 4 px and .*plain.png is 6 x 6 px"):
        adaptive_patches([small], plain)
    with pytest.raises(PatchError, match="another target"):
        adaptive_patches([trained(tmp_path / "other.png", 1.0, target=2)], plain)


def test_a_folder_without_any_is_one_sentence(tmp_path):
    plain = studied_patch(trained(tmp_path / "plain.png"))
    with pytest.raises(PatchError, match="alpha above 0"):
        adaptive_patches([tmp_path], plain)
