"""Loaded classifiers, kept for as long as somebody may ask for them again."""

from engine.errors import ModelError
from engine.settings import Settings

# `engine.pipeline` imports torch: only once a classifier is wanted.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.pipeline import Inspector

__all__ = ["Inspectors"]


class Inspectors:
    """One inspector for each classifier that was asked for."""

    def __init__(self) -> None:
        self._ready: dict[tuple[object, ...], Inspector] = {}

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
            try:
                from engine.classifiers import load_classifier
                from engine.pipeline import Inspector
            except (ImportError, OSError) as error:
                reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
                raise ModelError(
                    f"PyTorch and what goes with it cannot be imported ({reason}); install SINscope again in a "
                    f"new virtual environment."
                ) from error
            self._ready[key] = Inspector(load_classifier(settings))
        return self._ready[key]


def _key(settings: Settings) -> tuple[object, ...]:
    drawn = settings.seed if settings.weights == "random" else None
    return (
        settings.model,
        settings.weights,
        settings.input_size,
        settings.mean,
        settings.std,
        settings.labels,
        drawn,
    )
