"""The plots of the bottom tabs: sorted importance, the grid of windows, the clusters of SINs."""

from gui.panels.plots.clusters import ClusterPlot
from gui.panels.plots.importance import ImportancePlot
from gui.panels.plots.window_grid import WindowGridPlot

__all__ = ["ClusterPlot", "ImportancePlot", "WindowGridPlot"]
