"""The program around the commands: entry points, speed, interruption, streams that end, internal errors."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import published
import pytest

from engine.cli import main
from engine.cli.version import version

ROOT = Path(__file__).resolve().parents[3]
NETWORKS = Path(__file__).parent / "networks.py"
unix = pytest.mark.skipif(sys.platform == "win32", reason="needs Unix signals and streams")


def program(*argv: object, entry: tuple[str, ...] = ("main.py",), **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *entry, *(str(word) for word in argv)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, **options)


@pytest.mark.parametrize("entry", [("main.py",), ("-m", "engine.cli")])
def test_the_version_is_said_by_every_entry(entry):
    done = program("--version", entry=entry)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"sinscope {version()}\n", "")
    assert version()[0].isdigit()


def test_help_and_refusals_need_neither_torch_nor_rich():
    code = (
        "import sys; from engine.cli import main\n"
        "codes = [main(['--help']), main(['inspect', '--help']), main(['inspect', 'a.png', '--top', '0'])]\n"
        "print('LOADED', [name for name in ('torch', 'rich', 'numpy', 'PIL') if name in sys.modules], codes)"
    )
    done = program(entry=("-c", code))
    assert done.stdout.splitlines()[-1] == "LOADED [] [0, 0, 2]"
    assert "130  interrupted" in done.stdout
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "fault"),
    [
        (["inspect"], "The following arguments are required: IMAGE; see sinscope inspect --help."),
        (["photo.png"], "COMMAND cannot be 'photo.png' (choose from"),
        (["--jsno", "inspect", "a.png"], "There is no option --jsno"),
        (["--top=50%", "models"], "--top=50% belongs to another command, or stands behind its command's name"),
        (["inspect", "a.png", "--json", "-", "b.png"], "b.png stands apart from the other arguments"),
        (["inspect", "a.png", "--sead", "3"], "There is no option --sead; nearest: --seed"),
        (["models", "lite0"], "lite0 stands apart"),
    ],
)
def test_a_command_line_that_cannot_be_read_is_one_sentence(run, argv, fault):
    done = run(*argv)
    assert done.code == 2
    assert fault in done.sentence


def test_options_are_not_abbreviated(run):
    assert "There is no option --weight" in run("inspect", "a.png", "--weight", "x").sentence


def test_models_lists_what_can_be_named(run):
    done = run("models")
    assert done.code == 0
    for name in ("efficientnet_lite0", "efficientnet_lite2", "torchvision:<name>", "timm:<name>", "module:function"):
        assert name in done.out
    assert "224 x 224" in done.out
    assert "Apache-2.0" in done.out
    assert all(line == line.rstrip() for line in done.out.splitlines())


def test_what_nobody_foresaw_is_one_sentence_and_a_traceback_only_on_demand(capsys, photo):
    nonsense = object()
    argv = ["inspect", str(photo("white.png"))]
    assert main(argv, nonsense) == 2  # type: ignore[arg-type]
    (line,) = capsys.readouterr().err.splitlines()
    assert "white.png met an internal error (AttributeError: 'object' object has no attribute" in line
    assert line.endswith("please report it with what --debug prints.")
    assert main([*argv, "--debug"], nonsense) == 2  # type: ignore[arg-type]
    error = capsys.readouterr().err
    assert "Traceback (most recent call last)" in error
    assert error.splitlines()[-1] == line


def busy(*photos: Path) -> list[str]:
    """Words for an inspection of thousands of windows a photo: seconds each."""
    knobs = "--input-size 48 --patch 4 --window 12 --stride 1 --backend torch --top 50%"
    return ["inspect", *map(str, photos), "--model", f"{NETWORKS}:busy", *knobs.split()]


@unix
def test_an_interrupted_run_reports_what_was_finished(photo, tmp_path: Path):
    photos = [photo(f"{index}.png", "spot") for index in range(8)]
    report = tmp_path / "report.json"
    command = [sys.executable, "main.py", *busy(*photos), "--json", str(report)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("photo ")
        first = running.stdout.readline()
        assert first.startswith("0.png")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    document = json.loads(report.read_text())
    published.check(document)
    assert 1 <= len(document) < 8
    assert err == f"interrupted after {len(document)} of 8 photos\n"
    assert f"{len(document)} of 8 photos: " in out


@unix
def test_an_interruption_while_libraries_load_leaves_no_traceback(photo, tmp_path: Path):
    report = tmp_path / "report.json"
    command = [sys.executable, "-c", STARTING, *busy(photo("a.png")), "--json", str(report)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "loading\n"
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert "interrupted" in err


STARTING = """
import sys
from engine.cli import main

class Watch:
    def find_spec(self, name, *_):
        if name == "torch":
            print("loading", flush=True)

sys.meta_path.insert(0, Watch())
sys.exit(main(sys.argv[1:]))
"""


@unix
def test_a_reader_that_goes_away_is_no_error_and_the_report_is_written(photo, toy, tmp_path: Path):
    report = tmp_path / "report.json"
    command = [sys.executable, "main.py", "inspect", str(photo("a.png")), str(photo("b.png")), *toy()]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*command, "--json", str(report)], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(json.loads(report.read_text())) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_standard_output_that_is_full_is_one_sentence_and_the_report_is_written(photo, toy, tmp_path: Path):
    report = tmp_path / "report.json"
    command = [sys.executable, "main.py", "inspect", str(photo("a.png")), *toy(), "--json", str(report)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: The result cannot be printed (No space left on device)")
    assert done.stderr.count("\n") == 1
    assert len(json.loads(report.read_text())) == 1


def test_the_main_help_has_every_exit_code(run):
    told = run("--help").out
    for code in ("0 ", "2 ", "3    inspect", "4    audit", "130 "):
        assert f"\n  {code}" in told
