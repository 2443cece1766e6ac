"""Train the sample patch of ``demo``: 51 x 51 px (5 %) that reads "toaster" on scikit-learn's two photos.

Run from a checkout, five minutes on two CPU cores::

    python -m assets.make_sample_patch

It maximises the mean log-probability of the target (Eq. 3) around one place of the two photos, which are jittered a
little so that the patch does not live off their exact pixels, and writes the PNG and a JSON of how it was made
beside it. It is a patch for a demonstration, not a universal one.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.classifiers import load_classifier
from engine.images import sample_images
from engine.settings import Settings
from engine.superficial import to_pixels

FOLDER = Path(__file__).parent / "patches"
NAME = "toaster-5pct-samples"
SIDE, TARGET = 51, 859
PLACE, JITTER = torch.tensor([100, 64]), 12


def place(photos: Tensor, patch: Tensor, draw: torch.Generator) -> Tensor:
    """A batch of photos ``(n, 3, H, W)`` with the patch near its place."""
    placed = []
    for photo in photos:
        _, height, width = photo.shape
        shift = torch.randint(-8, 9, (2,), generator=draw)
        photo = torch.roll(photo, (int(shift[0]), int(shift[1])), (1, 2))
        photo = (photo * (0.9 + 0.2 * torch.rand(1, generator=draw))).clamp(0, 1)
        top, left = (int(at) for at in PLACE + torch.randint(-JITTER, JITTER + 1, (2,), generator=draw))
        padding = (left, width - SIDE - left, top, height - SIDE - top)
        inside = torch.nn.functional.pad(torch.ones(1, SIDE, SIDE), padding)
        placed.append(torch.where(inside > 0, torch.nn.functional.pad(patch, padding), photo))
    return torch.stack(placed)


def main() -> None:
    """Train, measure and save the patch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    classifier = load_classifier(Settings())
    views = [classifier.preprocessing.view(image.rgb) for image in sample_images().values()]
    photos = torch.cat([to_pixels(view) for view in views])
    draw = torch.Generator().manual_seed(options.seed)
    raw = (torch.rand(3, SIDE, SIDE, generator=draw) - 0.5).requires_grad_()
    optimiser = torch.optim.Adam([raw], lr=0.3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, options.steps)
    network = classifier.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for step in range(options.steps):
        batch = photos[torch.randint(0, len(photos), (options.batch,), generator=draw)]
        logits = network(place(batch, torch.sigmoid(raw), draw))
        loss = torch.nn.functional.cross_entropy(logits, torch.full((options.batch,), TARGET))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 20 == 0 or step == options.steps - 1:
            success = float((logits.argmax(1) == TARGET).float().mean())
            print(f"step {step}: loss {float(loss.detach()):.3f}, success {success:.2f}", flush=True)

    pixels = (torch.sigmoid(raw.detach()) * 255).round().byte()
    with torch.no_grad():
        tries = photos.repeat(64, 1, 1, 1)
        answers = torch.cat([network(place(part, pixels / 255, draw)).argmax(1) for part in tries.split(16)])
    success = float((answers == TARGET).float().mean())
    FOLDER.mkdir(exist_ok=True)
    Image.fromarray(np.ascontiguousarray(pixels.permute(1, 2, 0).numpy())).save(FOLDER / f"{NAME}.png")
    made = {
        "target": TARGET,
        "target_name": classifier.labels[TARGET],
        "side_px": SIDE,
        "model": classifier.name,
        "weights_sha256": classifier.weights_sha256,
        "photos": "scikit-learn's china.jpg and flower.jpg",
        "command": f"python -m assets.make_sample_patch --steps {options.steps} --batch {options.batch}"
        f" --seed {options.seed}",
        "place_px": PLACE.tolist(),
        "jitter_px": JITTER,
        "success_on_128_jittered_copies": success,
    }
    (FOLDER / f"{NAME}.json").write_text(json.dumps(made, indent=2) + "\n")
    print(json.dumps(made, indent=2))


if __name__ == "__main__":
    main()
