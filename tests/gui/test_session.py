"""Sessions: what is saved comes back, files that moved or changed are named, and rubbish is refused in a sentence."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import OutputError, SinscopeError
from engine.placement import Placement
from engine.settings import Settings
from gui.document import Document
from gui.session import SCHEMA, SessionError, load_session, save_session, with_file
from gui.sources import keep_clipboard_image

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a photo, a patch, weights and class names; sessions do not look into them."""
    for name in ("photo.png", "patch.png", "model.safetensors", "adapted.safetensors", "names.txt"):
        (tmp_path / "files").mkdir(exist_ok=True)
        (tmp_path / "files" / name).write_bytes(f"bytes of {name}".encode())
    return tmp_path


def full_document(folder: Path) -> Document:
    """Every field away from its default."""
    files = folder / "files"
    settings = Settings(
        model="torchvision:resnet18",
        weights=str(files / "model.safetensors"),
        adapted=str(files / "adapted.safetensors"),
        labels=str(files / "names.txt"),
        input_size=(224, 192),
        mean=(0.1, 0.2, 1 / 3),
        std=(0.5, 0.25, 0.125),
        layer="layer1.0.relu#1",
        patch="32x40",
        top=0.137,
        window=41,
        stride=3,
        selection="global",
        importance="activation",
        fill="zero",
        rule="hicert",
        tau=0.37,
        label=217,
        backend="torch",
        precision="fp16",
        seed=7,
    )
    return Document(
        str(files / "photo.png"), str(files / "patch.png"), Placement(13, 29, 0.318, 22.5), True, settings
    )


def written(path: Path) -> dict[str, object]:
    """The JSON of a session."""
    return json.loads(path.read_text("utf-8"))


def session_file(tmp_path: Path, **changes: object) -> Path:
    """A session with some entries replaced."""
    path = tmp_path / "hostile.sinscope"
    save_session(path, Document(image="sample:flower"))
    path.write_text(json.dumps(written(path) | changes), "utf-8")
    return path


def test_everything_comes_back(folder: Path):
    document = full_document(folder)
    save_session(folder / "a.sinscope", document, {"layers": {"heatmap": 0.4}, "list": [1, "x", None]})
    session = load_session(folder / "a.sinscope")
    assert session.document == document
    assert session.view == {"layers": {"heatmap": 0.4}, "list": [1, "x", None]}
    assert session.faults == ()


@pytest.mark.parametrize(
    "document", [Document(), Document(image="sample:china", patch="sample:toaster", patch_on=True)]
)
def test_samples_come_back_by_name(tmp_path: Path, document: Document):
    save_session(tmp_path / "a.sinscope", document)
    assert load_session(tmp_path / "a.sinscope").document == document


def test_untrained_weights_come_back_by_name(tmp_path: Path):
    document = Document(settings=Settings(weights="random", seed=3))
    save_session(tmp_path / "a.sinscope", document)
    assert load_session(tmp_path / "a.sinscope").document == document


@pytest.mark.parametrize("rule", ["auto", "off"])
def test_adapted_weights_come_back_by_rule(tmp_path: Path, rule: str):
    document = Document(settings=Settings(adapted=rule))
    save_session(tmp_path / "a.sinscope", document)
    assert load_session(tmp_path / "a.sinscope").document == document
    assert (
        load_session(session_file(tmp_path, settings={"adapted": rule}, files={})).document.settings.adapted == rule
    )


