"""Reading and checking images: files in all their kinds."""

import hashlib
import re
import stat
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from engine.deep_grey import scaled_grey, strips
from engine.errors import ImageError

__all__ = [
    "EXTENSIONS",
    "MAX_PIXELS",
    "DecodedImage",
    "InputImage",
    "blend",
    "check_photo",
    "decode_image",
    "list_images",
    "load_image",
    "read_image",
    "spread",
]

# A guard against decompression bombs: room for a 100-megapixel photo; reading peaks near 1.2 GB at the limit.
MAX_PIXELS = 150_000_000

# Only these are tried: others of Pillow's formats run programs (EPS) or have no use here.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm"})

_SAMPLE_PREFIX = "sample:"

_COLOURS = {
    "1": "Black and white (1 bit) was repeated in the three channels.",
    "L": "Greyscale was repeated in the three channels.",
    "LA": "Greyscale was repeated in the three channels.",
    "CMYK": "CMYK was converted to RGB without a colour profile.",
    "YCbCr": "YCbCr was converted to RGB.",
    "LAB": "L*a*b* was converted to RGB.",
}
_DAMAGED = "{} is damaged or cut short; fetch or save it again."
_SIXTEEN_BITS = "16 bits a channel were scaled to 8."

# The tag of Exif's orientation, and what undoes each of its values (Exif 2.32, 4.6.4).
_ORIENTATION = 274
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Colours (H, W, 3), alpha (H, W) or None where all is opaque, and notes.
_Pixels = tuple[NDArray[np.uint8], NDArray[np.uint8] | None, list[str]]

_quiet_lock = threading.RLock()


@dataclass(frozen=True, eq=False)
class InputImage:
    """A photo as 8-bit RGB, upright and opaque.

    Parameters
    ----------
    path : str or None
        As it was given; ``None`` for a sample photo.
    name : str
        The file's name, or the sample's.
    sha256 : str
        Of the file's bytes; of the pixels' bytes for a sample.
    rgb : array (H, W, 3), read-only
    notes : tuple of str
        What was done to the pixels while reading, one sentence each.
    """

    path: str | None
    name: str
    sha256: str
    rgb: NDArray[np.uint8]
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.rgb.shape[1], self.rgb.shape[0]

    @property
    def stem(self) -> str:
        """The name without its extension."""
        return Path(self.name).stem


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """A picture file's pixels ``rgb`` (H, W, 3), upright, and their ``alpha`` (H, W), ``None`` if all opaque.

    ``sha256`` and ``notes`` as in ``InputImage``.
    """

    sha256: str
    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    notes: tuple[str, ...]


def read_image(path: str | Path) -> InputImage:
    """Read a photo from a PNG, JPEG, WebP, BMP, TIFF, GIF or PPM file of any pixel kind.

    Transparency is laid on white, Exif's orientation applied, the first of several frames taken; 16 bits
    become 8 by the format's own range. The ``notes`` say which of these was done.

    Raises
    ------
    ImageError
        If the file is missing, unreadable, empty, damaged, no image, or has more than ``MAX_PIXELS``.
    """
    decoded = decode_image(path)
    rgb, notes = decoded.rgb, decoded.notes
    if decoded.alpha is not None:
        for rows in strips(*rgb.shape[:2]):
            rgb[rows] = blend(rgb[rows], decoded.alpha[rows], np.full(3, 255, np.uint8))
        notes = (*notes, "Transparency was laid on white.")
    rgb.setflags(write=False)
    return InputImage(str(path), Path(path).name, decoded.sha256, rgb, notes)


def load_image(reference: str) -> InputImage:
    """Read a photo by path, or a sample photo by ``sample:NAME``.

    Raises
    ------
    ImageError
        As ``read_image``, or if there is no such sample.
    """
    if not reference.startswith(_SAMPLE_PREFIX):
        return read_image(reference)
    from engine.samples import load_sample  # it rests on this module

    return load_sample(reference.removeprefix(_SAMPLE_PREFIX))


def check_photo(reference: str) -> None:
    """Refuse what :func:`load_image` could not read; of a file only its head is looked at.

    Raises
    ------
    ImageError
    """
    if reference.startswith(_SAMPLE_PREFIX):
        load_image(reference)
        return
    with _opened(Path(reference)) as file, _picture(file, reference):
        pass


def list_images(folder: Path) -> list[Path]:
    """The folder's images, by extension and sorted by name; hidden files and subfolders are left out.

    Raises
    ------
    ImageError
        If it is no folder, cannot be read, or has no image.
    """
    if not folder.is_dir():
        raise ImageError(f"{folder} is not a folder; name one that holds images.")
    try:
        found = sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() in EXTENSIONS and not path.name.startswith(".") and path.is_file()
        )
    except OSError as error:
        raise ImageError(f"{folder} cannot be listed ({error.strerror}); change its permissions.") from error
    if not found:
        raise ImageError(f"{folder} has no image in it; name a folder with PNG, JPEG or other image files.")
    return found


