"""CIFAR-10 by name: the same photos in the same order as arrays and as a folder, from archives or the original."""

import hashlib
import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from torchvision.datasets import CIFAR10

from engine.datasets import cifar10
from engine.datasets.cifar10 import CIFAR10_CLASSES, cifar10_arrays, cifar10_folder, cifar10_is_here
from engine.errors import DataError
from engine.images import read_image

ORIGINAL_ARCHIVES = cifar10.ARCHIVES


def jpeg(level: int, side: int = 32) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (side, side), (level, level, level)).save(content, format="JPEG")
    return content.getvalue()


def put_archive(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:xz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for archives beside the checkout; none yet, a cache of its own and no host."""
    folder = tmp_path / "archives"
    folder.mkdir()
    monkeypatch.setenv("SINSCOPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cifar10, "ARCHIVES", folder)
    monkeypatch.setattr(cifar10, "HOST", "http://127.0.0.1:9")
    return folder


def two_each() -> dict[str, bytes]:
    """Two photos a class, in no order; grey levels tell them apart."""
    names = [(index, number) for number in (7, 3) for index in reversed(range(10))]
    return {f"test/{CIFAR10_CLASSES[index]}/{number:04d}.jpg": jpeg(20 * index + number) for index, number in names}


def read_folder(folder: Path) -> tuple[NDArray[np.uint8], list[str]]:
    paths = sorted(folder.glob("*/*"))
    return np.stack([read_image(path).rgb for path in paths]), [path.parent.name for path in paths]


def test_arrays_and_folder_hold_the_same(archives: Path) -> None:
    assert not cifar10_is_here("test")
    put_archive(archives / "test.tar.xz", two_each())
    assert cifar10_is_here("test")
    assert not cifar10_is_here("train")
    images, labels = cifar10_arrays("test")
    assert labels.tolist() == [index for index in range(10) for _ in range(2)]
    assert [int(level) for level in images.mean((1, 2, 3)).round()] == [20 * i + n for i in range(10) for n in (3, 7)]
    assert not images.flags.writeable
    assert not labels.flags.writeable
    photos, names = read_folder(cifar10_folder("test"))
    assert np.array_equal(photos, images)
    assert names == [CIFAR10_CLASSES[label] for label in labels]


def test_the_second_call_reads_what_the_first_kept(archives: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_archive(archives / "test.tar.xz", two_each())
    first, folder = cifar10_arrays("test"), cifar10_folder("test")
    monkeypatch.setattr(cifar10, "_photos", None)  # nothing is unpacked again
    second = cifar10_arrays("test")
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(first, second, strict=True))
    assert not any(array.flags.writeable for array in second)
    assert cifar10_folder("test") == folder


def test_another_archive_is_other_data_and_a_cut_cache_is_made_anew(archives: Path) -> None:
    put_archive(archives / "test.tar.xz", two_each())
    before, _ = cifar10_arrays("test")
    put_archive(archives / "test.tar.xz", {name: jpeg(255) for name in two_each()})
    after, _ = cifar10_arrays("test")
    assert before.max() < 200
    assert after.min() == 255
    assert read_folder(cifar10_folder("test"))[0].min() == 255
    for path in (cifar10_folder("test").parent).glob("*.npy"):
        path.write_bytes(path.read_bytes()[:100])
    assert np.array_equal(cifar10_arrays("test")[0], after)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"test/wolf/0001.jpg": jpeg(0)}, "test/wolf/0001.jpg, which is no photo of one of CIFAR-10's classes"),
        ({"test/cat/../../dog/x.jpg": jpeg(0)}, "is no photo"),
        ({"test/cat/0003.jpg": b"no picture"}, "cat/0003.jpg of CIFAR-10's test photos is damaged"),
        ({"test/cat/0003.jpg": jpeg(0, side=40)}, "has 40 x 40 px and not 32 x 32"),
    ],
)
def test_an_archive_of_something_else_is_refused(archives: Path, change, sentence: str) -> None:
    put_archive(archives / "test.tar.xz", {**two_each(), **change})
    with pytest.raises(DataError, match=sentence):
        cifar10_arrays("test")


def test_an_archive_without_a_class_or_cut_short_is_refused(archives: Path) -> None:
    path = archives / "test.tar.xz"
    put_archive(path, {name: content for name, content in two_each().items() if "/frog/" not in name})
    with pytest.raises(DataError, match="has no photo of frog"):
        cifar10_folder("test")
    put_archive(path, two_each())
    whole = path.read_bytes()
    for damaged in (whole[:-200], whole[:300] + bytes(40) + whole[340:], b"no archive"):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"test\.tar\.xz is damaged"):
            cifar10_folder("test")
    assert not list((cifar10.cache_folder("cifar10") or path).glob(".*partial"))


def test_without_archives_and_network_it_says_so(archives: Path) -> None:
    assert not list(archives.iterdir())
    with pytest.raises(DataError, match=r"CIFAR-10 is not here and cannot be downloaded .*; connect to the network"):
        cifar10_arrays("test")


def test_the_original_is_read_as_torchvision_keeps_it(archives: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not list(archives.iterdir())
    folder = (cifar10.cache_folder("cifar10") or archives) / CIFAR10.base_folder
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), dtype=np.uint8)
    batch = pickle.dumps({"data": pixels.reshape(3, -1), "labels": [9, 0, 9]})
    meta = pickle.dumps({"label_names": list(CIFAR10_CLASSES)})
    for name, content in (("test_batch", batch), ("batches.meta", meta)):
        (folder / name).write_bytes(content)
    monkeypatch.setattr(CIFAR10, "train_list", [])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", hashlib.md5(batch).hexdigest()]])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": hashlib.md5(meta).hexdigest()})
    images, labels = cifar10_arrays("test")
    assert labels.tolist() == [0, 9, 9]
    assert np.array_equal(images, pixels.transpose(0, 2, 3, 1)[[1, 0, 2]])
    assert np.array_equal(read_folder(cifar10_folder("test"))[0], images)


@pytest.mark.data
def test_the_archives_beside_the_checkout(fresh_cache: Path) -> None:
    if not (ORIGINAL_ARCHIVES / "test.tar.xz").exists():
        pytest.skip("needs ../shared/data/cifar10")
    images, labels = cifar10_arrays("test")
    assert images.shape == (5000, 32, 32, 3)
    assert np.bincount(labels).tolist() == [500] * 10
    assert fresh_cache.is_dir()
