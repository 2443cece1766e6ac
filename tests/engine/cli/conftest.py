"""One command line for all tests: classifiers are loaded once, results captured."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import published
import pytest
from PIL import Image

from engine.cli import main
from engine.cli.inspectors import Inspectors
from engine.pipeline import Inspector
from engine.settings import Settings

NETWORKS = Path(__file__).parent / "networks.py"


@dataclass(frozen=True)
class Outcome:
    """What one command left: exit code, standard output, and the lines on standard error."""

    code: int
    out: str
    errors: list[str]

    @property
    def sentence(self) -> str:
        """The one error, checked to be one sentence and not a traceback."""
        (line,) = self.errors
        assert line.startswith("error: ")
        assert line.endswith(".")
        assert "Traceback" not in line
        return line.removeprefix("error: ")

    @property
    def reports(self) -> Any:
        """The reports that ``--json -`` printed, checked against the published schema."""
        document = json.loads(self.out)
        published.check(document)
        return document


Run = Callable[..., Outcome]


@pytest.fixture(scope="session")
def inspectors(lite0: Inspector) -> Inspectors:
    return Inspectors({Settings(): lite0})


@pytest.fixture
def run(inspectors: Inspectors, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def command(*argv: object) -> Outcome:
        code = main([str(word) for word in argv], inspectors)
        out, err = capsys.readouterr()
        return Outcome(code, out, err.splitlines())

    return command


@pytest.fixture
def run_unloaded(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command that is to be refused before it loads a classifier."""

    class Closed(Inspectors):
        def get(self, settings: Settings) -> Inspector:
            raise AssertionError(f"{settings.model} was loaded before the command was refused")

    def command(*argv: object) -> Outcome:
        code = main([str(word) for word in argv], Closed())
        out, err = capsys.readouterr()
        return Outcome(code, out, err.splitlines())

    return command


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """Options that choose one of ``networks.py``, for photos of 32 x 32 px and a patch of 6 x 6 px."""
    names = tmp_path_factory.mktemp("names") / "names.txt"
    names.write_text("bright\ndark\n")

    def options(network: str = "brightness") -> list[str]:
        chosen = f"--model {NETWORKS}:{network} --input-size 32 --mean 0 --std 1 --patch 6 --backend torch --top 100%"
        return [*chosen.split(), "--labels", str(names)]

    return options


@pytest.fixture
def photo(tmp_path: Path) -> Callable[..., Path]:
    """Write a photo: ``white`` and ``grey`` all over, or a white ``spot`` on grey."""

    def write(name: str, kind: str = "white") -> Path:
        pixels = np.full((64, 64, 3), 255 if kind == "white" else 128, np.uint8)
        if kind == "spot":
            pixels[24:40, 24:40] = 255
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path)
        return path

    return write


@pytest.fixture
def patch_file(tmp_path: Path) -> Path:
    """A patch of 6 x 6 black pixels."""
    path = tmp_path / "patch.png"
    Image.new("RGB", (6, 6)).save(path)
    return path