def spread(paths: Sequence[Path], limit: int | None) -> list[Path]:
    """At most ``limit`` paths, evenly spread over all of them; always the same ones."""
    taken = len(paths) if limit is None else min(limit, len(paths))
    return [paths[index * len(paths) // taken] for index in range(taken)]


def decode_image(path: str | Path) -> DecodedImage:
    """Decode a picture file and keep its alpha; shared by photos and patches.

    Raises
    ------
    ImageError
        As ``read_image``.
    """
    path = Path(path)
    with _opened(path) as file:
        rgb, alpha, notes = _decode(file, str(path))
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return DecodedImage(digest, rgb, alpha, tuple(notes))


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """A file that is there and can be read; while it is open, trouble with it is told in a sentence."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ImageError(f"{path} is a folder; name the images in it.")
        if not stat.S_ISREG(status.st_mode):
            raise ImageError(f"{path} is not a regular file; save the image to one first.")
        if status.st_size == 0:
            raise ImageError(f"{path} is empty (0 bytes); fetch or save it again.")
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist; check the path.") from error
    except PermissionError as error:
        raise ImageError(f"{path} may not be read by this user; change its permissions.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{path} cannot be read ({reason}); check the path and the disk.") from error


def blend(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], background: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay colours over a background, rounded to the nearest level; exact at alpha 0 and 255.

    Shapes: ``rgb`` (..., 3), ``alpha`` (...), and a ``background`` that broadcasts to ``rgb``.
    """
    cover = alpha[..., None].astype(np.uint16)
    mixed = rgb * cover + background * (255 - cover)
    return ((mixed + 127) // 255).astype(np.uint8)


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Silence Pillow's warnings, of bombs above all: ``MAX_PIXELS`` decides here.

    The filters of ``warnings`` belong to the process, so one thread at a time changes and restores them.
    """
    with _quiet_lock, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\b")
        yield


def _picture(file: BufferedReader, path: str) -> ImageFile.ImageFile:
    """An open file as a picture that is not decoded yet.

    Pillow's plugins answer broken bytes with almost any exception, hence the broad ``except``.
    """
    try:
        with _no_warnings():
            image = Image.open(file, formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{path} is not an image that can be read, or its first bytes are damaged; "
            f"give a PNG, JPEG, WebP, BMP, TIFF, GIF or PPM file."
        ) from error
    except Image.DecompressionBombError as error:
        pixels = re.search(r"\d+", str(error))
        raise _too_large(path, int(pixels[0]) if pixels else MAX_PIXELS + 1) from error
    except Exception as error:
        raise ImageError(_DAMAGED.format(path)) from error
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(path, image.width * image.height)
    return image


def _decode(file: BufferedReader, path: str) -> _Pixels:
    """Pixels, alpha and notes of an open picture file."""
    with _picture(file, path) as image:
        try:
            return _pixels(image, path)
        except ImageError:
            raise
        except MemoryError as error:
            count = f"{image.width * image.height:,} pixels"
            raise ImageError(f"{path} with {count} needs more memory than is free; make it smaller first.") from error
        except Exception as error:
            raise ImageError(_DAMAGED.format(path)) from error


def _too_large(path: str, count: int) -> ImageError:
    """The refusal of a decompression bomb."""
    return ImageError(
        f"{path} has {count:,} pixels, above the limit of {MAX_PIXELS:,} that guards against decompression "
        f"bombs; make it smaller first."
    )


def _pixels(image: ImageFile.ImageFile, path: str) -> _Pixels:
    """Load the first frame, turn it upright and bring it to 8-bit RGB with alpha, some rows at a time."""
    notes: list[str] = []
    # Photos decode in parallel, but for those of which Pillow warns again while it loads them.
    warns = image.format == "TIFF" or image.width * image.height > (Image.MAX_IMAGE_PIXELS or MAX_PIXELS)
    with _no_warnings() if warns else nullcontext():
        if _has_more_frames(image):
            notes.append("The file holds several frames or pages; the first was taken.")
        upright = _load_upright(image, notes)
    if upright.mode in ("I", "F") or upright.mode.startswith("I;16"):
        return *scaled_grey(upright, image, path, notes), notes
    target = "RGBA" if upright.has_transparency_data else "RGB"
    if upright.mode in _COLOURS:
        notes.append(_COLOURS[upright.mode])
    shape = upright.height, upright.width
    rgb = np.empty((*shape, 3), np.uint8)
    alpha = np.empty(shape, np.uint8) if target == "RGBA" else None
    for rows in strips(*shape):
        part = upright.crop((0, rows.start, upright.width, rows.stop))
        try:
            pixels = np.asarray(part.convert(target))
        except ValueError as error:
            raise ImageError(
                f"{path} has colours of the kind {part.mode}, which have no plain RGB; save it as an RGB PNG."
            ) from error
        rgb[rows] = pixels[..., :3]
        if alpha is not None:
            alpha[rows] = pixels[..., 3]
    return rgb, alpha if alpha is not None and alpha.min() < 255 else None, notes


def _has_more_frames(image: ImageFile.ImageFile) -> bool:
    """Whether the file holds more than one frame; damage after the first frame counts as none."""
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:
        image.seek(0)
        return False


def _load_upright(image: ImageFile.ImageFile, notes: list[str]) -> Image.Image:
    """Decode and turn as Exif's orientation says; what of it is damaged is passed over."""
    sixteen = image.format in ("PNG", "TIFF") and any(";16" in str(tile.args) for tile in image.tile)
    orientation = getattr(image, "tag_v2", {}).get(_ORIENTATION)
    image.load()
    if sixteen and image.mode in ("RGB", "RGBA", "LA", "CMYK"):
        notes.append(_SIXTEEN_BITS)
        if isinstance(key := image.info.get("transparency"), tuple):
            image.info["transparency"] = tuple(level >> 8 for level in key)
    if image.format != "TIFF":
        try:
            with _no_warnings():
                orientation = image.getexif().get(_ORIENTATION)
        except Exception:
            notes.append("The Exif data are damaged and were passed over.")
    if orientation not in _UPRIGHT:
        return image
    notes.append("The rotation that Exif asks for was applied.")
    return image if image.format == "TIFF" else image.transpose(_UPRIGHT[orientation])  # TIFFs load upright
