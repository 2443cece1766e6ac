"""What nobody caught reaches the log file and the window, from whatever thread."""

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer, qWarning
from pytestqt.qtbot import QtBot

from gui.alarm import Alarm
from gui.logfile import LogFile
from gui.main_window import MainWindow


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[LogFile]:
    """A log of the test's own."""
    made = LogFile(tmp_path / "logs")
    yield made
    made.close()


@pytest.mark.qt_no_exception_capture
def test_exceptions_of_slots_and_threads_are_logged_and_told(window: MainWindow, qtbot: QtBot, log_file: LogFile):
    hooks = sys.excepthook, threading.excepthook
    alarm = Alarm(window.show_crash, window)

    def fail() -> None:
        raise RuntimeError("a slot fails")

    QTimer.singleShot(0, fail)
    qtbot.waitUntil(lambda: window.messages.message is not None)
    assert "a slot fails" in window.messages.message.details
    window.messages.clear()
    thread = threading.Thread(target=lambda: [][1])
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: window.messages.message is not None)
    assert "IndexError" in window.messages.message.details
    qWarning("Qt is not amused")
    alarm.take_down()
    assert (sys.excepthook, threading.excepthook) == hooks
    written = log_file.path.read_text()
    for words in ("a slot fails", "IndexError", "Qt is not amused"):
        assert words in written


def test_a_folder_that_cannot_be_written_leaves_the_window_without_a_log(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    made = LogFile(tmp_path / "file")
    assert made.path is None
    logging.getLogger("gui.somewhere").warning("nobody hears this")
    made.close()


def test_ours_is_logged_from_info_and_libraries_from_warning(log_file: LogFile):
    logging.getLogger("gui.somewhere").info("ours")
    logging.getLogger("a_library").info("theirs")
    logging.getLogger("a_library").warning("their warning")
    written = log_file.path.read_text()
    assert "ours" in written
    assert "their warning" in written
    assert "theirs" not in written
