"""Sessions, figures, data and trained patches: what is asked of the user before something is read or written."""

import dataclasses
import functools
import hashlib
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from engine.cache import cache_folder
from engine.errors import SinscopeError
from engine.outputs import make_folder
from engine.placement import Placement
from gui.document import Document
from gui.export import Exporter, copy_picture
from gui.kept_results import kept_folder
from gui.messages import Message
from gui.session import FileFault, Session, load_session, save_session, with_file
from gui.training import TrainingView

if TYPE_CHECKING:
    from gui.main_window import MainWindow

__all__ = ["SESSION_SUFFIX", "Filing"]

SESSION_SUFFIX = ".sinscope"
_SESSIONS = f"Sessions (*{SESSION_SUFFIX})"
_DATA = "Report (*.json);;Windows (*.csv);;Maps (*.npz)"
_KINDS = {".json": "report", ".csv": "windows", ".npz": "maps"}


class Filing(QObject):
    """Reads and writes files for the window, beside its thread.

    Parameters
    ----------
    window : MainWindow
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._exporter = Exporter(window.aside, self)
        self._exporter.written.connect(self._written)
        self._exporter.failed.connect(self._failed)

    def knows(self, path: Path) -> bool:
        """Whether a file's name is a session's."""
        return path.suffix.lower() == SESSION_SUFFIX

    @Slot()
    def save_session(self) -> None:
        """Ask where, and keep photo, patch, settings and layers there."""
        window = self._window
        path = window.dialogs.save_file("Save session", f"{self._stem()}{SESSION_SUFFIX}", _SESSIONS)
        if path is None:
            return
        document, view = window.state.document, {"layers": window.canvas.layers.as_dict()}

        def work() -> str:
            save_session(path, document, view)
            return str(path)

        window.aside.run(work, self._session_saved, self._failed)

    @Slot()
    def load_session(self) -> None:
        """Ask which, and go back to it."""
        path = self._window.dialogs.open_file(
            "Load session", _SESSIONS, self._window.preferences.last_folder("sessions")
        )
        if path is not None:
            self.open_session(path)

    def open_session(self, path: str | Path) -> None:
        """Go back to a session."""
        path = Path(path)
        self._window.aside.run(
            functools.partial(load_session, path), functools.partial(self._use, path), self._failed
        )

    @Slot()
    def export_figure(self) -> None:
        """Ask what, how large and where, and save what is on the screen."""
        window = self._window
        sources = window.figures()
        chosen = window.dialogs.choose_figure(list(sources))
        if chosen is None:
            return
        name = f"{self._stem()}-{chosen.what.split()[0].lower()}{chosen.suffix}"
        path = window.dialogs.save_file("Export figure", name, f"{chosen.suffix[1:].upper()} (*{chosen.suffix})")
        if path is not None:
            self._exporter.figure(sources[chosen.what], path, chosen.scale)

    @Slot()
    def export_data(self) -> None:
        """Ask which and where, and save what was found; the ending of the name says which."""
        window = self._window
        path = window.dialogs.save_file("Export data", f"{self._stem()}-report.json", _DATA)
        if path is None:
            return
        kind, snapshot = _KINDS.get(path.suffix.lower()), window.state.snapshot
        if kind is None:
            self._failed(f"Data cannot be written as {path.name}; end its name in {', '.join(_KINDS)}.")
        elif snapshot is None:
            self._failed("There is nothing to export yet; open a photo first.")
        else:
            self._exporter.data(kind, snapshot, path)

    @Slot()
    def copy(self) -> None:
        """Put the photo as it is shown on the clipboard."""
        try:
            copy_picture(next(iter(self._window.figures().values())), 2)
        except SinscopeError as error:
            self._failed(str(error))
        else:
            self._window.messages.show_message(Message("The picture is in the clipboard."))

    @Slot()
    def save_patch(self) -> None:
        """Ask where, and keep the best patch of the attack there, with how it was made."""
        window, view = self._window, self._window.attack.view
        if view is None:
            return
        path = window.dialogs.save_file("Save patch", _patch_name(view), "PNG (*.png)")
        if path is not None:
            self._write_patch(view, path, self._written)

    @Slot()
    def use_patch(self) -> None:
        """Put the best patch of the attack on the photo, where it was trained to be."""
        view = self._window.attack.view
        if view is None:
            return
        places = view.request.attack.places
        at = Placement(*places) if places is not None else None
        put = functools.partial(self._window.controls.put_patch, at=at)
        # Under a name that tells its pixels: another patch is another file, to undo and to whoever keeps it by name.
        folder = cache_folder("attacks") or Path(tempfile.mkdtemp(prefix="sinscope-"))
        self._write_patch(view, folder / _patch_name(view, _digits(view)), put)

    def keep_patch(self, view: TrainingView) -> str:
        """Write a patch where the user finds it, beside the ones of former attacks; may run in any thread.

        Raises
        ------
        SinscopeError
            If it cannot be written there.
        """
        folder = kept_folder()
        make_folder(folder)
        path = folder / _patch_name(view, _digits(view))
        self._window.attack.write(path, view)
        return str(path)

    def _write_patch(self, view: TrainingView, path: Path, then: Callable[[str], None]) -> None:
        attack = self._window.attack

        def work() -> str:
            attack.write(path, view)
            return str(path)

        self._window.aside.run(work, then, self._failed)

    def _use(self, path: Path, session: Session) -> None:
        document: Document | None = session.document
        for fault in session.faults:
            document = self._mend(document, fault) if document is not None else None
        if document is None:
            return
        window = self._window
        changes = {field.name: getattr(document, field.name) for field in dataclasses.fields(document)}
        window.state.change("Load session", **changes)
        window.canvas.layers.restore(session.view.get("layers"))
        window.preferences.recent("sessions").add(str(path))
        window.state.log(f"Loaded the session {path}.")

    def _mend(self, document: Document, fault: FileFault) -> Document | None:
        """Ask for a file that is gone or another; ``None`` if the session is given up."""
        dialogs = self._window.dialogs
        if fault.kind == "changed" and dialogs.ask(
            "Load session", fault.sentence, "Use it as it is", "Choose another"
        ):
            return document
        if fault.kind == "missing" and not dialogs.ask("Load session", fault.sentence, "Choose…"):
            return None
        chosen = dialogs.open_file(f"Where is {Path(fault.path).name}?", "*")
        return with_file(document, fault.role, str(chosen)) if chosen is not None else None

    def _stem(self) -> str:
        """What files of this photo are called."""
        reference = self._window.state.document.image or "session"
        return Path(
            reference.rpartition(":")[2] if reference.startswith(("sample:", "clipboard:")) else reference
        ).stem

    def _session_saved(self, path: str) -> None:
        self._window.preferences.recent("sessions").add(path)
        self._written(path)

    @Slot(str)
    def _written(self, path: str) -> None:
        self._window.state.log(f"Wrote {path}.")
        self._window.messages.show_message(Message(f"Saved {path}."))

    @Slot(str)
    def _failed(self, why: str) -> None:
        self._window.state.log(why)
        self._window.messages.show_message(Message(why, "error"))


def _digits(view: TrainingView) -> str:
    """Some digits that tell the best patch from others."""
    return hashlib.sha256(view.best.tobytes()).hexdigest()[:8]


def _patch_name(view: TrainingView, more: str = "") -> str:
    """What a trained patch's file is called: by its target, its size and whatever tells it from others."""
    target = re.sub(r"[^a-z0-9]+", "-", view.target.split(",")[0].casefold()).strip("-") or "untargeted"
    size = view.request.attack.patch.replace("%", "pct")
    return "-".join(part for part in (target, size, more) if part) + ".png"
