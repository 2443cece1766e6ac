"""Class names: ImageNet's, as torchvision's weights state them, and those of a user's own file."""

import json
from pathlib import Path
from typing import Any

from engine.classifiers.libraries import import_torchvision, reason
from engine.errors import ModelError

__all__ = ["imagenet_labels", "numbered_labels", "read_labels"]


def imagenet_labels() -> tuple[str, ...]:
    """The 1000 names of ImageNet-1k, in the order of the logits."""
    weights = import_torchvision().models.EfficientNet_B0_Weights.IMAGENET1K_V1
    return tuple(weights.meta["categories"])


def numbered_labels(count: int) -> tuple[str, ...]:
    """``class 0``, ``class 1``, ...: for a model whose names nobody gave."""
    return tuple(f"class {index}" for index in range(count))


def read_labels(path: str) -> tuple[str, ...]:
    """Class names from a file.

    Parameters
    ----------
    path : str
        Text with one name a line, or JSON: a list of names, or an object from index to name. Where a JSON
        name is itself a list (``["n01440764", "tench"]``), its last entry is taken.

    Raises
    ------
    ModelError
        If the file cannot be read, has no names, or leaves an index without one.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ModelError(
            f"The class names in {path} cannot be read ({error.strerror or reason(error)}); "
            f"give a text or JSON file with --labels FILE."
        ) from error
    except UnicodeDecodeError as error:
        raise ModelError(f"The class names in {path} are not UTF-8 text; save the file as UTF-8.") from error
    names = _from_json(text, path) if text.lstrip()[:1] in ("[", "{") else _from_lines(text, path)
    if not names:
        raise ModelError(f"{path} holds no class names; write one a line.")
    return names


def _from_lines(text: str, path: str) -> tuple[str, ...]:
    lines = [line.strip() for line in text.rstrip().splitlines()]
    if "" in lines:
        raise ModelError(
            f"Line {lines.index('') + 1} of {path} is empty, so that later class names would not stand at "
            f"their index; write one name a line."
        )
    return tuple(lines)


def _from_json(text: str, path: str) -> tuple[str, ...]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"{path} begins like JSON but is not ({reason(error)}); write a list of class names, "
            f"or an object from index to name."
        ) from error
    if isinstance(content, dict):
        missing = next((index for index in range(len(content)) if str(index) not in content), None)
        if missing is not None:
            raise ModelError(
                f"{path} has {len(content)} entries but no class name for index {missing}; "
                f"number the classes from 0 without gaps."
            )
        content = [content[str(index)] for index in range(len(content))]
    return tuple(_name(entry, index, path) for index, entry in enumerate(content))


def _name(entry: Any, index: int, path: str) -> str:
    name = entry[-1] if isinstance(entry, list) and entry else entry
    if not isinstance(name, str) or not name.strip():
        raise ModelError(f"Class {index} in {path} has no name but {json.dumps(entry)[:40]}; write a text.")
    return name.strip()
