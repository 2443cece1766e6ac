"""Picture files for the tests of reading: usual ones, hand-written ones, and what a refusal has to say."""

import struct
import zlib

import numpy as np
import pytest

from engine.errors import ImageError
from engine.images import read_image

RGB = np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)

# How to save one of each kind.
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
