"""The reference distribution: written, read, and refused where it is none."""

import json
from pathlib import Path

import numpy as np
import pytest
from toys import pixel_footprints

from engine.analysis.look import Look
from engine.analysis.reference import read_reference, reference_document
from engine.analysis.sin_distribution import image_distribution, sin_distribution
from engine.clusters import cluster_sins
from engine.errors import ImageError

SHIPPED = Path(__file__).parents[3] / "assets" / "analysis" / "reference-efficientnet_lite0.json"


def found(*positions):
    return image_distribution(
        cluster_sins(np.array(positions, dtype=np.int64), pixel_footprints(40, 40), 3.0), (1, 40, 40)
    )


PAIR, TWO = found((5, 5), (5, 6)), found((5, 5), (5, 6), (5, 35), (5, 36))


def test_what_is_written_is_read(tmp_path):
    distributions = [sin_distribution(Look(layer, "contrast"), [TWO, PAIR], [PAIR, PAIR]) for layer in "12"]
    path = tmp_path / "reference.json"
    path.write_bytes(reference_document(distributions, {"model": "toy", "photos": 2}))
    first, second = read_reference(path)
    assert (first.layer, second.layer, first.importance) == ("1", "2", "contrast")
    assert first.clusters["benign"].tolist() == [1, 2]
    assert first.clusters["patched"].tolist() == [1, 1]
    assert first.fixed_clusters["benign"].tolist() == [1, 2]
    assert first.std_px["benign"].tolist() == [0.5] * 101
    assert first.spread_px["benign"][0] == 0.5
    assert first.spread_px["benign"][-1] == pytest.approx(15.01, abs=0.005)
    assert json.loads(path.read_bytes())["made"] == {"model": "toy", "photos": 2}
    with pytest.raises(ValueError, match="read-only"):
        first.clusters["benign"][0] = 0


@pytest.mark.parametrize("content", [b"", b"[]", b'{"schema": "sinscope.report/1"}', None])
def test_what_is_no_reference_is_one_sentence(tmp_path, content):
    path = tmp_path / "reference.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImageError, match="is not a reference distribution"):
        read_reference(path)


def test_the_shipped_one_is_there_for_every_usual_layer():
    found = read_reference(SHIPPED)
    assert [(each.layer, each.importance) for each in found] == [
        (layer, importance) for layer in "123" for importance in ("contrast", "activation")
    ]
    assert all(len(each.clusters["benign"]) == len(each.clusters["patched"]) == 300 for each in found)
