"""The engine stands alone: no module of it brings Qt in, and none reports usage."""

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import engine

ROOT = Path(__file__).resolve().parents[2]

CHILD = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
qt = [name for name in sys.modules if name.partition(".")[0] in ("PySide6", "PyQt6", "PyQt5", "gui", "shiboken6")]
print(json.dumps(qt))
"""


def engine_modules() -> list[str]:
    """Every module of the engine that is there to import."""
    found = [module.name for module in pkgutil.walk_packages(engine.__path__, "engine.")]
    return [name for name in found if not name.endswith("__main__")]


def test_every_module_is_found():
    names = engine_modules()
    assert {"engine.pipeline", "engine.verdict", "engine.sweep", "engine.classifiers.cut"} <= set(names)


def test_no_engine_module_imports_qt():
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *engine_modules()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
