"""One inspection for each verdict, all of the same small network."""

import pytest
from figures import KNOBS, NAMES, blocks, named
from toys import inspect, stop_after

from engine.pipeline import Inspection, Inspector
from engine.settings import Settings


@pytest.fixture(scope="session")
def inspector() -> Inspector:
    return Inspector(named(NAMES))


@pytest.fixture(scope="session")
def alert(inspector: Inspector) -> Inspection:
    """Nine of 24 windows say another label."""
    found = inspect(inspector, blocks(1), **KNOBS)
    assert found.verdict.word == "alert"
    assert 0 < found.verdict.firing.sum() < len(found.family)
    return found


@pytest.fixture(scope="session")
def certified(inspector: Inspector) -> Inspection:
    found = inspect(inspector, blocks(0), **KNOBS)
    assert found.verdict.word == "certified"
    return found


@pytest.fixture(scope="session")
def consistent(inspector: Inspector) -> Inspection:
    found = inspect(inspector, blocks(1), **KNOBS, rule="confident", tau=1.0)
    assert found.verdict.word == "consistent"
    return found


@pytest.fixture(scope="session")
def stopped(inspector: Inspector) -> Inspection:
    """A dense family, stopped after three batches."""
    *_, found = inspector.inspect(blocks(2), Settings(**KNOBS, window=5, stride=1), stop_after(3))
    assert found.verdict.word == "undecided"
    assert 0 < found.sweep.done.sum() < len(found.family)
    return found


@pytest.fixture(scope="session")
def dense(inspector: Inspector) -> Inspection:
    """Hundreds of windows, of which some say another label."""
    found = inspect(inspector, blocks(1), **KNOBS, window=5, stride=1)
    assert found.verdict.word == "alert"
    return found


@pytest.fixture(scope="session")
def nothing(inspector: Inspector) -> Inspection:
    """Stopped before the first batch: not even a base prediction."""
    *_, found = inspector.inspect(blocks(3), Settings(**KNOBS), stop_after(0))
    assert found.sweep.base is None
    return found
