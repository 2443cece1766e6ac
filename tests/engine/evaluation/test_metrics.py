"""The six accuracy figures, counted by hand."""

import numpy as np
import pytest
from toys import square_threat

from engine.defenses import ALERT, Prediction, Result
from engine.evaluation.metrics import METRICS, Outcome, Share, outcome, summarise, wilson_interval
from engine.verdict import Certificate, Word


def _result(word: Word, *, base: int, about: int, weak: bool) -> Result:
    silent = word in ("certified", "consistent")
    places = np.array([[2, 1], [1, 0 if weak else 1]])
    return Result(
        "scalecert",
        "detection",
        word,
        "",
        Prediction(base, base if silent else ALERT, word != "undecided", 1.0, 1, ""),
        Certificate(about, True, places, True),
        (1, 1),
        1.0,
        1,
        0.1,
        square_threat(2, 3),
        (),
    )


@pytest.mark.parametrize(
    ("word", "base", "weak", "expected"),
    [
        # right, silent, proved everywhere
        ("certified", 3, False, Outcome(True, True, True, True, True, False)),
        # right and silent, one place not proved
        ("consistent", 3, True, Outcome(True, True, True, False, False, False)),
        # an alert on a clean photo counts as wrong, but the certificate for the true label may still hold
        ("alert", 3, False, Outcome(True, True, False, False, True, True)),
        # undecided is not silent
        ("undecided", 3, True, Outcome(True, True, False, False, False, True)),
        # the pruned model is wrong: nothing of it counts, though the full one is right
        ("consistent", 4, True, Outcome(True, False, False, False, False, False)),
    ],
)
def test_outcome_by_hand(word: Word, base: int, weak: bool, expected: Outcome) -> None:
    assert outcome(_result(word, base=base, about=3, weak=weak), 3, vanilla=3) == expected


def test_the_vanilla_model_may_be_wrong() -> None:
    assert not outcome(_result("certified", base=3, about=3, weak=False), 3, vanilla=2).vanilla


def test_certificate_about_another_label_is_not_counted() -> None:
    with pytest.raises(ValueError, match="about class 4, not 3"):
        outcome(_result("certified", base=4, about=4, weak=False), 3, vanilla=4)


def test_without_a_label_and_without_a_finite_answer_nothing_is_right() -> None:
    found = outcome(_result("undecided", base=-1, about=-1, weak=True), -1, vanilla=-1)
    assert found == Outcome(False, False, False, False, False, True)


def test_summarise_counts_each_metric() -> None:
    rows = [Outcome(True, True, True, True, True, False), Outcome(True, False, False, False, False, True)]
    shares = summarise(rows)
    assert tuple(shares) == METRICS
    assert [share.hits for share in shares.values()] == [2, 1, 1, 1, 1, 1]
    assert all(share.images == 2 for share in shares.values())
    assert shares["certified"].value <= shares["clean"].value


def test_wilson_interval_against_published_values() -> None:
    # 8 of 10: Wilson's 95 % interval is 49.0 % to 94.3 %.
    low, high = wilson_interval(8, 10)
    assert low == pytest.approx(0.4902, abs=1e-4)
    assert high == pytest.approx(0.9433, abs=1e-4)
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(0, 20)[0] == 0.0
    assert wilson_interval(20, 20)[1] == pytest.approx(1.0)
    assert str(Share(8, 10)) == "80.0 (49.0-94.3)"
