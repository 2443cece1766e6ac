"""Make the pictures of the documentation from the real program.

    python docs/pictures.py

Writes ``docs/pictures/figure.png``: the figure of the sample photo with the sample patch.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
PATCH = ROOT / "assets" / "patches" / "toaster-5pct-samples.png"


def main() -> int:
    """Write every picture; the exit code."""
    sys.path.insert(0, str(ROOT))
    from engine.cli import main as sinscope

    PICTURES.mkdir(exist_ok=True)
    answer = sinscope(
        ["inspect", "sample:china", "--patch", "5%", "--paste", str(PATCH), "--at", "64,100"]
        + ["--figure", str(PICTURES / "figure.png")]
    )
    return 0 if answer in (0, 3) else answer


if __name__ == "__main__":
    sys.exit(main())
