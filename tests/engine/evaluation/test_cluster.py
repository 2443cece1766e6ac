"""Evaluations on a real Ray cluster of two machines, as far as one computer can be two."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image
from toys import picture

from engine.classifiers import load_classifier
from engine.defenses import Subject
from engine.errors import EvaluationError
from engine.evaluation.executors import Cluster, Here
from engine.evaluation.executors.cluster import Layout, layout_of, shards_of
from engine.evaluation.executors.crew import Crew
from engine.evaluation.executors.ray_session import connected
from engine.evaluation.executors.ray_worker import RayWorker
from engine.evaluation.photos import LabelledPhoto, labelled_photos
from engine.evaluation.plan import Chosen, Job, Plan, agrees, make_plan, open_jobs
from engine.evaluation.rows import Row
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.threat import PatchThreat

ROOT = Path(__file__).resolve().parents[3]
SIZE = 12
COUNT = 24  # photos: shards of three for two workers
THREAT = PatchThreat(2, 2, SIZE, SIZE)

MACHINES = """
import sys
from ray.cluster_utils import Cluster
small = dict(num_cpus=1, object_store_memory=80 * 2**20, include_dashboard=False)
small |= dict(include_log_monitor=False, no_monitor=True)
cluster = Cluster(initialize_head=True, head_node_args=small)
second = cluster.add_node(**small)
print(cluster.address, flush=True)
for _ in sys.stdin:
    cluster.remove_node(second, allow_graceful=False)
    print("lost", flush=True)
cluster.shutdown()
"""

# Photos by whose names a worker of the cluster, but never the process that asks, comes to harm.
NETWORK = """
import os, signal, sys, time
from pathlib import Path
import torch
from torch import nn
HERE = Path(__file__).parent
def make():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
def harm(event, arguments):
    if event != "open":
        return
    path = str(arguments[0])
    if path.endswith("poison.png"):
        os.kill(os.getpid(), signal.SIGKILL)
    if path.endswith("frail.png"):
        try:
            os.mkdir(HERE / "killed")
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
    while path.endswith("hold.png") and (HERE / "hold").exists():
        time.sleep(0.05)
if any("ray" in word and "default_worker" in word for word in sys.orig_argv):
    sys.addaudithook(harm)
