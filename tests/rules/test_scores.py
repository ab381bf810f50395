"""Totals, bands and the suicide screen's result, each boundary with its neighbours."""

from __future__ import annotations

import itertools

import pytest

from bot.core.answers import Answer, AnswerStatus, values_of
from bot.rules.scores import INCOMPLETE, AsqResult, asq_result, load_scorers, score_all
from tests.rules.screening import INSTRUMENTS, SKIPPED, UNCLEAR, only

SCORERS = load_scorers()
ASQ = SCORERS.screens["asq"]


def score(name, **given):
    answers = {answer.link_id: answer for answer in only(**given)}
    found = score_all(
        SCORERS, [INSTRUMENTS[name]], answers=answers, values=values_of(answers.values())
    )
    return found[0] if found else None


def spread(name, total, count):
    """Points for `count` items that add up to `total`."""
    points = {}
    for n in range(1, count + 1):
        points[f"{name}_{n}"] = min(3, total)
        total -= points[f"{name}_{n}"]
    return points


@pytest.mark.parametrize(
    ("name", "count", "total", "band"),
    [
        ("phq2", 2, 0, "negative"), ("phq2", 2, 2, "negative"), ("phq2", 2, 3, "positive"),
        ("phq2", 2, 6, "positive"),
        ("phq9", 9, 0, "minimal"), ("phq9", 9, 4, "minimal"), ("phq9", 9, 5, "mild"),
        ("phq9", 9, 9, "mild"), ("phq9", 9, 10, "moderate"), ("phq9", 9, 14, "moderate"),
        ("phq9", 9, 15, "moderately-severe"), ("phq9", 9, 19, "moderately-severe"),
        ("phq9", 9, 20, "severe"), ("phq9", 9, 27, "severe"),
        ("gad7", 7, 0, "minimal"), ("gad7", 7, 4, "minimal"), ("gad7", 7, 5, "mild"),
        ("gad7", 7, 9, "mild"), ("gad7", 7, 10, "moderate"), ("gad7", 7, 14, "moderate"),
        ("gad7", 7, 15, "severe"), ("gad7", 7, 21, "severe"),
    ],
)  # fmt: skip
def test_each_total_has_its_band(name, count, total, band):
    found = score(name, **spread(name, total, count))
    assert (found.total, found.band, found.missing) == (total, band, ())


@pytest.mark.parametrize(
    ("sex", "points", "band"),
    [
        ("male", (2, 1, 0), "negative"), ("male", (2, 1, 1), "positive"),
        ("female", (2, 0, 0), "negative"), ("female", (2, 1, 0), "positive"),
        ("intersex", (2, 1, 0), "positive"), ("undisclosed", (2, 1, 0), "positive"),
        (SKIPPED, (2, 1, 0), "positive"), (UNCLEAR, (2, 0, 0), "negative"),
    ],
)  # fmt: skip
def test_the_alcohol_cut_off_is_four_for_men_and_three_for_everybody_else(sex, points, band):
    given = {f"auditc_{n}": p for n, p in enumerate(points, 1)}
    assert score("auditc", sex_at_birth=sex, **given).band == band


def test_someone_who_never_drinks_has_a_complete_alcohol_score_of_zero():
    found = score("auditc", auditc_1=0)
    assert (found.total, found.maximum, found.band) == (0, 12, "negative")


@pytest.mark.parametrize(
    ("sex", "yes", "band"),
    [
        ("male", 3, "negative"), ("male", 4, "positive"),
        ("female", 2, "negative"), ("female", 3, "positive"),
        (SKIPPED, 3, "positive"),
    ],
)  # fmt: skip
def test_the_trauma_cut_off_is_four_for_men_and_three_for_everybody_else(sex, yes, band):
    items = {f"pcptsd5_{n}": n - 2 < yes for n in range(2, 7)}
    found = score("pcptsd5", sex_at_birth=sex, pcptsd5_1=True, **items)
    assert (found.total, found.band) == (yes, band)


