"""What was found, as files for other programs: the report's JSON, a CSV of windows, the maps as NPZ."""

import csv
import io
import json
from typing import Any

import numpy as np

from engine.errors import OutputError
from gui.snapshot import Snapshot, VerdictView, WindowsView

__all__ = ["maps_npz", "report_json", "summary_text", "windows_csv"]

_COLUMNS = (
    *("window", "row", "column", "top_px", "left_px", "bottom_px", "right_px"),
    *("label", "name", "confidence", "margin", "sin_share", "done", "skipped", "fires"),
)


def report_json(snapshot: Snapshot) -> bytes:
    """The report of the command line, in an array as ``inspect --json`` writes it.

    Raises
    ------
    OutputError
        If there is no verdict yet, or only that of a preview.
    """
    # Text made piece by piece lets the window's thread in between; json.dumps would not.
    text = "".join(json.JSONEncoder(allow_nan=False).iterencode(_verdict(snapshot).report))
    return f"[\n{text}\n]\n".encode()


def windows_csv(snapshot: Snapshot) -> bytes:
    """One line a window; empty cells where it was not run.

    Columns: number, row and column (from 0), pixel box (ends excluded), label with its name, confidence and
    margin, share of the SINs inside, and whether it was run, held no SIN, or made the rule fire.

    Raises
    ------
    OutputError
        If no window was run yet.
    """
    windows, labels = _windows(snapshot), snapshot.model.labels
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    across = windows.grid[1]
    for index in range(len(windows)):
        label = int(windows.label[index])
        known = bool(windows.done[index]) and label >= 0
        writer.writerow(
            [
                index,
                *divmod(index, across),
                *(int(side) for side in windows.boxes_px[index]),
                *((label, labels[label]) if known else ("", "")),
                *((float(windows.confidence[index]), float(windows.margin[index])) if known else ("", "")),
                float(windows.sin_share[index]),
                *(int(flags[index]) for flags in (windows.done, windows.skipped, windows.firing)),
            ]
        )
    return file.getvalue().encode()


def maps_npz(snapshot: Snapshot) -> bytes:
    """The arrays behind the pictures.

    ``view`` and ``clean_view`` (H, W, 3); ``heatmap`` in cells; ``curve``, sorted importance thinned evenly in
    rank; ``boxes_px`` (n, 4) with ``label``, ``confidence``, ``margin``, ``sin_share``, ``done``, ``skipped``,
    ``firing`` and ``grid``; ``sins_px`` (m, 2) with ``cluster_of``; ``clusters`` (c, 4): x, y, s_c, size;
    ``locations``, windows that prove each place of the patch. What is not known yet is left out.
    """
    arrays: dict[str, Any] = {
        "view": snapshot.view,
        "clean_view": snapshot.clean_view,
        "heatmap": snapshot.heatmap,
        "curve": snapshot.curve,
        "threat_px": np.array(snapshot.threat_px),
    }
    if snapshot.sins_px is not None and snapshot.cluster_of is not None:
        arrays |= {"sins_px": snapshot.sins_px, "cluster_of": snapshot.cluster_of}
        rows = [(cluster.x, cluster.y, cluster.std_px, cluster.size) for cluster in snapshot.clusters]
        arrays["clusters"] = np.array(rows, dtype=np.float64).reshape(-1, 4)
    if (windows := snapshot.windows) is not None:
        names = ("boxes_px", "label", "confidence", "margin", "sin_share", "done", "skipped", "firing")
        arrays |= {name: getattr(windows, name) for name in names}
        arrays["grid"] = np.array(windows.grid)
    if snapshot.verdict is not None:
        arrays["locations"] = snapshot.verdict.locations
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def summary_text(snapshot: Snapshot) -> str:
    """The answer in a few readable lines, for an e-mail or a note.

    Raises
    ------
    OutputError
        If there is no verdict yet, or only that of a preview.
    """
    verdict, windows = _verdict(snapshot), _windows(snapshot)
    document, settings = snapshot.request.document, snapshot.settings
    height, width = snapshot.model.input_size
    lines = [
        f"{verdict.word.capitalize()}: {verdict.reason}",
        f"Scope: {verdict.scope}.",
        f"Photo: {document.image}" + (f", with {document.patch}" if snapshot.patch_box else ""),
        f"Model: {snapshot.network}, input {height} x {width} px, superficial layer {snapshot.layer}",
    ]
    for name, prediction in (("Base label", snapshot.base), ("Full model", snapshot.full)):
        if prediction is not None:
            lines.append(f"{name}: {prediction.name} {prediction.confidence:.1%}")
    rule = settings.rule if settings.rule == "consistency" else f"{settings.rule}, tau {settings.tau:g}"
    lines += [
        f"SINs: k = {snapshot.count:,} of {snapshot.neurons:,} neurons ({snapshot.count / snapshot.neurons:.1%})",
        f"Windows: {len(windows)} of {snapshot.side} x {snapshot.side} cells, {int(windows.firing.sum())} fire the "
        f"rule ({rule})",
        f"Certified places: {verdict.certified:,} of {verdict.places:,}",
        f"Smallest margin: {verdict.min_margin:.4g}",
    ]
    return "\n".join(lines) + "\n"


def _verdict(snapshot: Snapshot) -> VerdictView:
    if snapshot.verdict is None or snapshot.request.preview:
        raise OutputError("There is no verdict to export yet; wait until it is there, or press F5.")
    return snapshot.verdict


def _windows(snapshot: Snapshot) -> WindowsView:
    if snapshot.windows is None:
        raise OutputError("There are no windows to export yet; wait until they are there, or press F5.")
    return snapshot.windows
