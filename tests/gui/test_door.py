"""The door: what opens the window, what is refused with a sentence, and Ctrl-C."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gui.door import main

ROOT = Path(__file__).parents[2]
UP = """
import sys
from PySide6.QtCore import QTimer
from gui.app import application, run
app = application()
QTimer.singleShot(0, lambda: print("up", flush=True))
sys.exit(run(["sample:flower"]))
"""


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothere.jpg"], "nothere.jpg does not exist; name a photo, a folder or a command"),
        (["folder/nothere"], "folder/nothere does not exist"),
        (["photo.jpg", "other.jpg"], "The window takes one photo or one folder; sinscope inspect takes several."),
        (["--tour", "photo.jpg"], "The tour brings photos of its own; leave out --tour or photo.jpg."),
        (["inspct"], "COMMAND cannot be 'inspct'"),
    ],
)
def test_what_cannot_be_opened_is_one_sentence(photo, words, sentence, capsys):  # noqa: ARG001
    assert main(words) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert len(told.splitlines()) == 1


def test_a_photo_that_no_window_can_show_is_not_passed_over(photo, monkeypatch, capsys):  # noqa: ARG001
    for variable in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert main(["photo.jpg"]) == 2
    assert "use sinscope inspect photo.jpg" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c_closes_the_window(tmp_path: Path):
    homes = {name: str(tmp_path / "home") for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    process = subprocess.Popen(
        [sys.executable, "-c", UP],
        cwd=ROOT,
        env=os.environ | homes | {"QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in told
