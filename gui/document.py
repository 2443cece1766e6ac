"""Everything the user sets, in one frozen value: what an undo step swaps and a session file stores."""

from dataclasses import dataclass, field

from engine.placement import Placement
from engine.settings import Settings

__all__ = ["Document"]


@dataclass(frozen=True)
class Document:
    """What is asked of the engine and how.

    Parameters
    ----------
    image : str, optional
        A photo: ``sample:china``, ``sample:flower``, a path, or ``clipboard:N`` for one pasted in this session.
    patch : str, optional
        A patch picture: ``sample:NAME`` for a shipped one, or a path.
    placement : Placement
        Where it lies, in pixels of the model's input.
    patch_on : bool
        Whether it is put on the photo.
    settings : Settings
        Every knob of the engine.
    """

    image: str | None = None
    patch: str | None = None
    placement: Placement = field(default_factory=lambda: Placement(0, 0))
    patch_on: bool = False
    settings: Settings = field(default_factory=Settings)
