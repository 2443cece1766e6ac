"""The real window on a real X server, with Qt's xcb plugin: what offscreen tests cannot see."""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import PySide6
import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from gui.app import application, create_window

app = application()
window = create_window(["sample:flower"])
window.show()
state = window.state
state.problem_changed.connect(lambda problem: problem and sys.exit(problem.sentence))

def look():
    if state.verdict is not None:
        timer.stop()
        picture = window.screen().grabWindow(window.winId())  # what the X server shows
        assert picture.save(sys.argv[1]), "the picture cannot be saved"
        print(QGuiApplication.platformName(), state.verdict.word, picture.width(), picture.height())
        window.close()

timer = QTimer()
timer.timeout.connect(look)
timer.start(50)
sys.exit(app.exec())
"""


def obstacle() -> str | None:
    """Why this cannot be tried here, if so."""
    if not sys.platform.startswith("linux"):
        return "X servers are tried on Linux only"
    for program in ("xvfb-run", "Xvfb", "xauth"):
        if shutil.which(program) is None:
            return f"{program} is not installed; on Debian: apt install xvfb xauth"
    try:
        ctypes.CDLL(str(Path(PySide6.__file__).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"))
    except OSError as error:
        return f"Qt's xcb plugin does not load: {error}"
    return None


@pytest.mark.slow
def test_the_window_comes_to_a_verdict_under_xcb(tmp_path: Path):
    if why := obstacle():
        pytest.skip(why)
    picture = tmp_path / "window.png"
    done = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1280x900x24", sys.executable, "-c", SCRIPT, str(picture)],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    platform, word, width, height = done.stdout.split()
    assert platform == "xcb"
    assert word in ("certified", "consistent", "alert", "undecided")
    assert (int(width), int(height)) >= (1000, 640)
    assert picture.stat().st_size > 20_000, "there is something in the window"
