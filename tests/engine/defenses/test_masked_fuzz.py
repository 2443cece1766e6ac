"""Certificates on masked predictions: whatever the masks that do not hide the patch say, none breaks."""

import itertools

import numpy as np
import pytest
from toys import square_threat

from engine.defenses import ALERT, make_defense
from engine.defenses.masks import covering_masks, occlusion_grid
from engine.defenses.minority_reports import OcclusionTables
from engine.defenses.minority_reports_pc import MaskTables
from engine.defenses.patchcleanser import PairTables

CLASSES, SIZE, PATCH = 3, 9, 2
THREAT = square_threat(PATCH, SIZE)


def hidden(masks, place) -> np.ndarray:
    """Which single-box masks hide the patch at a place."""
    row, column = place
    boxes = np.array([mask.boxes[0] for mask in masks])
    return (
        (boxes[:, 0] <= row)
        & (boxes[:, 1] <= column)
        & (row + PATCH <= boxes[:, 2])
        & (column + PATCH <= boxes[:, 3])
    )


def pair_tables(labels: np.ndarray, family) -> PairTables:
    return PairTables(
        passes=1,
        labels=labels.copy(),
        margins=np.ones(labels.shape),
        clear=np.ones(labels.shape, bool),
        family=family,
    )


def test_no_answer_of_other_masks_breaks_patchcleanser() -> None:
    """Rows of masks that hide the patch are what they were; all else is the attacker's."""
    defense = make_defense("patchcleanser:masks=3")
    family = covering_masks(THREAT, 3)
    count = len(family.masks)
    draw = np.random.default_rng(0)
    proved = full = 0
    for _ in range(300):
        labels = np.where(
            draw.random((count, count)) < draw.choice([0, 0.02, 0.1]), draw.integers(0, 3, (count,) * 2), 1
        )
        labels = np.triu(labels) + np.triu(labels, 1).T
        result = defense.judge(pair_tables(labels, family), THREAT, 1)
        full += result.certificate.holds
        assert result.certificate.holds or not (labels == 1).all()
        for place in np.argwhere(result.certificate.locations > 0)[::7]:
            proved += 1
            hiding = hidden(family.masks, place)
            fixed = hiding[:, None] | hiding[None, :]
            for attack in range(12):
                target = attack % 3
                wild = draw.integers(0, 3, (count, count)) if attack > 2 else np.full((count, count), target)
                if attack > 7:  # wrong classes that are consistent row by row, the hardest to tell
                    wild = np.minimum.outer(*(draw.integers(0, 3, count),) * 2)
                attacked = np.where(fixed, labels, np.triu(wild) + np.triu(wild, 1).T)
                assert defense.predict(pair_tables(attacked, family), THREAT).output == 1
    assert proved > 500
    assert full > 20


def test_patchcleanser_by_hand() -> None:
    """Cases I, II and III of the paper, and how many passes each takes."""
    defense = make_defense("patchcleanser:masks=3")
    family = covering_masks(THREAT, 3)
    count = len(family.masks)
    agreed = np.full((count, count), 2)
    answer = defense.predict(pair_tables(agreed, family), THREAT)
    assert (answer.output, answer.passes) == (2, count)
    holding = agreed.copy()
    holding[4, :] = holding[:, 4] = 1  # mask 4 says 1, alone and with every other
    answer = defense.predict(pair_tables(holding, family), THREAT)
    assert (answer.output, answer.passes) == (1, 2 * count)
    failing = holding.copy()
    failing[4, 0] = failing[0, 4] = 2
    answer = defense.predict(pair_tables(failing, family), THREAT)
    assert (answer.output, answer.passes) == (2, 2 * count)
    tied = np.full((count, count), 0)
    tied[0] = tied[:, 0] = 2  # no mask holds against every other
    np.fill_diagonal(tied, [0, 2, 2, 2, 2, 1, 1, 1, 1])
    assert defense.predict(pair_tables(tied, family), THREAT).output == 1, "the lowest of equal majorities"


def logits_for(labels: np.ndarray, gain: np.ndarray) -> np.ndarray:
    return (np.eye(CLASSES)[labels] * gain[..., None]).astype(np.float32)


