"""Training: it works, it can be stopped and gone on with, and it refuses what does not fit."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import toys
from attacking import photos_of

from engine.attacks.settings import AttackSettings
from engine.attacks.train import AttackStage, train_patch
from engine.errors import PatchError, SettingsError, SinscopeError, ThreatError
from engine.pipeline import Inspector
from engine.settings import Settings

STEM = Settings(layer="stem", top=0.5)
ATTACK = AttackSettings(target=2, patch="8", steps=12, batch=3, precision="fp32", rate=0.5)


def last(stages) -> AttackStage:
    *_, stage = stages
    return stage


@pytest.mark.parametrize(
    "attack",
    [
        ATTACK,
        replace(ATTACK, optimizer="sign", rate=0.05),
        replace(ATTACK, target=None),
        replace(ATTACK, defended=True),
        replace(ATTACK, rotation=20, scale=(0.8, 1.2), brightness=0.2, perspective=0.2, vary=0.2),
        replace(ATTACK, places=(16, 0)),
    ],
    ids=["adam", "sign", "untargeted", "defended", "distorted", "fixed"],
)
def test_a_patch_lowers_the_loss_on_what_it_is_trained_on(toy: Inspector, attack: AttackSettings) -> None:
    attack = replace(attack, steps=40)
    stages = list(train_patch(toy, photos_of(3), attack, STEM))
    assert [stage.step for stage in stages] == list(range(1, 41))
    final = stages[-1]
    assert final.done
    assert not any(stage.done for stage in stages[:-1])
    assert final.losses[-5:].mean() < final.losses[:5].mean()
    assert len(final.losses) == len(final.successes) == 40
    for picture in (final.patch, final.best):
        assert picture.shape == (8, 8, 3)
        assert picture.dtype == np.uint8
        assert not picture.flags.writeable


@pytest.mark.parametrize("optimizer", ["adam", "sign"])
def test_a_training_that_was_stopped_goes_on_to_the_same_patch(
    toy: Inspector, tmp_path: Path, optimizer: str
) -> None:
    attack = replace(ATTACK, optimizer=optimizer, rate=0.05, rotation=10, vary=0.1)
    photos, file = photos_of(5), tmp_path / "patch.checkpoint"
    whole = last(train_patch(toy, photos, attack, STEM))
    part = last(train_patch(toy, photos, attack, STEM, checkpoint=file, stop=toys.stop_after(5)))
    assert part.step == 5
    assert not part.done
    resumed = list(train_patch(toy, photos, attack, STEM, checkpoint=file, resume=True))
    assert resumed[0].step == 6
    assert resumed[0].seconds > part.seconds
    for name in ("patch", "best", "losses", "successes"):
        assert np.array_equal(getattr(resumed[-1], name), getattr(whole, name)), name


def test_a_training_that_is_broken_off_leaves_its_checkpoint(toy: Inspector, tmp_path: Path) -> None:
    photos, file = photos_of(5), tmp_path / "patch.checkpoint"
    with closing(train_patch(toy, photos, ATTACK, STEM, checkpoint=file)) as stages:
        for _ in range(4):
            next(stages)
        assert not file.exists()
    resumed = next(train_patch(toy, photos, ATTACK, STEM, checkpoint=file, resume=True))
    assert resumed.step == 5


def test_a_finished_training_leaves_no_checkpoint(toy: Inspector, tmp_path: Path) -> None:
    file = tmp_path / "patch.checkpoint"
    last(train_patch(toy, photos_of(3), replace(ATTACK, steps=2), STEM, checkpoint=file))
    assert not file.exists()


def test_only_the_same_training_goes_on_from_a_checkpoint(toy: Inspector, tmp_path: Path) -> None:
    photos, file = photos_of(5), tmp_path / "patch.checkpoint"
    last(train_patch(toy, photos, ATTACK, STEM, checkpoint=file, stop=toys.stop_after(2)))
    for attack, others in ((replace(ATTACK, target=1), photos), (ATTACK, photos_of(4))):
        with pytest.raises(PatchError, match="other settings, photos or weights"):
            next(train_patch(toy, others, attack, STEM, checkpoint=file, resume=True))
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(PatchError, match="is damaged"):
        next(train_patch(toy, photos, ATTACK, STEM, checkpoint=file, resume=True))
    file.unlink()
    with pytest.raises(PatchError, match="There is no checkpoint"):
        next(train_patch(toy, photos, ATTACK, STEM, checkpoint=file, resume=True))


def test_the_same_seed_gives_the_same_patch_and_another_another(toy: Inspector) -> None:
    first, again, other = (
        last(train_patch(toy, photos_of(3), replace(ATTACK, steps=4, seed=seed), STEM)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.patch, again.patch)
    assert not np.array_equal(first.patch, other.patch)


def test_it_begins_with_the_patch_that_is_given(toy: Inspector) -> None:
    start = toys.picture(8, 9)
    attack = replace(ATTACK, steps=1, rate=1e-9)
    stage = last(train_patch(toy, photos_of(3), attack, STEM, start=start))
    assert np.abs(stage.patch.astype(int) - start).max() <= 1  # a sigmoid does not reach 0 and 255
    with pytest.raises(PatchError, match="7 x 8 px"):
        next(train_patch(toy, photos_of(3), attack, STEM, start=start[1:]))


def test_alpha_weakens_the_superficial_answer(toy: Inspector) -> None:
    def strength(alpha: float) -> float:
        attack = replace(ATTACK, steps=60, alpha=alpha)
        patch = last(train_patch(toy, photos_of(3), attack, STEM)).patch
        return float(np.abs(patch.astype(float) - 127.5).mean())  # the stem's answer grows with the contrast

    assert strength(20.0) < strength(0.0) / 2


@pytest.mark.parametrize(
    ("attack", "kind", "words"),
    [
        (replace(ATTACK, patch="30"), ThreatError, "larger than the model's input of 24 x 24 px"),
        (replace(ATTACK, target=3), SettingsError, "no class 3; give one from 0 to 2"),
        (replace(ATTACK, rotation=45, patch="20"), PatchError, "takes up to 29 x 29 px"),
        (replace(ATTACK, places=(17, 0)), PatchError, "at 17,0"),
    ],
)
def test_what_does_not_fit_is_refused_before_the_first_step(
    toy: Inspector, attack: AttackSettings, kind: type[SinscopeError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        next(train_patch(toy, photos_of(2), attack, STEM))


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("steps", 0),
        ("batch", 0),
        ("rate", 0.0),
        ("rate", float("nan")),
        ("alpha", -1.0),
        ("alpha", float("inf")),
        ("rotation", 181.0),
        ("scale", (0.0, 1.0)),
        ("scale", (1.2, 0.8)),
        ("brightness", 0.6),
        ("perspective", -0.1),
        ("vary", 0.6),
        ("optimizer", "sgd"),
        ("precision", "fp8"),
        ("seed", -1),
    ],
)
def test_settings_out_of_range_are_one_sentence(knob: str, value: object) -> None:
    with pytest.raises(SettingsError) as caught:
        AttackSettings(**{knob: value})  # type: ignore[arg-type]
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_settings_survive_json() -> None:
    attack = AttackSettings(target=None, places=(3, 4), scale=(0.5, 1.5), alpha=2.0)
    assert AttackSettings.from_dict(attack.as_dict()) == attack