def test_references_hold_relative_paths_and_sha256(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    document = full_document(folder)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "far.png"
    elsewhere.write_bytes(b"far")
    save_session(folder / "a.sinscope", with_file(document, "patch", str(elsewhere)))
    files = written(folder / "a.sinscope")["files"]
    content = (folder / "files" / "photo.png").read_bytes()
    assert files["image"] == {
        "path": "files/photo.png",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert files["patch"]["path"] == str(elsewhere)
    assert written(folder / "a.sinscope")["schema"] == SCHEMA


def test_a_folder_can_be_moved_as_a_whole(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    save_session(folder / "a.sinscope", full_document(folder))
    moved = tmp_path_factory.mktemp("moved") / "here"
    shutil.move(folder, moved)
    session = load_session(moved / "a.sinscope")
    assert session.faults == ()
    assert session.document == full_document(moved)


def test_files_that_moved_or_changed_are_named(folder: Path):
    document = full_document(folder)
    save_session(folder / "a.sinscope", document)
    (folder / "files" / "photo.png").unlink()
    (folder / "files" / "patch.png").write_bytes(b"bytes of PATCH.png")  # of the same length
    (folder / "files" / "names.txt").write_bytes(b"longer than before, much longer")
    session = load_session(folder / "a.sinscope")
    assert [(fault.role, fault.kind) for fault in session.faults] == [
        ("image", "missing"),
        ("patch", "changed"),
        ("labels", "changed"),
    ]
    assert all(fault.path in fault.sentence and fault.sentence.endswith(".") for fault in session.faults)
    assert session.document == document  # to be mended by the user's choice
    other = with_file(session.document, "image", "/other.png")
    assert other.image == "/other.png"
    assert with_file(other, "labels", None).settings.labels is None


def test_a_file_gone_before_saving_is_asked_for(tmp_path: Path):
    save_session(tmp_path / "a.sinscope", Document(image=str(tmp_path / "gone.png")))
    (fault,) = load_session(tmp_path / "a.sinscope").faults
    assert fault.kind == "missing"


def test_a_pasted_picture_is_there_only_in_its_own_run(tmp_path: Path):
    kept = Document(image=keep_clipboard_image(np.zeros((4, 4, 3), np.uint8)))
    save_session(tmp_path / "a.sinscope", kept)
    assert load_session(tmp_path / "a.sinscope").faults == ()
    save_session(tmp_path / "b.sinscope", Document(image="clipboard:0123"))
    (fault,) = load_session(tmp_path / "b.sinscope").faults
    assert (fault.role, fault.kind) == ("image", "missing")
    assert "clipboard" in fault.sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_folders_and_devices_are_not_read(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for path in (str(tmp_path / "pipe"), str(tmp_path), "/dev/zero"):
        files = {"image": {"path": path, "bytes": None, "sha256": "0" * 64}}
        (fault,) = load_session(session_file(tmp_path, files=files)).faults
        assert (fault.kind, "cannot be read" in fault.sentence) == ("missing", True)
    with pytest.raises(SessionError, match="not a file"):
        load_session(tmp_path / "pipe")


@pytest.mark.parametrize("path", ["//machine/share/photo.png", "\\\\machine\\share\\photo.png"])
def test_no_other_machine_is_asked(tmp_path: Path, path: str):
    files = {"image": {"path": path, "bytes": 1, "sha256": "0" * 64}}
    (fault,) = load_session(session_file(tmp_path, files=files)).faults
    assert fault.kind == "missing"
    assert "another machine" in fault.sentence


@pytest.mark.parametrize(
    "model", ["os:getcwd", "evil.py:make", "/tmp/evil.py:make", "a.b:c", "x:", ":y", "C:\\evil.py:make", "evil.py:2x"]
)
def test_code_is_never_named_by_a_session(tmp_path: Path, model: str):
    path = session_file(tmp_path, settings={"model": model, "input_size": [224, 224]})
    with pytest.raises(SessionError, match="no session may run"):
        load_session(path)
    assert load_session(path, named_models={model}).document.settings.model == model


@pytest.mark.parametrize("model", ["efficientnet_lite0", "torchvision:resnet18", "timm:resnet50.a1_in1k"])
def test_models_of_libraries_are_no_code(tmp_path: Path, model: str):
    path = session_file(tmp_path, settings={"model": model})
    assert load_session(path).document.settings.model == model


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe rubbish",
        b"\x89PNG\r\n\x1a\n",
        b"[]",
        b"null",
        b"{}",
        b'{"schema": 7}',
        b'{"schema": "sinscope.report/1"}',
        b"[" * 200_000,
        b"9" * 5000,
        b'{"schema": "sinscope.session/1", "settings": ' + b"[" * 100_000,
        b"x" * 4_000_001,
    ],
    ids=range(12),
)
def test_rubbish_is_no_session(tmp_path: Path, content: bytes):
    (tmp_path / "a.sinscope").write_bytes(content)
    with pytest.raises(SessionError) as caught:
        load_session(tmp_path / "a.sinscope")
    assert str(tmp_path / "a.sinscope") in str(caught.value)


def test_another_version_is_named(tmp_path: Path):
    with pytest.raises(SessionError, match=r"another version of SINscope \(sinscope.session/2\)"):
        load_session(session_file(tmp_path, schema="sinscope.session/2"))


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": []},
        {"settings": {"top": "half"}},
        {"settings": {"top": True}},
        {"settings": {"top": 0}},
        {"settings": {"top": float("nan")}},
        {"settings": {"top": [0.5]}},
        {"settings": {"window": 1.5}},
        {"settings": {"window": 10**30}},
        {"settings": {"window": -4}},
        {"settings": {"model": None}},
        {"settings": {"model": "x\ny"}},
        {"settings": {"model": "x" * 5000}},
        {"settings": {"rule": "always"}},
        {"settings": {"rule": {}}},
        {"settings": {"input_size": [224]}},
        {"settings": {"input_size": "224"}},
        {"settings": {"mean": ["a"]}},
        {"settings": {"mean": [0.1] * 1000}},
        {"settings": {"seed": -1}},
        {"settings": {"tau": None}},
        {"settings": {"unknown": 1}},
        {"settings": {"weights": "/etc/passwd"}},
        {"settings": {"adapted": "//machine/share/adapted.safetensors"}},
        {"settings": {"adapted": {}}},
        {"files": {"adapted": {"name": "random"}}},
        {"placement": {"left": "3"}},
        {"placement": {"scale": 0}},
        {"placement": {"scale": float("inf")}},
        {"placement": {"elsewhere": 1}},
        {"patch_on": 1},
        {"view": []},
        {"files": "photo.png"},
        {"files": {"image": "photo.png"}},
        {"files": {"image": {"path": ""}}},
        {"files": {"image": {"path": "a\0b"}}},
        {"files": {"image": {"path": "\ud800.png"}}},
        {"files": {"image": {"path": "x" * 5000}}},
        {"files": {"image": {"path": 3}}},
        {"files": {"image": {"name": "elsewhere:3"}}},
        {"files": {"image": {"path": "a.png", "sha256": 7}}},
        {"files": {"weights": {"name": "sample:china"}}},
    ],
    ids=lambda changes: str(changes)[:60].encode("ascii", "replace").decode().replace("\0", "0"),
)
def test_wrong_types_are_refused(tmp_path: Path, changes: dict[str, object]):
    path = session_file(tmp_path, **changes)
    with pytest.raises(SessionError) as caught:
        load_session(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"The session {path} cannot be used: ")
    assert sentence.endswith("choose another.")
    assert len(sentence) < 600


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_KNOBS = st.sampled_from(["model", "top", "window", "rule", "tau", "mean", "input_size", "label", "seed", "other"])


