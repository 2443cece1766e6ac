"""What bad input gets: it works as a user expects, or it is one sentence and exit code 2."""

import os
import pickle
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

RGB = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def odd_photo(kind: str, path: Path) -> Path:
    picture = Image.fromarray(RGB)
    if kind == "animated":
        path = path.with_suffix(".gif")
        picture.save(path, save_all=True, append_images=[picture.rotate(90)])
    elif kind == "cmyk":
        path = path.with_suffix(".jpg")
        picture.convert("CMYK").save(path)
    elif kind == "16-bit":
        Image.fromarray(RGB[..., 0].astype(np.uint16) * 257).save(path)
    elif kind == "exif":
        path = path.with_suffix(".jpg")
        tags = picture.getexif()
        tags[274] = 6
        picture.save(path, exif=tags)
    elif kind == "alpha":
        picture.putalpha(100)
        picture.save(path)
    elif kind == "1 x 1":
        picture.crop((0, 0, 1, 1)).save(path)
    else:
        picture.convert({"palette": "P", "grey": "L", "bilevel": "1"}[kind]).save(path)
    return path


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("animated", "The file holds several frames or pages; the first was taken."),
        ("cmyk", "CMYK was converted to RGB without a colour profile."),
        ("16-bit", "Greyscale from 0 (black) to 65535 (white) was scaled to 8 bits."),
        ("palette", None),
        ("grey", "Greyscale was repeated in the three channels."),
        ("bilevel", "Black and white (1 bit) was repeated in the three channels."),
        ("alpha", "Transparency was laid on white."),
        ("exif", "The rotation that Exif asks for was applied."),
        ("1 x 1", None),
    ],
)
def test_odd_photos_are_inspected_and_the_report_says_what_was_done(run, toy, tmp_path: Path, kind, note):
    done = run("inspect", odd_photo(kind, tmp_path / "photo.png"), *toy(), "--json", "-")
    (report,) = done.reports
    assert done.code in (0, 3)
    assert not done.errors
    assert report["image"]["notes"] == ([note] if note else [])
    assert report["image"]["size"] == {"exif": [50, 40], "1 x 1": [1, 1]}.get(kind, [40, 50])


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b"no image at all", "is not an image"),
        (png_claiming(20_000, 20_000), "400,000,000 pixels, above the limit of 150,000,000"),
    ],
)
def test_photos_that_cannot_be_read_are_one_sentence(run, toy, tmp_path: Path, content, fault):
    path = tmp_path / "photo.png"
    if content is not None:
        path.write_bytes(content)
    done = run("inspect", path, *toy())
    assert done.code == 2
    assert done.out == ""
    assert str(path) in done.sentence
    assert fault in done.sentence


def test_a_truncated_photo_is_one_sentence(run, toy, tmp_path: Path):
    path = tmp_path / "photo.jpg"
    Image.fromarray(RGB).save(path)
    path.write_bytes(path.read_bytes()[:700])
    done = run("inspect", path, *toy())
    assert done.code == 2
    assert done.sentence == f"{path} is damaged or cut short; fetch or save it again."


def test_a_photo_whose_name_holds_a_line_break_is_still_one_line(run, toy, tmp_path: Path):
    done = run("inspect", tmp_path / "a\nb\udcff[red].png", *toy())
    assert "a\\nb\\udcff[red].png does not exist" in done.sentence


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ("--patch 0%", "is not a share"),
        ("--patch 101%", "is not a share"),
        ("--patch big", "Cannot read the patch size 'big'; write 2%, 32 or 32x40"),
        ("--patch 33", "A patch of 33 x 33 px is larger than the model's input of 32 x 32 px"),
        ("--patch 4x33", "A patch of 4 x 33 px is larger than the model's input of 32 x 32 px"),
        ("--patch 32", "reaches 32 cells of a map of 32"),
        ("--top 0", "must be above 0 % and at most 100 %"),
        ("--top 0%", "must be above 0 % and at most 100 %"),
        ("--top 101%", "must be above 0 % and at most 100 %"),
        ("--top 50", "must be above 0 % and at most 100 %, not 5000 %; write 50% or 0.5"),
        ("--top half", "--top: 'half' is not a share; write 50% or 0.5"),
        ("--window 5", "the smallest one is 6"),
        ("--window 32", "hides the whole map of 32; give one from 6 to 31"),
        ("--window 0", "must be at least 1 cell"),
        ("--window x", "--window: 'x' is not a whole number"),
        ("--window 10 --stride 9", "leave places of a patch"),
        ("--stride -1", "must be at least 1 cell"),
        ("--tau 1.5", "tau is a confidence between 0 and 1"),
        ("--tau 0.3", "--tau changes nothing under the rule consistency"),
        ("--seed -1", "The seed is a whole number from 0 up to 2^63 - 1, not -1"),
        ("--tau nan", "--tau: 'nan' is not a number"),
        ("--rule strict", "--rule cannot be 'strict' (choose from"),
        ("--fill black", "--fill cannot be 'black' (choose from"),
        ("--precision fp16", "Half precision needs a CUDA device"),
        ("--layer 4", "has no superficial layer 4"),
        ("--layer atc", "has no layer 'atc'; nearest: act"),
        ("--mean 0,1", "does not describe red, green and blue"),
        ("--mean a", "--mean: 'a' is not a list of numbers"),
        ("--std 0", "give numbers above 0"),
        ("--input-size 32x", "--input-size: '32x' is not a size"),
        ("--input-size 0", "is not a size"),
        ("--input-size 99999", "give at most 4096 px a side"),
        ("--labels missing.txt", "missing.txt cannot be read"),
        ("--weights missing.pt", "missing.pt cannot be read"),
        ("--paste missing.png", "The patch missing.png does not exist"),
        ("--at 1,2", "--at says where a patch goes, and there is none; add --paste"),
        ("--scale 2", "--scale says where a patch goes"),
        ("--seed 1.5", "--seed: '1.5' is not a whole number"),
        ("--tua 0.5", "There is no option --tua; nearest: --tau"),
        ("--tau", "--tau: needs one argument"),
    ],
)
def test_options_that_cannot_be_are_one_sentence(run, toy, photo, options, fault):
    done = run("inspect", photo("white.png"), *toy(), *options.split())
    assert done.code == 2
    assert done.out == ""
    assert fault in done.sentence


