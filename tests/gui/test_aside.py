"""Work beside the window: results and sentences arrive in the window's thread, and no thread outlives its work."""

import threading

import pytest
import shiboken6
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from engine.errors import OutputError
from gui.aside import Aside

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def aside() -> Aside:
    """One that has ended when the test has."""
    made = Aside()
    yield made
    made.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "aside"]


def fail(error: BaseException) -> None:
    """Raise it."""
    raise error


def test_a_result_comes_back_in_the_thread_of_the_window(qtbot: QtBot, aside: Aside):
    seen = []

    def then(result: object) -> None:
        seen.append((result, QThread.currentThread() is aside.thread()))

    aside.run(lambda: threading.current_thread().name, then, pytest.fail)
    assert seen == []  # never before the event loop has run
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [("aside", True)]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OutputError("The disk is full; free some space."), "The disk is full; free some space."),
        (MemoryError(), "not enough memory"),
        (KeyError("x"), "internal error"),
    ],
)
def test_a_fault_becomes_a_sentence(qtbot: QtBot, aside: Aside, error: BaseException, sentence: str):
    told: list[str] = []
    aside.run(lambda: fail(error), pytest.fail, told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert sentence in told[0]


def test_closing_waits_for_the_work(aside: Aside):
    go, done = threading.Event(), threading.Event()

    def work() -> None:
        go.wait(10)
        done.set()

    aside.run(work, lambda _: None, pytest.fail)
    assert aside.is_busy
    go.set()
    aside.close()
    assert done.is_set()
    assert not aside.is_busy


def test_an_outcome_after_the_window_is_dropped():
    made, go = Aside(), threading.Event()
    made.run(lambda: str(go.wait(10)), pytest.fail, pytest.fail)
    threads = [thread for thread in threading.enumerate() if thread.name == "aside"]
    shiboken6.delete(made)
    go.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
