"""A small classifier to attack."""

import pytest
import toys
from torch import nn

from engine.pipeline import Inspector


@pytest.fixture(scope="session")
def toy() -> Inspector:
    """Three classes of pictures of 24 x 24 px; cut it at ``stem``."""
    return Inspector(toys.classifier(toys.Toy(nn.Conv2d(3, 4, 3, padding=1), 4, gain=20.0), 24))
