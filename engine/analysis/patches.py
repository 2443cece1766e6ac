"""The patches that are studied: the pictures, and what the files beside them say of their training."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from engine.attacks.patch_file import SCHEMA, TrainedPatch, read_trained_patch
from engine.errors import PatchError
from engine.images import list_images
from engine.placement import Patch, read_patch
from engine.threat import PatchThreat

__all__ = ["StudiedPatch", "adaptive_patches", "studied_patch"]


@dataclass(frozen=True, eq=False)
class StudiedPatch:
    """A patch, with what is known of its training.

    Parameters
    ----------
    patch : Patch
    alpha : float
        Weight of the penalty of Eq. 6; 0 for a plain patch.
    target : int, optional
        The label that it is to bring about; ``None`` if it is to bring about any wrong one.
    trained_on : frozenset of str, optional
        sha256 of the photos that it was trained on; ``None`` if nobody knows.
    """

    patch: Patch
    alpha: float
    target: int | None
    trained_on: frozenset[str] | None = field(repr=False)

    def threat(self, input_size: tuple[int, int]) -> PatchThreat:
        """The patch as a threat: its own size.

        Raises
        ------
        PatchError
            If it is larger than the model's input.
        """
        height, width = self.patch.rgba.shape[:2]
        if height > input_size[0] or width > input_size[1]:
            raise PatchError(
                f"The patch {self.patch.path} of {height} x {width} px is larger than the model's input of "
                f"{input_size[0]} x {input_size[1]} px; give a smaller one."
            )
        return PatchThreat(height, width, *input_size)


def studied_patch(path: str | Path) -> StudiedPatch:
    """Any picture as a patch; one that ``attack`` trained brings along target, alpha and its photos.

    Raises
    ------
    PatchError
        If it cannot be read, or the file beside it is damaged.
    """
    path = Path(path)
    beside = path.with_suffix(".json")
    try:
        is_trained = f'"{SCHEMA}"' in beside.read_text("utf-8", errors="replace")
    except OSError:
        is_trained = False
    if not is_trained:
        return StudiedPatch(read_patch(path), 0.0, None, None)
    return _studied(read_trained_patch(path))


def adaptive_patches(names: Iterable[str | Path], like: StudiedPatch) -> tuple[StudiedPatch, ...]:
    """Patches trained with the penalty of Eq. 6, in the order of alpha.

    Parameters
    ----------
    names : iterable of path
        Files; a folder stands for those in it that have an alpha, and the size and target of ``like``.
    like : StudiedPatch
        The patch that they are compared with.

    Raises
    ------
    ImageError, PatchError
        If one cannot be read, or does not compare.
    """
    found: dict[str, StudiedPatch] = {}
    for name in map(Path, names):
        if name.is_dir():
            studied = [patch for patch in _in_folder(name) if patch.alpha > 0 and not _unlike(patch, like)]
            if not studied:
                raise PatchError(
                    f"{name} has no patch that was trained with an alpha above 0 and compares with "
                    f"{like.patch.path}; make some with attack --adaptive."
                )
        else:
            one = _studied(read_trained_patch(name))
            if fault := _unlike(one, like):
                raise PatchError(f"The patch {name} {fault}; give one that compares.")
            studied = [one]
        found |= {each.patch.sha256: each for each in studied if each.patch.sha256 != like.patch.sha256}
    return tuple(sorted(found.values(), key=lambda each: (each.alpha, each.patch.name)))


def _in_folder(folder: Path) -> list[StudiedPatch]:
    pictures = [path for path in list_images(folder) if path.suffix.lower() == ".png"]
    return [studied_patch(path) for path in pictures]


def _unlike(one: StudiedPatch, like: StudiedPatch) -> str:
    """Why a patch cannot be compared with another; empty if it can."""
    sizes = [each.patch.rgba.shape[:2] for each in (one, like)]
    if sizes[0] != sizes[1]:
        return f"is {sizes[0][0]} x {sizes[0][1]} px and {like.patch.path} is {sizes[1][0]} x {sizes[1][1]} px"
    if like.trained_on is not None and one.target != like.target:
        return f"was trained for another target than {like.patch.path}"
    return ""


def _studied(trained: TrainedPatch) -> StudiedPatch:
    return StudiedPatch(trained.patch, trained.attack.alpha, trained.attack.target, trained.photos)
