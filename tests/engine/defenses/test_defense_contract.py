"""What every defense keeps to, whichever it is: one row each."""

import dataclasses

import numpy as np
import pytest
from defended import CLASSES, SIZE, subject
from toys import picture, square_threat, stop_after

from engine.backends import TorchBackend
from engine.defenses import ALERT, DEFENSES, Result, Subject, TableStore, make_defense
from engine.errors import DefenseError, SettingsError

# name, a network that it runs on, one that it refuses and why, forward passes for a patch of 2 px, cheap knobs
ROWS = [
    ("ibp", "plain", ("toy", "not Toy"), 1 + 2 * 121, {"complete": True}),
    ("clipped_bagnet", "local", ("toy", "local-feature network"), 1, {}),
    ("derandomized_smoothing", "banded", None, 12, {"band": 3}),
    ("patchguard_mask_ds", "banded", None, 12, {"band": 3}),
    ("patchguard_mask_bn", "local", ("plain", "local-feature network"), 1, {}),
    ("minority_reports", "toy", None, 1 + 13**2, {"tau": 0.4}),
    ("patchguard_pp", "local", ("banded", "local-feature network"), 1, {"tau": 0.4}),
    ("scalecert", "toy", None, None, {"layer": "stem", "top": 0.5}),
    ("patchcleanser", "toy", None, None, {"masks": 3}),
    ("minority_reports_pc", "toy", None, 1 + 9, {"masks": 3}),
]
THREAT = square_threat(2, SIZE)
VIEW = picture(SIZE, seed=3)
knobbed = pytest.mark.parametrize(
    ("name", "network", "knobs"), [(*row[:2], row[4]) for row in ROWS], ids=[row[0] for row in ROWS]
)
defenses = pytest.mark.parametrize(
    ("name", "network", "passes", "knobs"), [(*row[:2], *row[3:]) for row in ROWS], ids=[row[0] for row in ROWS]
)


def test_every_defense_has_a_row() -> None:
    assert [row[0] for row in ROWS] == list(DEFENSES)


@pytest.mark.parametrize("name", DEFENSES)
def test_it_says_what_it_is(name) -> None:
    row = DEFENSES[name]
    assert row.name == name
    assert row.kind in ("recovery", "detection")
    assert row.requires.endswith(".")
    assert any(year in row.citation for year in ("2020", "2021", "2022"))
    for preset in row.configuration.published().values():
        assert row(preset).config == preset
    with pytest.raises(dataclasses.FrozenInstanceError):
        row().config.tau = 1.0


@defenses
def test_it_answers_and_keeps_its_promises(name, network, passes, knobs) -> None:
    defense = make_defense(name).configured(**knobs)
    result = defense(subject(network), VIEW, THREAT)
    assert isinstance(result, Result)
    assert (result.defense, result.kind, result.threat) == (name, defense.kind, THREAT)
    assert result.certificate.locations.shape == THREAT.places
    assert not result.certificate.locations.flags.writeable
    assert result.passes == passes or (passes is None and result.passes > 1)
    most = defense.most_passes(subject(network), THREAT)
    assert result.passes == most or (name == "patchcleanser" and result.passes < most) or name == "scalecert"
    assert result.passes <= most
    assert result.prediction.passes >= 1
    assert result.seconds > 0
    assert result.patch_space == "model input"
    if result.word == "certified":
        assert result.output == result.certificate.label
        assert result.certificate.holds
    # a certificate for any label allows no other answer on the clean photo, an alert apart
    for label in range(CLASSES):
        about = defense(subject(network), VIEW, THREAT, label)
        if about.certificate.holds:
            assert about.output in ((label, ALERT) if defense.kind == "detection" else (label,))
        worst = about.certificate.locations[about.worst]
        assert worst == about.certificate.locations.min()


@knobbed
def test_tables_serve_again(name, network, knobs) -> None:
    defense = make_defense(name).configured(**knobs)
    tables = defense.tables(subject(network), VIEW, THREAT)
    first, again = defense.judge(tables, THREAT), defense(subject(network), VIEW, THREAT)
    assert first.prediction == again.prediction
    assert np.array_equal(first.certificate.locations, again.certificate.locations)