@pytest.mark.skipif(torch.cuda.is_available(), reason="half precision works on CUDA")
def test_openvino_in_half_precision_is_refused(run, toy, photo):
    done = run("inspect", photo("white.png"), *toy(), "--backend", "openvino", "--precision", "fp16")
    assert "OpenVINO runs in fp32 here" in done.sentence


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        (["--at", "27,0"], "X may be 0 to 26 and Y 0 to 26"),
        (["--at=-1,0"], "X may be 0 to 26"),
        (["--at", "here"], "Cannot read the position 'here'"),
        (["--at", "1.5,2"], "Cannot read the position"),
        (["--scale", "7"], "larger than the model's input of 32 x 32 px; the largest scale that fits is"),
        (["--scale", "0"], "cannot be scaled by 0"),
        (["--scale", "inf"], "--scale: 'inf' is not a number"),
        (["--rotate", "1e9"], "cannot be rotated"),
    ],
)
def test_patches_that_do_not_fit_are_one_sentence(run, toy, photo, patch_file: Path, place, fault):
    done = run("inspect", photo("white.png"), *toy(), "--paste", patch_file, *place)
    assert done.code == 2
    assert fault in done.sentence


def test_what_is_wrong_for_every_photo_is_said_once(run, toy, photo):
    done = run("inspect", photo("a.png"), photo("b.png"), *toy(), "--window", "5")
    assert done.code == 2
    assert "the smallest one is 6" in done.sentence


def test_unknown_models_offer_the_nearest(run, photo):
    path = photo("white.png")
    assert "nearest: efficientnet_lite0" in run("inspect", path, "--model", "efficientnet_lit0").sentence
    assert "torchvision:resnet50" in run("inspect", path, "--model", "torchvision:resnet5O").sentence
    assert "There is no sample photo 'chian'" in run("inspect", "sample:chian").sentence


class Harmful:
    """Pickled, it is a call of a function that must not happen."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_weights_that_do_not_fit_or_cannot_be_trusted_are_one_sentence(run, toy, photo, tmp_path: Path):
    path, file = photo("white.png"), tmp_path / "weights.pt"
    proof = tmp_path / "the code ran"

    def refused() -> str:
        done = run("inspect", path, *toy(), "--weights", file)
        assert done.code == 2
        assert str(file) in done.sentence
        return done.sentence

    state = {"stem.weight": torch.ones(2, 3, 1, 1), "fc.weight": torch.ones(2, 2), "fc.bias": torch.ones(2)}
    torch.save({**state, "fc.weight": torch.ones(3, 2), "head": torch.ones(1)}, file)
    assert "unexpected head; wrong shape fc.weight is 3 x 2 and not 2 x 2" in refused()
    torch.save({name: state[name] for name in ("stem.weight", "fc.bias")}, file)
    assert "missing fc.weight" in refused()
    torch.save({**state, "fc.bias": torch.tensor([1.0, torch.nan])}, file)
    assert "NaN or infinite in fc.bias" in refused()
    torch.save({**state, "fc.bias": torch.tensor([1.0, torch.inf])}, file)
    assert "NaN or infinite in fc.bias" in refused()
    torch.save({"state_dict": Harmful(proof)}, file)
    assert "these are never loaded because they can run code" in refused()
    file.write_bytes(pickle.dumps(Harmful(proof)))
    assert "are never loaded" in refused()
    assert not proof.exists()
    file.write_bytes(random.Random(0).randbytes(300))
    refused()
    save_file(state, file)
    assert run("inspect", path, *toy(), "--weights", file).code in (0, 3)


def test_random_weights_are_drawn_from_the_seed(run, toy, photo):
    path = photo("white.png")
    digests = []
    for seed in ("1", "1", "2"):
        (report,) = run("inspect", path, *toy(), "--weights", "random", "--seed", seed, "--json", "-").reports
        digests.append(report["model"]["weights_sha256"])
    assert digests[0] == digests[1] != digests[2]


def test_labels_that_are_too_few_are_one_sentence(run, toy, photo, tmp_path: Path):
    names = tmp_path / "few.txt"
    names.write_text("only one\n")
    assert "2 logits but" in run("inspect", photo("white.png"), *toy(), "--labels", names).sentence


def test_settings_of_the_default_model_are_checked_against_it(run, photo):
    path = photo("white.png")
    done = run("inspect", path, "--backend", "torch", "--window", "3")
    assert done.code == 2
    assert "cannot hide a patch of 32 x 32 px" in done.sentence
    assert "the smallest one is 17" in done.sentence
    assert "nearest: great white shark" in run("inspect", path, "--label", "grate white shark").sentence


def test_a_name_that_several_classes_have_is_one_sentence(run, toy, photo, tmp_path: Path):
    names = tmp_path / "twice.txt"
    names.write_text("crane\nCrane\n")
    done = run("inspect", photo("white.png"), *toy(), "--labels", names, "--label", "crane")
    assert done.sentence == "Classes 0 and 1 are both named 'crane'; give the index of the one you mean."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_no_photo(run, toy, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")
    assert "is not a regular file" in run("inspect", tmp_path / "pipe.png", *toy()).sentence
