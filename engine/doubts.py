"""Why an inspection that can be done may still say little: the input or the layer's map is too small."""

from engine.classifiers.cut import CutClassifier
from engine.windows import WindowFamily

__all__ = ["doubts"]

_FAR_BELOW = 0.5  # of a side that the network was made for
_FEW_CELLS = 16  # that are left to predict from


def doubts(cut: CutClassifier, family: WindowFamily) -> tuple[str, ...]:
    """Sentences on what makes the answers of a network, and so a certificate, say little; mostly none."""
    found = []
    (height, width), made_for = cut.input_size, cut.classifier.preprocessing.made_for
    if made_for is not None and min(height / made_for[0], width / made_for[1]) < _FAR_BELOW:
        found.append(
            f"The network was made for {made_for[0]} x {made_for[1]} px and gets {height} x {width} px: expect wrong "
            f"answers, which no certificate makes right."
        )
    down, across = cut.shapes[0][1:]
    left = down * across - family.side**2
    if left < _FEW_CELLS:
        found.append(
            f"A window leaves {left} of {down * across} cells of {cut.layer}: too few for what it says to mean much; "
            f"take an earlier layer, a smaller patch or a larger input."
        )
    return tuple(found)