@given(
    settings=_JSON | st.dictionaries(_KNOBS, _JSON, max_size=4),
    placement=_JSON | st.dictionaries(st.sampled_from(["left", "top", "scale", "rotation"]), _JSON),
    files=_JSON | st.dictionaries(st.sampled_from(["image", "patch", "weights", "labels"]), _JSON),
    patch_on=_JSON,
    view=_JSON,
)
def test_whatever_a_file_holds_there_is_a_session_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, **changes: object
):
    path = session_file(tmp_path_factory.mktemp("any"), **changes)
    try:
        outcome: object = load_session(path).document
    except SinscopeError as error:
        outcome = str(error)
    assert isinstance(outcome, Document) or "\n" not in outcome


def test_a_missing_session_is_named(tmp_path: Path):
    with pytest.raises(SessionError, match=r"nowhere\.sinscope cannot be read"):
        load_session(tmp_path / "nowhere.sinscope")
    with pytest.raises(SessionError, match="cannot be read"):
        load_session("a\0b")


def test_an_unwritable_place_keeps_what_was_there(folder: Path):
    document = full_document(folder)
    with pytest.raises(OutputError, match="does not exist"):
        save_session(folder / "missing" / "a.sinscope", document)
    save_session(folder / "a.sinscope", document)
    before = (folder / "a.sinscope").read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        save_session(folder / "a.sinscope", document, {"zoom": float("nan")})
    assert (folder / "a.sinscope").read_bytes() == before
    assert [path.name for path in folder.iterdir() if path.suffix == ".partial"] == []


def test_sessions_need_no_torch():
    names = ("session", "recent", "export", "activity", "panels.plots")
    code = f"import sys, {', '.join(f'gui.{name}' for name in names)}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "False"), done.stderr
