"""Weak signs of one text, none enough alone, are weighed together; Spanish is read by ear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.findings import Category, Subject, Tier
from bot.rules.crisis import Detector
from bot.rules.crisis.spelling import sound

FAINT = "Borré todas mis fotos."
FAINTER = "Estoy en paz por primera vez."
CHECK_INS = (
    "No sirvo para nada.",
    "Ya no aguanto más.",
    "Nadie me extrañaría.",
)


@pytest.fixture(scope="module")
def frames(detector: Detector) -> Detector:
    """The detector without points: they may raise what is gathered here still further."""
    scorecard = replace(detector.scorecard, stands=-1e9, check_in=1e9, crisis=1e9)
    return replace(detector, scorecard=scorecard)


def test_a_faint_sign_alone_says_nothing(frames: Detector) -> None:
    assert frames.screen(FAINT).tier is Tier.NONE


def test_two_faint_signs_are_a_check_in(frames: Detector) -> None:
    finding = frames.screen(f"{FAINT} {FAINTER}")
    assert finding.tier is Tier.CHECK_IN
    assert (finding.category, finding.subject) == (Category.SUICIDE, Subject.SELF)
    assert "gather.check-in" in {hit.id for hit in finding.rules}


def test_two_check_ins_stay_a_check_in(frames: Detector) -> None:
    assert frames.screen(" ".join(CHECK_INS[:2])).tier is Tier.CHECK_IN


def test_a_faint_sign_makes_up_what_two_check_ins_lack(frames: Detector) -> None:
    two = " ".join(CHECK_INS[:2])
    assert frames.screen(f"{two} {FAINT}").tier is Tier.CRISIS


def test_a_sign_said_twice_counts_once(frames: Detector) -> None:
    assert frames.screen(f"{FAINT} {FAINT} {FAINT}").tier is Tier.NONE


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("boi", ""),
        ("bibir", "vivir"),
        ("boses", "voces"),
        ("aserme", "hacerme"),
        ("yave", "llave"),
    ],
)
def test_spanish_is_read_by_ear(written: str, meant: str) -> None:
    assert sound(written) == sound(meant)


@pytest.mark.parametrize(
    "text", ["ya no kiero bibir", "las boses m disen k m tire x la bentana", "m biolo anoshe"]
)
def test_a_text_written_by_ear_fires(detector: Detector, text: str) -> None:
    assert detector.screen(text).fires


def test_an_english_word_is_not_taken_for_a_spanish_one(detector: Detector) -> None:
    assert detector.screen("my bosses are in asia").tier is Tier.NONE


def test_one_phrase_is_one_sign_however_many_rules_it_meets(detector: Detector) -> None:
    finding = detector.screen("i feel so hopeless")
    assert len([hit for hit in finding.rules if hit.id.startswith("en.")]) > 1
    assert not finding.fires
