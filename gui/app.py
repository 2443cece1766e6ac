"""The application: from arguments to a window, and to an exit code."""

import argparse
import contextlib
import importlib
import importlib.util
import multiprocessing
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

if sys.platform == "win32":
    # There, torch's libraries cannot be loaded any more once Qt's are.
    importlib.import_module("torch")

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication

from engine.cli import exits
from engine.cli.version import version
from gui.alarm import Alarm
from gui.icons import app_icon
from gui.interrupt import Interrupt
from gui.logfile import LogFile
from gui.main_window import MainWindow
from gui.preferences import Preferences
from gui.theme import apply_theme

__all__ = ["application", "create_window", "run"]

_PATIENCE_MS = 1000  # for the engine, once the window is closed


def application() -> QApplication:
    """The one ``QApplication``, made if need be, with name, icon and style."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
        app = QApplication(sys.argv[:1])
    app.setOrganizationName("SINscope")
    app.setApplicationName("SINscope")
    app.setApplicationVersion(version())
    app.setDesktopFileName("sinscope")
    app.setWindowIcon(app_icon())
    return app


def create_window(argv: Sequence[str] = ()) -> MainWindow:
    """A window, not shown yet, that opens its photo as soon as events are served.

    Parameters
    ----------
    argv : sequence of str
        Without the program's name: a photo or a folder, ``sample:flower`` if none; ``--tour``.
    """
    arguments = _parser().parse_args(list(argv))
    application()
    _ensure_font()
    preferences = Preferences()
    apply_theme(preferences.theme)
    window = MainWindow(arguments.photo, preferences)
    QTimer.singleShot(0, window, window.begin)
    if arguments.tour:
        window.tour.start()
    return window


def run(argv: Sequence[str] = ()) -> int:
    """Show the window until it is closed, or Ctrl-C is pressed where it was started; the exit code."""
    app = application()
    log_file = LogFile()
    window = create_window(argv)
    window.patience_ms = _PATIENCE_MS
    alarm, interrupt = Alarm(window.show_crash, window), Interrupt(window)
    interrupt.came.connect(window.close_unasked)
    interrupt.came.connect(app.quit)
    window.show()
    if not window.tour.is_running:
        window.offer_guide()
    try:
        code = app.exec()
    finally:
        interrupt.take_down()
        alarm.take_down()
        log_file.close()
    if interrupt.has_come:
        code = exits.INTERRUPTED
    if any(one.is_running for one in (window.engine, window.attack, window.comparison, window.batch)):
        _leave(code)
    return code


def _leave(code: int) -> NoReturn:
    """End the process beside a thread that cannot stop: loading a model takes up to a minute.

    Layout and settings are kept by then, files that were asked for are written, and caches are whole or not there.
    """
    for child in multiprocessing.active_children():  # they would wait for work that never comes
        child.kill()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # there may be none, or a closed one
            stream.flush()
    os._exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sinscope", add_help=False)
    parser.add_argument("photo", nargs="?", default="sample:flower")
    parser.add_argument("--tour", action="store_true")
    return parser


def _ensure_font() -> None:
    """Bare machines have no font at all; matplotlib brings one."""
    if QFontDatabase.families():
        return
    found = importlib.util.find_spec("matplotlib")
    for folder in (found.submodule_search_locations or ()) if found else ():
        number = QFontDatabase.addApplicationFont(f"{folder}/mpl-data/fonts/ttf/DejaVuSans.ttf")
        if number >= 0:
            QApplication.setFont(QFont(QFontDatabase.applicationFontFamilies(number)[0], 10))
