"""Small widgets that know nothing of the engine."""

from gui.widgets.button import enable_button, named_button
from gui.widgets.chip import Chip
from gui.widgets.field import Field, Note, dress_number
from gui.widgets.float_slider import FloatSlider, set_range
from gui.widgets.message import InlineMessage
from gui.widgets.picker import Picker
from gui.widgets.ring import Ringed
from gui.widgets.row_table import RowTable
from gui.widgets.scroller import Scroller
from gui.widgets.section import Fold, Line, Section
from gui.widgets.switch import Switch
from gui.widgets.wheel import tame_wheels

__all__ = [
    "Chip",
    "Field",
    "FloatSlider",
    "Fold",
    "InlineMessage",
    "Line",
    "Note",
    "Picker",
    "Ringed",
    "RowTable",
    "Scroller",
    "Section",
    "Switch",
    "dress_number",
    "enable_button",
    "named_button",
    "set_range",
    "tame_wheels",
]
