"""Snapshots made by hand, for tests of what panels draw."""

from typing import Any

import numpy as np

from engine.settings import Settings
from gui.document import Document
from gui.snapshot import ClusterShape, ModelInfo, Prediction, Request, Snapshot, VerdictView, WindowsView

LABELS = ("daisy", "tench", "goldfish", "crane", "crane", "toaster")
SIDE, PATCH = 224, 32


def make_model(**overrides: Any) -> ModelInfo:
    """What is known of a small model of six classes."""
    usual = ("bn1", "blocks.0.0.bn1", "blocks.1.0.bn2")
    values: dict[str, Any] = {
        "name": "efficientnet_lite0",
        "input_size": (SIDE, SIDE),
        "labels": LABELS,
        "usual_layers": usual,
        "layers": ("input", "conv_stem", *usual, "blocks.5.0.bn3"),
    }
    return ModelInfo(**(values | overrides))


def make_windows(across: int = 6, **overrides: Any) -> WindowsView:
    """A grid of windows that all say daisy, unless told otherwise."""
    count = across * across
    corner = np.linspace(0, SIDE - 81, across).astype(np.int64)
    boxes = np.array([(y, x, y + 81, x + 81) for y in corner for x in corner], dtype=np.int64)
    values: dict[str, Any] = {
        "boxes_px": boxes,
        "grid": (across, across),
        "least_px": (81, 81),
        "done": np.ones(count, dtype=bool),
        "skipped": np.zeros(count, dtype=bool),
        "firing": np.zeros(count, dtype=bool),
        "label": np.zeros(count, dtype=np.int64),
        "confidence": np.linspace(0.6, 0.95, count),
        "margin": np.linspace(1.0, 6.0, count),
        "sin_share": np.linspace(0.05, 0.2, count),
    }
    return WindowsView(**(values | overrides))


def make_verdict(word: str = "certified", **overrides: Any) -> VerdictView:
    """A verdict; certified everywhere unless the word is another."""
    places = SIDE - PATCH + 1
    locations = np.ones((places, places), dtype=np.int64)
    if word != "certified":
        locations[:40, :40] = 0
    values: dict[str, Any] = {
        "word": word,
        "reason": f"A sentence that says why the answer is {word}.",
        "scope": f"for one square patch of up to {PATCH} px (2.04% of the model's input) anywhere, on this model, "
        "if this image was clean",
        "locations": locations,
        "certified": int((locations > 0).sum()),
        "places": locations.size,
        "label": 0,
        "label_given": False,
        "min_margin": 0.82,
        "passes": 34,
        "reused": 4,
        "timing_ms": {"prepare": 1.0, "superficial": 12.0, "clusters": 8.0, "windows": 620.0, "verdict": 1.0},
        "report": {},
    }
    return VerdictView(**(values | overrides))


def make_snapshot(
    word: str | None = "certified", *, document: Document | None = None, preview: bool = False, **overrides: Any
) -> Snapshot:
    """A snapshot of a daisy: at its verdict, or at its windows where ``word`` is ``None``."""
    rng = np.random.default_rng(0)
    document = document or Document(image="sample:flower")
    photo = rng.integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8)
    positions = rng.uniform(40, 180, (200, 2))
    windows = make_windows()
    if word == "alert":
        label, firing = windows.label.copy(), windows.firing.copy()
        label[[14, 15, 20]], firing[[14, 15, 20]] = (1, 2, 1), True
        windows = make_windows(label=label, firing=firing)
    settings = overrides.pop("settings", None) or Settings(top=0.5, window=40, patch=document.settings.patch)
    values: dict[str, Any] = {
        "request": Request(1, document, preview),
        "stage": "windows" if word is None else "verdict",
        "settings": settings,
        "model": make_model(),
        "layer": "bn1",
        "original": photo,
        "clean_view": photo,
        "view": photo,
        "patch_box": None,
        "notes": (),
        "threat_px": (PATCH, PATCH),
        "share": PATCH * PATCH / SIDE**2,
        "heatmap": rng.random((112, 112), dtype=np.float32),
        "curve": np.sort(rng.random(512, dtype=np.float32))[::-1].copy(),
        "neurons": 32 * 112 * 112,
        "count": 200704,
        "smallest_window": 17,
        "largest_window": 111,
        "side": 40,
        "backend": "torch-cpu",
        "computation": "torch-cpu, fp32, 4 windows at once",
        "sins_px": positions,
        "cluster_of": (positions[:, 0] > 110).astype(np.int64),
        "clusters": (ClusterShape(90.0, 80.0, 18.0, 120), ClusterShape(150.0, 140.0, 22.0, 80)),
        "base": Prediction(0, "daisy", 0.91),
        "full": Prediction(0, "daisy", 0.96),
        "windows": windows,
        "verdict": None if word is None else make_verdict(word),
    }
    return Snapshot(**(values | overrides))
