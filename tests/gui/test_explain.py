"""What the verdict means: the right numbers, and nothing that the certificate does not say."""

import itertools
import re
from typing import get_args

import pytest
from pytestqt.qtbot import QtBot
from snapshots import make_model, make_snapshot, make_verdict

from engine.settings import Rule, Selection, Settings
from gui.document import Document
from gui.panels.explain import ExplainPanel
from gui.panels.meaning import general_meaning, meaning
from gui.snapshot import Prediction, Snapshot
from gui.state import State
from gui.theme import VERDICTS


def page(word: str, rule: str = "consistency", selection: str = "per_window", **overrides: object) -> str:
    """The page for a verdict, as HTML."""
    settings = Settings(top=0.5, window=40, rule=rule, selection=selection, tau=0.7)  # type: ignore[arg-type]
    verdict = overrides.pop("verdict", None) or make_verdict(word)
    shot: Snapshot = make_snapshot(word, settings=settings, verdict=verdict, **overrides)
    assert shot.verdict is not None
    return meaning(shot, shot.verdict)


def plain(html: str) -> str:
    """The page without its tags."""
    return re.sub(r"<[^>]+>", " ", html)


@pytest.mark.parametrize(
    ("word", "rule", "selection"), list(itertools.product(VERDICTS, get_args(Rule), get_args(Selection)))
)
def test_every_page_is_whole(word: str, rule: str, selection: str) -> None:
    if word == "certified" and selection == "global":
        return  # only networks of a few neurons get there; it reads as the others do
    html = page(word, rule, selection)
    text = plain(html)
    for heading in ("What was proved", "For which patches", "What was assumed", "What would break it"):
        assert heading in text
    assert VERDICTS[word].word in text
    assert "32 × 32 px" in text
    assert "2.04%" in text
    assert "torch-cpu, fp32, 4 windows at once" in text
    assert "efficientnet_lite0, cut at bn1" in text
    assert "The smallest margin here is 0.82" in text
    assert "safe" not in text.lower()
    assert not re.search(r"[{}]|None|nan", text)
    assert ("0.7" in text) is (rule != "consistency")
    assert ("outside" in text) is (selection == "per_window")
    for tag in ("p", "ul", "li", "h3", "b", "i"):
        assert html.count(f"<{tag}>") == html.count(f"</{tag}>")


def test_certified_claims_every_place_or_an_alert() -> None:
    text = plain(page("certified"))
    assert "37\u202f249 of 37\u202f249 places" in text
    assert re.search(r"anywhere on it, the defended classifier answers\s+daisy\s+or raises an alert", text)
    assert "nothing is proved" not in text.split("The four words")[0]


def test_weak_places_are_counted() -> None:
    for word in ("consistent", "alert", "undecided"):
        text = plain(page(word))
        assert "at 35\u202f649 of 37\u202f249 places" in text
        assert "For the other 1\u202f600 places nothing is proved" in text
        assert "anywhere on it" not in text


def test_global_selection_without_its_family_proves_nothing() -> None:
    verdict = make_verdict("consistent", certified=0)
    text = plain(page("consistent", selection="global", verdict=verdict))
    assert "Nothing: the sweep or its certificate was not computed in full." in text
    assert "or raises an alert" not in text
    assert "cannot see it" not in text


def test_an_alert_is_no_proof_of_a_patch() -> None:
    text = plain(page("alert"))
    assert "3 of 36 windows contradict" in text
    assert "An alert is no proof of a patch" in text
    assert "cannot see it" not in text  # it is not silent


@pytest.mark.parametrize(
    ("rule", "clause"),
    [
        ("consistency", "all agree with the answer."),
        ("confident", "agree with the answer, or differ with a confidence below 0.7."),
        ("hicert", "all agree with the answer, with a confidence of at least 0.7."),
    ],
)
def test_silence_means_what_the_rule_makes_it(rule: str, clause: str) -> None:
    assert clause in plain(page("consistent", rule))


def test_undecided_counts_as_an_alert() -> None:
    assert "must treat it as an alert" in plain(page("undecided"))


def test_what_lies_on_the_photo_is_told() -> None:
    text = plain(page("certified", patch_box=(0, 0, 51, 40)))
    assert "carries a patch of 51 × 40 px now" in text
    assert "larger than the feared one" in text
    text = plain(page("certified", patch_box=(0, 0, 30, 30)))
    assert "larger than the feared one" not in text


def test_names_are_escaped_and_the_label_asked_about_is_named() -> None:
    model = make_model(labels=("a <b>", "c & d", "e", "f", "g", "h"))
    verdict = make_verdict("consistent", label=1, label_given=True)
    html = page("consistent", model=model, verdict=verdict, base=Prediction(0, "a <b>", 0.9))
    assert "c &amp; d" in html
    assert "a &lt;b&gt;" in html
    assert "The label asked about is <b>c &amp; d</b>" in html


def test_the_panel_follows_while_it_is_seen(qtbot: QtBot) -> None:
    state = State()
    state.document = Document(image="sample:flower")
    panel = ExplainPanel(state)
    qtbot.addWidget(panel)
    assert panel.page.toPlainText().startswith("No verdict yet")
    assert plain(general_meaning()).strip().startswith("No verdict yet")
    state.show(make_snapshot("alert"))
    assert panel.page.toPlainText().startswith("No verdict yet")  # hidden: nothing is written
    panel.show()
    assert panel.page.toPlainText().startswith("Alert")
    assert not panel.old.isVisible()
    state.show_computing()
    assert "not about what is asked now" in panel.old.text()
    state.show(make_snapshot(None))
    assert panel.page.toPlainText().startswith("Alert")
    assert "on its way" in panel.old.text()
    state.show(make_snapshot("certified"))
    assert panel.page.toPlainText().startswith("Certified")
    assert panel.old.text() == ""
