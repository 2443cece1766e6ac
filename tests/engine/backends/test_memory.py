"""Where memory runs out: a smaller computation for the whole sweep, never a mixture, and a note that says so."""

import dataclasses
import functools
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from toys import Toy, classifier, picture

from engine import pipeline
from engine.backends import Backend, TorchBackend, out_of_memory
from engine.classifiers.cut import CutClassifier
from engine.errors import BackendError
from engine.logit_cache import LogitCache
from engine.pipeline import Inspection, Inspector
from engine.settings import Precision, Settings

KNOBS = Settings(layer="stem", backend="torch", patch="4", top=0.5)


class Crowded(nn.Module):
    """A tail that runs out of memory above some rows, and whose logits tell by how many rows it was run."""

    def __init__(self, tail: nn.Module, room: Callable[[], int]) -> None:
        super().__init__()
        self.tail, self.room = tail, room

    def forward(self, *crossing: Tensor) -> Tensor:
        rows = len(crossing[0])
        if rows > self.room():
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return self.tail(*crossing) + torch.tensor([0.0, rows / 1000, 0.0])


class NoRoom(TorchBackend):
    """What a CUDA device is to the engine while another program holds all of its memory."""

    def __init__(self, cut: CutClassifier, precision: Precision = "fp32", batch: int = 2) -> None:
        super().__init__(cut, "cpu", "fp32", batch)
        self.name, self.precision, self._device = "torch-cuda", precision, torch.device("cuda")

    def run(self) -> np.ndarray:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the engine's backends real ones of a given batch, with as much room as a function says."""

    def crowd(room: Callable[[], int], batch: int = 16) -> None:
        def make(cut: CutClassifier, *_: object) -> Backend:
            return TorchBackend(dataclasses.replace(cut, _tail=Crowded(cut.tail_module, room)), batch=batch)

        monkeypatch.setattr(pipeline, "make_backend", make)

    return crowd


@functools.cache
def exported() -> Inspector:
    return Inspector(classifier(Toy(nn.Conv2d(3, 4, 3, padding=1), 4, gain=5.0), 16))


def toy(cache: LogitCache | None = None) -> Inspector:
    """Always the same network, exported once, with nothing else kept."""
    made = Inspector(exported().classifier, cache)
    made._graph = exported().graph
    return made


def stages(inspector: Inspector, settings: Settings = KNOBS) -> list[Inspection]:
    return list(inspector.inspect(picture(16), settings))


def shrinking(*rooms: int) -> Callable[[], int]:
    """Room at each run; the last for all that follow."""
    left: Iterator[int] = iter(rooms)
    last = rooms[-1]
    return lambda: next(left, last)


def rows(found: Inspection) -> np.ndarray:
    assert found.sweep is not None
    return np.vstack([found.sweep.full, found.sweep.base, found.sweep.logits])


@pytest.mark.parametrize(
    ("rooms", "batch"),
    [
        ((4,), 4),  # too small from the start
        ((1,), 1),
        ((16, 16, 5), 4),  # another program takes memory in the middle of the sweep
        ((16, 8, 8, 2), 2),  # and then more of it
    ],
)
@pytest.mark.parametrize("selection", ["per_window", "global"])
def test_the_whole_sweep_is_done_again_in_smaller_batches(crowd, rooms, batch, selection):
    settings = dataclasses.replace(KNOBS, selection=selection)
    crowd(shrinking(*rooms))
    cache = LogitCache()
    final = stages(toy(cache), settings)[-1]
    crowd(lambda: 64, batch)
    wanted = stages(toy(), settings)[-1]
    assert final.computation == wanted.computation
    assert final.computation.batch == batch
    assert np.array_equal(rows(final), rows(wanted)), "rows of one computation only"
    assert np.array_equal(final.verdict.certificate.locations, wanted.verdict.certificate.locations)
    assert final.sweep.passes == wanted.sweep.passes, "nothing of the larger batches was reused"
    assert final.notes == (
        f"Memory on the CPU did not suffice for 16 windows at once: they were computed {batch} at a time.",
    )
    assert wanted.notes == ()


