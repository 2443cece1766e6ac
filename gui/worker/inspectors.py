"""Classifiers that are ready to be inspected or attacked, kept as long as they are in use."""

from collections import OrderedDict
from collections.abc import Callable

from engine.classifiers import load_classifier
from engine.logit_cache import LogitCache
from engine.pipeline import Inspector
from engine.settings import Settings

__all__ = ["Inspectors"]

_KNOBS = ("model", "weights", "input_size", "mean", "std", "labels", "seed")


class Inspectors:
    """The inspectors of one thread; those used last are kept.

    Parameters
    ----------
    announce : callable
        Told which model is being loaded.
    most : int
        How many are kept.
    """

    def __init__(self, announce: Callable[[str], None], most: int = 2) -> None:
        self._announce, self._most = announce, most
        self._cache = LogitCache()
        self._kept: OrderedDict[Settings, Inspector] = OrderedDict()

    def get(self, settings: Settings) -> Inspector:
        """The inspector of the model that the settings name.

        Raises
        ------
        SinscopeError
            If there is no such model, or it cannot be loaded.
        """
        key = Settings(**{name: getattr(settings, name) for name in _KNOBS})
        inspector = self._kept.pop(key, None)
        if inspector is None:
            self._announce(settings.model)
            inspector = Inspector(load_classifier(settings), self._cache)
        self._kept[key] = inspector
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return inspector
