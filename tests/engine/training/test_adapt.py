"""Adaptation: it lowers its loss, changes only what it may, and goes on to the same weights after a stop."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import toys
from adapting import ADAPTATION, SETTINGS, Staged, photo_set, trained

from engine.classifiers.adaptation import Adaptation
from engine.errors import LayerError, ModelError, SettingsError, SinscopeError
from engine.pipeline import Inspector
from engine.selection import MaskedInput, apply_mask, select
from engine.superficial import sin_count, superficial_of
from engine.training.adapt import adapt
from engine.training.lesson import Lessons
from engine.training.student import StagedTail, renormalize
from engine.windows import window_at


def test_it_comes_nearer_to_what_the_full_network_says(staged: Inspector) -> None:
    stage = trained(staged, replace(ADAPTATION, steps=60, learning_rate=0.01, photos=4))
    assert stage.done
    assert stage.losses.shape == (60, 3)
    assert stage.losses[-10:].mean(0)[0] < 0.8 * stage.losses[:10].mean(0)[0]


def test_only_the_stages_that_were_named_change(staged: Inspector) -> None:
    own = staged.classifier.network.state_dict()
    weights = {"0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"}
    changed = trained(staged, replace(ADAPTATION, stages=("first",))).tensors
    assert set(changed) == {f"network.first.{name}" for name in weights}
    assert all(not torch.equal(value, own[name]) for name, value in changed.items())
    whole = trained(staged, replace(ADAPTATION, whole=True)).tensors
    below = {name for name in own if name.partition(".")[2].startswith(("first", "second", "last", "fc"))}
    assert set(whole) == {name for name in below if not name.endswith("num_batches_tracked")}
    assert trained(staged).tensors.keys() < whole.keys()
    assert all(torch.equal(value, staged.classifier.network.state_dict()[name]) for name, value in own.items())


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(staged: Inspector, tmp_path: Path) -> None:
    file = tmp_path / "adapted.checkpoint"
    adaptation = replace(ADAPTATION, steps=6, whole=True)
    whole = trained(staged, adaptation)
    part = trained(staged, adaptation, checkpoint=file, stop=toys.stop_after(3))
    assert part.step == 3
    assert not part.done
    resumed = trained(staged, adaptation, checkpoint=file, resume=True)
    assert resumed.done
    assert np.array_equal(resumed.losses, whole.losses)
    assert resumed.tensors.keys() == whole.tensors.keys()
    for name, value in whole.tensors.items():
        assert torch.equal(resumed.tensors[name], value), name


def test_a_training_that_is_broken_off_leaves_its_checkpoint(staged: Inspector, tmp_path: Path) -> None:
    file = tmp_path / "adapted.checkpoint"
    with closing(adapt(staged, photo_set(), ADAPTATION, SETTINGS, checkpoint=file)) as stages:
        next(stages)
        next(stages)
        assert not file.exists()
    assert next(adapt(staged, photo_set(), ADAPTATION, SETTINGS, checkpoint=file, resume=True)).step == 3


def test_only_the_same_training_goes_on_from_a_checkpoint(staged: Inspector, tmp_path: Path) -> None:
    file = tmp_path / "adapted.checkpoint"
    trained(staged, checkpoint=file, stop=toys.stop_after(1))
    for adaptation, photos in ((replace(ADAPTATION, windows=3), photo_set()), (ADAPTATION, photo_set(4))):
        with pytest.raises(ModelError, match="other settings, photos or weights"):
            next(adapt(staged, photos, adaptation, SETTINGS, checkpoint=file, resume=True))
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ModelError, match="is damaged"):
        trained(staged, checkpoint=file, resume=True)
    file.unlink()
    with pytest.raises(ModelError, match="There is no checkpoint"):
        trained(staged, checkpoint=file, resume=True)


@pytest.mark.parametrize(
    ("adaptation", "error", "fault"),
    [
        (replace(ADAPTATION, stages=("third",)), LayerError, "has no stage 'third' below stem"),
        (replace(ADAPTATION, stages=("stem.0",)), LayerError, "has no stage 'stem.0' below stem"),
        (replace(ADAPTATION, stages=("fc",)), LayerError, "has no stage 'fc'"),
        (replace(ADAPTATION, stages=()), LayerError, "Nothing of staged would be trained"),
        (replace(ADAPTATION, patches=("24",)), SinscopeError, "24"),
    ],
)
def test_what_cannot_be_adapted_is_refused(staged: Inspector, adaptation, error, fault: str) -> None:
    with pytest.raises(error, match=fault):
        next(adapt(staged, photo_set(), adaptation, SETTINGS))


@pytest.mark.parametrize(
    "knobs",
    [
        {"steps": 0},
        {"photos": 0},
        {"windows": -1},
        {"learning_rate": 0.0},
        {"decay": -1.0},
        {"average": 1.0},
        {"late": 2.0},
        {"worst": float("nan")},
        {"smallest": 0.0},
        {"patches": ()},
        {"precision": "fp8"},
    ],
)
def test_a_knob_out_of_range_is_refused(knobs) -> None:
    with pytest.raises(SettingsError):
        replace(ADAPTATION, **knobs)


def test_the_selection_is_that_of_inference(staged: Inspector) -> None:
    cut, footprints = staged.cut("stem")
    side = 9
    adaptation = replace(ADAPTATION, windows=6)
    lessons = Lessons(cut, footprints, photo_set(), adaptation, SETTINGS, 0.3, [side])
    lesson = lessons.make(7)
    count, copies = sin_count(int(np.prod(cut.shapes[0])), 0.3), 1 + adaptation.windows
    assert lesson.masked[0].shape == (2 * copies, *cut.shapes[0])
    _, height, width = cut.shapes[0]
    places = [(top, left) for top in range(height - side + 1) for left in range(width - side + 1)]
    for photo in range(2):
        state = superficial_of(cut, (lesson.full[0][photo : photo + 1],), "contrast", "neutral")
        pruned, *occluded = lesson.masked[0][photo * copies : (photo + 1) * copies]
        wanted = torch.empty(1, *cut.shapes[0])
        apply_mask(state, [MaskedInput(count)], [wanted])
        assert torch.equal(pruned, wanted[0])
        windows = [window_at(footprints, top, left, side) for top, left in places]
        masks = [select(state, window, count, "per_window") for window in windows]
        inputs = torch.empty(len(masks), *cut.shapes[0])
        apply_mask(state, masks, [inputs])
        for copy in occluded:
            assert any(torch.equal(copy, each) for each in inputs)


def test_it_begins_with_the_adapted_weights_that_are_given(staged: Inspector, adapted: Adaptation) -> None:
    still = replace(ADAPTATION, steps=1, learning_rate=1e-12)
    found = trained(staged, still, start=adapted).tensors
    assert found.keys() == adapted.tensors.keys()
    for name, value in adapted.tensors.items():
        torch.testing.assert_close(found[name], value, atol=1e-6, rtol=0)
    network = Staged()
    torch.nn.init.ones_(network.fc.bias)
    other = Inspector(toys.classifier(network, 24, name="staged"))
    with pytest.raises(ModelError, match="cannot be begun with: it was made for staged with other weights"):
        next(adapt(other, photo_set(), ADAPTATION, SETTINGS, start=adapted))


def test_every_photo_is_seen_before_one_comes_again(staged: Inspector) -> None:
    cut, footprints = staged.cut("stem")
    lessons = Lessons(cut, footprints, photo_set(6), ADAPTATION, SETTINGS, 0.3, [9])
    seen = [lessons._chosen(step) for step in range(6)]
    for half in (seen[:3], seen[3:]):
        assert sorted(index for step in half for index in step) == list(range(6))
    assert seen[:3] != seen[3:]


def test_renormalized_statistics_are_those_of_the_inputs(staged: Inspector) -> None:
    cut, _ = staged.cut("stem")
    student = StagedTail(cut, ("first", "second"), False)
    batches = [torch.rand(3, *cut.shapes[0], generator=torch.Generator().manual_seed(seed)) for seed in range(2)]
    renormalize(student, [(batch,) for batch in batches])
    network = staged.classifier.network.network
    seen = network.first[0](torch.cat(batches))
    found = student.statistics
    torch.testing.assert_close(found["network.first.1.running_mean"], seen.mean((0, 2, 3)))
    torch.testing.assert_close(found["network.first.1.running_var"], seen.var((0, 2, 3), correction=0))


def test_convolutions_in_float32_answer_as_before(staged: Inspector) -> None:
    cut, _ = staged.cut("stem")
    tail = StagedTail(cut, ("first",), False)
    inputs = torch.rand(2, *cut.shapes[0])
    before = tail(inputs)
    tail.spare_the_cpu()
    assert sum("in_float32" in str(node.target) for node in tail.tail.graph.nodes) == 1  # the strided, separable one
    for one, other in zip(before, tail(inputs), strict=True):
        torch.testing.assert_close(one, other)
    with torch.autocast("cpu", torch.bfloat16):
        assert tail(inputs)[0].dtype == torch.bfloat16
