"""Menus of what can be opened: samples, and what was opened before."""

import functools
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from engine.datasets.cifar10 import CIFAR10_CLASSES, cifar10_is_here
from gui.opening import Opener
from gui.sources import SAMPLE_IMAGES, SMALL_IMAGES, sample_patches

if TYPE_CHECKING:
    from gui.main_window import MainWindow

__all__ = ["fill_recent", "fill_samples"]


def fill_recent(window: "MainWindow", menu: QMenu) -> None:
    """Photos, folders, patches and sessions that were opened before."""
    opener, preferences = window.opener, window.preferences
    kinds = (
        *(("photos", opener.photo), ("folders", opener.folder), ("patches", opener.patch)),
        ("sessions", window.filing.open_session),
    )
    for kind, opens in kinds:
        entries = preferences.recent(kind).paths()[:6]
        if entries:
            menu.addSection(kind.capitalize())
        for entry in entries:
            menu.addAction(entry.replace("&", "&&"), functools.partial(opens, entry))
    if not menu.isEmpty():
        menu.addSeparator()
        menu.addAction("Clear this list", preferences.forget_recent)


def fill_samples(opener: Opener, menu: QMenu) -> None:
    """Photos and patches that come with the program."""
    for section, references in (("Photos", SAMPLE_IMAGES), ("Drawn, 32 px", SMALL_IMAGES)):
        menu.addSection(section)
        for reference in references:
            name = reference.removeprefix("sample:").capitalize()
            menu.addAction(name, functools.partial(opener.photo, reference))
    if cifar10_is_here("test"):
        classes = menu.addMenu("CIFAR-10, test photos")
        for name in CIFAR10_CLASSES:
            classes.addAction(name.capitalize(), functools.partial(opener.cifar10, name))
    menu.addSection("Patches")
    for name in sample_patches():
        menu.addAction(name, functools.partial(opener.patch, f"sample:{name}"))
