"""A classifier with its cuts, made when they are first asked for: the original's, and those with adapted weights."""

from torch.fx import GraphModule

from engine.batches import Logits
from engine.classifiers import Classifier
from engine.classifiers.adaptation import Adaptation
from engine.classifiers.adapted import adapted_cut, chosen_adaptation
from engine.classifiers.cut import CutClassifier, cut_classifier
from engine.classifiers.footprint import Footprints, load_footprints
from engine.classifiers.graph_cache import load_graph
from engine.settings import Settings
from engine.superficial import Superficial

__all__ = ["Cuts"]


class Cuts:
    """A classifier, cut wherever somebody asks for it.

    Parameters
    ----------
    classifier : Classifier
        The original one.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self._graph: GraphModule | None = None
        self._cuts: dict[str, tuple[CutClassifier, Footprints]] = {}
        self._adapted: dict[tuple[str, str], CutClassifier] = {}

    @property
    def graph(self) -> GraphModule:
        """The network's graph, exported (or read from the cache) when it is first asked for."""
        if self._graph is None:
            self._graph = load_graph(self.classifier)
        return self._graph

    def cut(self, layer: str) -> tuple[CutClassifier, Footprints]:
        """The classifier cut at a superficial layer, and the footprints there.

        Raises
        ------
        LayerError
            If the layer does not exist or cannot carry a certificate.
        """
        if layer not in self._cuts:
            cut = cut_classifier(self.classifier, self.graph, layer)
            self._cuts[layer] = cut, load_footprints(cut)
        return self._cuts[layer]

    def adaptation(self, settings: Settings) -> Adaptation | None:
        """The adapted weights that an inspection with some settings uses, if any.

        Raises
        ------
        LayerError
            If the layer does not exist or cannot carry a certificate.
        ModelError
            If a file was asked for that cannot be read or does not belong to this classifier and layer.
        """
        cut, _ = self.cut(settings.layer)
        return chosen_adaptation(self.classifier, cut.layer, settings)

    def pruned_cut(self, settings: Settings) -> CutClassifier:
        """The cut through which the pruned model runs: adapted where the settings choose so.

        Raises
        ------
        ModelError
            As :meth:`adaptation`.
        """
        cut, _ = self.cut(settings.layer)
        adaptation = self.adaptation(settings)
        if adaptation is None:
            return cut
        key = (cut.layer, adaptation.sha256)
        if key not in self._adapted:
            self._adapted[key] = adapted_cut(cut, adaptation)
        return self._adapted[key]

    def rate(self, settings: Settings) -> float:
        """The top-ranking rate: as asked for, or what the adapted weights were made for, or the model's own."""
        if settings.top is not None:
            return settings.top
        cut, _ = self.cut(settings.layer)
        adaptation = self.adaptation(settings)
        return adaptation.to.rate if adaptation else self.classifier.family.rate(cut.layer)

    def full(self, state: Superficial, settings: Settings) -> Logits | None:
        """The original network's logits for a photo, where the backend runs an adapted one; else ``None``.

        They are no part of a certificate, and no backend is made for them.
        """
        cut, _ = self.cut(settings.layer)
        if self.pruned_cut(settings) is cut:
            return None
        row: Logits = cut.tail(*state.crossing)[0].numpy()
        row.setflags(write=False)
        return row
