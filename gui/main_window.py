"""The window: panels round the canvas, one registry of commands, the engine's thread behind it."""

import functools
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, QTimer, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QLabel, QMainWindow, QMenu, QVBoxLayout, QWidget

from gui.actions import Command, Registry
from gui.activity import ActivityPanel
from gui.aside import Aside
from gui.attack import Attack
from gui.batch import Batch
from gui.canvas import CanvasPanel
from gui.commands import Commands
from gui.comparison import Comparison
from gui.dialogs import Dialogs
from gui.docks import LEFT, RIGHT, Docks, Panel
from gui.document import Document
from gui.drop import DropSheet, dropped_files, leave_drops_to_window
from gui.explanation import Explanation
from gui.filing import Filing
from gui.filmstrip import Filmstrip
from gui.guide import Guide
from gui.journal import Journal
from gui.leaving import Leaving
from gui.live import LiveLoop
from gui.menus import build_menus, build_toolbar, dress, filled_on_show
from gui.messages import Message, MessageBar
from gui.openable import fill_recent, fill_samples
from gui.opening import Opener
from gui.panels.attack import AttackPanel
from gui.panels.batch import BatchPanel
from gui.panels.compare import ComparePanel
from gui.panels.controls import ControlsPanel
from gui.panels.layers import LayerPanel
from gui.panels.plots import ClusterPlot, DeepPlot, DistributionPlot, ImportancePlot, WindowGridPlot
from gui.panels.verdict import VerdictPanel
from gui.panels.window_table import WindowTable
from gui.preferences import Preferences
from gui.progress import ProgressStrip
from gui.snapshot import Problem
from gui.state import State
from gui.theme import apply_theme
from gui.tour import Tour
from gui.worker import EngineThread

__all__ = ["MainWindow"]

_FIRST_PHOTO = "sample:flower"
_SIZE = QSize(1280, 800)
_SMALLEST = QSize(800, 560)
_WAIT_MS, _WAITS = 10, 50


