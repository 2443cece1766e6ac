"""Settings that belong together: whatever is kept, the engine accepts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from snapshots import make_model, make_snapshot

from engine.errors import SettingsError
from engine.models import MODELS
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.threat import PatchThreat
from engine.windows import default_window, largest_window, smallest_window, window_family
from gui.document import Document
from gui.fitting import names_code, refit, widest_stride
from gui.snapshot import Snapshot


def snapshot_for(knobs: Settings, lite0: Inspector) -> Snapshot:
    """What the engine says of some settings, without a photo."""
    _, footprints, _ = lite0.prepare(knobs)
    threat = PatchThreat.parse(knobs.patch, (224, 224))
    side = knobs.window or default_window(footprints, threat)
    return make_snapshot(
        document=Document(image="sample:flower", settings=knobs),
        settings=knobs,
        threat_px=(threat.height, threat.width),
        smallest_window=smallest_window(footprints, threat),
        largest_window=largest_window(footprints) - 1,
        side=side,
    )


@given(
    layer=st.sampled_from(["1", "3", "input"]),
    before=st.integers(8, 60),
    after=st.integers(8, 60),
    wider=st.one_of(st.none(), st.integers(0, 30)),
    stride=st.one_of(st.none(), st.integers(1, 30)),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_patch_of_another_size_never_leaves_windows_that_do_not_fit(
    lite0: Inspector, layer: str, before: int, after: int, wider: int | None, stride: int | None
) -> None:
    knobs = Settings(layer=layer, patch=str(before), backend="torch")
    known = snapshot_for(knobs, lite0)
    window = None if wider is None else min(known.smallest_window + wider, known.largest_window)
    knobs = Settings(layer=layer, patch=str(before), backend="torch", window=window)
    known = snapshot_for(knobs, lite0)
    if stride is not None:
        assume(stride <= widest_stride(known))
    knobs = refit(knobs, known, stride=stride)
    assert knobs.stride == stride
    _, footprints, _ = lite0.prepare(knobs)
    window_family(footprints, PatchThreat.parse(knobs.patch, (224, 224)), knobs.window, knobs.stride)

    changed = refit(knobs, known, patch=str(after))
    assert changed.patch == str(after)
    threat = PatchThreat.parse(changed.patch, (224, 224))
    family = window_family(footprints, threat, changed.window, changed.stride)
    assert (family.covering(np.ones(len(family), dtype=np.int64)) > 0).all()
    if after <= before:
        assert changed.window == knobs.window


def test_a_smaller_window_takes_the_stride_back() -> None:
    known = make_snapshot(settings=Settings(window=40, stride=20, top=0.5))
    document = Document(settings=Settings(window=40, stride=20))
    assert refit(document.settings, known, window=36).stride == 20  # 36 - 17 + 1
    assert refit(document.settings, known, window=35).stride is None
    assert refit(document.settings, known, top=0.3).stride == 20


def test_another_layer_counts_other_cells() -> None:
    knobs = Settings(window=40, stride=8, top=0.3, label=3)
    changed = refit(knobs, make_snapshot(), layer="2")
    assert (changed.window, changed.stride, changed.top, changed.label) == (None, None, 0.3, 3)
    assert refit(knobs, make_snapshot(), layer="2", window=20).window == 20


def test_another_model_leaves_behind_what_was_the_last_ones() -> None:
    knobs = Settings(weights="own.pt", input_size=(96, 96), labels="own.txt", window=9, stride=2, label=3, tau=0.7)
    changed = refit(knobs, make_snapshot(), model="efficientnet_lite1")
    assert changed == Settings(model="efficientnet_lite1", label=3, tau=0.7)
    assert refit(changed, make_snapshot(), model="timm:convnext_tiny").label is None
    assert refit(changed, make_snapshot(), model="nets:small").input_size == (224, 224)


def test_where_nothing_is_known_of_the_layer_the_defaults_are_taken() -> None:
    knobs = Settings(window=40, stride=8)
    assert refit(knobs, None, patch="5%").window is None
    other = make_snapshot(document=Document(settings=Settings(layer="3")))
    assert refit(knobs, other, patch="5%") == Settings(patch="5%")


def test_impossible_values_are_refused() -> None:
    with pytest.raises(SettingsError):
        refit(Settings(), None, top=0.0)


@pytest.mark.parametrize(
    ("name", "code"),
    [("nets:small", True), ("path/to/net.py:make", True), ("timm:resnet50", False), ("torchvision:vgg16", False)],
)
def test_code_is_told_from_names(name: str, code: bool) -> None:
    assert names_code(name) is code
    assert not any(names_code(embedded) for embedded in MODELS)
    assert make_model().name in MODELS


def test_a_model_for_other_classes_keeps_the_share_of_the_patch_and_no_label() -> None:
    knobs = Settings(patch="32", label=3)
    assert refit(knobs, None, model="efficientnet_lite1") == replace(knobs, model="efficientnet_lite1")
    small = refit(knobs, None, model="cifar10_resnet_sin")
    assert (small.patch, small.label) == ("2.04%", None)
    assert PatchThreat.parse(small.patch, (32, 32)).height == 5
    assert refit(Settings(patch="5%"), None, model="cifar10_ibp").patch == "5%"
    assert refit(small, None, model="cifar10_ibp").patch == "2.04%"
