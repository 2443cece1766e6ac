"""The plots of the bottom tabs: sorted importance, the grid of windows, clusters of SINs, importance maps."""

from gui.panels.plots.clusters import ClusterPlot
from gui.panels.plots.deep import DeepPlot
from gui.panels.plots.distribution import DistributionPlot
from gui.panels.plots.importance import ImportancePlot
from gui.panels.plots.window_grid import WindowGridPlot

__all__ = ["ClusterPlot", "DeepPlot", "DistributionPlot", "ImportancePlot", "WindowGridPlot"]
