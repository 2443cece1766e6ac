"""Images that cannot be read: one sentence for every one."""

import contextlib
import os
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
from picture_files import FILES, RGB, png, sentence
from PIL import Image

from engine.errors import ImageError
from engine.images import (
    MAX_PIXELS,
    list_images,
    read_image,
)


def test_missing(tmp_path: Path) -> None:
    assert "does not exist" in sentence(tmp_path / "none.png")


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in sentence(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "e.png").touch()
    assert "is empty" in sentence(tmp_path / "e.png")


def test_a_name_too_long(tmp_path: Path) -> None:
    assert "cannot be read" in sentence(tmp_path / ("x" * 5000))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert "not a regular file" in sentence(tmp_path / "pipe.png")


@pytest.mark.parametrize(
    "content",
    [b"x", b"not an image\n" * 50, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"\0" * 999],
)
def test_not_an_image(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.jpg").write_bytes(content)
    assert "is not an image" in sentence(tmp_path / "t.jpg")


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0), (0, 0)])
def test_zero_size(tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "z.png").write_bytes(png(width, height, 8, 2, b"\0" * 99))
    sentence(tmp_path / "z.png")


@pytest.mark.parametrize("values", [[0, np.nan, 1], [0, np.inf, 1], [-np.inf, 0, 1]])
def test_floats_that_are_no_numbers(tmp_path: Path, values: list[float]) -> None:
    Image.fromarray(np.array([values], np.float32)).save(tmp_path / "f.tif")
    assert "NaN or infinite" in sentence(tmp_path / "f.tif")


@pytest.mark.parametrize("side", [20_000, 13_000, 70_000])
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    # There is no pixel behind the header: had anything been decoded, the file would count as damaged.
    path = tmp_path / "bomb.png"
    path.write_bytes(png(side, side, 8, 2, b"\0"))
    message = sentence(path)
    assert f"{side * side:,} pixels" in message
    assert f"{MAX_PIXELS:,}" in message


def test_the_largest_number_of_pixels_is_not_refused(tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(png(15_000, 10_000, 1, 0, b"\0"))
    assert "damaged" in sentence(tmp_path / "b.png")
    (tmp_path / "b.png").write_bytes(png(15_000, 10_001, 1, 0, b"\0"))
    assert "limit" in sentence(tmp_path / "b.png")


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file(tmp_path: Path, name: str) -> None:
    whole = tmp_path / name
    Image.fromarray(RGB).save(whole, **FILES[name])
    content = whole.read_bytes()
    read_image(whole)
    for share in np.linspace(0.02, 0.93, 40):
        whole.write_bytes(content[: int(len(content) * share)])
        sentence(whole)


@pytest.mark.parametrize("name", FILES)
def test_flipped_bytes_give_an_image_or_one_sentence(tmp_path: Path, name: str) -> None:
    draw = random.Random(0)
    Image.fromarray(RGB).save(tmp_path / name, **FILES[name])
    content = (tmp_path / name).read_bytes()
    for _ in range(60):
        broken = bytearray(content)
        for _ in range(draw.randint(1, 5)):
            broken[draw.randrange(min(len(broken), 400))] = draw.randrange(256)
        (tmp_path / name).write_bytes(broken)
        # Any other exception, or a warning, fails the test.
        with warnings.catch_warnings(), contextlib.suppress(ImageError):
            warnings.simplefilter("error")
            image = read_image(tmp_path / name)
            assert image.rgb.shape == (*image.size[::-1], 3)


@pytest.fixture
def locked(tmp_path: Path):
    """A file and a folder that this user may not read; root steps down for the test's time."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no POSIX permissions")
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (tmp_path / "file.png", folder / "file.png"):
        Image.fromarray(RGB).save(path)
        read_image(path)  # what root imports lazily, it imports now
    (tmp_path / "file.png").chmod(0)
    folder.chmod(0)
    opened = []
    root = os.geteuid() == 0
    if root:
        for parent in [tmp_path, *tmp_path.parents]:
            mode = parent.stat().st_mode
            if not mode & 0o001 and parent.is_relative_to("/tmp"):
                parent.chmod(mode | 0o011)
                opened.append((parent, mode))
        os.seteuid(65534)
    yield tmp_path
    if root:
        os.seteuid(0)
    folder.chmod(0o700)
    for parent, mode in opened:
        parent.chmod(mode)


def test_no_permission(locked: Path) -> None:
    assert "may not be read" in sentence(locked / "file.png")
    assert "may not be read" in sentence(locked / "folder" / "file.png")
    with pytest.raises(ImageError, match="permissions"):
        list_images(locked / "folder")
