"""Training of the networks that defenses need: one recipe for each, resumable, with its curve kept."""

from engine.training.data import cifar10_training
from engine.training.outcome import write_outcome
from engine.training.recipes import RECIPES, Recipe
from engine.training.run import EpochDone, Trained, train

__all__ = ["RECIPES", "EpochDone", "Recipe", "Trained", "cifar10_training", "train", "write_outcome"]
