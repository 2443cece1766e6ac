"""The masked-forward scheduler against plain forward passes; tables that are kept."""

from pathlib import Path

import numpy as np
import pytest
import torch
from defended import NETWORKS, SIZE, subject
from sweeping import Recording
from toys import Skip, classifier, picture, square_threat, stop_after

from engine.backends import TorchBackend
from engine.classifiers.hidden_pixels import HiddenPixels
from engine.defenses import Subject, TableStore, make_defense
from engine.defenses.bands import band_masks, block_masks
from engine.defenses.masked_forward import Mask, run_masked
from engine.defenses.table_store import KeptTable
from engine.errors import LayerError, SettingsError
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.superficial import to_pixels

MASKS = [
    Mask(()),
    Mask(((0, 0, 5, 4),)),
    Mask(((0, 0, 5, 4), (3, 2, 9, 12))),
    *band_masks(SIZE, SIZE, 3, 5),
    *block_masks(SIZE, SIZE, 4, 7),
]


def by_hand(pixels: torch.Tensor, fill: torch.Tensor, mask: Mask) -> torch.Tensor:
    inside = torch.zeros(pixels.shape[-2:], dtype=torch.bool)
    for top, left, bottom, right in mask.boxes:
        inside[top:bottom, left:right] = True
    return torch.where(inside != mask.shown, fill, pixels)


@pytest.mark.parametrize("fill", ["neutral", "mean"])
def test_logits_are_those_of_the_masked_photo(fill: str) -> None:
    made = subject("toy")
    view = picture(SIZE)
    found = made.masked(view, MASKS, fill)
    assert found.complete
    for mask, logits in zip(MASKS, found.logits, strict=True):
        masked = by_hand(to_pixels(view), torch.tensor(0.5), mask)
        wanted = made.classifier.network(masked)[0].numpy()
        assert np.allclose(logits, wanted, atol=1e-4)


def test_cells_of_a_layer_are_masked_too() -> None:
    made = subject("toy")
    view = picture(SIZE)
    cut, _ = made.inspector.cut("stem")
    found = made.masked(view, MASKS, "neutral", layer="stem")
    (crossing,) = cut.head(to_pixels(view))
    for mask, logits in zip(MASKS, found.logits, strict=True):
        wanted = cut.tail(by_hand(crossing, cut.neutral[0], mask))[0].numpy()
        assert np.allclose(logits, wanted, atol=1e-4)
    with pytest.raises(SettingsError, match="cannot be filled with 'mean'"):
        made.masked(view, MASKS, "mean", layer="stem")


def test_several_crossing_tensors_are_refused() -> None:
    made = Subject(Inspector(classifier(Skip(), SIZE)), Settings(backend="torch"))
    with pytest.raises(LayerError, match="2 tensors cross at mid"):
        made.masked(picture(SIZE), MASKS, "neutral", layer="mid")


@pytest.mark.parametrize("content", [float("nan"), float("inf"), 1e30])
def test_what_is_hidden_does_not_leak(content: float) -> None:
    """The rows of masks that hide hostile pixels have the same bits as on the clean photo."""
    made = subject("toy")
    cut, _ = made.inspector.cut("input")
    pixels = to_pixels(picture(SIZE))
    hostile = pixels.clone()
    hostile[..., 1:3, 1:3] = content
    fill = torch.full_like(pixels[0], 0.5)
    backend = TorchBackend(cut)
    clean, attacked = (run_masked(crossing, fill, MASKS, backend) for crossing in (pixels, hostile))
    hiding = [not mask.shown and any(box[:2] == (0, 0) for box in mask.boxes) for mask in MASKS]
    assert sum(hiding) == 2
    assert clean.logits[hiding].tobytes() == attacked.logits[hiding].tobytes()
    assert (clean.logits[0] != attacked.logits[0]).all()