def test_no_stage_mixes_two_computations(crowd):
    wanted = {}
    for batch in (16, 4):
        crowd(lambda: 64, batch)
        wanted[batch] = rows(stages(toy())[-1])
    assert not (wanted[16] == wanted[4]).all(axis=1).any()
    crowd(shrinking(16, 16, 4))
    found = [stage for stage in stages(toy()) if stage.sweep is not None]
    assert [stage.computation.batch for stage in found] == sorted((s.computation.batch for s in found), reverse=True)
    assert {stage.computation.batch for stage in found} == {16, 4}
    for stage in found:
        done = np.concatenate([[True, True], stage.sweep.done])
        assert np.array_equal(rows(stage)[done], wanted[stage.computation.batch][done])


def test_the_smaller_computation_stays_and_has_rows_of_its_own(crowd):
    crowd(shrinking(16, 16, 4, 64))
    cache = LogitCache()
    inspector = toy(cache)
    first = stages(inspector)[-1]
    again = stages(inspector)[-1]
    assert again.computation == first.computation
    assert again.notes == first.notes
    assert again.sweep.passes == 0
    crowd(lambda: 64)
    other = stages(toy(cache))[-1]
    assert other.computation.batch == 16
    assert not np.array_equal(rows(other), rows(first)), "a program that can run 16 at once reads no row of 4"
    assert other.sweep.passes > 0


@pytest.mark.parametrize(("precision", "words"), [("fp32", ""), ("fp16", ", in fp32 instead of fp16")])
def test_below_one_row_on_a_device_comes_the_cpu(monkeypatch, precision, words):
    monkeypatch.setattr(pipeline, "make_backend", lambda cut, *_: NoRoom(cut, precision))
    final = stages(toy(), dataclasses.replace(KNOBS, precision=precision))[-1]
    monkeypatch.undo()
    wanted = stages(toy())[-1]
    assert final.computation == wanted.computation
    assert (final.computation.name, final.computation.precision) == ("torch-cpu", "fp32")
    assert np.array_equal(rows(final), rows(wanted))
    assert final.verdict.word == wanted.verdict.word
    assert final.notes == (f"Memory on the GPU did not suffice for a single window: this ran on the CPU{words}.",)


def test_a_device_without_room_for_the_weights_leaves_them_on_the_cpu(toy_cut):
    class Heavy(Crowded):
        def to(self, device: object = None, *others: object, **options: object) -> nn.Module:
            if device == torch.device("cuda"):
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return super().to(*(thing for thing in (device, *others) if thing is not None), **options)

    heavy = dataclasses.replace(toy_cut, _tail=Heavy(toy_cut.tail_module, lambda: 64))
    found = TorchBackend.fitting(heavy, "cuda", "fp32")
    assert found.name == "torch-cpu"
    assert found.note == "Memory on the GPU did not suffice for its weights: this ran on the CPU."
    assert np.isfinite(found.run()).all()


@pytest.fixture
def toy_cut() -> CutClassifier:
    cut, _, _ = toy().prepare(KNOBS)
    return cut


def test_where_nothing_smaller_is_left_one_sentence_says_so(crowd):
    crowd(lambda: 0)
    inspector = toy()
    with pytest.raises(BackendError, match=r"^There is not enough memory to run toy behind stem on torch-cpu; .*\.$"):
        stages(inspector)
    crowd(lambda: 64)
    assert stages(toy())[-1].verdict is not None


def test_other_errors_are_not_taken_for_it(monkeypatch):
    class Broken(TorchBackend):
        def run(self) -> np.ndarray:
            raise RuntimeError("the operator does not exist")

    monkeypatch.setattr(pipeline, "make_backend", lambda cut, *_: Broken(cut))
    with pytest.raises(RuntimeError, match="the operator does not exist"):
        stages(toy())


@pytest.mark.parametrize(
    ("error", "is_it"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."), True),
        (RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 17 GB)"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory"), True),
        (MemoryError(), True),
        (RuntimeError("CUDA error: device-side assert triggered"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_libraries_say_when_memory_runs_out(error, is_it):
    assert out_of_memory(error) is is_it


def test_pytorchs_own_allocator_is_recognised():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**55)
    assert out_of_memory(caught.value)
