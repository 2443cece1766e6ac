"""A study of a small net from photos to the page: resumed records, saved files, and numbers that agree."""

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from toys import Toy, classifier, picture

from engine.analysis.copies import choose_photos, patched_copy
from engine.analysis.gather import gather
from engine.analysis.look import Look
from engine.analysis.map_example import map_example
from engine.analysis.page import Run, as_html, as_markdown
from engine.analysis.page_tables import told
from engine.analysis.patches import StudiedPatch
from engine.analysis.plots.curve_plot import curve_figure
from engine.analysis.plots.deep_plot import deep_figure
from engine.analysis.plots.detection_plot import detection_figure
from engine.analysis.plots.distribution_plot import distribution_figure
from engine.analysis.plots.stability_plot import stability_figure
from engine.analysis.results import save_results
from engine.analysis.study import Study
from engine.errors import PatchError
from engine.pipeline import Inspector
from engine.placement import Patch
from engine.settings import Settings

SIZE, LAYERS = 20, ("stem", "mid")


class Plain(Toy):
    """Its linear layer gives the logits, unscaled."""

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.mid(self.stem(x).relu()).relu().mean((2, 3)))


def sticker(value: int, name: str, alpha: float, side: int = 5) -> StudiedPatch:
    rgba = np.full((side, side, 4), 255, np.uint8)
    rgba[..., :3] = np.arange(side * side).reshape(side, side, 1) % 2 * value
    return StudiedPatch(Patch(name, name, f"{value:064d}", rgba), alpha, 1, frozenset({"a" * 64}))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for index in range(6):
        Image.fromarray(picture(SIZE, seed=index)).save(folder / f"{index % 3}_photo{index}.png")
    return choose_photos(folder, 5)


@pytest.fixture(scope="module")
def study():
    network = Plain(torch.nn.Conv2d(3, 4, 3, padding=1), 4)
    noise = torch.from_numpy(np.stack([picture(SIZE, seed=index) for index in range(6)])).permute(0, 3, 1, 2) / 127.5
    network.fc.bias.data -= network(noise - 1).mean(0).detach()  # no class is the usual answer
    inspector = Inspector(classifier(network, SIZE))
    patches = sticker(255, "plain.png", 0.0), sticker(120, "hidden.png", 0.7)
    return Study(inspector, Settings(backend="torch", top=0.4), LAYERS, patches[0], patches[1:])


@pytest.fixture(scope="module")
def measured(study, photos):
    compared = [(photo, study.compare(photo)) for photo in photos.photos]
    detected = [
        (photo, [study.detect(photo, patch) for patch in (None, *study.patches)]) for photo in photos.photos[:3]
    ]
    return compared, detected


@pytest.fixture(scope="module")
def evidence(study, measured):
    return gather(study, *measured)


def test_every_layer_is_looked_at_under_both_definitions(study, evidence):
    looks = [Look(layer, importance) for layer in LAYERS for importance in ("contrast", "activation")]
    assert list(study.looks) == looks
    for results in (
        evidence.curves,
        evidence.distributions,
        evidence.stabilities,
        evidence.deep,
        evidence.detections,
    ):
        assert [result.look for result in results] == looks


def test_measuring_again_gives_the_same(study, measured):
    photo, record = measured[0][2]
    again = study.compare(photo)
    assert set(again) == set(record)
    for name, values in record.items():
        if not name.endswith("milliseconds"):
            assert np.allclose(again[name], values, rtol=1e-4), name


def test_classes_are_those_of_the_names(evidence):
    assert evidence.stabilities[0].labels.tolist() == [0, 0, 1, 1, 2]  # 0, 3, 1, 4, 2 of six
    assert evidence.detections[0].labels.tolist() == [0, 0, 1]


def test_full_labels_are_the_networks_own(study, photos, evidence):
    with torch.inference_mode():
        views = np.stack([study.view(photo) for photo in photos.photos])
        logits = study.inspector.classifier.network(torch.from_numpy(views).permute(0, 3, 1, 2).float() / 255)
    for found in evidence.stabilities:
        assert found.benign[0][:, 1].tolist() == logits.argmax(1).tolist()
    for found in evidence.detections:
        assert found.full[0].tolist() == logits.argmax(1).tolist()[:3]


def test_alerts_are_those_of_an_inspection(study, photos, evidence):
    for found in evidence.detections:
        settings = Settings(
            layer=found.look.layer,
            importance=found.look.importance,
            fill=found.look.fill,
            patch="5",
            top=0.4,
            backend="torch",
        )
        for index, photo in enumerate(photos.photos[:3]):
            views = [study.view(photo)]
            views += [patched_copy(views[0], each.patch, 0, photo.sha256).view for each in study.patches]
            for copy, view in enumerate(views):
                *_, last = study.inspector.inspect(view, settings)
                assert bool(found.alert[copy, index]) == (last.verdict.word in ("alert", "undecided"))
                assert int(found.base[copy, index]) == last.verdict.base.label[0]
    assert {bool(alert) for found in evidence.detections for alert in found.alert.ravel()} == {False, True}


