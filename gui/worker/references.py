"""The shipped distributions of clusters over benign photos and patched copies, by model."""

from pathlib import Path

from engine.analysis.reference import Reference, read_reference
from engine.errors import SinscopeError
from gui.snapshot import ModelInfo
from gui.sources import reference_path

__all__ = ["References"]

Found = tuple[tuple[Reference, ...], tuple[str, ...]]


class References:
    """Reads a model's reference file when it is first asked for."""

    def __init__(self) -> None:
        self._read: dict[Path, Found] = {}

    def find(self, model: ModelInfo, layer: str, importance: str) -> tuple[Reference | None, tuple[str, ...]]:
        """The distribution of a model at a layer under a definition of importance, and what there is to note.

        ``None`` if none is shipped; one that cannot be read is noted, and none either.

        Parameters
        ----------
        model : ModelInfo
        layer : str
            A module's name.
        importance : str
        """
        path = reference_path(model.name)
        if path not in self._read:
            self._read[path] = _read(path)
        references, notes = self._read[path]
        usual = {str(number): name for number, name in enumerate(model.usual_layers, 1)}
        for reference in references:
            if usual.get(reference.layer, reference.layer) == layer and reference.importance == importance:
                return reference, notes
        return None, notes


def _read(path: Path) -> Found:
    if not path.exists():
        return (), ()
    try:
        return read_reference(path), ()
    except SinscopeError as error:
        return (), (str(error),)
