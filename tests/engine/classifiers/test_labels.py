"""Class names: ImageNet's, and files of one's own."""

import json
from pathlib import Path

import pytest

from engine.classifiers.labels import imagenet_labels, numbered_labels, read_labels
from engine.errors import ModelError


def written(folder: Path, content: str | bytes) -> str:
    path = folder / "labels"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_imagenet_has_its_thousand_names() -> None:
    labels = imagenet_labels()
    assert len(labels) == 1000
    assert (labels[0], labels[281], labels[999]) == ("tench", "tabby", "toilet tissue")


def test_classes_nobody_named_are_numbered() -> None:
    assert numbered_labels(3) == ("class 0", "class 1", "class 2")


@pytest.mark.parametrize(
    "content",
    [
        "cat\ndog\nGrüner Igel\n",
        "cat\r\ndog  \r\nGrüner Igel\r\n\r\n",
        b"\xef\xbb\xbfcat\ndog\nGr\xc3\xbcner Igel",
        json.dumps(["cat", "dog", "Grüner Igel"]),
        json.dumps({"1": "dog", "0": "cat", "2": "Grüner Igel"}),
        json.dumps({"0": ["n1", "cat"], "1": ["n2", "dog"], "2": ["n3", "Grüner Igel"]}),
    ],
    ids=["lines", "windows", "marked", "list", "object", "pairs"],
)
def test_every_form_of_file_is_read(tmp_path: Path, content: str | bytes) -> None:
    assert read_labels(written(tmp_path, content)) == ("cat", "dog", "Grüner Igel")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "no class names"),
        ("\n\n", "no class names"),
        ("[]", "no class names"),
        ("cat\n\ndog\n", "Line 2"),
        ("[1, 2", "not"),
        ("[" * 100000, "not"),
        ('["cat", 3]', "Class 1"),
        ('["cat", []]', "Class 1"),
        ('["cat", " "]', "Class 1"),
        ('{"0": "cat", "2": "dog"}', "index 1"),
        ('{"cat": 0}', "index 0"),
        (b"\xff\xfe\xfa", "UTF-8"),
    ],
)
def test_a_file_that_leaves_a_class_without_name_is_refused(tmp_path: Path, content: str | bytes, fault: str) -> None:
    with pytest.raises(ModelError, match=fault) as caught:
        read_labels(written(tmp_path, content))
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(ModelError, match="--labels FILE"):
            read_labels(str(path))
