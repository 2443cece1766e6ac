"""Reading images: every kind of file as a user expects it, and one sentence for every one that fails."""

import contextlib
import gc
import hashlib
import os
import random
import struct
import sys
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from engine.errors import ImageError
from engine.images import (
    MAX_PIXELS,
    InputImage,
    blend,
    decode_image,
    list_images,
    load_image,
    read_image,
    sample_images,
)

PHOTOS = Path(__file__).parents[2] / ".." / "shared" / "data" / "imagenet-sample"
RGB = np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)
ALPHA = np.tile(np.linspace(0, 255, 53).round().astype(np.uint8), (37, 1))
GREY16 = np.random.default_rng(1).integers(0, 65536, (5, 7)).astype(np.uint16)


def grey8(values: np.ndarray, white: float) -> np.ndarray:
    """8-bit RGB of grey values, 0 being black."""
    return np.repeat(np.floor(values / white * 255 + 0.5).astype(np.uint8)[..., None], 3, axis=2)


def on_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The composite worked out in floating point."""
    share = alpha[..., None] / 255
    return np.floor(rgb * share + 255 * (1 - share) + 0.5).astype(np.uint8)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG written by hand: headers may say anything, and 16-bit colours exist."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + body + chunk(b"IEND", b"")


def sentence(path: object, reader=read_image) -> str:
    """The message of the ImageError, checked to be one sentence that names the input."""
    with pytest.raises(ImageError) as caught:
        reader(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.endswith(".")
    assert "\n" not in message
    return message


# --- kinds of files that are read -----------------------------------------------------------------------


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


# --- files that are refused -----------------------------------------------------------------------------


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


FILES = {
    "a.png": {},
    "a.jpg": {},
    "progressive.jpg": {"progressive": True},
    "a.webp": {},
    "a.bmp": {},
    "a.gif": {},
    "a.tif": {},
    "a.ppm": {},
}


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


# --- what reading leaves behind -------------------------------------------------------------------------


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


# --- samples, folders, blending -------------------------------------------------------------------------


def test_the_sample_photos() -> None:
    samples = sample_images()
    assert list(samples) == ["china", "flower"]
    for name, image in samples.items():
        assert isinstance(image, InputImage)
        assert image.path is None
        assert image.name == image.stem == name
        assert image.size == (640, 427)
        assert not image.rgb.flags.writeable
        assert image.sha256 == hashlib.sha256(image.rgb.tobytes()).hexdigest()
        assert np.array_equal(load_image(f"sample:{name}").rgb, image.rgb)
    assert samples["china"].sha256 != samples["flower"].sha256


def test_an_unknown_sample_names_those_there_are() -> None:
    with pytest.raises(ImageError, match=r"'cat'.*sample:china or sample:flower"):
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
    if not PHOTOS.is_dir():
        pytest.skip(f"the measuring photos are not at {PHOTOS}")
    for path in list_images(PHOTOS)[::25]:
        with Image.open(path) as picture:
            expected = np.asarray(picture.convert("RGB"))
        assert np.array_equal(read_image(path).rgb, expected)