def test_without_detection_there_is_none(study, measured):
    assert gather(study, measured[0], []).detections == ()


FIGURES = {
    "curves": curve_figure,
    "distributions": distribution_figure,
    "stabilities": stability_figure,
    "detections": detection_figure,
}


@pytest.mark.parametrize("name", FIGURES)
def test_saved_files_are_read_again(evidence, tmp_path, name):
    results = getattr(evidence, name)
    paths = save_results(results, tmp_path, name, FIGURES[name](results))
    assert [path.suffix for path in paths] == [".npz", ".csv", ".png"]
    with np.load(paths[0]) as stored:
        for result in results:
            for key, values in result.arrays().items():
                assert np.array_equal(stored[f"{result.look.key}.{key}"], values, equal_nan=values.dtype.kind == "f")
    with paths[1].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(list(result.rows())) for result in results)
    assert {row["layer"] for row in rows} == set(LAYERS)
    with Image.open(paths[2]) as drawn:
        assert drawn.width > 900
        assert len(np.unique(np.asarray(drawn.convert("RGB")).reshape(-1, 3), axis=0)) > 20


def test_the_maps_of_one_photo(study, photos, evidence, tmp_path):
    example = map_example(study, photos.photos[1])
    assert set(example.superficial) == {"layer stem, contrast", "layer mid, contrast"}
    assert example.views.shape == (2, SIZE, SIZE, 3)
    top, left, bottom, right = example.box
    assert (bottom - top, right - left) == (5, 5)
    changed = (example.views[0] != example.views[1]).any(axis=2)
    assert changed[top:bottom, left:right].any()
    changed[top:bottom, left:right] = False
    assert not changed.any()
    paths = save_results(evidence.deep, tmp_path, "deep", deep_figure(example, ("a", "b", "c")))
    with Image.open(paths[2]) as drawn:
        assert drawn.width > 900


def page_of(study, photos, evidence):
    return as_markdown(study, evidence, Run("python main.py analyze photos", photos, 5, 3, ("bad.png",)))


def test_the_page_has_the_results_numbers(study, photos, evidence):
    page = page_of(study, photos, evidence)
    for curve in evidence.curves:
        assert f"| {curve.look.name} | 40% | {curve.kept_ratio:.3f} | {curve.pruned_ratio:.3f} |" in page
    for found in evidence.distributions:
        one = found.difference("clusters")
        assert f"| {found.look.name} | clusters | {one.benign:.2f} | {one.patched:.2f} | {one.mean:+.2f} (" in page
    for found in evidence.stabilities:
        assert (
            f"| {found.look.name} | pruned | {told(found.benign_stays(0))} | {told(found.patched_stays(0))} |" in page
        )
    for found in evidence.detections:
        row = next(line for line in page.splitlines() if line.startswith("| hidden.png | 0.7 |"))
        assert row.endswith(" |")
        assert f"{told(found.by_occlusion(2))} | {told(found.success(1))} | {told(found.unseen(1))} |" in page
    for found in evidence.deep:
        assert f"| superficial, {found.look.name} | {found.gain(0, 0):.2f} | {found.gain(0, 1):.2f} |" in page
    assert f"| class activation map | {evidence.deep[0].gain(1, 0):.2f} |" in page
    assert "5 photos and a patched copy of each, 3 of them for detection; 6 images in the folder" in page
    assert "Not readable: bad.png." in page


def test_the_page_in_html_has_the_same_tables(study, photos, evidence):
    markdown = page_of(study, photos, evidence)
    html = as_html(markdown)
    assert html.count("<table>") == markdown.count("| --- |\n")
    assert html.count("<img src=") == 5
    assert "<title>Evidence</title>" in html
    assert told(evidence.stabilities[0].benign_stays(0)) in html


def test_a_classifier_without_a_deep_map_says_so(photos):
    inspector = Inspector(classifier(Toy(torch.nn.Conv2d(3, 4, 3, padding=1), 4, gain=3.0), SIZE))
    study = Study(inspector, Settings(backend="torch"), ("stem",), sticker(255, "plain.png", 0.0))
    evidence = gather(study, [(photos.photos[0], study.compare(photos.photos[0]))], [])
    page = page_of(study, photos, evidence)
    assert "has no class activation map" in page
    assert "| class activation map" not in page
    assert "Not measured: no photo was put before the detectors." in page
    assert map_example(study, photos.photos[0]).deep is None


def test_what_decides_a_record_tells_runs_apart(study):
    assert json.loads(json.dumps(study.decides)) == study.decides
    other = Study(study.inspector, Settings(backend="torch", top=0.5), LAYERS, study.patch, study.patches[1:])
    assert other.decides != study.decides


def test_a_patch_larger_than_the_input_is_refused(study):
    with pytest.raises(PatchError, match="21 x 21 px is larger than the model's input of 20 x 20 px"):
        Study(study.inspector, Settings(backend="torch"), LAYERS, sticker(255, "big.png", 0.0, side=21))
