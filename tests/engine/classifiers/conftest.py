"""Shared by the tests of loading: the measuring photos, refusals, code files, and processes without a network."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from engine.classifiers import load_classifier
from engine.errors import ModelError
from engine.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
PHOTOS = ROOT.parent / "shared" / "data" / "imagenet-sample"

# Put before a child's code: any attempt to reach a network ends the child with this word.
NO_NETWORK = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise SystemExit("NETWORK " + event + repr(arguments))
sys.addaudithook(refuse)
"""


@pytest.fixture(scope="session")
def photos() -> list[Path]:
    """The measuring photos; a file's name begins with its class index."""
    paths = sorted(PHOTOS.glob("*.jpg"))
    if not paths:
        pytest.skip(f"needs the measuring photos in {PHOTOS}")
    return paths


@pytest.fixture
def refusal() -> Callable[..., str]:
    """Load with some settings and give the message of the ModelError, checked to be one line."""

    def message(**knobs: object) -> str:
        with pytest.raises(ModelError) as caught:
            load_classifier(Settings(**knobs))
        text = str(caught.value)
        assert "\n" not in text
        assert text.endswith((".", "?"))
        return text

    return message


@pytest.fixture
def code(tmp_path: Path) -> Callable[..., str]:
    """Write a file with a user's code; gives the model's name, with ``net`` as the function."""

    def write(body: str, name: str = "mine.py") -> str:
        path = tmp_path / name
        path.write_text("import torch\nfrom torch import nn\n\n" + dedent(body), encoding="utf-8")
        return f"{path}:net"

    return write


@pytest.fixture
def child(tmp_path: Path) -> Callable[..., str]:
    """Run code in a fresh interpreter with empty download caches; gives its output."""

    def run(script: str, network: bool = False, **environment: str) -> str:
        own = {"TORCH_HOME": str(tmp_path / "torch"), "HF_HOME": str(tmp_path / "hf"), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", ("" if network else NO_NETWORK) + dedent(script)],
            cwd=ROOT,
            env={**os.environ, **own, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
