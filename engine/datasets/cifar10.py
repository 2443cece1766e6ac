"""CIFAR-10 (Krizhevsky 2009), from archives beside the checkout or from its host, as arrays and as photos."""

import hashlib
import io
import lzma
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.cache import cache_folder, write_whole
from engine.datasets.beside import BESIDE
from engine.errors import DataError

__all__ = ["CIFAR10_CLASSES", "Split", "cifar10_arrays", "cifar10_folder", "cifar10_is_here"]

Split = Literal["train", "test"]

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SIDE = 32
ARCHIVES = BESIDE / "cifar10"
HOST = "https://www.cs.toronto.edu"
_CACHE = "cifar10"


@dataclass(frozen=True)
class _Photo:
    """A photo of a split: its class's index, its file's name, and the file's bytes."""

    label: int
    name: str
    content: bytes


def cifar10_arrays(split: Split) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Photos and classes of a split, read-only, sorted by class and file name: always in the same order.

    They are decoded once and kept in the cache.

    Parameters
    ----------
    split : "train" or "test"

    Returns
    -------
    images : uint8 array (N, 32, 32, 3)
        RGB.
    labels : int64 array (N,)
        Indices into ``CIFAR10_CLASSES``.

    Raises
    ------
    DataError
        If the data are not here and cannot be fetched, or are damaged.
    """
    folder = cache_folder(_CACHE)
    kept = None if folder is None else folder / f"{split}-{_source(split)}"
    if kept is not None and (found := _kept_arrays(kept)) is not None:
        return found
    photos = sorted(_photos(split), key=lambda photo: (photo.label, photo.name))
    images = np.stack([_decoded(photo, split) for photo in photos])
    labels = np.array([photo.label for photo in photos], np.int64)
    if kept is not None:
        for name, array in (("labels", labels), ("images", images)):  # the images last: they stand for both
            _keep(kept.with_name(f"{kept.name}-{name}.npy"), array)
    for array in (images, labels):
        array.setflags(write=False)
    return images, labels


def cifar10_is_here(split: Split) -> bool:
    """Whether a split's photos can be had without a download."""
    cache = cache_folder(_CACHE)
    return _archive(split) is not None or (cache is not None and (cache / f"{split}-original").is_dir())


def cifar10_folder(split: Split) -> Path:
    """A folder in the cache that holds a split's photos, in a folder for each class.

    Parameters
    ----------
    split : "train" or "test"

    Raises
    ------
    DataError
        As :func:`cifar10_arrays`, and if there is no cache to put it in.
    """
    cache = cache_folder(_CACHE)
    if cache is None:
        raise DataError(
            "CIFAR-10's photos are unpacked in the cache folder, which cannot be written to; name another with "
            "the environment variable SINSCOPE_CACHE."
        )
    folder = cache / f"{split}-{_source(split)}"
    if folder.is_dir():
        return folder
    partial = cache / f".{folder.name}.{os.getpid()}.partial"
    try:
        for name in CIFAR10_CLASSES:
            (partial / name).mkdir(parents=True, exist_ok=True)
        for photo in _photos(split):
            (partial / CIFAR10_CLASSES[photo.label] / photo.name).write_bytes(photo.content)
        partial.rename(folder)
    except OSError as error:
        if not folder.is_dir():  # else another process was quicker
            raise DataError(
                f"CIFAR-10's photos cannot be unpacked in {cache} ({error.strerror}); free some space, or name "
                f"another folder with the environment variable SINSCOPE_CACHE."
            ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _archive(split: Split) -> Path | None:
    path = ARCHIVES / f"{split}.tar.xz"
    return path if path.is_file() else None


def _source(split: Split) -> str:
    """A short name of where the photos come from: another archive is another data set."""
    if (path := _archive(split)) is None:
        return "original"
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); change its permissions.") from error


def _photos(split: Split) -> Iterator[_Photo]:
    path = _archive(split)
    return _downloaded(split) if path is None else _unpacked(path)


def _unpacked(path: Path) -> Iterator[_Photo]:
    """The photos of an archive with a folder for each class."""
    found: set[str] = set()
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if not member.isfile():
                    continue
                _, _, place = member.name.partition("/")
                folder, _, name = place.partition("/")
                if folder not in CIFAR10_CLASSES or not name or name != Path(name).name:
                    raise DataError(
                        f"{path} holds {member.name}, which is no photo of one of CIFAR-10's classes; fetch it again."
                    )
                found.add(folder)
                content = archive.extractfile(member)
                assert content is not None  # it is a file
                yield _Photo(CIFAR10_CLASSES.index(folder), name, content.read())
    except (tarfile.TarError, lzma.LZMAError, EOFError, OSError) as error:
        raise DataError(f"{path} is damaged or cannot be read ({error}); fetch it again.") from error
    if missing := [name for name in CIFAR10_CLASSES if name not in found]:
        raise DataError(f"{path} has no photo of {missing[0]}; fetch it again.")


def _downloaded(split: Split) -> Iterator[_Photo]:
    """The photos of the original, as torchvision fetches it; lossless PNG files."""
    from engine.classifiers.download import downloaded_data, require_host  # they import torch
    from engine.classifiers.libraries import import_torchvision

    root = cache_folder(_CACHE)
    if root is None:
        raise DataError(
            "CIFAR-10 is downloaded to the cache folder, which cannot be written to; name another with the "
            "environment variable SINSCOPE_CACHE."
        )
    original = import_torchvision().datasets.CIFAR10
    train = split == "train"
    try:
        data = original(root, train=train)
    except RuntimeError:  # it is not there, or not whole
        with downloaded_data("CIFAR-10"):
            require_host(HOST)
            data = original(root, train=train, download=True)
    for index, (pixels, label) in enumerate(zip(data.data, data.targets, strict=True)):
        content = io.BytesIO()
        Image.fromarray(pixels).save(content, format="PNG")
        yield _Photo(int(label), f"{index:05d}.png", content.getvalue())


def _decoded(photo: _Photo, split: Split) -> NDArray[np.uint8]:
    where = f"{CIFAR10_CLASSES[photo.label]}/{photo.name} of CIFAR-10's {split} photos"
    try:
        with Image.open(io.BytesIO(photo.content), formats=("JPEG", "PNG")) as image:
            pixels = np.asarray(image.convert("RGB"))
    except Exception as error:  # Pillow's plugins answer broken bytes with almost any exception
        raise DataError(f"{where} is damaged; fetch the archive again.") from error
    if pixels.shape != (SIDE, SIDE, 3):
        raise DataError(
            f"{where} has {pixels.shape[0]} x {pixels.shape[1]} px and not {SIDE} x {SIDE}; fetch it again."
        )
    return pixels


def _kept_arrays(kept: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
    """What an earlier call decoded, mapped into memory; ``None`` if it is not there or makes no sense."""
    try:
        images = np.load(kept.with_name(f"{kept.name}-images.npy"), mmap_mode="r", allow_pickle=False)
        labels = np.load(kept.with_name(f"{kept.name}-labels.npy"), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if images.shape != (len(labels), SIDE, SIDE, 3) or images.dtype != np.uint8 or labels.dtype != np.int64:
        return None
    labels.setflags(write=False)
    return images, labels


def _keep(path: Path, array: NDArray[np.generic]) -> None:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    try:
        write_whole(path, content.getvalue())
    except OSError:
        return  # a full disk: it is decoded again next time
