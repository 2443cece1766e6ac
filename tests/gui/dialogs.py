"""Dialogs that answer by themselves."""

from collections import deque
from pathlib import Path
from typing import Any

from gui.dialogs import Dialogs, FigureChoice


class ScriptedDialogs(Dialogs):
    """Gives the answers it was told, in order; a question nobody expected is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: deque[Any] = deque()
        self.asked: list[str] = []

    def _next(self, question: str) -> Any:
        self.asked.append(question)
        assert self.answers, f"nobody expected to be asked: {question}"
        return self.answers.popleft()

    def open_file(self, caption: str, *_: object, **__: object) -> Path | None:
        return self._next(caption)

    def open_folder(self, caption: str, *_: object, **__: object) -> Path | None:
        return self._next(caption)

    def save_file(self, caption: str, *_: object) -> Path | None:
        return self._next(caption)

    def choose_figure(self, *_: object) -> FigureChoice | None:
        return self._next("Export figure")

    def ask(self, _title: str, question: str, *_: object) -> bool:
        return self._next(question)

    def show_file(self, path: Path) -> None:
        self._next(str(path))

    def tell(self, title: str, *_: object) -> None:
        self._next(title)
