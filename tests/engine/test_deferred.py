"""A deferred module is imported when something of it is used; whoever asks it for more gets it at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.deferred import deferred

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that nobody has imported."""
    text = "LOUD = []\ndef double(x): return 2 * x\nclass Law:\n    def __call__(self, n): return n + 1\n"
    (tmp_path / "a_late_module.py").write_text(f"{text}    def mean(self): return 0.5\nlaw = Law()\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "a_late_module"
    sys.modules.pop("a_late_module", None)


def test_what_is_named_is_imported_when_it_is_used(module: str):
    with deferred(module, "double", "law"):
        from a_late_module import double, law
    assert module not in sys.modules
    assert double(21) == 42
    assert module in sys.modules
    assert law(1) == 2
    assert law.mean() == 0.5
    import a_late_module

    assert a_late_module.LOUD == []
    assert a_late_module.double is not double


def test_anything_else_imports_it_at_once(module: str):
    with deferred(module, "double"):
        from a_late_module import LOUD, double

        assert hasattr(sys.modules[module], "__file__")
    assert LOUD is sys.modules[module].LOUD
    assert double(2) == 4
    with deferred(module, "double"), pytest.raises(ImportError):
        from a_late_module import nothing_like_it  # noqa: F401


def test_a_module_that_is_there_stays_there(module: str):
    import a_late_module

    with deferred(module, "double"):
        assert sys.modules[module] is a_late_module
    assert sys.modules[module] is a_late_module


def test_an_error_leaves_no_stand_in(module: str):
    with pytest.raises(KeyError), deferred(module, "double"):
        raise KeyError
    assert module not in sys.modules


CHILD = """
import sys
from engine.classifiers.libraries import import_timm
from engine.deferred import statistics_deferred
import torch
disable = torch.compiler.disable
import_timm()
assert torch.compiler.disable is disable
with statistics_deferred():
    from sklearn.cluster import MeanShift
print(*(name for name in ("torch._dynamo", "sympy", "scipy.stats") if name in sys.modules))
from torchvision.ops import roi_align
from sklearn.metrics import roc_auc_score
print(roc_auc_score([0, 1, 1], [0.1, 0.9, 0.8]))
"""


def test_libraries_are_imported_without_what_they_do_not_need():
    done = subprocess.run([sys.executable, "-c", CHILD], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["", "1.0"]