class MainWindow(QMainWindow):
    """Everything of one window; closing it ends its engine.

    ``patience_ms`` is how long closing waits for each thread, which may be loading a model; as long as it takes if
    ``None``.

    Parameters
    ----------
    photo : str, optional
        What :meth:`begin` opens: a path, a folder or ``sample:NAME``.
    preferences : Preferences, optional
    dialogs : Dialogs, optional
        What asks the user; tests give another.
    """

    def __init__(
        self,
        photo: str | None = _FIRST_PHOTO,
        preferences: Preferences | None = None,
        dialogs: Dialogs | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.preferences = preferences or Preferences()
        self.dialogs = dialogs or Dialogs(self)
        self.state = State(self)
        self.engine = EngineThread(self)
        self.live = LiveLoop(self.state, self.engine, self)
        self.attack = Attack(self.state, self)
        self.batch = Batch(self.state, self)
        self.comparison = Comparison(self.state, self)
        self.journal = Journal(self.state, self)
        self.aside = Aside(self)
        self.leaving = Leaving(self)
        self.patience_ms: int | None = None
        self._photo = photo
        self._painted, self._waits = False, 0
        self._explanation: Explanation | None = None
        self._build()
        self._wire()
        self._lay_out()
        self._entitle(self.state.document)

    def _build(self) -> None:
        state = self.state
        self.messages = MessageBar()
        self.filmstrip = Filmstrip(state)
        self.canvas = CanvasPanel(state)
        self.controls = ControlsPanel(state)
        self.verdict_panel = VerdictPanel(state)
        self.window_table = WindowTable(state)
        self.activity = ActivityPanel(state, self.journal.report)
        self.importance_plot = ImportancePlot(state)
        self.attack_panel = AttackPanel(state, self.attack)
        self.batch_panel = BatchPanel(state, self.batch, self.dialogs, self.preferences)
        self.compare_panel = ComparePanel(state, self.comparison)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.filmstrip)
        self.setCentralWidget(centre)
        self.docks = Docks(
            self,
            (
                Panel("controls", "Controls", self.controls, LEFT, letters=44),
                Panel("layers", "Layers", LayerPanel(self.canvas.layers), LEFT, is_compact=True),
                Panel("verdict", "Verdict", self.verdict_panel, RIGHT, letters=30),
                Panel("windows", "Windows", self.window_table),
                Panel("importance", "Importance", self.importance_plot),
                Panel("grid", "Window grid", WindowGridPlot(state)),
                Panel("clusters", "Clusters", ClusterPlot(state)),
                Panel("distribution", "Distribution", DistributionPlot(state)),
                Panel("deep", "Deep maps", DeepPlot(state)),
                Panel("compare", "Compare", self.compare_panel),
                Panel("attack", "Attack", self.attack_panel),
                Panel("batch", "Batch", self.batch_panel),
                Panel("activity", "Activity", self.activity),
            ),
        )
        self.opener = Opener(state, self.filmstrip, self.messages, self.dialogs, self.preferences, self.aside, self)
        self.filing = Filing(self)
        self.guide = Guide(self)
        self.tour = Tour(self)
        self.drop_sheet = DropSheet(self)
        self.registry = Registry(self)
        self.commands = Commands(self)
        self._add_panel_commands()
        samples, recent = QMenu(self), QMenu("&Recent", self)
        filled_on_show(samples, functools.partial(fill_samples, self.opener))
        filled_on_show(recent, functools.partial(fill_recent, self))
        self.registry["samples"].setMenu(samples)
        build_menus(self, self.registry, {"openFolder": recent})
        build_toolbar(self, self.registry)
        dress(self.registry)
        self.hover = QLabel()
        self.hover.setObjectName("hoverText")
        self.statusBar().addWidget(self.hover, 1)
        self.statusBar().addPermanentWidget(ProgressStrip(state))
        self.statusBar().setSizeGripEnabled(False)
        self.setAcceptDrops(True)
        leave_drops_to_window(self)

    def _add_panel_commands(self) -> None:
        place = "View/Pa&nels"
        for name, dock in self.docks.by_name.items():
            tip = f"Show or hide the panel {dock.windowTitle()}"
            command = Command(f"{name}Panel", dock.windowTitle(), place, (), tip, is_switch=True)
            self.registry.adopt(command, dock.toggleViewAction())
        tabs = [panel for panel in self.docks.panels if panel.area is None]
        for number, panel in enumerate(tabs, 1):
            tip = f"Bring {panel.title} to the front"
            keys = (f"Alt+{number % 10}",) if number <= 10 else ()
            command = Command(f"{panel.name}Tab", panel.title, place, keys, tip, starts_group=number == 1)
            self.registry.add(command, functools.partial(self.docks.show_tab, panel.name))

    def _wire(self) -> None:
        self.state.problem_changed.connect(self._show_problem)
        self.state.document_changed.connect(self._entitle)
        self.controls.patch_file_wanted.connect(self.opener.ask_patch)
        self.opener.patch_chosen.connect(self.controls.put_patch)
        self.controls.adapted_file_wanted.connect(self.opener.ask_adapted)
        self.verdict_panel.retry.connect(self.live.run)
        self.filmstrip.opened.connect(self.attack_panel.form.set_folder)
        self.filmstrip.closed.connect(self.attack_panel.form.clear_folder)
        self.filmstrip.opened.connect(self.batch_panel.form.set_folder)
        self.batch_panel.photo_wanted.connect(self.opener.photo)
        self.attack.changed.connect(self._entitle_work)
        self.batch.changed.connect(self._entitle_work)
        self.attack_panel.use_wanted.connect(self.filing.use_patch)
        self.attack_panel.save_wanted.connect(self.filing.save_patch)
        self.compare_panel.map_wanted.connect(self._show_locations)
        self.canvas.hovered.connect(self.hover.setText)
        self.guide.finished.connect(self._guide_read)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_desktop)

    def _lay_out(self) -> None:
        room = QGuiApplication.primaryScreen().availableGeometry().size()
        self.setMinimumSize(_SMALLEST.boundedTo(room))
        self.resize(_SIZE.boundedTo(room))
        self._is_restored = self.preferences.restore_layout(self)

    @Slot()
    def begin(self) -> None:
        """Open the first photo, once the window can be seen: loading the model makes it stutter."""
        if self.isVisible() and not self._painted and self._waits < _WAITS:
            self._waits += 1
            QTimer.singleShot(_WAIT_MS, self, self.begin)
        elif self._photo is not None:
            photo, self._photo = self._photo, None
            if Path(photo).is_dir():
                self.opener.folder(photo)
            else:
                self.opener.photo(photo)
                self.state.undo_stack.clear()

    @Slot()
    def stop(self) -> None:
        """Stop whatever runs: the engine, defenses, and an attack or a batch, which keep what they have."""
        self.live.stop()
        self.attack.stop()
        self.comparison.stop()
        self.batch.stop()

    @Slot()
    def reset_layout(self) -> None:
        """Panels back to where they were at the start."""
        self.preferences.forget_layout()
        self.docks.arrange()

    @Slot(str)
    def show_crash(self, details: str) -> None:
        """Say that something went wrong that should not have."""
        self.state.log("Internal error; see the crash log.")
        self.messages.show_message(
            Message(
                "Something went wrong inside the window; go on, and send Help > Copy report if it comes back.",
                "error",
                details,
            )
        )

    @Slot()
    def close_unasked(self) -> None:
        """Close as if the user had agreed to whatever is stopped by it."""
        self.leaving.is_asked = False
        self.close()

    @Slot()
    def offer_guide(self) -> None:
        """Show the guide to whoever is here for the first time."""
        if not self.preferences.guide_seen:
            QTimer.singleShot(0, self.guide, self.guide.start)

    @Slot(object)
    def _show_problem(self, problem: Problem | None) -> None:
        if problem is None:
            self.messages.clear()
        else:
            self.messages.show_message(Message(problem.sentence, "error", problem.details, self.live.run))

    @Slot(object)
    def _entitle(self, document: Document) -> None:
        name = document.image or ""
        name = name.removeprefix("sample:").capitalize() if name.startswith("sample:") else Path(name).name
        self.setWindowTitle(f"{name} – SINscope" if name else "SINscope")

    @Slot()
    def _entitle_work(self) -> None:
        """Other tabs may be in front of an attack or a batch: their titles say how far they have come."""
        view = self.attack.view if self.attack.is_busy else None
        self.docks.entitle("attack", f"Attack {100 * view.step // view.steps} %" if view is not None else "Attack")
        seen = self.batch.view if self.batch.is_busy else None
        self.docks.entitle("batch", f"Batch {100 * seen.done // seen.photos} %" if seen is not None else "Batch")

    @Slot()
    def _show_locations(self) -> None:
        self.canvas.layers.set_visible("locations", True)

    @Slot()
    def _follow_desktop(self) -> None:
        if self.preferences.theme == "system":
            apply_theme("system")

    @Slot()
    def _guide_read(self) -> None:
        self.preferences.guide_seen = True

    def figures(self) -> dict[str, QWidget]:
        """What can be exported as a picture, by what the user calls it."""
        named = {panel.title: panel.widget for panel in self.docks.panels if panel.area is None}
        return {"Photo as shown": self.canvas, **named, "Whole window": self}

    @Slot()
    def show_explanation(self) -> None:
        """Open the page on what the verdict means."""
        if self._explanation is None:
            self._explanation = Explanation(self.state, self)
        self._explanation.show()
        self._explanation.raise_()
        self._explanation.activateWindow()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and pictures, and show where they may be let go."""
        data = event.mimeData()
        files = dropped_files(data, self.filing.knows)
        if files or data.hasImage():
            event.acceptProposedAction()
            self.drop_sheet.offer(files, round(event.position().x()))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show what letting go here would do."""
        event.acceptProposedAction()
        self.drop_sheet.offer(dropped_files(event.mimeData(), self.filing.knows), round(event.position().x()))

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Nothing is let go."""
        self.drop_sheet.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was let go."""
        self.drop_sheet.hide()
        data = event.mimeData()
        files = dropped_files(data, self.filing.knows)
        if files and self.filing.knows(files[0]):
            self.filing.open_session(files[0])
        else:
            self.opener.take(data, self.drop_sheet.takes_patch(files, round(event.position().x())))
        event.acceptProposedAction()

    def changeEvent(self, event: QEvent) -> None:
        """Icons in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "commands"):
            dress(self.registry)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the window is narrow, the results get more of its width."""
        super().resizeEvent(event)
        self.docks.fit_width()

    def showEvent(self, event: QShowEvent) -> None:
        """Widths can be given to docks only when there are any."""
        super().showEvent(event)
        if not self._is_restored and not self._painted:
            self.docks.share_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Note that the window can be seen."""
        super().paintEvent(event)
        self._painted = True

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the layout, and end everything that runs; the engine stops within one batch of windows."""
        if not self.leaving.agreed():
            event.ignore()
            return
        self.tour.stop()
        self.preferences.save_layout(self)
        self.hide()
        self.live.stop()
        self.leaving.end_work(self.patience_ms)
        self.comparison.close(self.patience_ms)
        self.engine.close(self.patience_ms)
        self.filmstrip.finish()
        self.aside.close()
        self.state.undo_stack.clear()  # or it would tell of its end when half of the window is gone
        super().closeEvent(event)
