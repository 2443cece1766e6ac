"""The photo's clusters among those of many: the shipped distributions over benign photos and patched copies."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gui.panels import words
from gui.panels.plots.dressed import Dressed
from gui.panels.plots.frame import DIMMED, PlotFrame, make_plot
from gui.snapshot import ClusterShape, Snapshot
from gui.sources import reference_path
from gui.state import State
from gui.theme import AGREE, DIFFER, is_dark

__all__ = ["DistributionPlot"]

_BINS = 16
_COPIES = ("benign", "patched")


class DistributionPlot(PlotFrame):
    """How many clusters photos have, and how far each spreads; this photo as lines, without and with the patch."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(state, "Distribution of clusters", "", parent)
        self.setObjectName("distributionPlot")
        self._legend = QLabel()
        self.header.insertWidget(1, self._legend)
        self._counts = _Histogram(self, "Clusters of a photo", "Clusters")
        self._spreads = _Histogram(self, "Spread of the clusters", "s<sub>c</sub> of each cluster (px)")
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        for histogram in (self._counts, self._spreads):
            layout.addWidget(histogram.plot, 1)
        self.set_body(body)

    def has_content(self, snapshot: Snapshot) -> bool:
        """The clusters come at the second stage; without a reference there is nothing to compare them with."""
        return len(snapshot.clusters) > 0 and snapshot.reference is not None

    def hint(self) -> str:
        """What is missing, and what makes it."""
        snapshot = self.state.snapshot
        if snapshot is None or snapshot.reference is not None:
            return "This photo's clusters among those of many photos, benign and patched: open a photo."
        settings, name = snapshot.settings, reference_path(snapshot.model.name).name
        return (
            f"No reference distribution of {snapshot.model.name} for layer {settings.layer} and importance "
            f"{settings.importance} comes with the program. To make one, run python main.py analyze PHOTOS "
            f"--patch-file PATCH.png --figures OUT --reference assets/analysis/{name}, and open the window anew."
        )

    def draw(self, snapshot: Snapshot) -> None:
        """Both histograms, and this photo in them."""
        reference = snapshot.reference
        assert reference is not None
        patched = snapshot.clusters if snapshot.benign is not None else ()
        benign = snapshot.benign.clusters if snapshot.benign is not None else snapshot.clusters
        photo = {"benign": benign, "patched": patched}
        most = int(max(*(reference.clusters[copy].max(initial=1) for copy in _COPIES), len(benign), len(patched)))
        edges = np.arange(0.5, most + 1.5) if most <= _BINS else np.linspace(0.5, most + 0.5, _BINS + 1)
        # Side by side where they are the same.
        shift = {"benign": -0.04, "patched": 0.04} if len(benign) == len(patched) else {"benign": 0.0, "patched": 0.0}
        self._counts.draw(
            edges,
            {copy: _shares(reference.clusters[copy], edges) for copy in _COPIES},
            {copy: [len(shapes) + shift[copy]] if shapes else [] for copy, shapes in photo.items()},
        )
        stds = {copy: [shape.std_px for shape in shapes] for copy, shapes in photo.items()}
        farthest = max(*(float(reference.std_px[copy][-1]) for copy in _COPIES), *stds["benign"], *stds["patched"])
        edges = np.linspace(0, farthest or 1.0, _BINS + 1)
        self._spreads.draw(edges, {copy: _of_percentiles(reference.std_px[copy], edges) for copy in _COPIES}, stds)
        text = _told(reference.clusters["benign"], benign, patched)
        self.caption.setText(text)
        for histogram in (self._counts, self._spreads):
            histogram.plot.setAccessibleDescription(text)

    def dim(self, dimmed: bool) -> None:
        """Fade this photo's lines; the distributions stay what they are."""
        for histogram in (self._counts, self._spreads):
            histogram.dim(dimmed)

    def restyle(self) -> None:
        """Colours for a light or a dark ground."""
        for histogram in (self._counts, self._spreads):
            histogram.restyle()
        blue = _blue().name()
        self._legend.setText(
            f'<span style="color:{blue}">\u2588\u2588</span> benign &nbsp; '
            f'<span style="color:{DIFFER}">\u2501 \u2501</span> patched &nbsp; \u2502 this photo'
        )