"""


@pytest.mark.parametrize(
    ("machines", "asked", "gpus", "wanted"),
    [
        ([{"CPU": 4.0}, {"CPU": 4.0}], None, True, Layout(2, 4, 0)),
        ([{"CPU": 4.0}, {"CPU": 4.0}], 5, True, Layout(5, 1, 0)),
        ([{"CPU": 1.0}, {"CPU": 8.0}, {}], None, True, Layout(2, 4, 0)),
        ([{"CPU": 2.0}], 9, True, Layout(2, 1, 0)),
        ([{"CPU": 16.0, "GPU": 4.0}, {"CPU": 3.0, "GPU": 1.0}, {"CPU": 64.0}], None, True, Layout(5, 3, 1)),
        ([{"CPU": 16.0, "GPU": 4.0}], 2, True, Layout(2, 4, 1)),
        ([{"CPU": 16.0, "GPU": 4.0}], None, False, Layout(1, 16, 0)),
    ],
)
def test_every_worker_finds_a_place(machines, asked, gpus: bool, wanted: Layout) -> None:
    assert layout_of(machines, asked, gpus) == wanted


def test_a_cluster_without_processors_is_refused() -> None:
    with pytest.raises(EvaluationError, match="no processor"):
        layout_of([{"CPU": 0.0}], None, True)


@pytest.mark.parametrize(("photos", "workers", "size"), [(1, 4, 1), (24, 2, 3), (1000, 2, 8), (10, 2, 1)])
def test_shards_hold_every_job_once(photos: int, workers: int, size: int) -> None:
    jobs = [Job(LabelledPhoto(Path(str(index)), str(index), 0), ()) for index in range(photos)]
    shards = shards_of(jobs, workers)
    assert [job for shard in shards for job in shard] == jobs
    assert max(map(len, shards)) == size


def test_where_nobody_listens_there_is_no_cluster() -> None:
    pytest.importorskip("ray")
    with (
        pytest.raises(EvaluationError, match=r"There is no Ray cluster at 127\.0\.0\.1:1 that can be used"),
        connected("127.0.0.1:1"),
    ):
        pass


@pytest.fixture(scope="module")
def machines() -> Iterator[subprocess.Popen[str]]:
    """A process that keeps two machines of one processor each, and the address in its ``args``."""
    pytest.importorskip("ray", reason="Ray is not installed: the extra `cluster`")
    folder = tempfile.mkdtemp(prefix="ray-")  # sockets are in it, whose paths have to be short
    patient = {"RAY_raylet_start_wait_time_s": "240", "RAY_worker_register_timeout_seconds": "240"}
    patient["RAY_worker_niceness"] = "0"
    environment = {**os.environ, **patient, "RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0"}
    with subprocess.Popen(
        [sys.executable, "-c", MACHINES],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        try:
            yield child
        finally:
            child.stdin.close()
            child.wait()
            while left := processes_of(folder):  # they end by themselves, within the test's time
                time.sleep(0.1)
            assert not left
            shutil.rmtree(folder)


@pytest.fixture(scope="module")
def address(machines: subprocess.Popen[str]) -> str:
    return machines.stdout.readline().strip()


def processes_of(folder: str) -> list[int]:
    """Processes that name a folder of Ray's on their command line, where the system tells."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if folder.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "network.py"
    path.write_text(NETWORK)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(COUNT):
        Image.fromarray(picture(SIZE, seed=index)).save(folder / f"{index % 3}_{index:02}.png")
    return folder


@pytest.fixture
def planned(network: Path, data: Path) -> tuple[Plan, Subject, Callable[[], list[Job]]]:
    settings = Settings(model=f"{network}:make", input_size=(SIZE, SIZE), backend="torch")
    made = Subject(Inspector(load_classifier(settings)), settings)
    plan = make_plan(made, settings, ["patchcleanser:masks=4"], THREAT)
    return plan, made, lambda: open_jobs(plan, labelled_photos(data, made.classifier.labels), [])


def no() -> bool:
    return False


def rename(data: Path, index: int, fate: str) -> None:
    path = sorted(data.iterdir())[index]
    path.rename(path.with_name(f"{path.stem}_{fate}.png"))


def facts(row: Row) -> Row:
    """A row without what depends on the number of processors."""
    return replace(row, seconds=0.0, min_margin=0.0)


def test_another_model_is_told_from_the_plan_s(planned) -> None:
    plan, made, _ = planned
    assert agrees(plan, made)
    assert not agrees(replace(plan, chosen=(Chosen(plan.chosen[0].text, "of other weights"),)), made)


@pytest.mark.slow
def test_a_lost_worker_s_shard_is_done_once_more(address: str, planned, data: Path) -> None:
    plan, made, jobs = planned
    rename(data, 10, "frail")  # the second photo of its shard: the first was answered already when the worker dies
    before = signal.getsignal(signal.SIGTERM)
    found = list(Cluster(address).answers(plan, jobs(), no))
    assert (data.parent / "killed").exists()
    rows = {job.photo.name: [facts(row) for row in answers.rows] for job, answers in found}
    assert len(found) == len(rows) == COUNT, "no photo twice, none missing"
    wanted = Here(made).answers(plan, jobs(), no)
    assert rows == {job.photo.name: [facts(row) for row in answers.rows] for job, answers in wanted}
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.slow
def test_a_photo_that_kills_every_worker_is_given_up(address: str, planned, data: Path) -> None:
    plan, _, jobs = planned
    for path in sorted(data.iterdir())[16:]:
        path.unlink()
    rename(data, 3, "poison")
    found = list(Cluster(address).answers(plan, jobs(), no))
    assert len(found) == len({job.photo.name for job, _ in found}) == 16
    (fault,) = [answers.fault for job, answers in found if not answers.rows]
    assert "_poison.png was given up, since 3 workers of the cluster were lost over it" in fault


