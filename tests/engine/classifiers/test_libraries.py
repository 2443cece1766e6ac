"""A torchvision that does not fit its torch is said in one sentence, whoever imports it first."""

from pathlib import Path

import torchvision

from engine.classifiers.libraries import reason


def without_operators(folder: Path) -> None:
    """The installed torchvision without its compiled operators: what a foreign build of them amounts to."""
    installed = Path(torchvision.__file__).parent
    (folder / "torchvision").mkdir()
    for entry in installed.iterdir():
        if not any(suffix in (".so", ".pyd", ".dylib", ".dll") for suffix in entry.suffixes):
            (folder / "torchvision" / entry.name).symlink_to(entry)


def test_missing_operators_are_explained_every_time(tmp_path: Path, child) -> None:
    without_operators(tmp_path)
    output = child(
        """
        from engine.classifiers import load_classifier
        from engine.errors import ModelError
        from engine.settings import Settings
        for model in ("torchvision:resnet18", "timm:resnet18", "efficientnet_lite0", "timm:resnet18"):
            try:
                load_classifier(Settings(model=model, weights="random"))
            except ModelError as error:
                print(error)
        """,
        PYTHONPATH=str(tmp_path),
    )
    lines = output.splitlines()
    assert len(lines) == 4
    for line in lines:
        assert "operator torchvision::nms does not exist" in line
        assert "CPU-only torch" in line
        assert "from the same index" in line


def test_a_missing_torchvision_is_named(child) -> None:
    output = child(
        """
        import sys
        from importlib.abc import MetaPathFinder
        class Absent(MetaPathFinder):
            def find_spec(self, name, path=None, target=None):
                if name == "torchvision":
                    raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        sys.meta_path.insert(0, Absent())
        from engine.classifiers import load_classifier
        from engine.errors import ModelError
        from engine.settings import Settings
        try:
            load_classifier(Settings())
        except ModelError as error:
            print(error)
        """
    )
    assert output.startswith("torchvision is not installed")
    assert output.count("\n") == 1


def test_telemetry_of_the_download_library_is_off(child) -> None:
    output = child(
        """
        from engine.classifiers.libraries import import_timm
        import_timm()
        import huggingface_hub.constants
        print(huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY)
        """
    )
    assert output == "True\n"


def test_a_reason_is_one_short_line() -> None:
    assert reason(ValueError("first.\nsecond")) == "first"
    assert reason(ValueError()) == "ValueError"
    assert len(reason(ValueError("x" * 500))) == 160