@pytest.mark.parametrize("fate", [SKIPPED, UNCLEAR, None])
@pytest.mark.parametrize("item", range(1, 10))
def test_one_missing_item_leaves_no_total(item, fate):
    given = spread("phq9", 20, 9)
    if fate is None:
        del given[f"phq9_{item}"]
    else:
        given[f"phq9_{item}"] = fate
    found = score("phq9", **given)
    assert found.total is None
    assert found.band == INCOMPLETE
    assert found.missing == (f"phq9_{item}",)
    assert found.maximum == 27


def test_the_unscored_difficulty_item_is_not_missed():
    assert "phq9_difficulty" not in score("phq9", **spread("phq9", 20, 9)).missing


def test_an_instrument_of_which_nothing_was_asked_has_no_score():
    assert score("phq9") is None
    assert score("gad7", phq9_1=1) is None


# --- the suicide screen ------------------------------------------------------------------------


def result(first, last=None):
    """Result for the same first four answers; `last` None: not asked."""
    given = {f"asq_{n}": answer for n, answer in enumerate(first, 1) if answer is not None}
    if last is not None:
        given["asq_5"] = last
    return asq_result(ASQ, {answer.link_id: answer for answer in only(**given)})


NO = (False, False, False, False)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (NO, None, AsqResult.NEGATIVE),
        (NO, False, AsqResult.NEGATIVE),
        (NO, SKIPPED, AsqResult.NEGATIVE),
        (NO, True, AsqResult.ACUTE),
        (NO, UNCLEAR, AsqResult.ACUTE),
        ((True, False, False, False), False, AsqResult.NON_ACUTE),
        ((False, False, False, True), False, AsqResult.NON_ACUTE),
        ((UNCLEAR, False, False, False), False, AsqResult.NON_ACUTE),
        ((True, SKIPPED, None, None), False, AsqResult.NON_ACUTE),
        ((True, False, False, False), True, AsqResult.ACUTE),
        ((True, False, False, False), SKIPPED, AsqResult.ACUTE),
        ((True, False, False, False), UNCLEAR, AsqResult.ACUTE),
        ((True, False, False, False), None, AsqResult.ACUTE),
        ((UNCLEAR, False, False, False), SKIPPED, AsqResult.ACUTE),
        ((SKIPPED, False, False, False), False, AsqResult.REFUSED),
        ((SKIPPED, False, False, False), SKIPPED, AsqResult.REFUSED),
        ((SKIPPED, False, False, False), True, AsqResult.ACUTE),
        ((SKIPPED, None, None, None), None, AsqResult.REFUSED),
        ((False, False, None, None), None, None),
        ((None, None, None, None), None, None),
    ],
)
def test_the_screen_has_the_result_the_toolkit_gives_it(first, last, expected):
    assert result(first, last) is expected


def test_only_four_plain_noes_are_negative():
    fates = (False, True, SKIPPED, UNCLEAR, None)
    for first in itertools.product(fates, repeat=4):
        for last in fates:
            if result(first, last) is AsqResult.NEGATIVE:
                assert first == NO


def test_an_item_answered_with_a_strange_code_counts_as_yes():
    answers = {f"asq_{n}": Answer(f"asq_{n}", AnswerStatus.ANSWERED, "LA32-8") for n in (1, 2, 3)}
    answers["asq_4"] = Answer("asq_4", AnswerStatus.ANSWERED, "LA9999-9")
    assert asq_result(ASQ, answers) is AsqResult.ACUTE


def test_the_screen_is_shown_with_its_missing_items_and_without_a_total():
    found = score("asq", asq_1=True, asq_2=SKIPPED, asq_3=False, asq_4=False, asq_5=False)
    assert found.total is None
    assert found.band == "non-acute-positive"
    assert found.missing == ("asq_2",)
    complete = score("asq", **{f"asq_{n}": False for n in range(1, 5)})
    assert (complete.band, complete.missing) == ("negative", ())


def test_a_screen_that_has_only_begun_is_not_asked():
    assert score("asq", asq_1=False).band == "not-asked"


def test_every_scoring_rule_says_where_it_is_from():
    for entry in (*SCORERS.sums.values(), *SCORERS.screens.values()):
        assert "Confidence" in entry.source