@pytest.mark.slow
def test_what_a_machine_cannot_read_is_said(address: str, planned, network: Path, data: Path, tmp_path: Path) -> None:
    plan, _, jobs = planned
    tables = tmp_path / "tables"
    tables.mkdir()
    answered = Cluster(address, tables=tables).answers(plan, jobs(), no)
    next(answered)
    for path in data.iterdir():
        path.unlink()
    with pytest.raises(EvaluationError, match=r"cannot take part: There is no photo .*\.png; check its path"):
        list(answered)
    assert list(tables.glob("*.npz")), "the folder is the same one for the workers"
    assert not list(tables.glob(".shared-*"))
    network.unlink()
    job = Job(LabelledPhoto(data / "0_00.png", "0_00.png", 0), plan.chosen)
    with pytest.raises(EvaluationError, match=r"cannot take part: There is no file .*network\.py"):
        list(Cluster(address).answers(plan, [job], no))


@pytest.mark.slow
def test_the_command_is_as_quiet_and_as_easily_interrupted_as_ever(
    address: str, network: Path, data: Path, tmp_path: Path
) -> None:
    rename(data, 0, "hold")
    (tmp_path / "hold").touch()
    command = [
        *(sys.executable, "main.py", "evaluate", str(data), "--out", str(tmp_path / "out"), "--patch", "2"),
        *("--model", f"{network}:make", "--input-size", str(SIZE), "--backend", "torch", "--cluster", address),
        *("--defense", "patchcleanser:masks=4"),
    ]
    rows = tmp_path / "out" / "rows"
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        while child.poll() is None and not list(rows.glob("part-*")):
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        out, errors = child.communicate()
    assert (child.returncode, errors) == (130, "interrupted; the same command goes on from here\n")
    kept = sum(pq.read_table(part).num_rows for part in rows.glob("part-*"))
    assert 8 <= kept < COUNT
    assert f"{kept} of {COUNT} photos" in out
    (tmp_path / "hold").unlink()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, f"{kept} of {COUNT} photos are done already\n")
    assert f"{COUNT} of {COUNT} photos" in done.stdout
    photos = [photo for part in rows.glob("part-*") for photo in pq.read_table(part)["photo"].to_pylist()]
    assert len(photos) == len(set(photos)) == COUNT, "each once and only once"


@pytest.mark.slow
def test_a_lost_machine_is_done_without(machines: subprocess.Popen[str], address: str, planned) -> None:
    """One of the last: the machine does not come back, so the worker that is left does all, each photo once."""
    plan, made, jobs = planned
    answered = Cluster(address).answers(plan, jobs(), no)
    found = [next(answered)]
    machines.stdin.write("\n")
    machines.stdin.flush()
    assert machines.stdout.readline() == "lost\n"
    found += answered
    rows = {job.photo.name: [facts(row) for row in answers.rows] for job, answers in found}
    assert len(found) == len(rows) == COUNT, "no photo twice, none missing"
    wanted = Here(made).answers(plan, jobs(), no)
    assert rows == {job.photo.name: [facts(row) for row in answers.rows] for job, answers in wanted}


@pytest.mark.slow
def test_where_no_machine_that_is_left_has_room_nobody_waits(address: str, planned) -> None:
    """A worker of two processors is asked for, which no machine has, as if the larger one had been lost."""
    plan, _, jobs = planned
    with connected(address) as ray:
        actor = ray.remote(num_cpus=2, max_restarts=0)(RayWorker)
        crew = Crew(ray, lambda: actor.remote(plan, os.getcwd(), None, None, 2), 1, {"CPU": 2, "GPU": 0})
        with pytest.raises(EvaluationError, match="No machine that is left in the Ray cluster has room for a worker"):
            list(crew.answers([(job,) for job in jobs()], no))
