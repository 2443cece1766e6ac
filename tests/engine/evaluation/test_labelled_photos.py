"""Where photos say their class: their names, or their folders'."""

from pathlib import Path

import pytest
from PIL import Image

from engine.errors import ImageError
from engine.evaluation.photos import labelled_photos, plain_photos

NAMES = ("cat", "dog", "owl")


def put(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(path)
    return folder


def test_photos_without_labels_of_a_folder_and_of_those_in_it(tmp_path: Path) -> None:
    put(tmp_path, "b.png", "a.jpg", "summer/c.png", ".hidden/d.png")
    (tmp_path / "empty").mkdir()
    photos = plain_photos(tmp_path)
    assert [(photo.name, photo.label) for photo in photos] == [
        ("a.jpg", None),
        ("b.png", None),
        ("summer/c.png", None),
    ]
    assert all(photo.path == tmp_path / photo.name for photo in photos)
    assert [photo.name for photo in plain_photos(tmp_path, 2)] == ["a.jpg", "b.png"]
    with pytest.raises(ImageError, match="has no image in it"):
        plain_photos(tmp_path / "empty")
    with pytest.raises(ImageError, match="not a folder"):
        plain_photos(tmp_path / "b.png")


def labels(folder: Path, classes=NAMES, limit: int | None = None) -> list[tuple[str, int]]:
    return [(photo.name, photo.label) for photo in labelled_photos(folder, classes, limit)]


def test_by_name_evenly_spread(tmp_path: Path) -> None:
    put(tmp_path, "0_a.png", "001_n01440764.jpg", "2_b.png", "2_c.png")
    assert labels(tmp_path) == [("001_n01440764.jpg", 1), ("0_a.png", 0), ("2_b.png", 2), ("2_c.png", 2)]
    assert labels(tmp_path, limit=2) == [("001_n01440764.jpg", 1), ("2_b.png", 2)]


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (("0", "2"), [0, 2]),
        (("cat", "owl"), [0, 2]),
        (("x", "y", "z"), [0, 1, 2]),  # one for each class, in their order
    ],
)
def test_by_folder(tmp_path: Path, folders, expected) -> None:
    put(tmp_path, *(f"{folder}/photo.png" for folder in folders))
    assert [label for _, label in labels(tmp_path)] == expected


def test_by_wordnet_id(tmp_path: Path) -> None:
    put(tmp_path, "n01440764/a.png", "n13133613/b.png")
    classes = tuple(f"class {index}" for index in range(1000))
    assert labels(tmp_path, classes) == [("n01440764/a.png", 0), ("n13133613/b.png", 998)]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["photo.png"], "does not say its class; name photos"),
        (["3_photo.png"], "is of class 3, and the model's are 0 to 2"),
        (["x/photo.png", "y/photo.png"], "do not say their classes: 2 of them, and 3 classes"),
    ],
)
def test_what_cannot_be_told_is_refused(tmp_path: Path, names, sentence) -> None:
    put(tmp_path, *names)
    with pytest.raises(ImageError, match=sentence):
        labels(tmp_path)


def test_no_photos(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="has no image in it"):
        labels(tmp_path)
    with pytest.raises(ImageError, match="name one that holds photos"):
        labels(tmp_path / "missing")
