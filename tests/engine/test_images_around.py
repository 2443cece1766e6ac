"""Around reading: what it leaves behind, sample photos, folders, and blending."""

import gc
import hashlib
import os
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from picture_files import FILES, RGB, png, sentence
from PIL import Image, ImageFile

from assets.samples import draw
from engine.errors import ImageError
from engine.images import (
    InputImage,
    blend,
    list_images,
    load_image,
    read_image,
)
from engine.samples import DRAWN, PHOTOS

_SIZES = [*((name, (640, 427)) for name in PHOTOS), *((name, (32, 32)) for name in DRAWN)]
MEASURING = Path(__file__).parents[2] / ".." / "shared" / "data" / "imagenet-sample"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files through /proc")
def test_no_file_stays_open(tmp_path: Path) -> None:
    for name, options in FILES.items():
        Image.fromarray(RGB).save(tmp_path / name, **options)
    (tmp_path / "cut.png").write_bytes((tmp_path / "a.png").read_bytes()[:500])
    (tmp_path / "none.png").write_bytes(b"no image")
    paths = sorted(tmp_path.iterdir())
    gc.disable()
    try:
        before = os.listdir("/proc/self/fd")
        with warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            for path in paths:
                try:
                    read_image(path)
                except ImageError:
                    assert path.name in ("cut.png", "none.png")
        assert len(os.listdir("/proc/self/fd")) == len(before)
    finally:
        gc.enable()


def test_pillow_and_the_warnings_are_left_as_they_were(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "a.png")
    (tmp_path / "bomb.png").write_bytes(png(9_800, 9_800, 1, 0, b"\0"))  # Pillow would warn of this one
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)
    start = threading.Barrier(8)

    def read_some(number: int) -> None:
        start.wait()
        for _ in range(4):
            if number % 2:
                read_image(tmp_path / "a.png")
            else:
                sentence(tmp_path / "bomb.png")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool, warnings.catch_warnings(record=True) as caught:
            list(pool.map(read_some, range(8)))
    finally:
        sys.setswitchinterval(interval)
    assert not caught
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)) == before


@pytest.mark.parametrize(
    ("name", "size"), [*((one, (640, 427)) for one in PHOTOS), *((one, (32, 32)) for one in DRAWN)]
)
def test_the_sample_photos(name: str, size: tuple[int, int]) -> None:
    image = load_image(f"sample:{name}")
    assert isinstance(image, InputImage)
    assert image.path is None
    assert image.name == image.stem == name
    assert image.size == size
    assert not image.rgb.flags.writeable
    assert image.sha256 == hashlib.sha256(image.rgb.tobytes()).hexdigest()


def test_the_drawn_samples_are_what_their_script_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw, "__file__", str(tmp_path / "draw.py"))
    draw.main()
    for name in DRAWN:
        drawn = np.asarray(Image.open(tmp_path / f"{name}.png")).astype(int)
        assert np.abs(drawn - load_image(f"sample:{name}").rgb).max() <= 1  # Pillow's rounding may change


def test_an_unknown_sample_names_those_there_are() -> None:
    with pytest.raises(ImageError, match=r"'cat'.*sample:china, .* or sample:truck"):
        load_image("sample:cat")


def test_load_image_takes_a_path(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "a.png")
    assert np.array_equal(load_image(str(tmp_path / "a.png")).rgb, RGB)


def test_the_images_of_a_folder(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpeg", "10.webp", "notes.txt", ".hidden.png", "c.tif"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in list_images(tmp_path)] == ["10.webp", "a.jpeg", "b.PNG", "c.tif"]


def test_a_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert "has no image" in sentence(tmp_path, list_images)
    assert "not a folder" in sentence(tmp_path / "notes.txt", list_images)
    assert "not a folder" in sentence(tmp_path / "none", list_images)


def test_blend_is_the_nearest_level_for_every_alpha() -> None:
    alpha, colour = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    rgb = colour[..., None].repeat(3, axis=2).astype(np.uint8)
    for ground in (0, 77, 255):
        exact = (rgb * (alpha[..., None] / 255) + ground * (1 - alpha[..., None] / 255)).astype(np.float64)
        mixed = blend(rgb, alpha.astype(np.uint8), np.full(3, ground, np.uint8))
        assert np.abs(mixed - exact).max() <= 0.5 + 1e-9
        assert (mixed[0] == ground).all()
        assert np.array_equal(mixed[255], rgb[255])


@pytest.mark.data
def test_real_photos_are_what_pillow_decodes() -> None:
    if not MEASURING.is_dir():
        pytest.skip(f"the measuring photos are not at {MEASURING}")
    for path in list_images(MEASURING)[::25]:
        with Image.open(path) as picture:
            expected = np.asarray(picture.convert("RGB"))
        assert np.array_equal(read_image(path).rgb, expected)
