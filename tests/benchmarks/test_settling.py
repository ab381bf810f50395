"""A sentence that tests hold comes out right after settling, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.crisis_texts import Row
from benchmarks.learning import WORDS, Read
from benchmarks.points import told_settled
from benchmarks.settling import let_in, missed, settled
from bot.core.findings import Category
from bot.rules.crisis.lexicon import END, START
from bot.rules.crisis.neighbours import AMONG, NEAR
from bot.rules.crisis.scorecard import Danger, Scorecard

A, B, C, D, E = (bytes((0x83, low)) for low in range(5))
FRAME = b"stands en.test.rule"


def card(points: dict[bytes, float], **totals: float) -> Scorecard:
    of = {"stands": -0.5, "stands_short": -1.0, "check_in": -0.2, "crisis": 0.5, **totals}
    return Scorecard(
        points=points,
        dangers=dict.fromkeys((A, B, C), Danger(Category.SUICIDE)),
        offset=-1.0,
        per_sentence=0.0,
        per_word=0.0,
        opening=frozenset({A}),
        passed_over=frozenset(),
        families={},
        **of,
    )


def row(label: str, *sentences: list[bytes], frame: bool = False) -> tuple[Row, Read]:
    read = [[START, *words, END] for words in sentences]
    seen = {b"".join(words): frozenset({FRAME}) for words in read} if frame else {}
    return Row("a text", label, "suicide"), Read(read, seen)


def test_danger_that_lacks_points_is_moved_beyond_its_line() -> None:
    found, wrong = settled(card({A: 0.2, B: 0.1}), [row("crisis", [A, B])])
    assert wrong == 0
    assert found.best_run([[A, B]], {}).total > found.crisis


def test_harmless_words_with_too_many_points_lose_them_and_others_keep_theirs() -> None:
    before = card({A: 3.0, B: 0.4, C: 1.1})
    found, wrong = settled(before, [row("none", [A, B])])
    assert wrong == 0
    assert found.best_run([[A, B]], {}).total < found.crisis
    assert found.points[C] == before.points[C]


def test_the_points_of_frames_stay_and_the_words_beside_them_move() -> None:
    before = card({A: 0.2, FRAME: 0.1})
    found, _ = settled(before, [row("crisis", [A] * 7, frame=True)])
    assert found.points[FRAME] == before.points[FRAME]
    assert found.points[A] > before.points[A]


def test_what_tests_hold_has_the_last_word_where_an_ordinary_message_contradicts_it() -> None:
    _, held = row("crisis", [A])
    found = told_settled(card({A: 0.2}), [row("crisis", [A])], [row("none", [A])])
    assert missed(found, held, is_danger=True) is None


def test_an_ordinary_message_that_fires_is_settled_beside_what_tests_hold() -> None:
    _, quiet = row("none", [A, C])
    found = told_settled(card({A: 2.0, C: 0.1}), [row("crisis", [A])], [row("none", [A, C])])
    assert missed(found, quiet, is_danger=False) is None


def test_what_stands_in_a_text_is_counted_as_the_scorecard_reads_it() -> None:
    _, read = row("crisis", [A, C, C, C, B])
    related = replace(card({A: 1.0}), families={A: D, B: E})
    counts = read.counts(related)
    assert counts[D + AMONG + E] == counts[START + D] == counts[B + END] == 1
    assert counts[WORDS] == 5


def test_what_comes_out_right_is_left_alone() -> None:
    before = card({A: 3.0})
    found, wrong = settled(before, [row("crisis", [A])])
    assert (found.points, wrong) == (before.points, 0)


@pytest.mark.parametrize(("words", "line"), [([A], -1.0), ([A, B] * 4, -0.5)])
def test_where_a_frame_stands_less_is_asked_and_least_in_few_words(
    words: list[bytes], line: float
) -> None:
    just_over = card({A: line + 1.0 + 0.06})
    _, read = row("crisis", words, frame=True)
    assert missed(just_over, read, is_danger=True) is None
    just_under = card({A: line + 1.0 - 0.01})
    assert missed(just_under, read, is_danger=True) is not None


def test_two_rows_that_contradict_each_other_are_counted_as_wrong() -> None:
    _, wrong = settled(card({A: 1.0}), [row("crisis", [A]), row("none", [A])])
    assert wrong > 0


def test_where_no_word_has_points_neighbours_get_some() -> None:
    _, read = seen = row("crisis", [A, B] * 4, frame=True)
    found, _ = settled(card({C: 1.0, FRAME: 0.1}), [seen])
    assert found.best_run(read.sentences, read.signs).total > -0.5
    assert A + B in found.points


def test_danger_that_only_words_near_one_another_tell_gets_neighbours_that_open() -> None:
    before = card({A + NEAR + B: 3.0, A + C: 0.1, START + A: 2.0})
    found = let_in(before, [row("crisis", [A, C, B])], 0.5, 0.25)
    assert found.points == {**before.points, A + C: 0.25}


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ({A: 0.5}, row("crisis", [A, B])),
        ({A + B: 0.25}, row("crisis", [A, B])),
        ({A: 0.1}, row("none", [A, B])),
        ({A: 0.1}, row("crisis", [A, B], frame=True)),
    ],
)
def test_what_is_weighed_anyway_or_need_not_be_keeps_its_points(
    points: dict[bytes, float], told: tuple[Row, Read]
) -> None:
    assert let_in(card(points), [told], 0.5, 0.25).points == points
