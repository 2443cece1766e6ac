"""The errors a user may meet: each is one sentence that names the input, the fault and the remedy."""

__all__ = [
    "BackendError",
    "CoverageError",
    "DataError",
    "DefenseError",
    "EvaluationError",
    "ImageError",
    "LayerError",
    "ModelError",
    "OutputError",
    "PatchError",
    "SettingsError",
    "SinscopeError",
    "ThreatError",
    "TrainingError",
]


class SinscopeError(Exception):
    """Something the user can mend; ``str(error)`` is the whole message."""


class ImageError(SinscopeError):
    """A photo that cannot be read or used."""


class DataError(SinscopeError):
    """A named data set that cannot be had, or is damaged."""


class PatchError(SinscopeError):
    """A patch picture that cannot be read or does not fit where it was put."""


class ModelError(SinscopeError):
    """A classifier that cannot be found, loaded or trusted."""


class LayerError(ModelError):
    """A superficial layer that does not exist or cannot carry a certificate."""


class ThreatError(SinscopeError):
    """A patch size that makes no sense for the model's input."""


class CoverageError(SinscopeError):
    """A window family that cannot hide every place of the patch."""


class DefenseError(SinscopeError):
    """A defense that does not exist, is configured beyond its range, or cannot run on this classifier."""


class EvaluationError(SinscopeError):
    """A run over a data set that cannot go on."""


class TrainingError(SinscopeError):
    """A training cannot go on."""


class SettingsError(SinscopeError):
    """A knob set to a value it does not have."""


class BackendError(SinscopeError):
    """A backend or precision that this machine cannot run."""


class OutputError(SinscopeError):
    """A file that could not be written; nothing that was there before is lost."""
