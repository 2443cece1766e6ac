"""The small network of ``adapting``, and weights of it that were adapted."""

from dataclasses import replace
from pathlib import Path

import pytest
import toys
from adapting import ADAPTATION, SETTINGS, Staged, photo_set, trained

from engine.classifiers.adaptation import Adaptation, read_adaptation
from engine.pipeline import Inspector
from engine.training.adaptation_file import adapted_to, save_adaptation


@pytest.fixture(scope="session")
def staged() -> Inspector:
    return Inspector(toys.classifier(Staged(), 24, name="staged"))


@pytest.fixture(scope="session")
def adapted_file(staged: Inspector, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of ``staged`` adapted at its stem, moved far enough to be told from the original ones."""
    path = tmp_path_factory.mktemp("adapted") / "adapted-staged.safetensors"
    adaptation = replace(ADAPTATION, learning_rate=0.05)
    stage = trained(staged, adaptation)
    save_adaptation(path, stage, adapted_to(staged, SETTINGS), adaptation, photo_set(), "python main.py adapt", None)
    return path


@pytest.fixture(scope="session")
def adapted(adapted_file: Path) -> Adaptation:
    return read_adaptation(adapted_file)
