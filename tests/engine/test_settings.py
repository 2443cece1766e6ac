"""Settings: every knob in one frozen value, refused outside its range in one sentence."""

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SettingsError
from engine.settings import Settings


def test_the_defaults_are_the_papers_threat_on_the_embedded_model():
    settings = Settings()
    assert (settings.model, settings.layer, settings.patch) == ("efficientnet_lite0", "1", "2%")
    assert (settings.selection, settings.importance, settings.fill) == ("per_window", "contrast", "neutral")
    assert (settings.rule, settings.backend, settings.precision) == ("consistency", "auto", "fp32")


def test_it_is_one_frozen_hashable_value():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().tau = 0.1
    assert Settings(tau=0.25) == Settings(tau=0.25)
    assert len({Settings(), Settings(), Settings(tau=0.25)}) == 2


@pytest.mark.parametrize(
    ("knob", "values"),
    [
        ("selection", ("per_window", "global")),
        ("importance", ("contrast", "activation")),
        ("fill", ("neutral", "zero")),
        ("rule", ("consistency", "confident", "hicert")),
        ("backend", ("auto", "torch", "openvino")),
        ("precision", ("fp32", "fp16", "bf16")),
    ],
)
def test_a_choice_that_does_not_exist_names_those_that_do(knob, values):
    for value in values:
        assert getattr(Settings(**{knob: value}), knob) == value
    for value in ("", "none", values[0].upper(), None):
        with pytest.raises(SettingsError) as caught:
            Settings(**{knob: value})
        assert str(caught.value) == f"{knob} cannot be {value!r}; choose one of {', '.join(values)}."


@pytest.mark.parametrize("top", [0, -0.1, 1.0001, 50, math.nan, math.inf])
def test_a_rate_outside_its_range_is_refused(top):
    with pytest.raises(SettingsError, match="top-ranking rate must be above 0 % and at most 100 %"):
        Settings(top=top)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_outside_its_range_is_refused(seed):
    with pytest.raises(SettingsError, match="seed is a whole number from 0 up to"):
        Settings(seed=seed)
    assert Settings(seed=2**63 - 1).seed == 2**63 - 1


@pytest.mark.parametrize("tau", [-0.01, 1.01, math.nan, math.inf])
def test_a_tau_outside_its_range_is_refused(tau):
    with pytest.raises(SettingsError, match="tau is a confidence between 0 and 1"):
        Settings(tau=tau)


@pytest.mark.parametrize("knob", ["window", "stride"])
def test_a_window_or_stride_below_one_cell_is_refused(knob):
    for value in (0, -3):
        with pytest.raises(SettingsError, match=f"The {knob} must be at least 1 cell, not {value}"):
            Settings(**{knob: value})


@given(st.floats(0, 1, exclude_min=True), st.floats(0, 1), st.integers(1, 300), st.integers(1, 300))
def test_every_value_within_its_range_is_kept(top, tau, window, stride):
    settings = Settings(top=top, tau=tau, window=window, stride=stride)
    assert (settings.top, settings.tau, settings.window, settings.stride) == (top, tau, window, stride)


def test_as_dict_is_json_and_holds_every_knob():
    settings = Settings(input_size=(32, 48), mean=(0.5, 0.5, 0.5), top=0.3, label=4)
    values = json.loads(json.dumps(settings.as_dict()))
    assert list(values) == [field.name for field in dataclasses.fields(Settings)]
    assert values["input_size"] == [32, 48]
    for name in ("input_size", "mean"):
        values[name] = tuple(values[name])
    assert Settings(**values) == settings
