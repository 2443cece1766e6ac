"""The paper's tables: what was published, what each row runs, and both beside each other in every form."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from defended import SIZE, subject
from PIL import Image
from toys import picture

from engine.defenses import TableStore
from engine.defenses.registry import DEFENSES, make_defense
from engine.errors import DefenseError, ModelError, SettingsError
from engine.evaluation.limits import Limits
from engine.evaluation.parts import DefenseLine, Part, measure, prepare
from engine.evaluation.rows import RowStore
from engine.models import MODELS
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.tables.compare import compare
from engine.tables.lines import PaperTable, made_for, paper_table
from engine.tables.published import published_table
from engine.tables.report import TableReport, write_table

PHOTOS = 4
LINES = (
    DefenseLine("CBN", "clipped_bagnet", "toy"),
    DefenseLine("PatchCleanser", "patchcleanser:masks=3", "toy"),
    DefenseLine("ScaleCert", "minority_reports_pc:masks=3", "toy"),
    DefenseLine("MR", "minority_reports_pc:masks=4", "missing"),
)
TABLE = PaperTable(5, "defense", LINES, ("5%", "8%"))


def test_what_was_published() -> None:
    row = published_table(5).row("ScaleCert", "cifar10", "5%")
    assert (row.clean, row.certified) == (76.3, 71.2)
    assert published_table(5).row("MR", "imagenet", "8%").note == "computationally infeasible"
    assert published_table(5).row("ScaleCert", "imagenet", "2%") is None
    assert published_table(7).row("2", "imagenet", "2%").certified == 42.4, "its patch is not known: any"
    rows = [row for number in (5, 6, 7) for row in published_table(number).rows]
    assert len(rows) == 32 + 6 + 3
    for row in rows:
        assert bool(row.note) == (row.clean is None) == (row.certified is None)
        assert row.clean is None or row.certified < row.clean < (row.model or 100)


@pytest.mark.parametrize("number", [5, 6, 7])
@pytest.mark.parametrize("data", ["cifar10", "imagenet"])
def test_every_row_names_a_defense_and_a_model_that_exist(number: int, data) -> None:
    table = paper_table(number, data)
    assert {line.model for line in table.lines} <= set(MODELS)
    assert len({line.name for line in table.lines}) == len(table.lines)
    for line in table.lines:
        make_defense(line.defense)
    published = {row.name for row in published_table(number).rows if row.data == data}
    assert published <= {line.name for line in table.lines} or (number, data) == (5, "imagenet")


def test_all_defenses_stand_in_table_5_for_cifar10() -> None:
    assert {line.defense.partition(":")[0] for line in paper_table(5, "cifar10").lines} == set(DEFENSES)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(PHOTOS):
        Image.fromarray(picture(SIZE, seed=index)).save(folder / f"{index % 3}_{index}.png")
    return folder


@pytest.fixture
def load() -> Callable[[Settings], Inspector]:
    inspector = subject("toy").inspector

    def get(settings: Settings) -> Inspector:
        if settings.model == "missing":
            raise ModelError("There are no weights of missing; train it.")
        return inspector

    return get


def prepared(load: Callable[[Settings], Inspector], data: Path, tmp_path: Path, limits: Limits) -> tuple[Part, ...]:
    settings = Settings(backend="torch")
    return prepare(LINES, data, settings, load, TABLE.patches, limits, TableStore(tmp_path / "tables"))


def test_measured_beside_published(load, data: Path, tmp_path: Path) -> None:
    limits = Limits.parse("3,patchcleanser=2")
    parts = prepared(load, data, tmp_path, limits)
    store = RowStore(tmp_path / "rows")
    steps = list(measure(parts, store))
    assert [step.done for step in steps] == list(range(2 * (3 + 2) + 1))
    assert all(step.photos == 10 for step in steps)
    assert [(step.done, step.photos) for step in measure(parts, store)] == [(10, 10)], "nothing is done twice"
    rows = compare(TABLE, "cifar10", parts, store)
    assert [(row.name, row.patch) for row in rows] == [(line.name, patch) for line in LINES for patch in ("5%", "8%")]
    counted = {row.name: row.line.images if row.line else 0 for row in rows}
    assert counted == {"CBN": 0, "PatchCleanser": 2, "ScaleCert": 3, "MR": 0}
    assert [row.threat for row in rows[2:4]] == [
        "3 x 3 px (6.25% of the model's input)",
        "4 x 4 px (11.11% of the model's input)",
    ]
    report = TableReport(5, "defense", "cifar10", rows)
    paths = write_table(report, tmp_path)
    text = (tmp_path / "table5.md").read_text()
    recovery, _, detection = text.partition("## Detection")
    assert "| CBN | 5% | 83.2 | 0.8 | toy | cannot run |" in recovery
    assert "- CBN, patch 8%, toy: it needs a local-feature network" in text
    assert "| PatchCleanser | 5% | – | – | toy | 2 |" in recovery
    share = next(row for row in rows if row.name == "ScaleCert").line.shares["certified"]
    assert "| ScaleCert | 5% | 76.3 | 71.2 | toy | 3 |" in detection
    assert f"| {100 * share.value - 71.2:+.1f} | 10 |" in detection
    assert "- MR, patch 5%, missing: There are no weights of missing; train it." in text
    page = paths[1].read_text()
    assert page.count("data:image/png;base64,") == 2
    lines = list(csv.DictReader((tmp_path / "table5.csv").open()))
    assert [line["images"] for line in lines] == ["0", "0", "2", "2", "3", "3", "0", "0"]
    assert (lines[4]["published_certified"], lines[2]["published_clean"]) == ("71.2", "")
    assert float(lines[4]["certified"]) == pytest.approx(share.value, abs=1e-6)
    assert "ScaleCert & 5\\% & 76.3 & 71.2 & " in (tmp_path / "table5.tex").read_text()


def test_where_nothing_can_run_the_reason_is_said(load, data: Path) -> None:
    settings = Settings(backend="torch")
    for defense, model, kind, sentence in (
        (
            "clipped_bagnet",
            "toy",
            DefenseError,
            "No defense that was asked for can run here: it needs a local-feature network",
        ),
        ("patchcleanser", "missing", ModelError, "There are no weights of missing"),
    ):
        with pytest.raises(kind, match=sentence):
            prepare([DefenseLine("x", defense, model)], data, settings, load, ("5%",), Limits())


def test_limits() -> None:
    limits = Limits.parse("500, minority_reports=20")
    assert (limits.of("minority_reports:stride=1"), limits.of("minority_reports_pc")) == (20, 500)
    assert Limits.parse("ibp=3").of("patchcleanser") is None
    assert Limits().of("ibp") is None
    for text in ("0", "many", "ibp=", "ibp=0", ""):
        with pytest.raises(SettingsError, match="--limit cannot be"):
            Limits.parse(text)
    with pytest.raises(SettingsError, match="'ipb', which is no defense"):
        Limits.parse("ipb=3")


def test_each_defense_has_the_model_made_for_it() -> None:
    assert [(line.defense, line.model) for line in made_for(["ibp:chunk=8", "patchcleanser:k3"])] == [
        ("ibp:chunk=8", "cifar10_ibp"),
        ("patchcleanser:k3", "cifar10_resnet_occlusion"),
    ]
    assert [line.defense for line in made_for(["all"])] == [line.defense for line in paper_table(5, "cifar10").lines]
    with pytest.raises(DefenseError, match="There is no defense 'ipb'"):
        made_for(["ipb"])
