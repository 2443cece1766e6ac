"""Evaluations from photos to rows and reports: resumed, stopped, killed, and done by several processes."""

import csv
import dataclasses
import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from defended import SIZE, subject
from PIL import Image
from toys import picture, stop_after

from engine.classifiers import load_classifier
from engine.defenses import Subject, TableStore
from engine.errors import DefenseError, EvaluationError, OutputError
from engine.evaluation.executors import Processes
from engine.evaluation.photos import labelled_photos, plain_photos
from engine.evaluation.plan import Plan, make_plan, open_jobs, without_labels
from engine.evaluation.report import write_report
from engine.evaluation.rows import Row, RowStore
from engine.evaluation.run import BATCH, evaluate
from engine.evaluation.summary import summary_of
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.threat import PatchThreat

ROOT = Path(__file__).resolve().parents[3]
THREAT = PatchThreat(2, 2, SIZE, SIZE)
COUNT = BATCH + 3
ASKED = ["minority_reports_pc:masks=3", "patchcleanser:masks=3", "clipped_bagnet", "ibp"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for index in range(COUNT):
        Image.fromarray(picture(SIZE, seed=index)).save(folder / f"{index % 3}_{index:02}.png")
    return folder


@pytest.fixture
def made(tmp_path: Path) -> Subject:
    plain = subject("toy")
    return Subject(plain.inspector, Settings(model="toy", backend="torch"), TableStore(tmp_path / "tables"))


def planned(made: Subject) -> Plan:
    return make_plan(made, made.settings, ASKED, THREAT)


def run(made: Subject, data: Path, store: RowStore, **options) -> tuple[Plan, list[Row]]:
    plan = planned(made)
    photos = labelled_photos(data, made.classifier.labels)
    progress = list(evaluate(plan, photos, made, store, **options))
    assert all(step.fault is None for step in progress)
    return plan, store.read(one.key for one in plan.chosen)


def test_every_photo_and_defense_has_a_row(made: Subject, data: Path, tmp_path: Path) -> None:
    plan, rows = run(made, data, RowStore(tmp_path / "rows"))
    assert [title for title, _ in plan.refused] == ["Clipped BagNet", "Interval bound propagation"]
    assert len(rows) == 2 * COUNT
    assert {row.defense for row in rows} == {"minority_reports_pc", "patchcleanser"}
    for row in rows:
        assert not row.certified or row.clean
        assert row.label == int(row.photo[0])
        assert (row.patch_height, row.patch_space, row.places) == (2, "model input", 121)
        assert row.clean == (row.output == row.label)
    # one photo, answered on its own
    row = next(row for row in rows if row.defense == "patchcleanser")
    view = made.classifier.preprocessing.view(np.array(Image.open(data / row.photo)))
    wanted = plan.defense(plan.chosen[1])(made, view, THREAT, row.label)
    assert (row.output, row.passes, row.certified_places) == (
        wanted.output,
        wanted.passes,
        wanted.certificate.certified_places,
    )
    parts = list((tmp_path / "rows").glob("part-*"))
    assert len(parts) == 2, "batches of 8 and 3 photos"
    assert sum(pq.read_table(part).num_rows for part in parts) == len(rows)


def test_it_goes_on_and_does_nothing_twice(made: Subject, data: Path, tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows")
    plan = planned(made)
    photos = labelled_photos(data, made.classifier.labels)
    stop = stop_after(40)
    first = list(evaluate(plan, photos, made, store, stop=stop))
    assert 0 < first[-1].done < COUNT
    before = store.read(one.key for one in plan.chosen)
    assert before, "what was finished is kept"
    assert len(open_jobs(plan, photos, before)) == COUNT - first[-1].done
    _, rows = run(made, data, store)
    assert len(rows) == 2 * COUNT
    assert [row for row in rows if (row.key, row.photo) in {(old.key, old.photo) for old in before}] == before
    parts = sorted((tmp_path / "rows").iterdir())
    again = list(evaluate(plan, photos, made, store))
    assert [(step.done, step.photos) for step in again] == [(COUNT, COUNT)]
    assert sorted((tmp_path / "rows").iterdir()) == parts


def test_another_patch_or_knob_or_photo_is_done_anew(made: Subject, data: Path, tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows")
    plan, rows = run(made, data, store)
    photos = labelled_photos(data, made.classifier.labels)
    larger = make_plan(made, made.settings, ASKED, PatchThreat(3, 3, SIZE, SIZE))
    other = make_plan(made, made.settings, ["patchcleanser:masks=4"], THREAT)
    assert len(open_jobs(larger, photos, rows)) == len(open_jobs(other, photos, rows)) == COUNT
    changed = tmp_path / "copy"
    changed.mkdir()
    for photo in photos:
        (changed / photo.name).write_bytes(photo.path.read_bytes())
    Image.new("RGB", (SIZE, SIZE)).save(changed / photos[4].name)
    jobs = open_jobs(plan, labelled_photos(changed, made.classifier.labels), rows)
    assert [(job.photo.name, len(job.chosen)) for job in jobs] == [(photos[4].name, 2)]


def test_without_labels_each_defense_certifies_its_own_answer(made: Subject, data: Path, tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows")
    labelled, _ = run(made, data, store)
    plan, photos = without_labels(labelled), plain_photos(data)
    others = store.read(one.key for one in labelled.chosen)
    assert len(open_jobs(plan, photos, others)) == COUNT, "rows are kept apart"
    steps = list(evaluate(plan, photos, made, store))
    rows = store.read(one.key for one in plan.chosen)
    assert sorted(row.photo for step in steps for row in step.rows) == sorted(row.photo for row in rows)
    for row in rows:
        view = made.classifier.preprocessing.view(np.array(Image.open(data / row.photo)))
        wanted = plan.defense(next(one for one in plan.chosen if one.key == row.key))(made, view, THREAT)
        assert (row.label, row.word) == (wanted.prediction.label, wanted.word)
        assert row.certified == (row.word == "certified")
        assert row.clean != row.false_alert
        assert row.vanilla_right == (row.vanilla == row.prediction)
    summary = summary_of(plan, rows, [photo.name for photo in photos], str(data), "toy", "0" * 64)
    write_report(summary, tmp_path)
    text = (tmp_path / "report.md").read_text()
    assert "| defense | certified | silent | alert | as undefended |" in text
    assert "These photos have no labels: nothing here says whether an answer is right." in text
    assert "Certified accuracy" not in text


def test_unreadable_photos_are_said_and_left_out(made: Subject, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "0_broken.png").write_bytes(b"no picture")
    Image.fromarray(picture(SIZE)).save(folder / "1_fine.png")
    store = RowStore(tmp_path / "rows")
    photos = labelled_photos(folder, made.classifier.labels)
    steps = list(evaluate(planned(made), photos, made, store))
    assert [step.done for step in steps] == [0, 0, 1]
    assert "0_broken.png is not an image" in steps[1].fault


def test_photos_of_another_size_are_left_out_where_the_patch_is_on_the_photo(made: Subject, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(picture(SIZE)).save(folder / "0_a.png")
    Image.fromarray(picture(SIZE + 4)).save(folder / "0_b.png")
    plan = make_plan(made, made.settings, ASKED[:1], THREAT, (SIZE, SIZE))
    steps = list(evaluate(plan, labelled_photos(folder, made.classifier.labels), made, RowStore(tmp_path / "rows")))
    assert "16 x 16 px and the patch is meant for photos of 12 x 12 px" in steps[-1].fault


def test_plans_that_make_no_sense_are_refused(made: Subject) -> None:
    with pytest.raises(DefenseError, match="asked for twice"):
        make_plan(made, made.settings, ["patchcleanser", "patchcleanser:masks=6"], THREAT)
    with pytest.raises(DefenseError, match="No defense that was asked for can run here: Clipped BagNet"):
        make_plan(made, made.settings, ["clipped_bagnet"], THREAT)
    every = make_plan(made, made.settings, ["all"], THREAT)
    assert len(every.chosen) + len(every.refused) == 10


def test_a_damaged_part_is_named(made: Subject, data: Path, tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows")
    plan, _ = run(made, data, store)
    part = min((tmp_path / "rows").glob("part-*"))
    part.write_bytes(part.read_bytes()[:200])
    with pytest.raises(EvaluationError, match="is damaged, or not of this version; delete it"):
        store.read(one.key for one in plan.chosen)
    part.unlink()
    _, rows = run(made, data, store)
    assert len(rows) == 2 * COUNT


def test_two_runs_at_once_do_not_share_a_folder(made: Subject, data: Path, tmp_path: Path) -> None:
    store, plan = RowStore(tmp_path / "out" / "rows"), planned(made)
    photos = labelled_photos(data, made.classifier.labels)
    first = evaluate(plan, photos, made, store)
    next(first)
    (tmp_path / "out" / "rows" / ".part-1-1.parquet.12345678.partial").touch()
    with pytest.raises(EvaluationError, match=r"Another run is writing to .*out; wait for its end, or give another"):
        next(evaluate(plan, photos, made, RowStore(tmp_path / "out" / "rows")))
    next(first)
    first.close()
    assert len(store.read(one.key for one in plan.chosen)) == len(plan.chosen), "a run that is closed keeps its rows"
    _, rows = run(made, data, store)
    assert len(rows) == 2 * COUNT
    assert not list((tmp_path / "out" / "rows").glob("*.partial")), "what a killed run left half written is dropped"


def test_a_full_disk_ends_the_run_and_keeps_what_was_written(
    made: Subject, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, plan = RowStore(tmp_path / "rows"), planned(made)
    photos = labelled_photos(data, made.classifier.labels)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    steps = evaluate(plan, photos, made, store)
    for step in steps:
        if step.done == BATCH:
            break
    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", full)
        with pytest.raises(OutputError, match=r"No space left on device.*free some space"):
            list(steps)
    assert len(store.read(one.key for one in plan.chosen)) == 2 * BATCH
    _, rows = run(made, data, store)
    assert len(rows) == 2 * COUNT


def test_the_report_in_every_form(made: Subject, data: Path, tmp_path: Path) -> None:
    plan, rows = run(made, data, RowStore(tmp_path / "rows"))
    names = [photo.name for photo in labelled_photos(data, made.classifier.labels)]
    summary = summary_of(plan, rows, names, str(data), "toy", made.classifier.weights_sha256)
    paths = write_report(summary, tmp_path)
    assert {path.name for path in paths} == {"report.md", "report.html", "results.csv", "results.tex"}
    text = (tmp_path / "report.md").read_text()
    recovery, _, detection = text.partition("## Detection")
    assert "patchcleanser:masks=3 |" in recovery
    assert "minority_reports_pc:masks=3 |" in detection
    assert "patchcleanser:masks=3 |" not in detection
    assert "- Clipped BagNet: it needs a local-feature network" in text
    mine = [row for row in rows if row.defense == "patchcleanser"]
    share = next(line for line in summary.lines if line.kind == "recovery").shares["certified"]
    assert (share.hits, share.images) == (sum(row.certified for row in mine), COUNT)
    page = (tmp_path / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 4
    assert "<script" not in page
    table = list(csv.DictReader((tmp_path / "results.csv").open()))
    assert [line["kind"] for line in table] == ["detection", "recovery"]
    assert float(table[1]["certified"]) == pytest.approx(share.value, abs=1e-6)
    assert float(table[1]["certified_low"]) <= share.value <= float(table[1]["certified_high"])
    rows_of_table = (tmp_path / "results.tex").read_text()
    assert f"PatchCleanser & {100 * sum(row.clean for row in mine) / COUNT:.1f} & {100 * share.value:.1f} \\\\" in (
        rows_of_table
    )


NETWORK = """
import torch
from torch import nn
def make():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
"""


CHILD = """
import multiprocessing, sys
from pathlib import Path
sys.path.insert(0, ".")
from engine.classifiers import load_classifier
from engine.defenses import Subject
from engine.evaluation.executors import Processes
from engine.evaluation.photos import labelled_photos
from engine.evaluation.plan import make_plan, open_jobs
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.threat import PatchThreat
if __name__ == "__main__":
    settings = Settings(model=sys.argv[1], input_size=(12, 12), backend="torch")
    made = Subject(Inspector(load_classifier(settings)), settings)
    plan = make_plan(made, settings, ["patchcleanser:masks=4"], PatchThreat(2, 2, 12, 12))
    jobs = open_jobs(plan, labelled_photos(Path(sys.argv[2]), "abc"), [])
    answered = Processes(2).answers(plan, jobs, lambda: False)
    next(answered)
    print(*(process.pid for process in multiprocessing.active_children()), flush=True)
    multiprocessing.Event().wait()
"""


@pytest.fixture
def network(tmp_path: Path) -> str:
    """A model of the user's own, by name, that other processes can load too."""
    (tmp_path / "network.py").write_text(NETWORK)
    return f"{tmp_path / 'network.py'}:make"


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_in_the_middle_it_goes_on(network: str, data: Path, tmp_path: Path, workers: int) -> None:
    command = [
        *(sys.executable, "main.py", "evaluate", str(data), "--out", str(tmp_path / "out"), "--model", network),
        *("--input-size", str(SIZE), "--patch", "2", "--backend", "torch", "--workers", str(workers)),
        *("--defense", "minority_reports_pc:masks=4,patchcleanser:masks=4"),
    ]
    rows = tmp_path / "out" / "rows"
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None and not (rows.exists() and list(rows.glob("part-*"))):
            time.sleep(0.01)
        os.killpg(child.pid, signal.SIGKILL)
    kept = sum(pq.read_table(part).num_rows for part in rows.glob("part-*"))
    assert kept >= 2 * BATCH, "no more than a batch is lost"
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{COUNT} of {COUNT} photos" in done.stdout
    parts = [pq.read_table(part).to_pylist() for part in rows.glob("part-*")]
    pairs = [(row["key"], row["photo"]) for part in parts for row in part]
    assert len(pairs) == len(set(pairs)) == 2 * COUNT, "each pair once and only once"


@pytest.mark.slow
def test_a_lost_worker_is_replaced_and_its_photos_done_once(network: str, data: Path) -> None:
    settings = Settings(model=network, input_size=(SIZE, SIZE), backend="torch")
    made = Subject(Inspector(load_classifier(settings)), settings)
    plan = make_plan(made, settings, ["patchcleanser:masks=4"], THREAT)
    jobs = open_jobs(plan, labelled_photos(data, made.classifier.labels), [])
    answered = Processes(2).answers(plan, jobs, lambda: False)
    found = [next(answered)]
    victim, *_ = multiprocessing.active_children()
    victim.kill()
    found += answered
    assert len(found) == len({job.photo.name for job, _ in found}) == COUNT
    assert all(len(answers.rows) == 1 for _, answers in found)
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_workers_end_with_a_run_that_is_killed(network: str, data: Path, tmp_path: Path) -> None:
    """Only the run itself is killed, as by a system without memory; the test ends when its workers have."""
    child = tmp_path / "child.py"
    child.write_text(CHILD)
    with subprocess.Popen(
        [sys.executable, str(child), network, str(data)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as run_of_workers:
        pids = [int(word) for word in run_of_workers.stdout.readline().split()]
        run_of_workers.kill()
        assert len(pids) == 2
        run_of_workers.stdout.read()  # the workers hold its other end, until they are gone


@pytest.mark.slow
def test_processes_stop_when_told(network: str, data: Path) -> None:
    settings = Settings(model=network, input_size=(SIZE, SIZE), backend="torch")
    made = Subject(Inspector(load_classifier(settings)), settings)
    plan = make_plan(made, settings, ["patchcleanser:masks=4"], THREAT)
    jobs = open_jobs(plan, labelled_photos(data, made.classifier.labels), [])
    told = False
    answered = Processes(2).answers(plan, jobs, lambda: told)
    first = next(answered)
    told = True
    rest = list(answered)
    assert first[1].rows
    assert len(rest) < COUNT - 1
    assert not multiprocessing.active_children()


def test_many_parts_become_one(made: Subject, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, rows = run(made, data, RowStore(tmp_path / "rows"))
    monkeypatch.setattr("engine.evaluation.rows._PARTS", 3)
    store = RowStore(tmp_path / "joined")
    for number, row in enumerate(rows):
        store.append([row])
        assert len(list((tmp_path / "joined").iterdir())) == number % 3 + 1
    store.append([dataclasses.replace(rows[0], seconds=7.0)])
    found = store.read(one.key for one in plan.chosen)
    assert found == [dataclasses.replace(rows[0], seconds=7.0), *rows[1:]], "the newest row of a photo stands"
