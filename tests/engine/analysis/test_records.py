"""Records that are kept, taken up again, and never mixed."""

from dataclasses import dataclass

import numpy as np
import pytest

from engine.analysis.records import Records, pack, unpack
from engine.errors import SettingsError

SETTINGS = {"version": 1, "patch": "abc", "layers": ["1", "2"]}
PHOTO = "1f" * 32


@dataclass(frozen=True)
class Both:
    one: np.ndarray
    two: np.ndarray


def test_what_is_kept_comes_back(tmp_path):
    value = Both(np.arange(3), np.array(True))
    Records(tmp_path / "kept", SETTINGS).write("compare", PHOTO, pack("a/", value))
    record = Records(tmp_path / "kept", dict(reversed(SETTINGS.items()))).read("compare", PHOTO)
    found = unpack(Both, "a/", record)
    assert found.one.tolist() == [0, 1, 2]
    assert found.two.dtype == bool
    with pytest.raises(ValueError, match="read-only"):
        found.one[0] = 9


def test_what_was_not_measured_is_none(tmp_path):
    records = Records(tmp_path, SETTINGS)
    records.write("compare", PHOTO, {"x": np.zeros(2)})
    assert records.read("detect", PHOTO) is None
    assert records.read("compare", "2e" * 32) is None


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_damaged_record_is_measured_again(tmp_path, damage):
    records = Records(tmp_path, SETTINGS)
    records.write("compare", PHOTO, {"x": np.zeros(200)})
    (stored,) = tmp_path.glob("*.npz")
    stored.write_bytes(stored.read_bytes()[:60] if damage is None else damage)
    assert records.read("compare", PHOTO) is None


def test_records_of_other_settings_are_refused_and_stay(tmp_path):
    Records(tmp_path, SETTINGS).write("compare", PHOTO, {"x": np.zeros(2)})
    with pytest.raises(SettingsError, match=r"measurements with other settings \(layers, seed\)"):
        Records(tmp_path, {**SETTINGS, "layers": ["1"], "seed": 3})
    assert Records(tmp_path, SETTINGS).read("compare", PHOTO) is not None
