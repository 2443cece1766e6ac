"""Loaded classifiers, kept for as long as somebody may ask for them again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.errors import ModelError
from engine.settings import Settings

if TYPE_CHECKING:  # it imports torch: only once a classifier is wanted
    from engine.pipeline import Inspector

__all__ = ["Inspectors", "import_engine"]


class Inspectors:
    """One inspector for each classifier that was asked for.

    Parameters
    ----------
    loaded : mapping of Settings to Inspector, optional
        Those that somebody has loaded already.
    """

    def __init__(self, loaded: "Mapping[Settings, Inspector] | None" = None) -> None:
        self._ready: dict[tuple[object, ...], Inspector] = {
            _key(settings): inspector for settings, inspector in (loaded or {}).items()
        }

    def ready(self, settings: Settings) -> bool:
        """Whether the classifier is loaded."""
        return _key(settings) in self._ready

    def get(self, settings: Settings) -> "Inspector":
        """The inspector of the classifier that settings name, loaded if need be.

        Raises
        ------
        ModelError
            If it cannot be loaded, or torch cannot.
        """
        key = _key(settings)
        if key not in self._ready:
            import_engine()
            from engine.classifiers import load_classifier
            from engine.pipeline import Inspector

            self._ready[key] = Inspector(load_classifier(settings))
        return self._ready[key]


def import_engine() -> None:
    """Import torch and what rests on it.

    Raises
    ------
    ModelError
        If that cannot be done.
    """
    try:
        import engine.pipeline  # noqa: F401
    except (ImportError, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise ModelError(
            f"PyTorch and what goes with it cannot be imported ({reason}); install SINscope again in a new virtual "
            f"environment."
        ) from error


def _key(settings: Settings) -> tuple[object, ...]:
    """Whatever decides which classifier it is; the seed draws random weights, and those of a user's code."""
    return (
        settings.model,
        settings.weights,
        settings.input_size,
        settings.mean,
        settings.std,
        settings.labels,
        settings.seed,
    )
