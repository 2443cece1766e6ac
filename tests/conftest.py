"""Shared by all tests: a cache folder of their own, and the embedded classifier with real photos."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

from engine.classifiers import load_classifier
from engine.images import load_image, read_image
from engine.pipeline import Inspector
from engine.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))  # for `toys`, whatever the import mode

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "imagenet-sample"

# A shell that starts tests in the background has them ignore Ctrl-C, and the programs that they start too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("sinscope", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sinscope")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is read from, or left in, the user's cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SINSCOPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder that nothing else writes to."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SINSCOPE_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def lite0() -> Inspector:
    """The embedded default classifier; its cuts, footprints and backends are made once for all tests."""
    return Inspector(load_classifier(Settings()))


@pytest.fixture(scope="session")
def views(lite0: Inspector) -> list[NDArray[np.uint8]]:
    """Three real photos as the default classifier sees them: measuring photos, or else the sample ones."""
    paths = sorted(PHOTOS.glob("*.jpg"))[:3]
    images = [read_image(path) for path in paths] or [load_image(f"sample:{name}") for name in ("china", "flower")]
    return [lite0.classifier.preprocessing.view(image.rgb) for image in images]
