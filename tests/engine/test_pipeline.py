"""One inspection from photo to verdict, as the stages that the window and the command line both consume."""

import dataclasses
import time

import numpy as np
import pytest
import torch
from torch import nn
from toys import Skip, Toy, classifier, inspect, picture, stop_after

from engine.clusters import CLUSTERED_SINS
from engine.errors import BackendError, CoverageError, LayerError, SettingsError, ThreatError
from engine.images import load_image
from engine.logit_cache import LogitCache
from engine.pipeline import Inspection, Inspector
from engine.settings import Settings
from engine.verdict import judge

KNOBS = {"layer": "stem", "backend": "torch", "patch": "4", "top": 0.5}


@pytest.fixture
def toy() -> Inspector:
    return Inspector(classifier(Toy(nn.Conv2d(3, 4, 3, padding=1), 4, gain=5.0), 16))


def stages(inspector: Inspector, seed: int = 0, **knobs: object) -> list[Inspection]:
    return list(inspector.inspect(picture(16, seed), Settings(**(KNOBS | knobs))))


def test_stages_come_in_order_and_each_knows_more(toy):
    found = stages(toy)
    names = [stage.stage for stage in found]
    assert names[:2] == ["superficial", "clusters"]
    assert names[-1] == "verdict"
    assert set(names[2:-1]) == {"windows"}
    assert len(names) > 4
    assert found[0].clusters is None
    assert found[1].clusters is not None
    assert found[1].sweep is None
    assert all(stage.sweep is not None and stage.verdict is None for stage in found[2:-1])
    assert found[-1].verdict is not None
    assert found[-1].sweep.complete
    assert all(stage.view is found[0].view and stage.family is found[0].family for stage in found)


def test_the_verdict_is_that_of_the_last_sweep(toy):
    final = stages(toy, rule="hicert", tau=0.4)[-1]
    again = judge(final.sweep, "hicert", 0.4)
    assert final.verdict.word == again.word
    assert np.array_equal(final.verdict.certificate.locations, again.certificate.locations)


def test_settings_are_as_asked_with_rate_and_window_filled_in(toy):
    final = stages(toy, top=None)[-1]
    assert final.settings.top == 0.5
    assert final.settings.window == final.family.side
    assert final.settings == dataclasses.replace(Settings(**KNOBS), top=0.5, window=final.family.side)
    assert final.count == round(0.5 * final.superficial.neurons)
    pixels = stages(toy, top=None, layer="input")[-1]
    assert pixels.settings.top == 1.0
    assert pixels.count == 3 * 16 * 16


def test_at_most_200_sins_are_clustered(toy):
    final = stages(toy)[-1]
    assert len(final.clusters.positions) == CLUSTERED_SINS == 200
    few = stages(toy, top=0.01)[-1]
    assert len(few.clusters.positions) == few.count < 200


def test_milliseconds_are_of_the_stages_and_not_of_the_consumer(toy):
    found = []
    for stage in toy.inspect(picture(16), Settings(**KNOBS)):
        found.append(stage)
        time.sleep(0.2)
    assert set(found[-1].timing_ms) == {"prepare", "superficial", "clusters", "windows", "verdict"}
    assert all(value >= 0 for value in found[-1].timing_ms.values())
    slept = len(found) * 200
    again = []
    for stage in toy.inspect(picture(16), Settings(**KNOBS)):
        again.append(stage)
        time.sleep(0.2)
    assert sum(again[-1].timing_ms.values()) < slept


def test_a_second_inspection_takes_no_pass(toy):
    first, second = stages(toy)[-1], stages(toy)[-1]
    assert first.sweep.passes > 0
    assert second.sweep.passes == 0
    assert np.array_equal(first.sweep.logits, second.sweep.logits)
    assert second.superficial is first.superficial
    toy.forget()
    assert stages(toy)[-1].sweep.passes == first.sweep.passes


def test_states_and_writers_kept_are_few(toy):
    for seed in range(6):
        stages(toy, seed, top=0.01)
    assert len(toy._writers) <= 4


