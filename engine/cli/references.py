"""The photos that were named, and the figure that each of them gets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ImageError, OutputError, SinscopeError
from engine.images import list_images
from engine.outputs import check_output

__all__ = ["STEM", "Reference", "expand", "figure_paths", "guard_inputs"]

STEM = "{stem}"


@dataclass(frozen=True)
class Reference:
    """A photo to inspect: its name for ``load_image``, or why there is none.

    Parameters
    ----------
    name : str
        A path, or ``sample:NAME``.
    error : SinscopeError, optional
        What is wrong with a folder that was named.
    """

    name: str
    error: SinscopeError | None = None

    @property
    def stem(self) -> str:
        """What ``{stem}`` stands for."""
        return Path(self.name.removeprefix("sample:")).stem


def expand(names: Iterable[str]) -> list[Reference]:
    """The photos behind names, in their order; a folder stands for all images in it."""
    references = []
    for name in names:
        if not _is_folder(name):
            references.append(Reference(name))
            continue
        try:
            references += [Reference(str(path)) for path in list_images(Path(name))]
        except ImageError as error:
            references.append(Reference(name, error))
    return references


def figure_paths(template: str, references: Sequence[Reference], taken: Iterable[Path] = ()) -> list[Path]:
    """The file of each photo's figure; photos of one stem get ``-2``, ``-3``, ... behind it.

    Parameters
    ----------
    template : str
        A PNG file's name, with ``{stem}`` if there are several photos.
    references : sequence of Reference
    taken : iterable of Path
        Other files that this run writes.

    Raises
    ------
    OutputError
        If the name does not fit, or such a file cannot be written.
    """
    if Path(template).suffix.lower() != ".png":
        raise OutputError(f"The figure {template} would not be a PNG file; give a name that ends in .png.")
    if len(references) > 1 and STEM not in template:
        raise OutputError(
            f"The figures of {len(references)} photos cannot all be {template}; put {STEM} into the name, such as "
            f"figure-{STEM}.png."
        )
    used = {_key(path) for path in taken}
    paths = []
    for reference in references:
        path = Path(template.replace(STEM, reference.stem))
        number = 1
        while _key(path) in used:
            number += 1
            numbered = f"{reference.stem}-{number}"
            path = Path(template.replace(STEM, numbered) if STEM in template else f"{template[:-4]}-{number}.png")
        used.add(_key(path))
        check_output(path)
        paths.append(path)
    return paths


def guard_inputs(outputs: Iterable[Path], inputs: Iterable[str]) -> None:
    """Refuse to write over what is read.

    Raises
    ------
    OutputError
        Naming the file.
    """
    read = {_key(Path(name)): name for name in inputs}
    for path in outputs:
        if _key(path) in read:
            raise OutputError(f"{path} is read in this run, so no result can be written there; give another name.")


def _is_folder(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except OSError:  # it cannot be looked at, as reading it will say
        return False


def _key(path: Path) -> str:
    # Some file systems take upper and lower case for the same.
    return str(path.resolve()).casefold()