def test_equal_masks_share_a_pass_and_batches_do_not_matter() -> None:
    made = subject("toy")
    cut, _ = made.inspector.cut("input")
    pixels = to_pixels(picture(SIZE))
    fill = torch.zeros_like(pixels[0])
    backend = Recording(TorchBackend(cut, batch=4))
    found = run_masked(pixels, fill, [*MASKS, *MASKS], backend)
    assert backend.batches == -(-len(MASKS) // 4) or backend.batches == -(-2 * len(MASKS) // 4)
    one = run_masked(pixels, fill, MASKS, TorchBackend(cut, batch=1))
    assert np.allclose(found.logits[: len(MASKS)], one.logits, atol=1e-5)
    assert np.array_equal(found.logits[: len(MASKS)], found.logits[len(MASKS) :])


def test_stopping_leaves_the_rest_undone() -> None:
    made = subject("toy")
    found = made.masked(picture(SIZE), MASKS, "neutral", stop=stop_after(1))
    assert not found.complete
    assert 0 < found.done.sum() < len(MASKS)
    assert np.isnan(found.logits[~found.done]).all()
    assert not np.isnan(found.logits[found.done]).any()


def test_tables_are_kept_by_all_that_decides_them(tmp_path: Path) -> None:
    plain = subject("toy")
    kept = Subject(plain.inspector, plain.settings, TableStore(tmp_path))
    view = picture(SIZE)
    first = kept.masked(view, MASKS, "neutral")
    never = kept.masked(view, MASKS, "neutral", stop=stop_after(0))  # no batch is run any more
    assert never.complete
    assert np.array_equal(first.logits, never.logits)
    other_net = Subject(subject("toy", 1).inspector, plain.settings, kept.store)
    for asked in (
        kept.masked(picture(SIZE, seed=9), MASKS, "neutral", stop=stop_after(0)),
        kept.masked(view, MASKS[1:], "neutral", stop=stop_after(0)),
        kept.masked(view, MASKS, "mean", stop=stop_after(0)),
        kept.masked(view, MASKS, "neutral", stop=stop_after(0), layer="stem"),
        other_net.masked(view, MASKS, "neutral", stop=stop_after(0)),
    ):
        assert not asked.done.any()
    assert not list(tmp_path.glob(".*")), "nothing half-written"


def test_damaged_and_unwritable_tables_are_made_again(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    store.put("key", KeptTable(np.ones((2, 2), np.float32), 0.5, ("a", "b")))
    kept = store.get("key")
    assert (kept.values.tolist(), kept.seconds, kept.names) == ([[1, 1], [1, 1]], 0.5, ("a", "b"))
    (tmp_path / "key.npz").write_bytes(b"PK\x03\x04 cut short")
    assert store.get("key") is None
    assert store.get("other") is None
    gone = TableStore(tmp_path / "missing")
    gone.put("key", KeptTable(np.ones((2, 2), np.float32), 0.5))
    assert gone.get("key") is None


def test_the_store_stays_small(tmp_path: Path) -> None:
    store = TableStore(tmp_path, limit=20_000)
    for index in range(40):
        store.put(f"key{index}", KeptTable(np.zeros((10, 50), np.float32), 0.5))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000
    assert store.get("key39") is not None


def test_hidden_is_not_black() -> None:
    encode = HiddenPixels((0.5,) * 3, (0.25,) * 3)
    pixels = torch.tensor([0.0, 1.0, -1.0]).expand(1, 3, 1, 3)
    six = encode((pixels - 0.5) / 0.25)
    assert six.shape == (1, 6, 1, 3)
    assert six[0, 0, 0].tolist() == [-2.0, 2.0, 0.0]
    assert six[0, 3, 0].tolist() == [3.0, -1.0, 0.0]


def test_a_network_that_knows_is_shown_what_is_hidden() -> None:
    made = subject("banded")
    assert made.knows_hidden
    assert not subject("toy").knows_hidden
    view = picture(SIZE)
    mask = band_masks(SIZE, SIZE, 3, 1)[4]
    found = made.masked(view, [mask], "hidden")
    wanted = made.classifier.network(by_hand(to_pixels(view), torch.tensor(-1.0), mask))[0].numpy()
    assert np.allclose(found.logits[0], wanted, atol=1e-4)


@pytest.mark.parametrize(
    "name", ["patchcleanser:masks=3:complete=true", "scalecert:layer=stem", "minority_reports_pc"]
)
def test_where_memory_runs_out_all_is_done_again_by_a_smaller_backend(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Subject(Inspector(classifier(NETWORKS["toy"](0), SIZE)), Settings(backend="torch"))
    whole, batches, run = make_defense(name), [], TorchBackend.run
    threat = square_threat(2, SIZE)

    def scarce(backend: TorchBackend) -> np.ndarray:
        batches.append(backend.batch)
        if len(batches) > 4 and backend.batch == batches[0]:
            raise MemoryError
        return run(backend)

    monkeypatch.setattr(TorchBackend, "run", scarce)
    result = whole(made, picture(SIZE), threat)
    smaller = batches[-1]
    assert smaller < batches[0]
    rows = result.passes + (1 if name.startswith("scalecert") else 0)
    assert batches.count(smaller) >= rows // smaller, "nothing of the larger batches is kept"
    monkeypatch.undo()
    again = whole(made, picture(SIZE), threat)
    assert again.prediction == result.prediction
    assert np.array_equal(again.certificate.locations, result.certificate.locations)


def test_pairs_of_masks_are_one_table_that_grows(tmp_path) -> None:
    """What settled one patch's certificate is kept, and the full map asks only for what is new."""
    plain, threat = subject("toy"), square_threat(2, SIZE)
    kept = Subject(plain.inspector, plain.settings, TableStore(tmp_path))
    short, whole = make_defense("patchcleanser:masks=3"), make_defense("patchcleanser:masks=3:complete=true")
    views = [picture(SIZE, seed=seed) for seed in range(4)]
    fewer = [short(kept, view, threat) for view in views]
    assert len(list(tmp_path.iterdir())) == len(views)
    grown = [whole(kept, view, threat) for view in views]
    assert len(list(tmp_path.iterdir())) == len(views)
    fresh = [whole(plain, view, threat) for view in views]
    for one, other, less in zip(grown, fresh, fewer, strict=True):
        assert np.array_equal(one.certificate.locations, other.certificate.locations)
        assert (one.prediction, one.passes) == (other.prediction, 45)
        assert one.output == less.output
    again = [short(kept, view, threat) for view in views]
    assert [(one.passes, one.output) for one in again] == [(one.passes, one.output) for one in fewer]


def test_the_unmasked_row_is_not_run_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    made, photos, runs = subject("toy"), [picture(SIZE, seed=seed) for seed in (0, 1)], []
    alone = [made.vanilla(photo) for photo in photos]
    fresh, run = subject("toy"), TorchBackend.run
    monkeypatch.setattr(TorchBackend, "run", lambda backend: (runs.append(1), run(backend))[1])
    make_defense("minority_reports_pc")(fresh, photos[0], square_threat(2, SIZE))
    before = len(runs)
    assert np.array_equal(fresh.vanilla(photos[0]), alone[0])
    assert len(runs) == before
    assert np.array_equal(fresh.vanilla(photos[1]), alone[1]), "another photo's"
    assert len(runs) == before + 1
