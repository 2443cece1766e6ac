"""Reading images: every kind of file as a user expects it."""

import hashlib
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from picture_files import RGB, chunk, png
from PIL import Image

from engine.images import (
    MAX_PIXELS,
    decode_image,
    read_image,
)

ALPHA = np.tile(np.linspace(0, 255, 53).round().astype(np.uint8), (37, 1))
GREY16 = np.random.default_rng(1).integers(0, 65536, (5, 7)).astype(np.uint16)


def grey8(values: np.ndarray, white: float) -> np.ndarray:
    """8-bit RGB of grey values, 0 being black."""
    return np.repeat(np.floor(values / white * 255 + 0.5).astype(np.uint8)[..., None], 3, axis=2)


def on_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The composite worked out in floating point."""
    share = alpha[..., None] / 255
    return np.floor(rgb * share + 255 * (1 - share) + 0.5).astype(np.uint8)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.webp", "a.ppm"])
def test_a_lossless_colour_file_keeps_its_pixels(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    Image.fromarray(RGB).save(path, **({"lossless": True} if name.endswith("webp") else {}))
    image = read_image(path)
    assert np.array_equal(image.rgb, RGB)
    assert image.rgb.dtype == np.uint8
    assert not image.rgb.flags.writeable
    assert image.size == (53, 37)
    assert (image.path, image.name, image.stem) == (str(path), name, "a")
    assert image.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert image.notes == ()


def test_a_jpeg_is_what_pillow_decodes(tmp_path: Path) -> None:
    path = tmp_path / "a.b.jpeg"
    Image.fromarray(RGB).save(path, quality=80)
    image = read_image(str(path))
    assert np.array_equal(image.rgb, np.asarray(Image.open(path)))
    assert image.stem == "a.b"


def test_the_suffix_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.fromarray(RGB).save(path, format="PNG")
    assert np.array_equal(read_image(path).rgb, RGB)


def test_one_pixel(tmp_path: Path) -> None:
    Image.fromarray(RGB[:1, :1]).save(tmp_path / "1.png")
    assert read_image(tmp_path / "1.png").rgb.tolist() == [[RGB[0, 0].tolist()]]


def test_palette(tmp_path: Path) -> None:
    picture = Image.fromarray(RGB).quantize(16)
    picture.save(tmp_path / "p.png")
    picture.save(tmp_path / "p.gif")
    expected = np.asarray(picture.convert("RGB"))
    assert np.array_equal(read_image(tmp_path / "p.png").rgb, expected)
    assert np.array_equal(read_image(tmp_path / "p.gif").rgb, expected)


@pytest.mark.parametrize("name", ["g.png", "g.tif", "g.pgm", "g.bmp"])
def test_greyscale(tmp_path: Path, name: str) -> None:
    Image.fromarray(RGB[..., 0]).save(tmp_path / name)
    image = read_image(tmp_path / name)
    assert np.array_equal(image.rgb, RGB[..., :1].repeat(3, axis=2))
    assert any("Greyscale" in note for note in image.notes)


@pytest.mark.parametrize("name", ["b.png", "b.tif", "b.bmp"])
def test_one_bit(tmp_path: Path, name: str) -> None:
    bits = RGB[..., 0] > 127
    Image.fromarray(bits).save(tmp_path / name)
    assert np.array_equal(read_image(tmp_path / name).rgb, np.where(bits[..., None], 255, 0).repeat(3, axis=2))


@pytest.mark.parametrize(
    ("name", "options"),
    [("g.png", {}), ("g.tif", {}), ("lzw.tif", {"compression": "tiff_lzw"}), ("g.pgm", {})],
)
def test_16_bit_grey_keeps_the_range_of_the_format(tmp_path: Path, name: str, options: dict) -> None:
    for values in (GREY16, GREY16 // 200):  # the second is a dark photo, and must stay one
        Image.fromarray(values).save(tmp_path / name, **options)
        image = read_image(tmp_path / name)
        assert np.array_equal(image.rgb, grey8(values, 65535))
        assert image.notes == ("Greyscale from 0 (black) to 65535 (white) was scaled to 8 bits.",)


def test_16_bit_big_endian_tiff(tmp_path: Path) -> None:
    Image.fromarray(GREY16.astype(">u2")).save(tmp_path / "b.tif")
    assert np.array_equal(read_image(tmp_path / "b.tif").rgb, grey8(GREY16, 65535))


def tiff(width: int, height: int, data: bytes, bits: int, photometric: int) -> bytes:
    """A little-endian TIFF with one strip, one sample a pixel."""
    tags = [(256, width), (257, height), (258, bits), (259, 1), (262, photometric)]
    tags += [(273, 8), (277, 1), (278, height), (279, len(data))]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    padded = data + b"\0" * (len(data) % 2)
    start = struct.pack("<2sHI", b"II", 42, 8 + len(padded))
    return start + padded + struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)


def test_12_bit_tiff(tmp_path: Path) -> None:
    (tmp_path / "12.tif").write_bytes(tiff(2, 1, bytes([0x80, 0x0F, 0xFF]), 12, 1))  # 0x800, 0xfff
    assert read_image(tmp_path / "12.tif").rgb[0, :, 0].tolist() == [128, 255]


def test_16_bit_tiff_with_white_at_zero(tmp_path: Path) -> None:
    (tmp_path / "w.tif").write_bytes(tiff(3, 1, struct.pack("<3H", 0, 65535, 257), 16, 0))
    assert read_image(tmp_path / "w.tif").rgb[0, :, 0].tolist() == [255, 0, 254]


def test_32_bit_integers_take_the_smallest_usual_range(tmp_path: Path) -> None:
    for top, white in ((200, 255), (40000, 65535), (1 << 30, 1 << 30)):
        values = np.array([[0, top // 2, top]], np.int32)
        Image.fromarray(values).save(tmp_path / "i.tif")
        assert np.array_equal(read_image(tmp_path / "i.tif").rgb, grey8(values, white))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 0.5, 1], [0, 128, 255]),
        ([0, 0.1, 0.2], [0, 26, 51]),
        ([0, 100, 200], [0, 100, 200]),
        ([0, 257, 65535], [0, 1, 255]),
        ([0, 5e8, 1e9], [0, 128, 255]),
        ([-1, 0, 1], [0, 128, 255]),
        ([-2, -2, -2], [0, 0, 0]),
        ([0, 0, 0], [0, 0, 0]),
    ],
)
def test_floats_take_the_smallest_usual_range_else_their_own(tmp_path: Path, values, expected) -> None:
    Image.fromarray(np.array([values], np.float32)).save(tmp_path / "f.tif")
    assert read_image(tmp_path / "f.tif").rgb[0, :, 0].tolist() == expected


def test_16_bit_colour_is_scaled_and_said_so(tmp_path: Path) -> None:
    path = tmp_path / "c.png"
    path.write_bytes(png(2, 1, 16, 2, b"\0" + struct.pack(">6H", 0x1234, 0x5678, 0x9ABC, 0xFFFF, 0x8000, 0)))
    image = read_image(path)
    assert image.rgb.tolist() == [[[0x12, 0x56, 0x9A], [255, 0x80, 0]]]
    assert image.notes == ("16 bits a channel were scaled to 8.",)


def test_a_transparent_16_bit_colour(tmp_path: Path) -> None:
    colours = struct.pack(">6H", 0x1234, 0x5678, 0x9ABC, 0xFFFF, 0x8000, 0)
    extra = chunk(b"tRNS", struct.pack(">3H", 0x1234, 0x5678, 0x9ABC))
    (tmp_path / "c.png").write_bytes(png(2, 1, 16, 2, b"\0" + colours, extra))
    assert read_image(tmp_path / "c.png").rgb.tolist() == [[[255, 255, 255], [255, 0x80, 0]]]


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_rgba_is_laid_on_white(tmp_path: Path, name: str) -> None:
    picture = Image.fromarray(np.dstack([RGB, ALPHA]))
    picture.save(tmp_path / name, **({"lossless": True, "exact": True} if name.endswith("webp") else {}))
    image = read_image(tmp_path / name)
    assert np.array_equal(image.rgb, on_white(RGB, ALPHA))
    assert image.notes == ("Transparency was laid on white.",)


def test_an_opaque_alpha_channel_changes_nothing(tmp_path: Path) -> None:
    Image.fromarray(np.dstack([RGB, np.full_like(ALPHA, 255)])).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert np.array_equal(image.rgb, RGB)
    assert image.notes == ()
    assert decode_image(tmp_path / "a.png").alpha is None


def test_grey_with_alpha(tmp_path: Path) -> None:
    Image.merge("LA", [Image.fromarray(RGB[..., 0]), Image.fromarray(ALPHA)]).save(tmp_path / "la.png")
    expected = on_white(RGB[..., :1].repeat(3, axis=2), ALPHA)
    assert np.array_equal(read_image(tmp_path / "la.png").rgb, expected)


def test_a_transparent_grey_of_8_and_16_bits(tmp_path: Path) -> None:
    for values, white in ((RGB[..., 0], 255), (GREY16, 65535)):
        key = int(values[0, 0])
        Image.fromarray(values).save(tmp_path / "g.png", transparency=key)
        expected = np.where((values == key)[..., None], 255, grey8(values, white))
        assert np.array_equal(read_image(tmp_path / "g.png").rgb, expected)


@pytest.mark.parametrize("name", ["p.png", "p.gif"])
def test_a_transparent_palette_entry(tmp_path: Path, name: str) -> None:
    picture = Image.fromarray(RGB).quantize(16)
    picture.save(tmp_path / name, transparency=3)
    hidden = np.asarray(picture) == 3
    assert hidden.any()
    expected = np.where(hidden[..., None], 255, np.asarray(picture.convert("RGB")))
    assert np.array_equal(read_image(tmp_path / name).rgb, expected)
    assert np.array_equal(decode_image(tmp_path / name).alpha, np.where(hidden, 0, 255))


@pytest.mark.parametrize("name", ["c.tif", "c.jpg"])
def test_cmyk(tmp_path: Path, name: str) -> None:
    picture = Image.new("CMYK", (8, 8), (0, 255, 255, 0))  # no cyan, all magenta and yellow: red
    picture.save(tmp_path / name)
    image = read_image(tmp_path / name)
    assert np.abs(image.rgb.astype(int) - (255, 0, 0)).max() <= 3
    assert image.notes == ("CMYK was converted to RGB without a colour profile.",)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["o.png", "o.jpg", "o.webp", "o.tif", "lzw.tif"])
def test_exif_rotation_is_applied(tmp_path: Path, name: str, orientation: int) -> None:
    # What a camera held so stores, for each value of the tag: undoing it gives the scene.
    scene = np.zeros((16, 32, 3), np.uint8)
    scene[:8, :8] = 255  # one white corner, top left
    stored = {
        1: scene,
        2: scene[:, ::-1],
        3: scene[::-1, ::-1],
        4: scene[::-1],
        5: scene.transpose(1, 0, 2),
        6: np.rot90(scene, 1),
        7: scene[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(scene, -1),
    }
    exif = Image.Exif()
    exif[274] = orientation
    options = {"webp": {"lossless": True}, "jpg": {"quality": 95}}.get(name.split(".")[1], {})
    if name.startswith("lzw"):
        options = {"compression": "tiff_lzw"}
    Image.fromarray(np.ascontiguousarray(stored[orientation])).save(tmp_path / name, exif=exif, **options)
    image = read_image(tmp_path / name)
    assert image.size == (32, 16)
    assert np.abs(image.rgb.astype(int) - scene).max() <= 3
    assert bool(image.notes) == (orientation > 1)


def test_damaged_exif_does_not_stop_the_photo(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "e.png", exif=b"Exif\0\0MM\0*\0\0\xff\xff\x01")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = read_image(tmp_path / "e.png")
    assert np.array_equal(image.rgb, RGB)


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif", "a.mpo"])
def test_of_several_frames_the_first(tmp_path: Path, name: str) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    first, *rest = [Image.new("RGB", (16, 16), colour) for colour in colours]
    options = {"lossless": True} if name.endswith("webp") else {}
    first.save(tmp_path / name, save_all=True, append_images=rest, **options)
    image = read_image(tmp_path / name)
    assert image.size == (16, 16)
    assert np.abs(image.rgb.astype(int) - colours[0]).max() <= 3
    assert image.notes == ("The file holds several frames or pages; the first was taken.",)


@pytest.mark.parametrize(("name", "side"), [("big.png", 10_000), ("big.tif", 9_600)])
def test_a_photo_above_pillows_own_limit_opens_without_a_warning(tmp_path: Path, name: str, side: int) -> None:
    assert Image.MAX_IMAGE_PIXELS < side * side <= MAX_PIXELS
    picture = Image.new("1", (side, side))
    picture.putpixel((side - 1, side - 1), 1)
    picture.save(tmp_path / name, **({"compression": "group4"} if name.endswith("tif") else {}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = read_image(tmp_path / name)
    assert image.size == (side, side)
    assert image.rgb[-1, -1].tolist() == [255, 255, 255]
    assert not image.rgb[: side // 2].any()
