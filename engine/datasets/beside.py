"""Data that lie beside the checkout: never part of it."""

from pathlib import Path

__all__ = ["BESIDE"]

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data"
