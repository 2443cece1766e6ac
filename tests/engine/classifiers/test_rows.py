"""Networks whose rows depend on each other, or on chance, have no certificate.

A window that hides the patch would not show the same prediction twice.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from toys import classifier

from engine.classifiers.graph import export_graph
from engine.errors import ModelError


class Body(nn.Module):
    """A stem, something that subclasses do to its output, and a tail."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.mid = nn.Conv2d(4, 4, 3, padding=1)
        self.fc = nn.Linear(4, 3)

    def between(self, x: Tensor) -> Tensor:
        return self.act(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.mid(self.between(self.stem(x))).mean((2, 3)))


class BatchStatistics(Body):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(4, track_running_stats=False)

    def between(self, x):
        return self.norm(x)


class MixesRows(Body):
    share = 1.0

    def between(self, x):
        return x - self.share * x.mean(0, keepdim=True)


class MixesALittle(MixesRows):
    """Less than a thousandth of the logits: still more than a margin may be in doubt by."""

    share = 3e-4


class MixesTheExtremes(Body):
    """Rows are as bright as the brightest of them, where that is brighter than noise."""

    def between(self, x):
        return x + (x.amax(0, keepdim=True) - 3.0).relu()


class BranchesOnTheBrightest(Body):
    """Another row only acts where it is brighter than any photo; NaN beside it changes nothing."""

    def between(self, x):
        return torch.where(x.amax() > 50.0, -x, x)


class PicksOneRow(Body):
    def between(self, x):
        return torch.where(x[0].amax() > 50.0, -x, x)


class Branches(Body):
    def between(self, x):
        return torch.cond(x.amax() > 50.0, lambda y: -y, lambda y: 1.0 * y, (x,))


class KeepsTheRowsThatAreBright(Body):
    """Its rows are numbered anew: what is made of them hangs together."""

    def between(self, x):
        return x + x[x > 50.0].sum()


class AddsUpTheRowsBefore(Body):
    """The first row is itself: only what stands before a row shows."""

    def between(self, x):
        return x.cumsum(0)


class Ends(Body):
    """The rows change places."""

    def between(self, x):
        return x + x.flip(0)


class Attends(Body):
    """Every row attends to every row, as one that takes the batch for a sequence does."""

    def forward(self, x):
        x = self.mid(self.stem(x)).mean((2, 3))
        return self.fc(torch.softmax(x @ x.mT, dim=1) @ x)


class AlwaysDrops(Body):
    def between(self, x):
        return F.dropout(x, 0.5)


class SeldomDrops(Body):
    def between(self, x):
        return F.dropout(x, 1e-5)


class AddsNoise(Body):
    def between(self, x):
        return x + 1e-5 * torch.randn(4, 1, 1)


@pytest.mark.parametrize(
    "network",
    [
        BatchStatistics,
        MixesRows,
        MixesALittle,
        MixesTheExtremes,
        BranchesOnTheBrightest,
        PicksOneRow,
        KeepsTheRowsThatAreBright,
        AddsUpTheRowsBefore,
        Ends,
        Attends,
        AlwaysDrops,
        SeldomDrops,
        AddsNoise,
    ],
    ids=lambda kind: kind.__name__,
)
def test_a_network_whose_answer_depends_on_more_than_its_photo_is_refused(network):
    made = classifier(network(), 12)
    with pytest.raises(ModelError) as caught:
        export_graph(made.network, (12, 12))
    assert "\n" not in str(caught.value)
    assert "certificate" in str(caught.value) or "proved" in str(caught.value)


class UnderAutocast(Body):
    def between(self, x):
        with torch.autocast("cpu", torch.bfloat16):
            return self.mid(x).float()


@pytest.mark.parametrize("network", [Branches, UnderAutocast], ids=lambda kind: kind.__name__)
def test_a_region_that_cannot_be_looked_into_is_refused(network):
    made = classifier(network(), 12)
    with pytest.raises(ModelError, match="remove control flow and autocast") as caught:
        export_graph(made.network, (12, 12))
    assert "\n" not in str(caught.value)


class AsksForShapes(Body):
    """Tensors of a photo's type and of no batch: their content is not the photo's."""

    def between(self, x):
        mask = x.new_zeros((1, 1, 12, 12))
        return x * x.new_full((4, 1, 1), 0.5) + mask + torch.ones_like(x[:1, :1])


class FoldsTheBatch(Body):
    """Rows become groups of channels and rows again, as networks with a kernel for each photo do."""

    def between(self, x):
        rows, channels, height, width = x.shape
        kernels = torch.softmax(x.mean((2, 3)), 1).reshape(rows * channels, 1, 1, 1)
        folded = F.conv2d(x.reshape(1, rows * channels, height, width), kernels, groups=rows * channels)
        return folded.reshape(rows, channels, height, width)


@pytest.mark.parametrize("network", [AsksForShapes, FoldsTheBatch], ids=lambda kind: kind.__name__)
def test_rows_that_stay_apart_are_not_refused(network):
    export_graph(classifier(network(), 12).network, (12, 12))


def test_dropout_and_batch_norm_in_eval_mode_are_not_refused():
    made = classifier(nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(0.5), Body()), 12)
    export_graph(made.network, (12, 12))
