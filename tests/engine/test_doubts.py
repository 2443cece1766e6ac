"""Sentences on inputs and maps that are too small, and none where nothing is wrong."""

from dataclasses import replace

import pytest
from torch import nn
from toys import Toy, classifier, picture

from engine.classifiers.assembly import asked_preprocessing
from engine.classifiers.preprocessing import Preprocessing
from engine.pipeline import Inspector
from engine.settings import Settings


def notes(side: int, patch: str, made_for: tuple[int, int] | None = None, **knobs: object) -> tuple[str, ...]:
    """Notes with the verdict of a toy whose map is as large as its input."""
    made = classifier(Toy(nn.Conv2d(3, 4, 3, padding=1), 4, gain=5.0), side)
    made = replace(made, preprocessing=replace(made.preprocessing, made_for=made_for))
    settings = Settings(layer="stem", backend="torch", patch=patch, top=0.5, **knobs)
    *_, last = Inspector(made).inspect(picture(side), settings)
    return last.notes


@pytest.mark.parametrize("made_for", [None, (16, 16), (32, 32), (8, 8), (24, 32)])
def test_usual_sizes_say_nothing(made_for: tuple[int, int] | None) -> None:
    assert notes(16, "4", made_for) == ()


@pytest.mark.parametrize("made_for", [(33, 33), (16, 40), (224, 224)])
def test_an_input_far_below_what_the_network_was_made_for_is_told(made_for: tuple[int, int]) -> None:
    (note,) = notes(16, "4", made_for)
    assert note.startswith(f"The network was made for {made_for[0]} x {made_for[1]} px and gets 16 x 16 px: ")


def test_a_map_of_which_a_window_leaves_little_is_told() -> None:
    """A patch of 1 px reaches 3 cells: of 5 x 5 they leave 16, of 4 x 4 only 7."""
    assert notes(5, "1", window=3) == ()
    (note,) = notes(4, "1", window=3)
    assert note.startswith("A window leaves 7 of 16 cells of stem: ")
    assert "a larger input" in note


def test_other_weights_may_have_been_made_for_any_size() -> None:
    usual = Preprocessing((224, 224))
    assert asked_preprocessing(Settings(), usual).made_for is None
    assert asked_preprocessing(Settings(input_size=(96, 64)), usual).made_for == (224, 224)
    assert asked_preprocessing(Settings(input_size=(96, 64), weights="own.pt"), usual).made_for is None
