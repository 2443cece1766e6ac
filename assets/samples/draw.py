"""Draws the sample pictures of 32 x 32 px beside this file: ``python -m assets.samples.draw``."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 32
FINE = 16  # drawn so many times larger, and averaged


def ground(top: tuple[int, int, int], bottom: tuple[int, int, int], share: float = 1.0) -> Image.Image:
    """A picture whose colour goes from one at the top to another, reached at a share of its height."""
    fine = SIDE * FINE
    down = np.clip(np.linspace(0, 1 / share, fine), 0, 1)[:, None, None]
    colours = (1 - down) * np.array(top) + down * np.array(bottom)
    return Image.fromarray(np.broadcast_to(colours, (fine, fine, 3)).astype(np.uint8))


def shape(picture: Image.Image, points: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
    """A polygon; its corners in px of the finished picture."""
    ImageDraw.Draw(picture).polygon([(x * FINE, y * FINE) for x, y in points], fill=colour)


def disc(picture: Image.Image, x: float, y: float, radius: float, colour: tuple[int, int, int]) -> None:
    """A disc about a point, in px of the finished picture."""
    box = [(value) * FINE for value in (x - radius, y - radius, x + radius, y + radius)]
    ImageDraw.Draw(picture).ellipse(box, fill=colour)


def airplane() -> Image.Image:
    """An airliner from the side, against the sky."""
    picture = ground((88, 140, 205), (188, 212, 236))
    for x, y, radius in ((5, 27, 4), (9, 28, 5), (27, 6, 3), (24, 5, 2.4)):
        disc(picture, x, y, radius, (226, 234, 244))
    picture = picture.filter(ImageFilter.GaussianBlur(FINE))
    shape(picture, [(3, 10.5), (6, 10.5), (10.5, 16.5), (6, 17)], (58, 76, 118))  # fin
    shape(
        picture,
        [(3.2, 15.5), (7, 14.6), (24, 14.6), (28.4, 16), (29.6, 17.6), (27, 18.8), (8, 18.8)],
        (238, 240, 243),
    )
    shape(picture, [(4.5, 17.4), (29.2, 17.6), (27, 18.8), (8, 18.8)], (176, 184, 196))  # belly in shade
    shape(picture, [(3, 16), (8, 16.2), (3.6, 18.4), (1.8, 18.4)], (150, 160, 176))  # tailplane
    shape(picture, [(14, 17), (19.5, 17), (10.5, 24.5), (8.6, 24.5)], (132, 144, 164))  # near wing
    shape(picture, [(15, 15), (18, 15), (13.4, 11), (12.4, 11)], (162, 172, 188))  # far wing
    disc(picture, 15.2, 20.4, 1.2, (92, 102, 120))
    for x in range(9, 25, 2):
        shape(picture, [(x, 15.6), (x + 0.9, 15.6), (x + 0.9, 16.4), (x, 16.4)], (70, 88, 116))
    shape(picture, [(26, 15.6), (27.8, 16), (28.4, 16.7), (26, 16.6)], (46, 60, 84))
    return picture


def ship() -> Image.Image:
    """A freighter on the sea."""
    picture = ground((150, 186, 222), (222, 230, 236), 0.6)
    shape(picture, [(0, 20), (32, 20), (32, 32), (0, 32)], (48, 92, 132))
    for y, shade in ((21, (66, 112, 152)), (24, (58, 104, 146)), (27.5, (40, 80, 120)), (30, (54, 98, 138))):
        shape(picture, [(0, y), (32, y + 0.6), (32, y + 1.2), (0, y + 0.8)], shade)
    shape(picture, [(2, 16), (30.4, 15.4), (27.4, 22.6), (5, 22.8)], (42, 46, 58))
    shape(picture, [(4, 20.6), (28.4, 20.4), (27.4, 22.6), (5, 22.8)], (150, 52, 44))
    shape(picture, [(4, 9), (11, 9), (11, 16), (4, 16)], (240, 240, 236))
    shape(picture, [(5.4, 6.4), (9.6, 6.4), (9.6, 9), (5.4, 9)], (224, 226, 224))
    shape(picture, [(6.4, 3.4), (8.6, 3.4), (8.6, 6.4), (6.4, 6.4)], (196, 84, 48))
    for y in (10.4, 12.6):
        shape(picture, [(4.8, y), (10.2, y), (10.2, y + 0.9), (4.8, y + 0.9)], (84, 104, 128))
    boxes = [(12, (188, 96, 52)), (15.4, (62, 118, 138)), (18.8, (206, 168, 74)), (22.2, (150, 58, 62))]
    for x, colour in boxes:
        shape(picture, [(x, 12), (x + 3, 12), (x + 3, 15.8), (x, 15.8)], colour)
    shape(picture, [(26.4, 9), (27, 9), (27, 15.6), (26.4, 15.6)], (110, 116, 126))
    shape(picture, [(4, 22.8), (28, 22.6), (30, 23.8), (2, 24)], (202, 218, 228))
    return picture


def truck() -> Image.Image:
    """A lorry on a road."""
    picture = ground((174, 198, 220), (224, 228, 226), 0.5)
    shape(picture, [(0, 15), (8, 12.4), (17, 14.4), (26, 12), (32, 14), (32, 21), (0, 21)], (102, 130, 84))
    shape(picture, [(0, 20.4), (32, 20.4), (32, 32), (0, 32)], (112, 112, 114))
    shape(picture, [(0, 27.6), (32, 28.4), (32, 29.2), (0, 28.4)], (204, 202, 190))
    shape(picture, [(3, 24.6), (30, 24.6), (28, 26.4), (4, 26.4)], (74, 74, 78))  # shadow
    shape(picture, [(2.4, 7), (20.6, 7), (20.6, 21.6), (2.4, 21.6)], (232, 232, 226))
    shape(picture, [(2.4, 17.6), (20.6, 17.6), (20.6, 21.6), (2.4, 21.6)], (206, 206, 202))
    shape(picture, [(21.4, 10.6), (26, 10.6), (28.8, 15.4), (29.6, 16), (29.6, 22), (21.4, 22)], (182, 44, 40))
    shape(picture, [(22.4, 11.8), (25.6, 11.8), (27.6, 15.4), (22.4, 15.4)], (132, 166, 190))
    shape(picture, [(2.4, 21.6), (29.6, 21.6), (29.6, 23.2), (2.4, 23.2)], (56, 56, 60))
    for x in (6.4, 10.8, 25):
        disc(picture, x, 23.4, 2.3, (34, 34, 38))
        disc(picture, x, 23.4, 1.0, (156, 156, 160))
    shape(picture, [(28.6, 18.6), (29.6, 18.6), (29.6, 20), (28.6, 20)], (246, 226, 150))
    return picture


def main() -> None:
    """Draw all of them, with a little noise as a camera has it."""
    drawings: dict[str, Callable[[], Image.Image]] = {"airplane": airplane, "ship": ship, "truck": truck}
    for seed, (name, draw) in enumerate(drawings.items()):
        small = draw().resize((SIDE, SIDE), Image.Resampling.BOX)
        noise = np.random.default_rng(seed).normal(0, 4, (SIDE, SIDE, 1))
        pixels = np.clip(np.asarray(small, dtype=np.float64) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(Path(__file__).with_name(f"{name}.png"))


if __name__ == "__main__":
    main()