@knobbed
def test_tables_from_the_store_serve_without_the_network(name, network, knobs, tmp_path, monkeypatch) -> None:
    plain = subject(network)
    kept = Subject(plain.inspector, plain.settings, TableStore(tmp_path))
    defense = make_defense(name).configured(**knobs)
    first = defense(kept, VIEW, THREAT, 1)
    runs: list[TorchBackend] = []
    monkeypatch.setattr(TorchBackend, "run", runs.append)
    monkeypatch.setattr("engine.defenses.ibp.propagate", None)
    again = defense(kept, VIEW, THREAT, 1)
    assert not runs
    assert again.prediction == first.prediction
    assert np.array_equal(again.certificate.locations, first.certificate.locations)
    assert again.seconds > 0


@pytest.mark.parametrize(("name", "network", "knobs"), [(*row[:2], row[4]) for row in ROWS if row[3] != 1])
def test_stopped_is_undecided(name, network, knobs) -> None:
    defense = make_defense(name).configured(**knobs)
    subject(network).inspector.forget()
    result = defense(subject(network), VIEW, THREAT, stop=stop_after(0))
    assert result.word == "undecided"
    assert result.output == ALERT
    assert not result.certificate.holds
    assert result.certificate.certified_places == 0


@pytest.mark.parametrize(("name", "refused"), [(row[0], row[2]) for row in ROWS if row[2]])
def test_it_says_where_it_cannot_run(name, refused) -> None:
    kind, why = refused
    sentence = make_defense(name).refusal(subject(kind), THREAT)
    assert why in sentence
    with pytest.raises(DefenseError, match="cannot run here"):
        make_defense(name)(subject(kind), VIEW, THREAT)


@knobbed
def test_bad_input_is_refused(name, network, knobs) -> None:
    defense = make_defense(name).configured(**knobs)
    with pytest.raises(SettingsError, match="has no class 3; give one from 0 to 2"):
        defense(subject(network), VIEW, THREAT, label=3)
    with pytest.raises(SettingsError, match="takes bytes of 12 x 12 px"):
        defense(subject(network), picture(SIZE + 1), THREAT)
    with pytest.raises(SettingsError, match="another input"):
        defense(subject(network), VIEW, square_threat(2, SIZE + 1))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("patchgard_mask_bn", "patchguard_mask_bn"),
        ("patchguard_pp:lowest", "its presets are low, mid, high, its knobs tau="),
        ("patchguard_pp:tau=much", "cannot be 'much'"),
        ("derandomized_smoothing:location_aware=perhaps", "cannot be 'perhaps'"),
    ],
)
def test_unknown_names_and_knobs(text, sentence) -> None:
    with pytest.raises(DefenseError, match=sentence):
        make_defense(text)


@pytest.mark.parametrize(
    "text",
    [
        "patchguard_pp:tau=1.5",
        "patchguard_mask_bn:threshold=1",
        "patchguard_mask_ds:band=-1",
        "minority_reports:votes=0",
        "minority_reports:grid=wide",
        "derandomized_smoothing:vote=0",
        "derandomized_smoothing:stride=0",
        "patchcleanser:masks=1",
        "clipped_bagnet:clip=square",
        "ibp:chunk=0",
        "scalecert:top=2",
        "scalecert:steps=0",
    ],
)
def test_knobs_out_of_range(text) -> None:
    with pytest.raises(SettingsError):
        make_defense(text)


def test_names_with_presets_and_knobs() -> None:
    assert make_defense("patchguard_pp:high").config.tau == 0.7
    assert make_defense("derandomized_smoothing:block:vote=0.3").config.shape == "block"
    assert make_defense("scalecert:top=none:rule=confident").config.rule == "confident"
    usual = {"scalecert": {"top": 0.25}}
    assert make_defense("scalecert", usual).config.top == 0.25
    assert make_defense("scalecert:paper", usual).config.top == 0.2  # a preset is what its name says


def test_more_steps_are_smaller_windows_and_more_passes() -> None:
    made = subject("toy")
    few, many = (make_defense(f"scalecert:layer=stem:top=0.5:steps={steps}") for steps in (2, 4))
    passes = [defense.most_passes(made, THREAT) for defense in (few, many)]
    assert passes[0] <= 1 + 2**2 < passes[1] <= 1 + 4**2
    sides = [defense.tables(made, VIEW, THREAT).sweep.family.side for defense in (few, many)]
    assert sides[0] > sides[1]
