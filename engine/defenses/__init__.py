"""Certified patch defenses: one file each, behind one contract."""

from engine.defenses.base import Config, Defense, Tables
from engine.defenses.registry import DEFENSES, AnyDefense, make_defense
from engine.defenses.result import ALERT, Kind, Prediction, Proof, Result
from engine.defenses.subject import Subject
from engine.defenses.table_store import TableStore

__all__ = [
    "ALERT",
    "DEFENSES",
    "AnyDefense",
    "Config",
    "Defense",
    "Kind",
    "Prediction",
    "Proof",
    "Result",
    "Subject",
    "TableStore",
    "Tables",
    "make_defense",
]
