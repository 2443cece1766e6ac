"""Success counted on hand-made predictions, photos kept apart, and what a patch file says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import toys
from attacking import photos_of
from PIL import Image

from engine.attacks.patch_file import SCHEMA, check_patch_path, made_of, read_trained_patch, write_trained_patch
from engine.attacks.photos import read_photos, split, varied
from engine.attacks.settings import AttackSettings
from engine.attacks.success import count_success, measure_success
from engine.attacks.train import AttackStage, train_patch
from engine.classifiers import Classifier
from engine.classifiers.preprocessing import Preprocessing
from engine.errors import ImageError, OutputError, PatchError, SettingsError
from engine.evaluation.metrics import Share
from engine.pipeline import Inspector
from engine.placement import Patch, read_patch
from engine.places import Places
from engine.settings import Settings

STEM = Settings(layer="stem", top=0.5)
ATTACK = AttackSettings(target=2, patch="8", steps=3, batch=2, precision="fp32")


def test_success_by_hand() -> None:
    clean = np.array([0, 1, 2, 2, 5])
    patched = np.array([2, 1, 2, 0, 2])
    found = count_success(clean, patched, 2)
    assert found.target == Share(2, 3)  # photos 0 and 4, of those that were not class 2 already
    assert found.moved == Share(3, 5)
    assert count_success(clean, patched, None).target is None
    assert count_success(clean[2:4], patched[2:4], 2).target == Share(0, 0)


@pytest.fixture(scope="module")
def red() -> Classifier:
    """Class 1 if there is enough red, else class 0: 16 of 144 pixels will do."""
    return toys.classifier(toys.PixelSum([[0, 0, 0], [1, 0, 0]], [0, -15.5]), (12, 12), (0, 0, 0), (1, 1, 1))


def coloured(colour: tuple[int, int, int]) -> Patch:
    rgba = np.full((4, 4, 4), 255, np.uint8)
    rgba[..., :3] = colour
    return Patch("p", "p", "", rgba)


def test_a_patch_is_measured_wherever_it_is_put(red: Classifier) -> None:
    photos = replace(photos_of(20, 12), views=np.zeros((20, 12, 12, 3), np.uint8))
    told: list[int] = []
    found = measure_success(red, coloured((255, 0, 0)), photos, 1, Places(), tell=told.append)
    assert found.target == Share(20, 20)
    assert found.moved == Share(20, 20)
    assert told == [8, 16, 20]
    assert measure_success(red, coloured((0, 255, 0)), photos, 1, Places()).target == Share(0, 20)
    small = measure_success(red, coloured((255, 0, 0)), photos, 1, Places(scale=(0.5, 0.8))).target
    assert small == Share(0, 20)
    with pytest.raises(PatchError, match="takes up to 16 x 16 px"):
        measure_success(red, coloured((255, 0, 0)), photos, 1, Places(scale=(1, 4)))


def folder_of(path: Path, count: int) -> Path:
    path.mkdir()
    for index in range(count):
        Image.fromarray(toys.picture(20, index)).save(path / f"{index:02d}.png")
    return path


def test_photos_are_spread_over_a_folder_and_the_others_held_back(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "photos", 10)
    trained, others = split(str(folder), 4)
    assert [Path(path).stem for path in trained] == ["00", "02", "05", "07"]
    assert sorted(trained + others) == sorted(str(path) for path in folder.iterdir())
    assert split(str(folder), None) == (split(str(folder), 99)[0], [])
    assert split("sample:china", 4) == (["sample:china"], [])
    photo = str(folder / "03.png")
    assert split(photo, None) == ([photo], [])


def test_photos_are_read_as_the_model_sees_them(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "photos", 3)
    photos = read_photos(split(str(folder), None)[0], Preprocessing((20, 20), crop=1.0))
    assert photos.names == ("00.png", "01.png", "02.png")
    assert len(set(photos.sha256)) == 3
    assert np.array_equal(photos.views[1], toys.picture(20, 1))
    assert not photos.views.flags.writeable
    left = photos.without({photos.sha256[0]})
    assert left.names == ("01.png", "02.png")
    assert left.sha256 == photos.sha256[1:]
    assert np.array_equal(left.views, photos.views[1:])
    assert not left.views.flags.writeable


def test_varied_photos_are_mirrored_and_cut_and_no_others_made_up() -> None:
    rows, columns = np.mgrid[0:16, 0:16].astype(np.float32)
    ramps = torch.from_numpy(np.stack([rows, columns, np.ones((16, 16), np.float32)]))[None].repeat(200, 1, 1, 1)
    draw = np.random.default_rng(0)
    found = varied(ramps, draw, 0.25)
    assert found.shape == ramps.shape
    across = (found[:, 1, :, -1] - found[:, 1, :, 0]).mean(1)
    assert 70 < int((across < 0).sum()) < 130  # mirrored: half of them, within four standard deviations
    down = (found[:, 0, -1] - found[:, 0, 0]).mean(1)
    assert bool((down > 10).all())  # never upside down, and 12 of 16 rows at least
    assert float(down.min()) < 12 < float(down.max())
    assert float(found.min()) >= 0
    assert float(found.max()) <= 15
    assert bool((found[:, 2] == 1).all())
    assert varied(ramps, draw, 0.0) is ramps


def test_a_folder_without_images_and_a_limit_of_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"has no image in it; name a folder .*\.$"):
        split(str(tmp_path), None)
    with pytest.raises(SettingsError, match=r"at least 1 photo, not 0\.$"):
        split(str(tmp_path), 0)
    with pytest.raises(ImageError, match="There is no photo"):
        read_photos([], Preprocessing((20, 20)))


@pytest.fixture(scope="module")
def trained(toy: Inspector) -> AttackStage:
    *_, stage = train_patch(toy, photos_of(3), ATTACK, STEM)
    return stage


def made(toy: Inspector, trained: AttackStage, attack: AttackSettings = ATTACK, **more) -> dict:
    return made_of(trained, attack, STEM, toy.classifier, photos_of(3), command="attack photos", **more)


def test_a_patch_file_is_read_back_as_it_was_written(toy: Inspector, trained: AttackStage, tmp_path: Path) -> None:
    path = tmp_path / "patch.png"
    success = count_success(np.array([0, 1]), np.array([2, 1]), 2)
    write_trained_patch(path, trained.best, made(toy, trained, held_out=success))
    found = read_trained_patch(path)
    assert np.array_equal(found.patch.rgba[..., :3], trained.best)
    assert found.attack == ATTACK
    assert found.photos == set(photos_of(3).sha256)
    assert found.made["schema"] == SCHEMA
    assert found.made["held_out"]["target"]["share"] == 0.5
    assert found.made["curve"]["step"] == [1, 2, 3]
    assert found.made["curve"]["loss"] == pytest.approx(trained.losses.tolist(), abs=1e-5)
    assert found.made["weights_sha256"] == toy.classifier.weights_sha256
    assert found.made["defense"] is None


def test_what_an_adaptive_attack_looked_at_is_in_the_file(toy: Inspector, trained: AttackStage) -> None:
    adaptive = made(toy, trained, replace(ATTACK, alpha=0.5), start=read_patch_of(trained))
    assert adaptive["attack"]["alpha"] == 0.5
    assert adaptive["defense"] == {
        "layer": "stem",
        "adapted": "auto",
        "top": 0.5,
        "importance": "contrast",
        "fill": "neutral",
    }
    assert adaptive["start"] == {"name": "start.png", "sha256": "5" * 64}


def read_patch_of(trained: AttackStage) -> Patch:
    return Patch("folder/start.png", "start.png", "5" * 64, np.dstack([trained.best, trained.best[..., :1]]))


def test_long_curves_are_thinned_and_keep_their_ends(toy: Inspector, trained: AttackStage) -> None:
    losses = np.arange(5000, dtype=np.float32)
    long = replace(trained, step=5000, losses=losses, successes=losses / 5000)
    curve = made(toy, long)["curve"]
    assert len(curve["step"]) == 400
    assert (curve["step"][0], curve["step"][-1]) == (1, 5000)
    assert [step - 1 for step in curve["step"]] == curve["loss"]


def test_files_that_do_not_say_how_a_patch_was_made(toy: Inspector, trained: AttackStage, tmp_path: Path) -> None:
    path = tmp_path / "patch.png"
    write_trained_patch(path, trained.best, made(toy, trained))
    beside = tmp_path / "patch.json"
    whole = json.loads(beside.read_text())
    for broken in ("", "[]", "{}", json.dumps(whole | {"schema": "other"}), json.dumps(whole | {"attack": {"x": 1}})):
        beside.write_text(broken)
        with pytest.raises(PatchError, match=r"does not say how the patch was made; .*\.$"):
            read_trained_patch(path)
    beside.unlink()
    assert read_patch(path).name == "patch.png"
    with pytest.raises(PatchError, match=r"has no patch\.json beside it"):
        read_trained_patch(path)


def test_where_a_patch_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(PatchError, match=r"end its name in \.png\.$"):
        check_patch_path(tmp_path / "patch.jpg")
    with pytest.raises(OutputError, match="does not exist"):
        check_patch_path(tmp_path / "none" / "patch.png")
    (tmp_path / "patch.json").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        check_patch_path(tmp_path / "patch.png")
