"""What has to hold between figures: sizes, thresholds, clean and certified."""

import numpy as np
import pytest
from defended import SIZE, band_tables, evidence_tables, subject
from toys import picture, square_threat

from engine.defenses import ALERT, make_defense
from engine.threat import PatchThreat


@pytest.mark.parametrize(
    "text", ["clipped_bagnet", "derandomized_smoothing:band=2", "derandomized_smoothing:band=2:location_aware=true"]
)
def test_a_larger_patch_is_not_easier(text: str) -> None:
    """One set of tables serves every size; the certificate never comes back as the patch grows."""
    defense = make_defense(text)
    draw = np.random.default_rng(0)
    seen = set()
    for _ in range(60):
        if text == "clipped_bagnet":
            values = draw.normal(size=(8, 8, 3)) * 60
            values[..., 0] += draw.uniform(0, 160)
            tables, sizes = evidence_tables(values), [square_threat(side, 8) for side in range(1, 8)]
        else:
            logits = draw.normal(size=(20, 3)) * 3
            logits[:, 0] += draw.uniform(0, 12)
            tables, sizes = band_tables(logits, 2), [PatchThreat(1, side, 1, 20) for side in range(1, 20)]
        certified = [defense.judge(tables, threat, 0).certificate.holds for threat in sizes]
        assert certified == sorted(certified, reverse=True)
        seen.add(sum(certified))
    assert len(seen) > 2


def test_interval_bounds_of_a_larger_patch_are_wider() -> None:
    defense = make_defense("ibp:complete=true")
    view = picture(SIZE, seed=5)
    least = [
        defense.tables(subject("plain"), view, square_threat(side, SIZE)).margins.min(axis=0) for side in (1, 2, 4)
    ]
    assert (least[0] >= least[1]).all()
    assert (least[1] >= least[2]).all()


def test_location_aware_smoothing_proves_no_less() -> None:
    draw = np.random.default_rng(1)
    published, aware = (make_defense(f"derandomized_smoothing:band=3{more}") for more in ("", ":location_aware=true"))
    more = 0
    for _ in range(40):
        logits = draw.normal(size=(18, 3)) * 3
        logits[:, 1] += draw.uniform(0, 8)
        one, other = (
            defense.judge(band_tables(logits, 3), PatchThreat(1, 2, 1, 18), 1) for defense in (published, aware)
        )
        assert ((one.certificate.locations > 0) <= (other.certificate.locations > 0)).all()
        more += (other.certificate.locations > 0).sum() > (one.certificate.locations > 0).sum()
    assert more > 0


def test_ties_of_votes_go_to_the_lowest_class_in_both_rules() -> None:
    """12 bands, a patch that touches 2: a lead of exactly 4 is enough against a higher class, and not a lower one."""
    said = np.array([1] * 8 + [2] * 4)
    logits = np.eye(3)[said] * 40
    defense = make_defense("derandomized_smoothing:band=1:vote=0.5")
    threat = PatchThreat(1, 2, 1, 12)
    assert defense.judge(band_tables(logits, 1), threat, 1).certificate.holds
    swapped = logits[:, [0, 2, 1]]
    assert not defense.judge(band_tables(swapped, 1), threat, 2).certificate.holds
    turned = swapped.copy()
    turned[:2] = np.eye(3)[1] * 40  # 6 votes each: the lower class wins, and it is the wrong one
    assert defense.predict(band_tables(turned, 1), threat).output == 1


def test_tau_0_makes_clean_and_certified_equal() -> None:
    """PatchGuard++: what is silent at tau 0 is certified, and the reverse."""
    defense = make_defense("patchguard_pp:low")
    draw = np.random.default_rng(2)
    words = []
    for _ in range(80):
        values = draw.normal(size=(6, 6, 3))
        values[..., 2] += draw.uniform(0, 0.6)
        result = defense.judge(evidence_tables(values), square_threat(2, 6))
        assert (result.output != ALERT) == result.certificate.holds
        words.append(result.word)
    assert {"certified", "alert"} <= set(words)


def test_silence_grows_and_certificates_shrink_with_tau() -> None:
    draw = np.random.default_rng(3)
    maps = [draw.normal(size=(6, 6, 3)) + np.array([0, 0, shift]) for shift in draw.uniform(0, 1.5, 30)]
    silent, certified = [], []
    for tau in (0.0, 0.4, 0.5, 0.6, 0.8):
        results = [
            make_defense(f"patchguard_pp:tau={tau}").judge(evidence_tables(values), square_threat(2, 6), 2)
            for values in maps
        ]
        silent.append(sum(result.silent for result in results))
        certified.append(sum(result.certificate.holds for result in results))
    assert silent == sorted(silent)
    assert certified == sorted(certified, reverse=True)
    assert silent[-1] > silent[0]
    assert certified[-1] < certified[0]