@pytest.mark.parametrize("tau", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("kind", ["pc", "sound 3", "sound 2", "sound 1", "paper 3"])
def test_no_answer_of_other_masks_breaks_a_detection(kind: str, tau: float) -> None:
    draw = np.random.default_rng(1)
    if kind == "pc":
        defense = make_defense(f"minority_reports_pc:masks=3:tau={tau}")
        family = covering_masks(THREAT, 3)
        masks = family.masks
    else:
        grid_name, votes = kind.split()
        defense = make_defense(f"minority_reports:grid={grid_name}:votes={votes}:stride=1:tau={tau}")
        family = occlusion_grid(THREAT, 1, int(votes) - 1, grid_name == "sound")
        masks = family.masks
    proved = 0

    def tables(base: int, rows: np.ndarray):
        common = {"passes": 1, "base": logits_for(np.array([base]), np.array([3.0])), "logits": rows}
        if kind == "pc":
            return MaskTables(**common, family=family)
        return OcclusionTables(**common, grid=family)

    for _ in range(8):
        labels = np.where(draw.random(len(masks)) < 0.06, draw.integers(0, 3, len(masks)), 1)
        clean = logits_for(labels, draw.choice([2.0, 4.0, 9.0], len(masks)))
        result = defense.judge(tables(1, clean), THREAT, 1)
        if kind.startswith("paper"):
            assert not result.certificate.holds, "nothing is certified at the border"
        for place in np.argwhere(result.certificate.locations > 0)[::9]:
            proved += 1
            hiding = hidden(masks, place)
            for base, attack in itertools.product((0, 2), range(4)):
                said = np.full(len(masks), base) if attack < 2 else draw.integers(0, 3, len(masks))
                wild = logits_for(said, np.full(len(masks), (9.0, 0.5, 9.0, 1.0)[attack]))
                attacked = np.where(hiding[:, None], clean, wild)
                assert defense.predict(tables(base, attacked), THREAT).output == ALERT
    assert proved > 10


def test_the_papers_grid_claims_more_than_it_proves() -> None:
    defense = make_defense("minority_reports:grid=paper:stride=1:tau=0.5")
    grid = occlusion_grid(THREAT, 1, 2, padded=False)
    rows = logits_for(np.ones(len(grid.masks), int), np.full(len(grid.masks), 9.0))
    tables = OcclusionTables(passes=1, base=rows[:1], logits=rows, grid=grid)
    result = defense.judge(tables, THREAT, 1)
    assert result.claimed is True
    assert result.word == "consistent"
    assert result.certificate.locations[0, 0] == 0
    assert result.certificate.locations[3, 3] > 0
    assert "border" in result.assumptions[0]
    # a patch in the corner turns the whole photo and every vote but those of occlusions that hide it
    hiding = hidden(grid.masks, (0, 0))
    assert hiding.sum() == 1
    attacked = np.where(hiding[:, None], rows, logits_for(np.full(len(grid.masks), 2), np.full(len(grid.masks), 9.0)))
    broken = OcclusionTables(passes=1, base=attacked[-1:], logits=attacked, grid=grid)
    assert defense.predict(broken, THREAT).output == 2


def test_a_vote_by_hand() -> None:
    """Nine confidences of which the smallest is left out: unanimous certainty is 1, one dissenter costs nothing."""
    grid = occlusion_grid(square_threat(2, 5), 1, 2, padded=True)
    defense = make_defense("minority_reports:stride=1:tau=0.9")
    labels = np.ones(grid.shape, int)
    labels[3, 3] = 0
    rows = logits_for(labels.ravel(), np.full(labels.size, 40.0))
    tables = OcclusionTables(passes=1, base=rows[:1], logits=rows, grid=grid)
    result = defense.judge(tables, square_threat(2, 5), 1)
    assert result.word == "certified"
    labels[3, 4] = 0
    rows = logits_for(labels.ravel(), np.full(labels.size, 40.0))
    tables = OcclusionTables(passes=1, base=rows[:1], logits=rows, grid=grid)
    result = defense.judge(tables, square_threat(2, 5), 1)
    assert not result.certificate.holds  # 7 of 8: below 0.9
