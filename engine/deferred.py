"""Modules that libraries import for what they may call one day, imported on that day."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any

__all__ = ["deferred", "statistics_deferred"]


@contextmanager
def deferred(name: str, *functions: str) -> Iterator[None]:
    """Within the block, whoever imports a module gets a stand-in with some of its functions.

    Those import the module when they are called. Asked for anything else, the stand-in imports it at once. Nothing
    changes where the module is imported already.

    Parameters
    ----------
    name : str
        The module's full name; not that of a package.
    functions : str
        Names that are imported from it.
    """
    if name in sys.modules:
        yield
        return
    stand_in = _StandIn(name, functions)
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        stand_in.step_aside()


def statistics_deferred() -> AbstractContextManager[None]:
    """For imports of scikit-learn: a third of what they take is SciPy's statistics, which clusters do not need."""
    return deferred("scipy.stats", "rankdata", "gmean", "chi2", "spearmanr")


class _StandIn(ModuleType):
    """Knows some of a module's functions by name, and imports it for all else."""

    def __init__(self, name: str, functions: tuple[str, ...]) -> None:
        super().__init__(name)
        for function in functions:
            setattr(self, function, _Later(self, function))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system looks for
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(self.module(), name)

    def step_aside(self) -> None:
        """Leave the module's place to itself."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]

    def module(self) -> ModuleType:
        """The module, imported if need be."""
        self.step_aside()
        return importlib.import_module(self.__name__)


class _Later:
    """A function (or a callable object) of a module that is imported when it is first used."""

    def __init__(self, stand_in: _StandIn, name: str) -> None:
        self._stand_in, self._name = stand_in, name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._itself()(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._itself(), name)

    def _itself(self) -> Any:
        return getattr(self._stand_in.module(), self._name)
