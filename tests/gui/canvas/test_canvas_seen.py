"""The part of a photo that the model sees, as the window tells it."""

import numpy as np
import pytest
from PIL import Image

from engine.classifiers.preprocessing import Preprocessing
from gui.worker.seen import seen_part


@pytest.mark.parametrize("squash", [False, True])
@pytest.mark.parametrize(("height", "width"), [(427, 640), (640, 427), (300, 300), (100, 900), (224, 225)])
def test_it_is_what_the_preprocessing_takes(height: int, width: int, squash: bool):
    preprocessing = Preprocessing((224, 224), crop=0.875, interpolation="bilinear", squash=squash)
    photo = np.random.default_rng(0).integers(0, 255, (height, width, 3)).astype(np.uint8)
    top, left, bottom, right = seen_part(preprocessing, height, width)
    box = left * width, top * height, min(right * width, width), min(bottom * height, height)
    again = Image.fromarray(photo).resize((224, 224), Image.Resampling.BILINEAR, box=box)
    assert (np.asarray(again) == preprocessing.view(photo)).all()
