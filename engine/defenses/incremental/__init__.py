"""Masks of pixels, exactly: only what they change is computed again, as long as that is little."""

from engine.defenses.incremental.choice import incremental_sweep
from engine.defenses.incremental.sweep import IncrementalSweep

__all__ = ["IncrementalSweep", "incremental_sweep"]
