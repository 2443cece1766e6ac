"""Loading image classifiers by name or file, and cutting them at a superficial layer."""

from engine.classifiers.classifier import Classifier
from engine.classifiers.registry import load_classifier

__all__ = ["Classifier", "load_classifier"]