def test_stopped_it_is_undecided(toy):
    found = list(toy.inspect(picture(16), Settings(**KNOBS), stop=stop_after(1)))
    final = found[-1]
    assert final.stage == "verdict"
    assert final.verdict.word == "undecided"
    assert not final.sweep.complete
    assert not final.verdict.certificate.holds
    assert final.verdict.certificate.certified_places == 0
    # What was computed is not lost.
    assert stages(toy)[-1].sweep.passes < len(final.family) + 2


def test_stopped_before_anything_it_is_undecided(toy):
    final = list(toy.inspect(picture(16), Settings(**KNOBS), stop=lambda: True))[-1]
    assert final.verdict.word == "undecided"
    assert final.sweep.base is None


def test_nothing_is_done_before_a_stage_is_asked_for(toy):
    running = toy.inspect(picture(16), Settings(**KNOBS, label=99))
    with pytest.raises(SettingsError):
        next(running)


@pytest.mark.parametrize(
    ("knobs", "error", "says"),
    [
        ({"label": 3}, SettingsError, "no class 3; give one from 0 to 2"),
        ({"label": -1}, SettingsError, "no class -1"),
        ({"patch": "17"}, ThreatError, "larger than the model's input"),
        ({"patch": "huge"}, ThreatError, "Cannot read the patch size"),
        ({"layer": "stemm"}, LayerError, "nearest:"),
        ({"layer": "9"}, LayerError, "no superficial layer 9"),
        ({"window": 2}, CoverageError, "the smallest one is 6"),
        ({"window": 16}, CoverageError, "hides the whole map of 16"),
        ({"stride": 9, "window": 7}, CoverageError, "the widest that hides it everywhere is"),
        ({"patch": "15"}, CoverageError, "give a smaller patch or an earlier layer"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(toy, knobs, error, says):
    with pytest.raises(error) as caught:
        stages(toy, **knobs)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="half precision works here")
def test_half_precision_without_cuda(toy):
    with pytest.raises(BackendError):
        stages(toy, precision="fp16")


def test_after_a_refusal_it_still_works(toy):
    with pytest.raises(LayerError):
        stages(toy, layer="nowhere")
    assert stages(toy)[-1].stage == "verdict"


def test_superficial_layers_by_number_and_by_name_are_the_same(toy):
    one, named = stages(toy, layer="1")[-1], stages(toy, layer="stem")[-1]
    assert one.cut.layer != ""
    assert (one.cut.layer == named.cut.layer) == np.array_equal(one.superficial.rank, named.superficial.rank)


def test_a_label_given_is_certified(toy):
    for label in range(3):
        final = stages(toy, label=label)[-1]
        assert final.verdict.certificate.label == label
        assert final.verdict.certificate.label_given
    final = stages(toy)[-1]
    assert final.verdict.certificate.label == int(final.verdict.base.label[0])
    assert not final.verdict.certificate.label_given


def test_two_crossing_tensors_all_the_way():
    inspector = Inspector(classifier(Skip(stride=2), 16), LogitCache())
    final = inspect(inspector, picture(16), layer="mid", patch="3", backend="torch")
    assert len(final.cut.shapes) == 2
    assert not final.sweep.skipped.any()
    assert final.verdict.word in ("certified", "consistent", "alert", "undecided")


def test_a_sample_photo_on_the_embedded_model(lite0):
    """The main job on real input: 36 windows, 2 %, the stem, whatever backend this machine has."""
    view = lite0.classifier.preprocessing.view(load_image("sample:flower").rgb)
    final = inspect(lite0, view)
    assert view.shape == (224, 224, 3)
    assert len(final.family) == 36
    assert (final.threat.height, final.threat.width) == (32, 32)
    assert final.verdict.certificate.locations.shape == (193, 193)
    assert final.verdict.word in ("certified", "consistent", "alert")
    assert final.sweep.full.shape == (1000,)
    assert final.superficial.heatmap.shape == (112, 112)
    again = inspect(lite0, view)
    assert again.sweep.passes == 0
    assert again.verdict.word == final.verdict.word


def test_rules_and_labels_cost_no_pass_on_the_embedded_model(lite0, views):
    inspect(lite0, views[0])
    for knobs in ({"rule": "confident", "tau": 0.2}, {"rule": "hicert", "tau": 0.9}, {"label": 3}):
        assert inspect(lite0, views[0], **knobs).sweep.passes == 0
