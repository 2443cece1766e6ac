"""Make the pictures of the documentation from the real program.

    python docs/pictures.py
    python docs/pictures.py --evidence OUT

The first writes to ``docs/pictures``: ``figure.png``, the figure of the sample photo with the sample patch, and
the window at 1280 x 800 with an alert (``window-alert.png``, ``window-dark.png``) and with a certificate
(``window-certified.png``). No screen is needed. The second writes the figures of ``docs/evidence.md``,
``evidence-*.png``, from a folder that ``analyze --figures OUT`` made.
"""

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gui.main_window import MainWindow

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
PATCH = "toaster-5pct"
SIZE = 1280, 800
PATIENCE_S = 600
MOST_BYTES = 400_000
EVIDENCE = ("importance-curve", "sin-distribution", "prediction-stability", "detection", "deep-importance")
EVIDENCE_BYTES, EVIDENCE_WIDTH = 200_000, 1300


def figure() -> int:
    """The command line's figure; its exit code."""
    from engine.cli import main as sinscope

    patch = ROOT / "assets" / "patches" / f"{PATCH}.png"
    path = PICTURES / "figure.png"
    asked = ["inspect", "sample:china", "--patch", "5%", "--paste", str(patch), "--at", "64,100"]
    answer = sinscope([*asked, "--figure", str(path)])
    if answer in (0, 3):
        save(path.read_bytes(), path)
    return answer


def windows() -> None:
    """The window's pictures, one document after another in one window."""
    from PySide6.QtCore import QSettings

    from engine.placement import Placement
    from engine.settings import Settings
    from gui.app import application, create_window
    from gui.theme import apply_theme

    with tempfile.TemporaryDirectory() as folder:  # nothing of the user's own layout or theme
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        application()
        window = create_window(["sample:china"])
        apply_theme("light")
        try:
            window.resize(*SIZE)
            window.show()
            wait(lambda: is_settled(window))
            attacked = {
                "image": "sample:china",
                "patch": f"sample:{PATCH}",
                "placement": Placement(64, 100),
                "patch_on": True,
                "settings": Settings(patch="5%"),
            }
            photograph(window, "window-alert", attacked)
            apply_theme("dark")
            photograph(window, "window-dark", attacked)
            apply_theme("light")
            certified = {"image": "sample:flower", "patch_on": False, "settings": Settings(layer="2", patch="1%")}
            photograph(window, "window-certified", certified)
        finally:
            window.close()


def evidence(folder: Path) -> None:
    """The figures of an analysis, small enough for a page."""
    from PIL import Image

    for name in EVIDENCE:
        picture = Image.open(folder / f"{name}.png").convert("RGB")
        picture.thumbnail((EVIDENCE_WIDTH, 10_000))
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", optimize=True)
        save(buffer.getvalue(), PICTURES / f"evidence-{name}.png", EVIDENCE_BYTES)


def photograph(window: "MainWindow", name: str, document: dict[str, Any]) -> None:
    """Ask for a document and keep the window once its verdict stands."""
    from PySide6.QtCore import QBuffer

    window.state.change(name, **document)
    window.state.undo_stack.clear()
    wait(lambda: is_settled(window))
    word = window.state.verdict.word
    expected = "certified" if name == "window-certified" else "alert"
    if word != expected:
        raise SystemExit(f"error: {name} should show {expected!r}, and the verdict is {word!r}")
    pause(0.5)  # for what fades
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    window.grab().save(buffer, "PNG")
    save(bytes(buffer.data().data()), PICTURES / f"{name}.png")


def save(png: bytes, path: Path, most: int = MOST_BYTES) -> None:
    """Write a PNG, with fewer colours if it is too large for a page."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    written = _encoded(picture)
    for colours in (256, 96, 40):
        if len(written) > most:
            written = _encoded(picture.quantize(colours, dither=Image.Dither.FLOYDSTEINBERG))
    path.write_bytes(written)
    print(f"{path.relative_to(ROOT)}: {len(written) / 1000:.0f} kB")


def _encoded(picture: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def is_settled(window: "MainWindow") -> bool:
    """Whether the verdict of what is asked stands."""
    from gui.state import Phase

    state = window.state
    if state.problem is not None:
        raise SystemExit(f"error: {state.problem.sentence}")
    shown = state.snapshot
    return state.phase is Phase.VERDICT and shown is not None and shown.request.document == state.document


def wait(there: Callable[[], bool]) -> None:
    """Serve events until something holds."""
    late = time.monotonic() + PATIENCE_S
    while not there():
        if time.monotonic() > late:
            raise SystemExit("error: the engine came to no verdict")
        pause(0.02)


def pause(seconds: float) -> None:
    """Serve events for a while."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def main() -> int:
    """Write every picture; the exit code."""
    sys.path.insert(0, str(ROOT))
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    PICTURES.mkdir(exist_ok=True)
    if len(sys.argv) == 3 and sys.argv[1] == "--evidence":
        evidence(Path(sys.argv[2]))
        return 0
    windows()
    answer = figure()
    return 0 if answer in (0, 3) else answer


if __name__ == "__main__":
    sys.exit(main())
