"""Photos of 32 px: the drawn samples and CIFAR-10's test photos, and a model that takes them."""

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS

from engine.datasets import cifar10
from engine.datasets.cifar10 import CIFAR10_CLASSES
from engine.placement import Placement
from gui.main_window import MainWindow
from gui.openable import fill_samples
from gui.sources import SMALL_IMAGES


@pytest.fixture
def archives(fresh_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program looks for CIFAR-10; nothing there yet."""
    assert not fresh_cache.exists()
    monkeypatch.setattr(cifar10, "ARCHIVES", tmp_path)
    return tmp_path


def put_archive(folder: Path) -> None:
    """Two grey photos a class."""
    with tarfile.open(folder / "test.tar.xz", "w:xz") as archive:
        for name in CIFAR10_CLASSES:
            for number in (1, 2):
                content = io.BytesIO()
                Image.new("RGB", (32, 32), (90 * number,) * 3).save(content, format="PNG")
                member = tarfile.TarInfo(f"test/{name}/{number}.png")
                member.size = content.tell()
                archive.addfile(member, io.BytesIO(content.getvalue()))


def samples(window: MainWindow) -> dict[str, QMenu | None]:
    """What the menu of samples offers, with what stands behind each."""
    menu = QMenu(window)
    fill_samples(window.opener, menu)
    return {action.text(): action.menu() for action in menu.actions()}


def test_cifar10_is_offered_where_it_is_and_opens_class_by_class(window: MainWindow, qtbot: QtBot, archives: Path):
    window.state.set_live(False)
    assert {name.removeprefix("sample:").capitalize() for name in SMALL_IMAGES} < set(samples(window))
    assert not any("CIFAR" in name for name in samples(window))
    put_archive(archives)
    classes = samples(window)["CIFAR-10, test photos"]
    assert [action.text().lower() for action in classes.actions()] == list(CIFAR10_CLASSES)
    classes.actions()[8].trigger()
    qtbot.waitUntil(lambda: window.state.document.image is not None, timeout=PATIENCE_MS)
    path = Path(window.state.document.image)
    assert (path.parent.name, path.name) == ("ship", "1.png")
    assert window.filmstrip.isVisible()


def test_another_input_keeps_patch_and_its_place(window: MainWindow):
    state = window.state
    state.set_live(False)
    window.controls.put_patch("sample:toaster-5pct", Placement(112, 56))
    state.set_knobs("Patch", patch="32")
    window.controls.model._pick_model("cifar10_resnet_sin")
    assert state.settings.patch == "2.04%"
    assert (state.document.placement.left, state.document.placement.top) == (16, 8)
    state.undo_stack.undo()
    assert state.settings.model == "efficientnet_lite0"
    assert state.document.placement == Placement(112, 56)
