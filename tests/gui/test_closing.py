"""Closing while a model is loaded: loading cannot be interrupted, and nobody should wait for it."""

import os
import subprocess
import sys
from pathlib import Path

from gui.document import Document
from gui.snapshot import Request

ROOT = Path(__file__).parents[2]
# A model whose loading never ends: a process that waits for it never ends either.
SLOW_NET = """
import pathlib, threading
def make():
    pathlib.Path("loading").touch()
    threading.Event().wait()
"""
SCRIPT = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from gui.app import application, run
from gui.main_window import MainWindow

app = application()

def begin():
    window = next(one for one in app.topLevelWidgets() if isinstance(one, MainWindow))
    window.state.set_knobs("Slow", model="slow_net:make", input_size=(32, 32))

def look():
    if Path("loading").exists():
        timer.stop()
        window = next(one for one in app.topLevelWidgets() if isinstance(one, MainWindow))
        window.registry["quit"].trigger()
        print("closed" if window.isHidden() else "still shown")

timer = QTimer()
timer.timeout.connect(look)
timer.start(50)
QTimer.singleShot(0, begin)
sys.exit(run(["sample:flower"]))
"""


def test_the_program_does_not_wait_for_a_model_that_is_being_loaded(tmp_path: Path):
    (tmp_path / "slow_net.py").write_text(SLOW_NET)
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    homes = {name: str(tmp_path / "home") for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env=os.environ | paths | homes | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "closed\n", "what is printed while foreign code is loaded goes to stderr"
    assert "geometry" in (tmp_path / "home" / "SINscope" / "SINscope.ini").read_text()


def test_the_engine_looks_for_a_stop_before_and_after_it_loads_a_model():
    from gui.worker.bench import Bench

    loaded: list[str] = []
    bench = Bench(announce=loaded.append)
    request = Request(1, Document(image="sample:flower"))
    assert list(bench.serve(request, stop=lambda: True)) == []
    assert loaded == [], "nothing is loaded for nobody"
    assert list(bench.serve(request, stop=lambda: bool(loaded))) == []
    assert loaded == [request.document.settings.model], "no layer is prepared after the model"
