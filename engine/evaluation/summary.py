"""Rows counted: the shares, passes and time of each defense."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from engine.defenses.registry import AnyDefense, make_defense
from engine.defenses.result import Kind
from engine.evaluation.metrics import Outcome, Share, summarise
from engine.evaluation.plan import Plan, usual_knobs
from engine.evaluation.rows import Row

__all__ = ["Line", "Summary", "merged", "summary_of"]


@dataclass(frozen=True)
class Line:
    """One defense of the table.

    Parameters
    ----------
    defense, title, configuration, requires, citation : str
    changed : str
        Settings other than the defense's defaults; empty if there are none.
    kind : str
    network : str
        What its passes ran, which is not the plain model where weights were adapted to SIN pruning.
    shares : dict
        By the names of ``METRICS``.
    claimed : Share, optional
        What a published criterion claims without proving it.
    passes, inference_passes, ms : float
        Means over the photos.
    model : str
    """

    defense: str
    title: str
    configuration: str
    changed: str
    requires: str
    citation: str
    kind: Kind
    network: str
    shares: dict[str, Share]
    claimed: Share | None
    passes: float
    inference_passes: float
    ms: float
    model: str

    @property
    def images(self) -> int:
        """Photos that were answered."""
        return self.shares["clean"].images


@dataclass(frozen=True)
class Summary:
    """An evaluation's table.

    Parameters
    ----------
    networks : tuple of (model, weights)
        One, unless each defense has a model of its own.
    data, patch, patch_space, backend : str
    photos : int
        That were asked for.
    lines : tuple of Line
    refused : tuple of (title, sentence)
    labelled : bool
        Whether photos have labels; without, shares are of what each defense answers.
    faults : tuple of str
        What was wrong with photos that could not be answered.
    """

    networks: tuple[tuple[str, str], ...]
    data: str
    patch: str
    patch_space: str
    backend: str
    photos: int
    lines: tuple[Line, ...]
    refused: tuple[tuple[str, str], ...]
    labelled: bool = True
    faults: tuple[str, ...] = ()

    def of_kind(self, kind: Kind) -> tuple[Line, ...]:
        """The lines of recoveries or of detections: the two promise different things and are not ranked together."""
        return tuple(line for line in self.lines if line.kind == kind)

    def settings_of(self, kind: Kind) -> str:
        """One sentence on the settings of its defenses, where they are not the defaults."""
        lines = self.of_kind(kind)
        changed = [f"{line.defense} ({line.changed})" for line in lines if line.changed]
        others = "".join(f" {line.defense} runs {line.network}." for line in lines if line.network != line.model)
        if not changed:
            return f"Every defense has its default settings.{others}"
        return f"Other than the default settings: {'; '.join(changed)}.{others}"


def summary_of(plan: Plan, rows: Sequence[Row], names: Iterable[str], data: str, model: str, weights: str) -> Summary:
    """Count rows.

    Parameters
    ----------
    plan : Plan
    rows : sequence of Row
    names : iterable of str
        Photos that count; the rows may hold others, of an evaluation with another limit.
    data, model, weights : str
        What to name in the report.
    """
    wanted = set(names)
    lines = []
    backends: set[str] = set()
    for one in plan.chosen:
        mine = [row for row in rows if row.key == one.key and row.photo in wanted]
        backends |= {row.backend for row in mine}
        defense = make_defense(one.text, usual_knobs(plan.settings))
        claims = [row.claimed for row in mine if row.claimed is not None]
        count = max(1, len(mine))
        lines.append(
            Line(
                defense=one.text,
                title=defense.title,
                configuration=str(defense.config).partition("(")[2].removesuffix(")"),
                changed=_changed(defense),
                requires=defense.requires,
                citation=defense.citation,
                kind=defense.kind,
                network=", ".join(sorted({row.model for row in mine})) or model,
                shares=summarise(_outcome(row) for row in mine),
                claimed=Share(sum(claims), len(claims)) if claims else None,
                passes=sum(row.passes for row in mine) / count,
                inference_passes=sum(row.inference_passes for row in mine) / count,
                ms=1000 * sum(row.seconds for row in mine) / count,
                model=model,
            )
        )
    return Summary(
        ((model, weights),),
        data,
        str(plan.threat),
        plan.threat.patch_space,
        ", ".join(sorted(backends)) or f"{plan.settings.backend} {plan.settings.precision}",
        len(wanted),
        tuple(lines),
        plan.refused,
        plan.labelled,
    )


def merged(summaries: Sequence[Summary]) -> Summary:
    """Evaluations of several models on the same data and patch, in one table.

    Parameters
    ----------
    summaries : sequence of Summary
        One at least.
    """
    return replace(
        summaries[0],
        networks=tuple(dict.fromkeys(network for one in summaries for network in one.networks)),
        backend=", ".join(dict.fromkeys(one.backend for one in summaries)),
        photos=max(one.photos for one in summaries),
        lines=tuple(line for one in summaries for line in one.lines),
        refused=tuple(refusal for one in summaries for refusal in one.refused),
    )


def _changed(defense: AnyDefense) -> str:
    usual = defense.configuration()
    names = [field.name for field in fields(defense.config)]
    values = {
        name: getattr(defense.config, name) for name in names if getattr(defense.config, name) != getattr(usual, name)
    }
    return ", ".join(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}" for name, value in values.items()
    )


def _outcome(row: Row) -> Outcome:
    return Outcome(row.vanilla_right, row.pruned, row.clean, row.certified, row.guaranteed, row.false_alert)