class _Histogram:
    """Bars of the benign distribution, steps of the patched one, and the photo's values as lines.

    The first value of each copy is a line as high as the plot, the others are short ones.
    """

    def __init__(self, frame: Dressed, name: str, bottom: str) -> None:
        self._frame = frame
        self.plot = make_plot(name, "Share (%)", bottom)
        self._item = self.plot.getPlotItem()
        self._bars = pg.BarGraphItem(x0=[], x1=[], height=[])
        self._steps = pg.PlotCurveItem([0, 1], [0], stepMode="center")
        for part in (self._bars, self._steps):
            self._item.addItem(part)
        self._lines: list[pg.InfiniteLine] = []
        self._copies: list[tuple[str, bool]] = []  # of each line, and whether it is the first one of its copy

    def draw(
        self,
        edges: NDArray[np.float64],
        shares: dict[str, NDArray[np.float64]],
        values: Mapping[str, Sequence[float]],
    ) -> None:
        """Shares ``(bins,)`` of each copy, and the values of this photo."""
        self._bars.setOpts(x0=edges[:-1], x1=edges[1:], height=100 * shares["benign"])
        self._steps.setData(edges, 100 * shares["patched"])
        self._copies = [(copy, number == 0) for copy in _COPIES for number in range(len(values[copy]))]
        while len(self._lines) < len(self._copies):
            line = pg.InfiniteLine(0, movable=False)
            self._lines.append(line)
            self._item.addItem(line, ignoreBounds=True)
        for line, value in zip(self._lines, [value for copy in _COPIES for value in values[copy]], strict=False):
            line.setValue(value)
        for number, line in enumerate(self._lines):
            line.setVisible(number < len(self._copies))
        self.plot.setXRange(float(edges[0]), float(edges[-1]), padding=0)
        highest = max(float(shares[copy].max(initial=0.0)) for copy in _COPIES)
        self.plot.setYRange(0, 108 * (highest or 1.0), padding=0)
        self.restyle()

    def dim(self, dimmed: bool) -> None:
        for line in self._lines:
            line.setOpacity(DIMMED if dimmed else 1.0)

    def restyle(self) -> None:
        self._frame.dress(self.plot)
        blue, text = _blue(), self._frame.palette().text().color()
        fill = QColor(blue)
        fill.setAlpha(110)
        self._bars.setOpts(brush=fill, pen=self._frame.pen(blue, 1))
        self._steps.setPen(self._frame.pen(DIFFER, 2, dash=(4, 2)))
        # This photo: in the text's colour without the patch, in the patched copies' with it.
        for line, (copy, is_first) in zip(self._lines, self._copies, strict=False):
            line.setPen(self._frame.pen(text if copy == "benign" else DIFFER, 2.5 if is_first else 1.5))
            line.setSpan(*((0, 1) if is_first else (0.78, 1) if copy == "benign" else (0.56, 0.78)))


def _blue() -> QColor:
    return QColor("#56B4E9" if is_dark() else AGREE)


def _shares(values: NDArray[np.int64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the values in each bin."""
    counts, _ = np.histogram(values, edges)
    return counts / max(1, len(values))


def _of_percentiles(percentiles: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share in each bin of a distribution that is known by its 0th to 100th percentile."""
    levels = np.linspace(0, 1, len(percentiles))
    # Of equal percentiles the last one counts: so much lies at or below that value.
    values, last = np.unique(percentiles[::-1], return_index=True)
    below = np.interp(edges, values, levels[::-1][last], left=0.0, right=1.0)
    shares: NDArray[np.float64] = np.diff(below)
    shares[0] += below[0]
    return shares


def _told(reference: NDArray[np.int64], benign: Sequence[ClusterShape], patched: Sequence[ClusterShape]) -> str:
    """What the lines say of the photo, in a sentence."""
    text = _clusters(benign)
    if patched:
        text = f"With the patch {_clusters(patched)}, without it {text}"
    shown = patched or benign
    fewer = words.share(int((reference <= len(shown)).sum()), len(reference))
    return f"{text[0].upper()}{text[1:]}; {fewer} of {len(reference)} benign photos have {len(shown)} or fewer"


def _clusters(shapes: Sequence[ClusterShape]) -> str:
    count = "1 cluster" if len(shapes) == 1 else f"{len(shapes)} clusters"
    return f"{count} (largest s_c {shapes[0].std_px:.0f} px)"
