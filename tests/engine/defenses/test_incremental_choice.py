"""When the incremental sweep is taken: counted, tried once, kept for all photos, and never where it is in doubt."""

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from defended import SIZE, subject
from numpy.typing import NDArray
from recomputed import Residual
from sweeping import Recording
from toys import classifier, filled, picture, square_threat, stop_after

from engine.backends import TorchBackend
from engine.defenses import Subject, TableStore, make_defense
from engine.defenses.incremental import IncrementalSweep, choice, incremental_sweep, trial
from engine.defenses.incremental.plan import Boxes
from engine.defenses.incremental.trial import Trial, tried_masks
from engine.defenses.masked_forward import Mask
from engine.defenses.masks import covering_masks
from engine.pipeline import Inspector
from engine.settings import Settings

SIDE = 96
VIEW = picture(SIDE)
THREAT = square_threat(4, SIDE)
MASKS = (Mask(()), *covering_masks(THREAT, 5).masks)
ON, OFF = (1.0, 0.5), (1.0, 0.95)  # seconds, plain and incremental

Made = Callable[..., Subject]
Run = Callable[[IncrementalSweep], NDArray[np.float32]]


@pytest.fixture(scope="module")
def network() -> Inspector:
    return Inspector(classifier(Residual(16), SIDE))


