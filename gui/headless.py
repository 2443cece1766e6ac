"""Where no window can open: the same demonstration without one, saved as a picture and a report."""

import ctypes
import importlib.util
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["no_display", "obstacle", "run"]

_PACKAGES = "libegl1 libxcb-icccm4 libxcb-keysyms1 libxcb-cursor0 libxkbcommon-x11-0"


def no_display() -> bool:
    """Whether no window can open here; imports neither Qt nor torch."""
    return obstacle(os.environ, sys.platform) is not None


def obstacle(environment: Mapping[str, str], platform: str) -> str | None:
    """Why no window can open, in one sentence; ``None`` if nothing is in the way.

    Only Linux is asked: elsewhere there is a desktop, or Qt says what it misses. Who sets
    ``QT_QPA_PLATFORM`` knows what they do.
    """
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return None
    if environment.get("WAYLAND_DISPLAY"):
        return None
    display = environment.get("DISPLAY")
    if not display:
        return "There is no display here (DISPLAY and WAYLAND_DISPLAY are not set)."
    if not _answers(display):
        return f"The display {display} does not answer."
    if missing := _missing_library():
        return f"Qt cannot open a window, as {missing}; on Debian: apt install {_PACKAGES}."
    return None


def _answers(display: str) -> bool:
    """Whether an X server listens at ``host:number.screen``."""
    host, _, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if not number.isdigit():
        return Path(display).exists()
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return any(_connects(socket.AF_UNIX, address) for address in (f"\0{path}", path))
    return _connects(socket.AF_INET, (host.strip("[]"), 6000 + int(number)))


def _connects(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(2)
        try:
            one.connect(address)
        except OSError:
            return False
    return True


def _missing_library() -> str | None:
    """What the loader says of Qt's X11 plugin; Qt itself would end the program."""
    found = importlib.util.find_spec("PySide6")
    if found is None or not found.submodule_search_locations:
        return None
    plugin = Path(found.submodule_search_locations[0]) / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    if not plugin.exists():
        return None
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return str(error).partition(": ")[0] + " is missing" if "cannot open" in str(error) else str(error)
    return None


def run(out_dir: str | Path = "sinscope-window") -> int:
    """Run the demonstration offscreen and save ``window.png`` and ``report.json``; the exit code.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    why = obstacle(os.environ, sys.platform)
    if not os.environ.get("QT_QPA_PLATFORM"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # Only now, as Qt reads the environment when it starts.
    from gui.demonstration import save_demonstration

    if why:
        print(f"{why} The demonstration runs without a window.")
    folder = Path(out_dir)
    for line in save_demonstration(folder):
        print(line)
    return 0
