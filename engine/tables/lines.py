"""What stands behind each row of a table: the defense with its knobs, and the model made for it. Only data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.defenses.registry import make_defense
from engine.evaluation.parts import DefenseLine
from engine.evaluation.plan import ALL

__all__ = ["DataKind", "PaperTable", "made_for", "paper_table"]

DataKind = Literal["cifar10", "imagenet"]
EMBEDDED = "efficientnet_lite0"


@dataclass(frozen=True)
class PaperTable:
    """A table to measure.

    Parameters
    ----------
    number : int
    head : str
        Of the rows' names.
    lines : tuple of DefenseLine
    patches : tuple of str
        Sizes that it is measured for unless others are asked for.
    """

    number: int
    head: str
    lines: tuple[DefenseLine, ...]
    patches: tuple[str, ...]


_CIFAR = (
    DefenseLine("IBP", "ibp", "cifar10_ibp"),
    DefenseLine("CBN", "clipped_bagnet", "cifar10_bagnet"),
    DefenseLine("DS", "derandomized_smoothing:band=4", "cifar10_resnet_band"),
    DefenseLine("PG-Mask-DS", "patchguard_mask_ds:band=4", "cifar10_resnet_band"),
    DefenseLine("PG-Mask-BN", "patchguard_mask_bn", "cifar10_bagnet"),
    DefenseLine("PatchCleanser", "patchcleanser", "cifar10_resnet_occlusion"),
    DefenseLine("PatchGuard++", "patchguard_pp", "cifar10_bagnet"),
    DefenseLine("ScaleCert", "scalecert", "cifar10_resnet_sin"),
    DefenseLine("ScaleCert, smaller windows", "scalecert:steps=12", "cifar10_resnet_sin"),
    DefenseLine("MR-PC", "minority_reports_pc", "cifar10_resnet_occlusion"),
    DefenseLine("MR", "minority_reports:stride=1", "cifar10_resnet_occlusion"),  # by far the most passes: the last
)
_IMAGENET = (
    DefenseLine("PatchCleanser", "patchcleanser", EMBEDDED),
    DefenseLine("ScaleCert", "scalecert", EMBEDDED),
    DefenseLine("MR-PC", "minority_reports_pc", EMBEDDED),
    DefenseLine("MR", "minority_reports", EMBEDDED),
)
_RATES = (10, 15, 20, 30, 50)
_LAYERS = ("1", "2", "3")
# ScaleCert's model for each kind of data, and the patches that the paper has for them.
_SCALECERT: dict[DataKind, str] = {"cifar10": "cifar10_resnet_sin", "imagenet": EMBEDDED}
_LARGE = ("5%", "8%")


def paper_table(number: int, data: DataKind) -> PaperTable:
    """Table 5, 6 or 7 for CIFAR-10, or for ImageNet and any other photos.

    Table 5 takes a patch of 2 % of ImageNet photos beside one of 5 %. Table 7's patch is not known.
    """
    if number == 5:
        lines, patches = (_CIFAR, _LARGE) if data == "cifar10" else (_IMAGENET, ("2%", "5%"))
        return PaperTable(5, "defense", lines, patches)
    model = _SCALECERT[data]
    if number == 6:
        rates = [DefenseLine(f"{rate}%", f"scalecert:top={rate / 100}:adapted=off", model) for rate in _RATES]
        if data != "cifar10":  # one set of weights for all rates, and beside it those that were adapted to one
            rates.append(DefenseLine("20%, adapted", "scalecert:top=0.2", model))
        return PaperTable(6, "top-ranking rate", tuple(rates), _LARGE)
    layers = tuple(DefenseLine(layer, f"scalecert:layer={layer}", model) for layer in _LAYERS)
    return PaperTable(7, "superficial layer", layers, ("5%",) if data == "cifar10" else ("2%",))


def made_for(defenses: Sequence[str]) -> tuple[DefenseLine, ...]:
    """The lines of some defenses for CIFAR-10, each with the model made for it.

    Parameters
    ----------
    defenses : sequence of str
        As ``evaluate --defense`` takes them; ``all`` alone takes Table 5's, with their knobs.

    Raises
    ------
    DefenseError
        If one does not exist.
    """
    if list(defenses) == [ALL]:
        return tuple(DefenseLine(line.defense, line.defense, line.model) for line in _CIFAR)
    models = {make_defense(line.defense).name: line.model for line in _CIFAR}
    return tuple(DefenseLine(text, text, models[make_defense(text).name]) for text in defenses)