@pytest.fixture
def made(network: Inspector, fresh_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A subject with a new backend, for which nothing is kept, or as it was left; the clock says what it is told."""

    def make(seconds: tuple[float, float] = ON, store: TableStore | None = None, anew: bool = True) -> Subject:
        monkeypatch.setattr(trial, "_quickest", lambda *_: seconds)
        network._backends.clear()
        for kept in (fresh_cache / "incremental").glob("*") if anew else ():
            kept.unlink()
        return Subject(network, Settings(backend="torch"), store)

    return make


@pytest.fixture
def plain(made: Made) -> NDArray[np.float32]:
    return made(OFF).masked(VIEW, MASKS, "mean").logits


def test_where_it_pays_masks_are_answered_by_it(
    made: Made, plain: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = made()
    assert tested.path(VIEW, MASKS, "mean") == "incremental"
    monkeypatch.setattr(TorchBackend, "run", refuse)
    found = tested.masked(VIEW, MASKS, "mean")
    assert found.complete
    assert np.abs(found.logits - found.logits[0]).max() > 0.01
    assert np.abs(found.logits - plain).max() <= 1e-5 * np.abs(plain).max()


def test_a_choice_is_kept_and_made_again_where_it_cannot_be_read(
    made: Made, fresh_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fresh_cache / "incremental"
    assert made(OFF).path(VIEW, MASKS, "mean") == "plain"
    assert made(ON, anew=False).path(VIEW, MASKS, "mean") == "plain", "what another run found"
    (kept,) = folder.iterdir()
    assert Trial.read(kept) == Trial(True, True, *OFF)
    for damaged in ("", "[]", '{"agrees": true}'):
        kept.write_text(damaged)
        assert made(ON, anew=False).path(VIEW, MASKS, "mean") == "incremental"
    monkeypatch.setattr(choice, "tried", refuse)
    assert made(OFF, anew=False).path(picture(SIDE, seed=5), MASKS, "mean") == "incremental"


def test_what_cannot_be_kept_is_not_tried(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SINSCOPE_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(choice, "tried", refuse)
    assert made().path(VIEW, MASKS, "mean") == "plain"


@pytest.mark.parametrize("fault", ["differs", "leaks", "not finite"])
def test_whoever_is_found_wrong_is_not_taken(made: Made, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = IncrementalSweep.run

    def faulty(sweep: IncrementalSweep) -> NDArray[np.float32]:
        logits = run(sweep)
        assert sweep._crossing is not None
        hostile = bool(sweep._crossing.isnan().any())
        if fault == "not finite":
            return logits * np.nan
        return logits + np.float32({"differs": 1e-2, "leaks": 1e-6 * hostile}[fault] * np.abs(logits).max())

    monkeypatch.setattr(IncrementalSweep, "run", faulty)
    assert made().path(VIEW, MASKS, "mean") == "plain"


@pytest.mark.parametrize(
    ("seconds", "least", "turns"),
    [([9, 4, 8, 2, 1, 1], (8, 2), 2), ([9, 9, 8, 8, 7, 7, 6, 9, 9, 6, 9, 9], (6, 6), 6), ([4, 1, 5, 5], (4, 1), 2)],
)
def test_the_clock_is_asked_until_it_is_clear(
    seconds: list[int], least: tuple[int, int], turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, clock = iter(seconds), [0]

    def call() -> None:
        clock[0] += next(taken)

    monkeypatch.setattr(trial.time, "process_time", lambda: clock[0])
    assert trial._quickest(call, call) == least
    assert len(list(taken)) == len(seconds) - 2 * turns


@pytest.mark.parametrize("batch", [1, 2, 4])
@pytest.mark.parametrize("count", [1, 2])
def test_it_is_tried_from_corner_to_corner(batch: int, count: int) -> None:
    masks = tried_masks(Boxes(5, 7, count), (20, 31), batch)
    assert len(masks) == batch
    boxes = [box for mask in masks for box in mask.boxes]
    assert {len(mask.boxes) for mask in masks} == {count}
    assert all(bottom - top == 5 and right - left == 7 for top, left, bottom, right in boxes)
    if batch > 1:
        assert {(0, 0, 5, 7), (15, 24, 20, 31)} <= {mask.boxes[0] for mask in masks}


def test_where_nothing_is_saved_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks, masks that show, cells of a layer, other backends than PyTorch on the CPU in float32."""
    monkeypatch.setattr(choice, "tried", refuse)
    tested, view, box = subject("toy"), picture(SIZE), Mask(((0, 0, 5, 4),))
    for masks in ([box], [Mask(())], [Mask(box.boxes, shown=True), box]):
        assert tested.path(view, masks, "mean") == "plain"
    assert tested.masked(view, [box], "neutral", layer="stem").complete
    cut, _ = tested.inspector.cut("input")
    photo = torch.rand(1, *cut.shapes[0])
    assert incremental_sweep(cut, Recording(TorchBackend(cut)), photo, photo[0], [box]) is None
    half = TorchBackend(cut)
    half.precision = "fp16"
    assert incremental_sweep(cut, half, photo, photo[0], [box]) is None


def test_masks_that_show_are_answered_plainly(made: Made) -> None:
    tested, shown = made(), [Mask(((0, 20, SIDE, 30),), shown=True), MASKS[2]]
    assert tested.path(VIEW, shown, "mean") == "plain"
    found = tested.masked(VIEW, shown, "mean")
    alone = tested.masked(VIEW, shown[:1], "mean")
    assert np.array_equal(found.logits[0], alone.logits[0])


def test_a_table_says_which_way_it_was_made(made: Made, tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    whole = make_defense("patchcleanser:masks=5:complete=true")
    first = whole(made(ON, store), VIEW, THREAT)
    never = whole(made(ON, store, anew=False), VIEW, THREAT, stop=stop_after(0))
    assert never.prediction == first.prediction
    assert len(list(tmp_path.glob("*.npz"))) == 1
    again = whole(made(OFF, store), VIEW, THREAT)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    assert again.prediction.label == first.prediction.label
    assert np.array_equal(again.certificate.locations, first.certificate.locations)


@pytest.mark.parametrize("name", ["minority_reports_pc:masks=5", "patchcleanser:masks=5:complete=true"])
def test_defenses_answer_as_they_do_plainly(made: Made, name: str) -> None:
    results = [make_defense(name)(made(seconds), VIEW, THREAT) for seconds in (ON, OFF)]
    one, other = results
    assert (one.word, one.prediction.label, one.passes) == (other.word, other.prediction.label, other.passes)
    assert np.array_equal(one.certificate.locations, other.certificate.locations)


def test_a_patch_behind_a_mask_moves_no_bit_of_its_row(made: Made) -> None:
    """What a certificate rests on: the rows of masks that hide the patch are the same for every patch."""
    tested, box = made(), MASKS[13].boxes[0]
    pairs = [MASKS[13] | MASKS[1], MASKS[25] | MASKS[13], MASKS[14] | MASKS[13]]
    draw = np.random.default_rng(0)
    attacked = filled(VIEW, box, draw.integers(0, 256, (box[2] - box[0], box[3] - box[1], 3), dtype=np.uint8))
    for masks, hiding in ((MASKS, [13]), (pairs, [0, 1, 2])):
        assert tested.path(VIEW, masks, "mean") == "incremental"
        clean, hostile = (tested.masked(view, masks, "mean").logits for view in (VIEW, attacked))
        moved = (clean != hostile).any(axis=1)
        assert np.flatnonzero(~moved).tolist() == hiding


def test_what_was_found_goes_with_its_backend(made: Made) -> None:
    tested = made()
    assert tested.path(VIEW, MASKS, "mean") == "incremental"
    held = weakref.ref(tested.inspector.prepare(tested.at_layer("input"))[2])
    assert held() is not None
    tested.inspector._backends.clear()
    gc.collect()
    assert held() is None


def test_it_can_be_stopped(made: Made) -> None:
    tested = made()
    found = tested.masked(VIEW, MASKS, "mean", stop=stop_after(1))
    assert 0 < found.done.sum() < len(MASKS)
    whole = tested.masked(VIEW, MASKS, "mean")
    assert np.array_equal(found.logits[found.done], whole.logits[found.done])


def test_where_memory_runs_out_batches_are_halved(
    made: Made, plain: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    tested, run, batches = made(), IncrementalSweep.run, []
    assert tested.path(VIEW, MASKS, "mean") == "incremental"

    def scarce(sweep: IncrementalSweep) -> NDArray[np.float32]:
        batches.append(sweep.batch)
        if len(batches) > 1 and sweep.batch > 2:
            raise MemoryError
        return run(sweep)

    monkeypatch.setattr(IncrementalSweep, "run", scarce)
    found = tested.masked(VIEW, MASKS, "mean")
    assert found.complete
    assert batches[:2] == [4, 4]
    assert set(batches[2:]) == {2}
    assert np.abs(found.logits - plain).max() <= 1e-5 * np.abs(plain).max()


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("nobody is to ask for this")
