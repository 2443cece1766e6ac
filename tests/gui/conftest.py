"""For tests of the window: no screen, settings of their own, and nothing left behind."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before any Qt import; set it to try a real screen

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from dialogs import ScriptedDialogs
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, QThread, QTimer
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot
from waiting import FEW_WINDOWS, settle

from gui.app import application
from gui.main_window import MainWindow
from gui.state import Phase
from gui.theme import apply_theme


@pytest.fixture(scope="session", autouse=True)
def _no_files_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings and logs go to a temporary folder; a subprocess inherits it."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            patch.setenv(variable, str(tmp_path_factory.mktemp("home")))
        gc.collect()
        gc.freeze()  # what the libraries made is not looked through after each test
        yield
        gc.unfreeze()


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path) -> None:
    """Each test begins with a settings file that is not there yet."""
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "config"))


@pytest.fixture(autouse=True)
def _nothing_left_behind(_own_settings: None) -> Iterator[None]:
    """Fail a test that leaves a top-level widget, a thread or an active timer."""
    # Held, so that no later object can have one's address.
    before, threads = _living(), set(threading.enumerate())
    yield
    app = QApplication.instance()
    if app is None:
        return
    _tidy()
    left = [thing for thing in _living() if not any(_root(thing) is other for other in before)]
    alive = [thread for thread in threading.enumerate() if thread not in threads and thread.name == "aside"]
    assert not left, f"left behind: {[_named(thing) for thing in left]}"
    assert not alive, f"threads left behind: {alive}"


def _root(thing: QObject) -> QObject:
    """What it belongs to: a timer of a window that was there before is that window's."""
    while (parent := thing.parent()) is not None:
        thing = parent
    return thing


def _tidy() -> None:
    gc.collect()
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def _living() -> list[QObject]:
    """Top-level widgets, running threads and active timers that Python knows of."""
    if QApplication.instance() is None:
        return []
    known = [
        thing for thing in gc.get_objects() if issubclass(type(thing), QThread | QTimer) and shiboken6.isValid(thing)
    ]
    busy: list[QObject] = [
        thing for thing in known if (thing.isRunning() if isinstance(thing, QThread) else thing.isActive())
    ]
    main = QCoreApplication.instance().thread()
    return [
        *(thing for thing in busy if thing is not main and thing != main),
        *(widget for widget in QApplication.topLevelWidgets() if widget.parent() is None and not _is_spare(widget)),
    ]


def _is_spare(widget: QWidget) -> bool:
    """A menu that a plot keeps for itself; it goes with the plot's last reference, which may be the test's own."""
    return isinstance(widget, QMenu) and not widget.isVisible()


def _named(thing: QObject) -> str:
    shown = f", visible: {thing.isVisible()}" if isinstance(thing, QWidget) else ""
    return f"{type(thing).__name__} {thing.objectName()!r} of {thing.parent()!r}{shown}"


@pytest.fixture
def make_window(qtbot: QtBot) -> Iterator[Callable[..., MainWindow]]:
    """Makes windows that are closed when the test ends; without a photo, unless one is named."""
    made: list[MainWindow] = []

    def make(photo: str | None = None) -> MainWindow:
        application()
        apply_theme("light")
        window = MainWindow(photo, dialogs=ScriptedDialogs())
        made.append(window)
        window.show()
        qtbot.waitExposed(window)
        window.begin()
        return window

    yield make
    for window in made:
        if shiboken6.isValid(window):
            window.close()
            window.deleteLater()
    made.clear()


@pytest.fixture
def window(make_window: Callable[..., MainWindow]) -> MainWindow:
    """A window without a photo: its engine has nothing to do, and loads nothing."""
    return make_window()


@pytest.fixture(scope="module")
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """A window with its engine at work, shared by the tests of a file; see ``at_rest``."""
    request.getfixturevalue("qapp")
    path = str(tmp_path_factory.mktemp("config"))
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, path)
    application()
    apply_theme("light")
    window = MainWindow(dialogs=ScriptedDialogs())
    window.state.change("Few windows", settings=FEW_WINDOWS)
    window.show()
    yield window
    window.close()
    window.deleteLater()
    del window
    _tidy()


@pytest.fixture
def at_rest(qtbot: QtBot, live: MainWindow) -> MainWindow:
    """The shared window with the sample photo, few windows, nothing undone and its verdict found."""
    state = live.state
    state.set_live(True)
    state.hold(False)
    live.messages.clear()
    live.filmstrip.close_folder()
    state.change("Begin", image="sample:flower", patch=None, patch_on=False, settings=FEW_WINDOWS)
    if state.phase is not Phase.VERDICT:
        live.live.run()
    settle(qtbot, live)
    state.undo_stack.clear()
    state.select()
    live.activateWindow()  # keys go to the active window, which may be another test's
    live.canvas.setFocus()
    qtbot.waitUntil(live.isActiveWindow)
    return live
