"""Vanilla, pruned, clean, certified and guaranteed accuracy over rates, fills and rules.

    python -m benchmarks.accuracy --data FOLDER --limit 200

Photos are named ``<class index>_<anything>.jpg``, or lie in a folder for each class. Beside SIN windows it measures
pixel-space occlusion without any pruning (the setting of Minority Reports with PatchCleanser's masks) on the same
photos in the same run: the baseline that SINs have to beat.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from engine.classifiers import load_classifier
from engine.defenses import Subject
from engine.defenses.scalecert import ScaleCert, ScaleCertConfig
from engine.evaluation.metrics import METRICS, Outcome, Share, outcome, summarise
from engine.evaluation.photos import labelled_photos
from engine.images import read_image
from engine.outputs import write_output
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.threat import PatchThreat

RATES = (0.2, 0.3, 0.5, 1.0)
RULES = (("consistency", 0.0), ("confident", 0.5), ("hicert", 0.5))


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    rule: str
    tau: float
    shares: dict[str, Share]
    passes: float
    ms: float


def configurations(layer: str, patch: str, rates: tuple[float, ...]) -> dict[str, ScaleCertConfig]:
    """What is measured: every rate with the neutral fill and the paper's, the defaults, and pixel space."""
    found = {}
    for fill, importance in (("neutral", "contrast"), ("zero", "activation")):
        for rate in rates:
            found[f"SIN {rate:.0%}, {fill} fill, {importance}"] = ScaleCertConfig(
                layer=layer,
                adapted="off",
                top=rate,
                fill=fill,  # type: ignore[arg-type]
                importance=importance,  # type: ignore[arg-type]
            )
    found["SIN at the default rate, adapted weights if there are any"] = ScaleCertConfig(layer=layer)
    pixel = {"window": 64, "stride": 33} if patch == "2%" else {}
    found["pixel space, no pruning"] = ScaleCertConfig(layer="input", top=1.0, **pixel)
    return found


def measure(
    data: Path, limit: int | None, subject: Subject, patch: str, configs: dict[str, ScaleCertConfig], console: Console
) -> list[Row]:
    """Sweep every photo under every configuration and judge each sweep by every rule."""
    classifier = subject.classifier
    threat = PatchThreat.parse(patch, classifier.preprocessing.input_size)
    photos = labelled_photos(data, classifier.labels, limit)
    views = [classifier.preprocessing.view(read_image(photo.path).rgb) for photo in photos]
    vanilla = [int(subject.vanilla(view).argmax()) for view in views]
    rows = []
    for name, config in configs.items():
        defenses = {(rule, tau): ScaleCert(config).configured(rule=rule, tau=tau) for rule, tau in RULES}
        outcomes: dict[tuple[str, float], list[Outcome]] = {rule: [] for rule in RULES}
        ScaleCert(config).prepare(subject)
        passes, started = 0, time.perf_counter()
        for index in track(range(len(photos)), description=name, console=console, transient=True):
            tables = ScaleCert(config).tables(subject, views[index], threat)
            passes += tables.passes
            for rule, defense in defenses.items():
                result = defense.judge(tables, threat, photos[index].label)
                outcomes[rule].append(outcome(result, photos[index].label, vanilla[index]))
        ms = (time.perf_counter() - started) * 1000 / len(photos)
        for (rule, tau), counted in outcomes.items():
            rows.append(Row(name, rule, tau, summarise(counted), passes / len(photos), ms))
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled photos")
    parser.add_argument("--limit", type=int, help="measure on this many photos, evenly spread")
    parser.add_argument("--model", default="efficientnet_lite0")
    parser.add_argument("--layer", default="1")
    parser.add_argument("--patch", default="2%%".replace("%%", "%"))
    parser.add_argument("--rates", default=",".join(f"{rate:.0%}" for rate in RATES))
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    console = Console()
    rates = tuple(float(rate.strip().rstrip("%")) / 100 for rate in options.rates.split(","))
    settings = Settings(model=options.model)
    subject = Subject(Inspector(load_classifier(settings)), settings)
    configs = configurations(options.layer, options.patch, rates)
    rows = measure(options.data, options.limit, subject, options.patch, configs, console)
    images = rows[0].shares["vanilla"].images
    table = Table(
        title=f"{options.model}, layer {options.layer}, patch {options.patch}, {images} photos: "
        f"% with 95 % Wilson intervals",
        title_justify="left",
    )
    for head in ("configuration", "rule", *METRICS, "ms"):
        table.add_column(head, justify="left" if head in ("configuration", "rule") else "right", overflow="fold")
    for row in rows:
        rule = row.rule if row.rule == "consistency" else f"{row.rule} {row.tau:g}"
        table.add_row(row.name, rule, *(str(row.shares[name]) for name in METRICS), f"{row.ms:.0f}")
    Console(width=max(150, console.width)).print(table)
    if options.json:
        report = [
            {
                "configuration": row.name,
                "rule": row.rule,
                "tau": row.tau,
                "images": images,
                **{
                    name: {"value": row.shares[name].value, "interval": row.shares[name].interval} for name in METRICS
                },
                "predictions": row.passes,
                "ms_per_image": row.ms,
            }
            for row in rows
        ]
        write_output(options.json, json.dumps(report, indent=2).encode())


if __name__ == "__main__":
    main()
