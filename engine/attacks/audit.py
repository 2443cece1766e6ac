"""The certificate's audit: photos attacked where they are weakest, against the whole defense.

An attack succeeds if the defended classifier silently answers something else than the label that the
certificate is about. What it did is not judged here but by the same inspection that a user gets, of the
finished picture in 8 bits. On a certified photo none may succeed: one that does is a bug in the certificate.
"""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from engine.attacks.photos import Photos
from engine.attacks.placing import Distortion, place
from engine.attacks.weakness import Opening, openings
from engine.attacks.windowed import WindowedModel
from engine.backends.torch_backend import best_device
from engine.errors import SettingsError
from engine.pipeline import Inspection, Inspector
from engine.placement import Patch, Placement, paste
from engine.settings import Settings
from engine.superficial import to_pixels
from engine.verdict import Verdict, Word

__all__ = ["Audit", "AuditSettings", "AuditedPhoto", "audit", "audit_photo", "is_broken"]

_WON = 0.6931  # log 2: a target of more than half the probability is predicted
_LOOK_EVERY = 10  # steps between two inspections of a patch that seems to have won


@dataclass(frozen=True, kw_only=True)
class AuditSettings:
    """How hard the audit tries.

    Parameters
    ----------
    steps : int
        Steps of the optimizer in one attempt.
    restarts : int
        Attempts, each at a place and for a label of its own; the first success ends them.
    windows : int
        Windows that a step looks at, beside the base prediction: those that resist the most.
    rate : float
        Learning rate of Adam on the patch's pixels behind a sigmoid.
    seed : int
    """

    steps: int = 50
    restarts: int = 2
    windows: int = 7
    rate: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values outside a knob's range.

        Raises
        ------
        SettingsError
            Naming the knob.
        """
        for name in ("steps", "restarts", "windows"):
            if getattr(self, name) < 1:
                raise SettingsError(f"An audit needs at least 1 for {name}, not {getattr(self, name)}.")
        if not 0 < self.rate < float("inf"):
            raise SettingsError(f"The learning rate must be above 0, not {self.rate:.4g}; try 0.3.")
        if self.seed < 0:
            raise SettingsError(f"The seed of an audit is a whole number from 0 on, not {self.seed}.")


@dataclass(frozen=True, eq=False)
class AuditedPhoto:
    """What came of attacking one photo.

    Parameters
    ----------
    name, sha256 : str
    word : str
        The verdict on the clean photo.
    certified : bool
        Whether its certificate holds at every place, silent or not: then no attack may succeed.
    label : int
        What the certificate is about.
    opening : Opening
        Of the attempt that succeeded, or else of the last one.
    broken : bool
        Whether the attacked photo silently gets another label.
    moved : bool
        Whether some attempt drove the base prediction off the label, silently or not.
    answer : int
        The base prediction of the attacked photo.
    attacked_word : str
        The verdict on it.
    steps : int
        Steps of all attempts.
    patch : uint8 array (h, w, 3), read-only
    seconds : float
    """

    name: str
    sha256: str
    word: Word
    certified: bool
    label: int
    opening: Opening
    broken: bool
    moved: bool
    answer: int
    attacked_word: Word
    steps: int
    patch: NDArray[np.uint8] = field(repr=False)
    seconds: float


@dataclass(frozen=True)
class Audit:
    """Counts over the photos audited.

    Parameters
    ----------
    audited, certified : int
        Photos, and those of them whose certificate holds.
    certified_broken : int
        Certified ones on which an attack succeeded: anything but 0 is a bug in the certificate.
    uncertified_broken : int
    """

    audited: int
    certified: int
    certified_broken: int
    uncertified_broken: int

    @classmethod
    def of(cls, outcomes: "list[tuple[bool, bool]]") -> "Audit":
        """Counted from ``(certified, broken)`` of each photo."""
        return cls(
            len(outcomes),
            sum(certified for certified, _ in outcomes),
            sum(certified and broken for certified, broken in outcomes),
            sum(broken and not certified for certified, broken in outcomes),
        )


def audit(
    inspector: Inspector,
    photos: Photos,
    settings: Settings,
    how: AuditSettings,
    stop: Callable[[], bool] | None = None,
) -> Generator[AuditedPhoto, None, None]:
    """Audit photos, one after another.

    Parameters
    ----------
    inspector : Inspector
    photos : Photos
    settings : Settings
        Of the defense.
    how : AuditSettings
    stop : callable, optional
        Asked before every step; once it says yes, the audit ends with the photos that are finished.

    Yields
    ------
    AuditedPhoto
    """
    for name, sha256, view in zip(photos.names, photos.sha256, photos.views, strict=True):
        found = audit_photo(inspector, view, settings, how, name=name, sha256=sha256, stop=stop)
        if found is None:
            return
        yield found


def audit_photo(
    inspector: Inspector,
    view: NDArray[np.uint8],
    settings: Settings,
    how: AuditSettings,
    *,
    name: str = "",
    sha256: str = "",
    stop: Callable[[], bool] | None = None,
) -> AuditedPhoto | None:
    """Attack one photo where it is weakest; ``None`` if stopped.

    Raises
    ------
    SinscopeError
        If the settings do not fit the classifier.
    """
    began = time.perf_counter()
    *_, clean = inspector.inspect(view, settings)
    assert clean.verdict is not None
    label = clean.verdict.certificate.label
    draw = np.random.default_rng([how.seed, len(name), *name.encode()])
    attacker = _Attacker(inspector, clean, settings, how)
    moved, steps = False, 0
    for opening in openings(clean, how.restarts, draw):
        for attempt in attacker.attempts(opening, draw):
            if stop and stop():
                return None
            steps += 1
            if attempt is None:
                continue
            patch, verdict = attempt
            answer = int(verdict.base.label[0])
            moved = moved or answer != label
            broken = is_broken(verdict, label)
            if broken:
                break
        if broken:
            break
    return AuditedPhoto(
        name,
        sha256,
        clean.verdict.word,
        clean.verdict.certificate.holds,
        label,
        opening,
        broken,
        moved,
        answer,
        verdict.word,
        steps,
        patch,
        time.perf_counter() - began,
    )


def is_broken(verdict: Verdict, label: int) -> bool:
    """Whether a verdict on an attacked photo is silent about an answer that is not the label."""
    return int(verdict.base.label[0]) != label and verdict.word in ("certified", "consistent")


class _Attacker:
    """One photo under attack."""

    def __init__(self, inspector: Inspector, clean: Inspection, settings: Settings, how: AuditSettings) -> None:
        self._inspector, self._clean, self._settings, self._how = inspector, clean, settings, how
        self._device = torch.device(best_device())
        self._model = WindowedModel(clean.cut, clean.count, clean.settings, self._device)
        self._photo = to_pixels(clean.view).to(self._device)

    def attempts(
        self, opening: Opening, draw: np.random.Generator
    ) -> Iterator[tuple[NDArray[np.uint8], Verdict] | None]:
        """One attempt, step by step: the patch and the verdict on the photo with it, where it was inspected.

        That is after the last step, and whenever the base prediction and all windows looked at said the target.
        """
        how, threat, windows = self._how, self._clean.threat, self._clean.family
        size = (3, threat.height, threat.width)
        start = torch.from_numpy(draw.random(size, dtype=np.float32)) - 0.5
        raw = start.to(self._device).requires_grad_()
        optimizer = torch.optim.Adam([raw], lr=how.rate)
        at = [Distortion(Placement(opening.left, opening.top))]
        next_look = 0
        resistance = np.full(len(windows), np.inf)  # the loss of each window when it was last looked at
        for step in range(how.steps):
            chosen = np.argsort(-resistance, kind="stable")[: how.windows]
            patched = place(self._photo, torch.sigmoid(raw), at)
            logits = self._model(patched, [None, *(windows[int(index)] for index in chosen)])
            target = torch.full((len(logits),), opening.target, device=self._device)
            losses = torch.nn.functional.cross_entropy(logits, target, reduction="none")
            resistance[chosen] = losses[1:].detach().cpu().numpy()
            (raw.grad,) = torch.autograd.grad(losses.mean(), raw)
            optimizer.step()
            won = bool((logits.argmax(1) == opening.target).all()) and bool((resistance < _WON).all())
            if step == how.steps - 1 or (won and step >= next_look):
                next_look = step + _LOOK_EVERY
                yield self._inspected(raw.detach(), opening)
            else:
                yield None

    def _inspected(self, raw: torch.Tensor, opening: Opening) -> tuple[NDArray[np.uint8], Verdict]:
        """The patch in 8 bits, and what a user gets to see of the photo with it."""
        pixels = (torch.sigmoid(raw) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
        pixels = np.ascontiguousarray(pixels)
        pixels.setflags(write=False)
        rgba = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
        placed = paste(self._clean.view, Patch("", "", "", rgba), Placement(opening.left, opening.top))
        *_, after = self._inspector.inspect(placed.view, self._settings)
        assert after.verdict is not None
        return pixels, after.verdict
