"""What stands behind each row of a table: the defense with its knobs, and the model made for it. Only data."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["DataKind", "PaperTable", "TableLine", "paper_table"]

DataKind = Literal["cifar10", "imagenet"]
EMBEDDED = "efficientnet_lite0"


@dataclass(frozen=True)
class TableLine:
    """One row of a table.

    Parameters
    ----------
    name : str
        As the paper's table has it; for defenses that it lacks, their own.
    defense : str
        As ``evaluate --defense`` takes it.
    model : str
        The model that was made for it.
    """

    name: str
    defense: str
    model: str


@dataclass(frozen=True)
class PaperTable:
    """A table to measure.

    Parameters
    ----------
    number : int
    head : str
        Of the rows' names.
    lines : tuple of TableLine
    patches : tuple of str
        Sizes that it is measured for unless others are asked for.
    """

    number: int
    head: str
    lines: tuple[TableLine, ...]
    patches: tuple[str, ...]


_CIFAR = (
    TableLine("IBP", "ibp", "cifar10_ibp"),
    TableLine("CBN", "clipped_bagnet", "cifar10_bagnet"),
    TableLine("DS", "derandomized_smoothing:band=4", "cifar10_resnet_band"),
    TableLine("PG-Mask-DS", "patchguard_mask_ds:band=4", "cifar10_resnet_band"),
    TableLine("PG-Mask-BN", "patchguard_mask_bn", "cifar10_bagnet"),
    TableLine("PatchCleanser", "patchcleanser", "cifar10_resnet_occlusion"),
    TableLine("PatchGuard++", "patchguard_pp", "cifar10_bagnet"),
    TableLine("ScaleCert", "scalecert", "cifar10_resnet_sin"),
    TableLine("MR-PC", "minority_reports_pc", "cifar10_resnet_occlusion"),
    TableLine("MR", "minority_reports:stride=1", "cifar10_resnet_occlusion"),  # by far the most passes: the last
)
_IMAGENET = (
    TableLine("PatchCleanser", "patchcleanser", EMBEDDED),
    TableLine("ScaleCert", "scalecert", EMBEDDED),
    TableLine("MR-PC", "minority_reports_pc", EMBEDDED),
    TableLine("MR", "minority_reports", EMBEDDED),
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
        rates = tuple(TableLine(f"{rate}%", f"scalecert:top={rate / 100}", model) for rate in _RATES)
        return PaperTable(6, "top-ranking rate", rates, _LARGE)
    layers = tuple(TableLine(layer, f"scalecert:layer={layer}", model) for layer in _LAYERS)
    return PaperTable(7, "superficial layer", layers, ("5%",) if data == "cifar10" else ("2%",))
