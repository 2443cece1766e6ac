"""The tail compiled by OpenVINO for the CPU, kept in the user's cache folder."""

import contextlib
import io
import logging
import platform
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.cache import cache_folder, digest, write_whole
from engine.classifiers.cut import CutClassifier
from engine.errors import BackendError
from engine.settings import Precision

__all__ = ["OpenVinoBackend"]

_BATCH = 4
_VERSION = 2
_TIMED = 2  # runs of each, once after each conversion, of which the quickest counts
_UNTIMED = (0.0, float("inf"))  # what cannot be kept is not measured: the next run has to choose the same
_AGREEMENT = 1e-3  # of the largest logit, against PyTorch, once after each conversion


class OpenVinoBackend:
    """Runs a cut's tail with OpenVINO in float32, on batches of fixed size.

    The compiled tail is kept on disk by weights, cut, versions and machine.

    Parameters
    ----------
    cut : CutClassifier
    batch : int
        Rows of a batch.

    Attributes
    ----------
    seconds, torch_seconds : float
        Processor time of one batch here and in PyTorch, measured when the tail was compiled and kept with it;
        0 and infinity where it cannot be kept.

    Raises
    ------
    BackendError
        If OpenVINO is missing or cannot take this tail.
    """

    name = "openvino-cpu"
    precision: Precision = "fp32"
    note = ""

    def __init__(self, cut: CutClassifier, batch: int = _BATCH) -> None:
        openvino = _import_openvino()
        self.batch = batch
        folder = cache_folder("openvino")
        key = digest(
            _VERSION,
            openvino.__version__,
            torch.__version__,
            platform.machine(),
            torch.backends.cpu.get_cpu_capability(),
            torch.get_num_threads(),
            cut.signature,
            batch,
        )
        stored = folder / f"{key}-tail.npz" if folder else None
        try:
            made = _read(openvino, cut, batch, stored) or _compile(openvino, cut, batch, stored)
        except Exception as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise BackendError(
                f"OpenVINO cannot run {cut.classifier.name} behind {cut.layer} ({reason}); use --backend torch."
            ) from error
        compiled, (self.seconds, self.torch_seconds) = made
        self._inputs = [torch.zeros(batch, *shape) for shape in cut.shapes]
        self._request = compiled.create_infer_request()
        for index, tensor in enumerate(self._inputs):
            self._request.set_input_tensor(index, openvino.Tensor(tensor.numpy(), shared_memory=True))

    def inputs(self) -> Sequence[Tensor]:
        """The tensors to fill before :meth:`run`; OpenVINO reads them in place."""
        return self._inputs

    def run(self) -> NDArray[np.float32]:
        """Logits ``(batch, K)`` of what stands in the inputs."""
        self._request.infer()
        return np.array(self._request.get_output_tensor(0).data, dtype=np.float32)

    def smaller(self) -> None:
        """There is none: four rows on the CPU are little beside the model itself."""


def _import_openvino() -> Any:
    # OpenVINO reports usage where this package can be imported; it falls back to a stub where it cannot.
    blocked = "openvino_telemetry"
    if blocked not in sys.modules:
        sys.modules[blocked] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError as error:
        raise BackendError(f"OpenVINO cannot be imported ({error}); use --backend torch.") from error
    return openvino


def _read(
    openvino: Any, cut: CutClassifier, batch: int, stored: Path | None
) -> tuple[Any, tuple[float, float]] | None:
    """A compiled tail from the cache, if it is there, whole, and answers as it did when it was made."""
    if stored is None or not stored.exists():
        return None
    try:
        with np.load(stored) as content:
            blob, expected = content["blob"].tobytes(), content["expected"]
            own, other = (float(seconds) for seconds in content["seconds"])
        compiled = openvino.Core().import_model(io.BytesIO(blob), "CPU", _options())
        answer = compiled([tensor.numpy() for tensor in _example(cut, batch)])[0]
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return None
    return (compiled, (own, other)) if np.array_equal(answer, expected) else None


def _compile(openvino: Any, cut: CutClassifier, batch: int, stored: Path | None) -> tuple[Any, tuple[float, float]]:
    example = _example(cut, batch)
    with torch.no_grad():
        program = torch.export.export(cut.tail_module, example)
    with _root_logger_kept():
        model = openvino.convert_model(program)
    compiled = openvino.Core().compile_model(model, "CPU", _options())
    wanted = cut.tail(*example).numpy()
    answer = compiled([tensor.numpy() for tensor in example])[0]
    if not np.allclose(answer, wanted, rtol=0, atol=_AGREEMENT * max(1.0, float(np.abs(wanted).max()))):
        raise RuntimeError("its logits differ from PyTorch's")
    if stored is None:
        return compiled, _UNTIMED
    arrays = [tensor.numpy() for tensor in example]
    seconds = _quickest(lambda: compiled(arrays)), _quickest(lambda: cut.tail(*example))
    blob = np.frombuffer(compiled.export_model().getvalue(), dtype=np.uint8)
    content = io.BytesIO()
    np.savez(content, blob=blob, expected=answer, seconds=seconds)
    try:
        write_whole(stored, content.getvalue())
    except OSError:
        return compiled, _UNTIMED
    return compiled, seconds


def _quickest(call: Callable[[], object]) -> float:
    """Processor time of the quickest of some calls, all threads together: other programs do not add to it."""
    times = []
    for _ in range(_TIMED):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return min(times)


@contextlib.contextmanager
def _root_logger_kept() -> Iterator[None]:
    """OpenVINO's converter lets the root logger pass on errors alone, and leaves it so where it fails."""
    root = logging.getLogger()
    level, filters, handlers = root.level, root.filters, root.handlers
    root.filters, root.handlers = filters.copy(), handlers.copy()
    try:
        yield
    finally:
        root.setLevel(level)
        root.filters, root.handlers = filters, handlers


def _options() -> dict[str, Any]:
    # An imported tail forgets its precision and falls back to bfloat16 where the CPU has it: always say it.
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
    }


def _example(cut: CutClassifier, batch: int) -> tuple[Tensor, ...]:
    draw = torch.Generator().manual_seed(0)
    return tuple(torch.rand(batch, *shape, generator=draw) for shape in cut.shapes)
