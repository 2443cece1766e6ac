"""A data set's name stands for its folder, unless there is such a folder; elsewhere it is refused in a sentence."""

from pathlib import Path

import pytest
from PIL import Image

from engine.cli import exits, main
from engine.datasets import named
from engine.datasets.named import data_folder, imagenet_folder, refuse_data_names
from engine.errors import DataError


@pytest.fixture
def unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where CIFAR-10's photos are, in a working folder without a file of that name."""
    folder = tmp_path / "unpacked"
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        Image.new("RGB", (32, 32)).save(folder / name / "0.png")
    monkeypatch.setattr(named, "cifar10_folder", lambda split: folder if split == "test" else None)
    monkeypatch.chdir(tmp_path)
    return folder


def test_the_name_and_a_folder_of_that_name(unpacked: Path) -> None:
    assert data_folder("cifar10") == unpacked
    assert data_folder("photos") == Path("photos")
    Path("cifar10").mkdir()
    assert data_folder("cifar10") == Path("cifar10")
    refuse_data_names(["cifar10", None])


def test_where_photos_are_asked_for_it_is_refused(unpacked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    patch = Path("patch.png")
    Image.new("RGB", (6, 6)).save(patch)
    for words in (
        ["inspect", "cifar10"],
        ["audit", "cifar10"],
        ["attack", "cifar10", "--target", "1", "--out", "x.png"],
        ["analyze", "cifar10", "--patch-file", str(patch), "--figures", "out"],
    ):
        assert main(words) == exits.ERROR
        assert f"name a folder of photos here, such as {unpacked / 'cat'}." in capsys.readouterr().err


def test_photos_beside_the_checkout_or_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "BESIDE", tmp_path)
    with pytest.raises(DataError, match=r"no photos to measure on: .* or cifar10, with --data"):
        imagenet_folder()
    (tmp_path / "imagenet-sample").mkdir()
    assert imagenet_folder() == tmp_path / "imagenet-sample"
