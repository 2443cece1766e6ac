"""What must hold before the first window: no torch, no display, and a sound Qt."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal

from gui.headless import obstacle

ROOT = Path(__file__).parents[2]


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=280
    )


def imported(code: str, *libraries: str) -> list[str]:
    """Which libraries an interpreter has imported after some code."""
    ask = f"print(json.dumps([name for name in sys.modules if name.split('.')[0] in {libraries!r}]))"
    done = python(f"import json, sys\n{code}\n{ask}", DISPLAY=":77")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_window_needs_no_torch():
    heavy = ("torch", "torchvision", "timm", "sklearn", "openvino", "matplotlib")
    assert imported("import gui.app", *heavy) == []


def test_imports_are_quick_within_the_block_and_as_they_were_behind_it():
    """In an interpreter of its own: the hook of imports and the garbage collector belong to the process."""
    code = """
import builtins, gc, sys, types
import PySide6.QtCore
from gui.worker.imports import quick_imports
known, hooked = sys.modules['shibokensupport.feature'].pyside_feature_dict, builtins.__import__
assert hooked is builtins.__feature_import__
try:
    with quick_imports():
        assert not gc.isenabled()
        import wave
        raise KeyError
except KeyError:
    pass
assert 'wave' not in known
assert builtins.__import__ is hooked and gc.isenabled() and gc.get_freeze_count() > 0
import colorsys
assert 'colorsys' in known
gc.unfreeze()
sys.modules['torch'] = types.ModuleType('torch')
with quick_imports():
    assert builtins.__import__ is hooked and gc.isenabled()
assert gc.get_freeze_count() == 0
"""
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_asking_for_a_display_needs_neither_qt_nor_torch():
    assert imported("from gui.headless import no_display\nno_display()", "PySide6", "torch") == []


@pytest.mark.parametrize(
    ("environment", "platform", "words"),
    [
        ({}, "linux", "no display"),
        ({"DISPLAY": ""}, "linux", "no display"),
        ({"DISPLAY": ":7413"}, "linux", "does not answer"),
        ({"DISPLAY": "rubbish"}, "linux", "does not answer"),
        ({"DISPLAY": "localhost:7413.0"}, "linux", "does not answer"),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux", None),
        ({"QT_QPA_PLATFORM": "xcb"}, "linux", None),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", None),
        ({}, "win32", None),
        ({}, "darwin", None),
    ],
)
def test_what_keeps_a_window_from_opening(environment: dict[str, str], platform: str, words: str | None):
    why = obstacle(environment, platform)
    assert (why is None) if words is None else (why is not None and words in why)


@pytest.mark.slow
def test_without_a_display_the_demonstration_is_saved(tmp_path: Path):
    done = python(
        f"from gui.headless import run\nraise SystemExit(run({str(tmp_path / 'out')!r}))", QT_QPA_PLATFORM=""
    )
    assert done.returncode == 0, done.stderr
    assert "There is no display here" in done.stdout
    assert str(tmp_path / "out") in done.stdout
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["report.json", "window-clean.png", "window-patch.png"]
    clean, patched = json.loads((tmp_path / "out" / "report.json").read_text())
    assert clean["schema"].startswith("sinscope.report/")
    assert clean != patched


def test_emitting_takes_no_reference_from_true():
    class Emitter(QObject):
        flag = Signal(bool)
        thing = Signal(object)

    emitter = Emitter()
    emitter.flag.connect(lambda _on: None)
    before = sys.getrefcount(True)
    for _ in range(200):
        emitter.flag.emit(True)
        emitter.thing.emit(True)
    assert sys.getrefcount(True) >= before - 5, "this PySide6 ends the interpreter after some hundred emits"
