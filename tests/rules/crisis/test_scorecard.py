"""The scorecard adds points up; it raises what no frame foresaw and demotes what all denies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot.core.errors import DefinitionError
from bot.core.findings import Category, Subject, Tier
from bot.rules.crisis import Detector
from bot.rules.crisis.detector import GUARD_ID
from bot.rules.crisis.lexicon import ASKED, END, HARD, NEWLINE, QUESTION, START
from bot.rules.crisis.load import DEFINITIONS, load_detector, rule_entries
from bot.rules.crisis.model import RuleEntry
from bot.rules.crisis.neighbours import AMONG, NEAR
from bot.rules.crisis.points_file import read_points
from bot.rules.crisis.scorecard import Danger, Scorecard, features_of
from bot.rules.crisis.sentences import sentences_of

A, B, C, D, E, F = (bytes((0x83, low)) for low in range(6))
OPENER = bytes((0x83, 9))
SEEN, OTHER_SEEN = b"stands en.test.rule", b"guard past"
FILE = yaml.safe_load((DEFINITIONS / "points.yaml").read_text("utf-8"))
RAISED = "I've tied the knot and I'm standing on the chair."
DANGER = "i'm going to kill myself"
DANGERS = [entry for entry in rule_entries() if entry.tier in ("crisis", "emergency")]
ENDS = {". ": HARD, "? ": QUESTION, "\n": NEWLINE}


def card(**points: float) -> Scorecard:
    named = {"a": A, "b": B, "a_b": A + B, "a_near_b": A + NEAR + B, "d": D, "f": F, "a_f": A + F}
    named["f_among_f"] = F + AMONG + F
    frames = {"seen": SEEN, "other_seen": OTHER_SEEN}
    return Scorecard(
        points={(named | frames)[name]: weight for name, weight in points.items()},
        dangers=dict.fromkeys(named.values(), Danger(Category.SUICIDE)),
        offset=-1.0,
        per_sentence=0.0,
        per_word=0.0,
        stands=0.0,
        stands_short=0.0,
        check_in=1.0,
        crisis=2.0,
        opening=frozenset({A}),
        passed_over=frozenset({OPENER}),
        families={E: F},
    )


def tier(scorecard: Scorecard, codes: bytes, **seen_at: int) -> Tier:
    names = {"seen": SEEN, "other_seen": OTHER_SEEN}
    seen = [(place, frozenset({names[name]})) for name, place in seen_at.items()]
    return scorecard.tier(scorecard.weigh(codes, seen))


def without_points(detector: Detector) -> Detector:
    scorecard = replace(detector.scorecard, stands=-1e9, check_in=1e9, crisis=1e9)
    return replace(detector, scorecard=scorecard)


def test_points_of_words_and_neighbours_add_up() -> None:
    assert tier(card(a=2.0), A) is Tier.CHECK_IN
    assert tier(card(a=2.0, b=1.0), A + B) is Tier.CRISIS
    assert tier(card(a=2.0, b=0.5, a_b=0.5), A + B) is Tier.CRISIS
    assert tier(card(a=2.0, b=0.5, a_b=0.5), B + A) is Tier.CHECK_IN


def test_near_words_have_one_or_two_others_between() -> None:
    near = card(a_near_b=3.0)
    assert tier(near, A + B) is Tier.NONE
    assert tier(near, A + C + B) is tier(near, A + C + C + B) is Tier.CRISIS
    assert tier(near, A + C + C + C + B) is Tier.NONE


def test_a_word_counts_for_itself_and_for_its_family() -> None:
    assert tier(card(f=3.0), E) is tier(card(f=3.0), F) is Tier.CRISIS
    assert tier(card(a_f=3.0), A + E) is Tier.CRISIS
    assert tier(card(a_f=3.0), A + C) is Tier.NONE
    assert card(f=1.0).explained(card(f=1.0).weigh(C + E)).reasons == ((2, 4),)


@pytest.mark.parametrize(
    ("heavy", "codes"),
    [(A, C + A), (F, C + E), (A + B, C + A + B), (A + F, A + E), (F + F, E + E + C)],
)
def test_a_heavy_word_or_heavy_neighbours_or_their_families_open_the_scorecard(
    heavy: bytes, codes: bytes
) -> None:
    opened = replace(card(), opening=frozenset({heavy}))
    assert opened.opens(codes)
    assert not opened.opens(C + D + C)


def test_harmless_words_count_against_their_own_sentence_only() -> None:
    mixed = card(a=3.0, d=-2.0)
    assert tier(mixed, A + D) is Tier.NONE
    assert tier(mixed, A + HARD + D) is tier(mixed, D + HARD + A) is Tier.CRISIS


def test_sentences_in_a_row_add_up_and_a_repeated_one_counts_once() -> None:
    both = card(a=1.5, b=1.5)
    assert tier(both, A + HARD + B) is Tier.CRISIS
    assert tier(both, A + HARD + A + HARD + A) is Tier.NONE


def test_what_frames_saw_counts_in_its_sentence() -> None:
    seen = card(a=2.0, seen=1.0, other_seen=-3.0)
    assert tier(seen, A, seen=0) is Tier.CRISIS
    assert tier(seen, A, seen=0, other_seen=0) is Tier.NONE
    assert tier(seen, A + HARD + C, other_seen=4) is Tier.CHECK_IN
    assert tier(seen, A + HARD + C, seen=4) is Tier.CRISIS


def test_what_frames_saw_in_two_sentences_of_a_run_counts_once() -> None:
    seen = card(a=0.5, b=0.5, seen=2.0)
    both = [(0, frozenset({SEEN})), (4, frozenset({SEEN}))]
    assert seen.weigh(A + HARD + B, both).total == pytest.approx(2.0)


def test_each_sentence_and_its_first_words_have_points_of_their_own() -> None:
    long = replace(card(), offset=0.0, per_sentence=2.0, per_word=-0.1)
    assert long.weigh(C).total == pytest.approx(1.9)
    assert long.weigh(C + HARD + B).total == pytest.approx(3.8)
    many = [START, *[C] * 25, END]
    assert long.total(many) == long.total([*many, C, C]) == pytest.approx(-0.5)


def test_the_order_in_which_words_are_added_changes_nothing() -> None:
    """A sum of floats depends on its order, and the order of a set on the process."""
    assert tier(card(a=1e16, b=-1e16, d=3.0), A + B + D) is Tier.CRISIS


def test_in_a_few_words_more_has_to_speak_against_what_a_frame_saw(detector: Detector) -> None:
    apart = replace(detector.scorecard, stands=1e9, stands_short=-1e9, check_in=1e9, crisis=1e9)
    stern = replace(detector, scorecard=apart)
    assert stern.screen(DANGER).fires
    assert not stern.screen(f"{DANGER} since all of this began at work").fires


def test_openers_are_passed_over() -> None:
    assert tier(card(a_b=3.0), OPENER + A + OPENER + B) is Tier.CRISIS


def test_a_score_names_the_weightiest_words_first() -> None:
    scorecard = card(a=1.0, b=2.0)
    weighed = scorecard.weigh(C + A + HARD + B)
    assert scorecard.explained(weighed).reasons == ((6, 8), (2, 4))


def test_the_category_is_that_of_most_points() -> None:
    mixed = card(a=2.0, b=2.5)
    overdose = {**mixed.dangers, B: Danger(Category.OVERDOSE)}
    taken = replace(mixed, dangers=overdose)
    assert taken.explained(taken.weigh(A + B)).category is Category.OVERDOSE


def test_families_near_one_another_count_whatever_words_of_none_are_between() -> None:
    told = card(f_among_f=3.0)
    assert tier(told, E + A + B + C + D + E) is Tier.CRISIS
    assert tier(told, A + E + B + HARD + E) is Tier.NONE
    assert tier(told, E) is Tier.NONE
    found = told.explained(told.weigh(A + E + B + C + D + A + E + C))
    assert found.reasons == ((2, 14),)


def test_a_word_that_nothing_but_its_family_names_counts_as_the_family() -> None:
    assert tier(card(f_among_f=3.0), F + A + F) is Tier.CRISIS


def test_families_are_told_beside_words_and_pairs() -> None:
    told = {each for each in features_of([E, A, B, C, E], {E: F}, {F}) if AMONG in each}
    assert told == {F + AMONG + F}


def test_the_edges_of_a_sentence_neighbour_its_first_word_and_its_last() -> None:
    edged = replace(card(), points={START + A: 3.0, B + ASKED: 3.0, B + END: -3.0})
    assert tier(edged, A + C) is Tier.CRISIS
    assert tier(edged, C + A) is Tier.NONE
    assert tier(edged, C + B + QUESTION) is Tier.CRISIS
    assert tier(edged, C + B) is tier(edged, C + B + HARD) is Tier.NONE
    dangers = {START + A: Danger(Category.SUICIDE), B + ASKED: Danger(Category.SUICIDE)}
    told = replace(edged, dangers=dangers)
    assert told.explained(told.weigh(C + HARD + A + B + QUESTION)).reasons == ((4, 6), (6, 8))


def test_edges_take_no_room_in_a_run_of_eighty_words() -> None:
    sentences = [A * 7 + bytes((0x84, low)) for low in range(10)]
    assert tier(card(a=0.31), HARD.join(sentences)) is Tier.CRISIS
    longer = [A + sentence for sentence in sentences]
    assert tier(card(a=0.31), HARD.join(longer)) is Tier.CHECK_IN


def test_what_frames_saw_in_a_question_counts_in_it() -> None:
    assert tier(card(seen=5.0), C + HARD + A + QUESTION + C, seen=4) is Tier.CRISIS


def test_features_are_words_neighbours_and_near_words() -> None:
    assert features_of([A, B, C], {}) == {A, B, C, A + B, B + C, A + NEAR + C}
    assert sentences_of(HARD + HARD) == []


def test_the_scorecard_raises_a_text_that_no_frame_knows(detector: Detector) -> None:
    assert without_points(detector).screen(RAISED).tier < Tier.CRISIS
    finding = detector.screen(RAISED)
    assert (finding.tier, finding.subject) == (Tier.CRISIS, Subject.SELF)
    told = [hit for hit in finding.rules if hit.id == "points.crisis"]
    assert told
    assert all(RAISED[hit.start : hit.end].strip() for hit in told)


@pytest.mark.parametrize("text", FILE["demotes"])
def test_what_all_words_speak_against_is_a_check_in(detector: Detector, text: str) -> None:
    assert without_points(detector).screen(text).fires
    finding = detector.screen(text)
    assert finding.tier is Tier.CHECK_IN
    assert any(GUARD_ID in hit.guards for hit in finding.rules)


@pytest.mark.parametrize("text", [*FILE["upholds"], DANGER])
def test_danger_stands(detector: Detector, text: str) -> None:
    assert detector.screen(text).fires


@pytest.mark.parametrize("entry", DANGERS, ids=lambda entry: entry.id)
def test_danger_is_danger_if_it_asks(detector: Detector, entry: RuleEntry) -> None:
    assert detector.screen(f"{entry.fires.rstrip('.!?')}?").fires


@pytest.mark.parametrize("join", ENDS)
@pytest.mark.parametrize("denied", [*FILE["demotes"][:2], "i'm not suicidal", *FILE["spares"]])
def test_a_sentence_without_danger_silences_no_other(
    detector: Detector, denied: str, join: str
) -> None:
    silenced = [
        text
        for danger in (*FILE["fires"], DANGER)
        for text in (denied + join + danger, danger + join + denied)
        if not detector.screen(text).fires
    ]
    assert silenced == []


def test_the_same_rule_stands_in_the_sentence_that_is_not_demoted(detector: Detector) -> None:
    again = "she is having a seizure"
    assert detector.screen(f"{FILE['demotes'][0]}. {again}").fires
    assert detector.screen(f"{again}. {FILE['demotes'][0]}").fires


def test_nothing_falls_below_a_check_in(detector: Detector) -> None:
    frames = without_points(detector)
    for text in (*FILE["demotes"], DANGER, "i'm worn out", "hello", "it was in 1998"):
        assert detector.screen(text).tier >= min(frames.screen(text).tier, Tier.CHECK_IN)


def test_a_sentence_of_a_whole_life_is_left_to_the_frames(detector: Detector) -> None:
    against = replace(detector, scorecard=replace(detector.scorecard, offset=-1e9))
    assert not against.screen(DANGER).fires
    assert against.screen(f"{DANGER} {'and so we went on ' * 12}").fires


@pytest.mark.parametrize(
    "line",
    [
        *("1.0 suicide", "x suicide die", "1.0 gloom die", "1.0 suicide a b c d"),
        *("1.0 suicide a  b", "1.0 suicide die __ [gun]", "1.0 suicide [gun] __ die"),
    ],
)
def test_a_line_that_is_none_is_named(line: str) -> None:
    with pytest.raises(DefinitionError, match=r"points\.txt, line 2"):
        read_points(f"# points\n{line}\n")


def test_a_line_holds_one_word_or_two() -> None:
    text = "# points\n1.0 suicide die\n-0.5 abuse to die\n\n2.25 medical want _ die\n"
    points = read_points(f"{text}0.5 abuse [gun] __ [head]\n")
    assert list(zip(*points, strict=True)) == [
        (1.0, "suicide", "die", "", ""),
        (-0.5, "abuse", "to", "", "die"),
        (2.25, "medical", "want", "_", "die"),
        (0.5, "abuse", "[gun]", "__", "[head]"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("points.txt", "1.00 frame stands no.such.rule\n", r"no\.such\.rule"),
        ("points.txt", "1.00 suicide qqzx\n1.00 suicide {nothing}\n", "{nothing}"),
        ("points.yaml", "check_in: 1000.0\n", "must rise"),
        ("points.yaml", "opens: 99.0\nopens_pairs: 99.0\n", "open the scorecard"),
    ],
)
def test_points_that_fit_nothing_are_refused(
    folder: Path, old: str, new: str, problem: str
) -> None:
    path = folder / old
    text = path.read_text("utf-8")
    if old.endswith("yaml"):
        name = new.split(":")[0]
        text = "\n".join(line for line in text.split("\n") if not line.startswith(f"{name}:"))
    path.write_text(text + new, encoding="utf-8")
    with pytest.raises(DefinitionError, match=problem):
        load_detector(folder)
