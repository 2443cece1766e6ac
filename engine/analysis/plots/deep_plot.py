"""A.3: superficial maps beside the class activation map, for a photo and its patched copy."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from engine.analysis.map_example import MapExample
from engine.analysis.plots.frame import new_figure, panel, png, title
from engine.figure.sheet import INK, PAPER

__all__ = ["deep_figure"]

_SIDE = 2.1


def deep_figure(example: MapExample, labels: Sequence[str]) -> bytes:
    """A row for the photo and one for its patched copy; a PNG.

    Parameters
    ----------
    example : MapExample
    labels : sequence of str
        Class names.
    """

    def build() -> Figure:
        columns = 1 + len(example.superficial) + (example.deep is not None)
        figure = new_figure(max(6.5, _SIDE * columns), 0.5 + 2 * (_SIDE + 0.25))
        title(
            figure, f"Superficial importance and class activation of {example.photo}; the frame is the patch's place"
        )
        height, width = example.views.shape[1:3]
        for row, axes in enumerate(figure.subplots(2, columns)):
            _show(axes[0], ("benign", "patched")[row], example)
            axes[0].imshow(example.views[row], extent=(0, width, height, 0))
            for each, (name, maps) in zip(axes[1:], example.superficial.items(), strict=False):
                _show(each, f"{name}, {example.milliseconds[name][row]:.1f} ms", example)
                each.imshow(maps[row], cmap="cividis", vmin=0, vmax=float(maps.max()), extent=(0, width, height, 0))
            if example.deep is not None:
                deep = example.deep[row]
                _show(axes[-1], f"CAM, {labels[deep.label]}, {deep.milliseconds:.0f} ms", example)
                axes[-1].imshow(deep.heatmap.clip(min=0), cmap="cividis", extent=(0, width, height, 0))
        return figure

    return png(build)


def _show(axes: Axes, heading: str, example: MapExample) -> None:
    panel(axes, heading)
    axes.set(xticks=[], yticks=[])
    top, left, bottom, right = example.box
    for colour, line in ((INK, 2.2), (PAPER, 1.0)):
        axes.add_patch(
            Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour, linewidth=line, zorder=3)
        )
