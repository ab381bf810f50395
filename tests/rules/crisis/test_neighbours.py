"""What is looked up by the first word finds the same as joining every pair would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.rules.crisis.lexicon import HARD, SOFT
from bot.rules.crisis.neighbours import AMONG, NEAR, Neighbours, Openers
from bot.rules.crisis.scorecard import features_of

WORDS = [bytes((0x83, low)) for low in range(5)]
FAMILY = bytes((0x90, 1))
FAMILIES = {WORDS[3]: FAMILY, WORDS[4]: FAMILY}
ONES = st.sampled_from([*WORDS, FAMILY])
PAIRS = st.builds(lambda one, between, other: one + between + other, ONES, st.just(b""), ONES)
NEAR_PAIRS = st.builds(
    lambda one, between, other: one + between + other, ONES, st.just(NEAR), ONES
)
FAMILY_PAIRS = st.builds(lambda one, other: one + AMONG + other, ONES, ONES)
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=12)


@given(words=SENTENCES, features=st.sets(PAIRS | NEAR_PAIRS, max_size=20))
def test_every_pair_that_counts_is_met_and_nothing_else(
    words: list[bytes], features: set[bytes]
) -> None:
    met = {pair for pair in Neighbours.of(features).met(words) if pair is not None}
    assert met == features & features_of(words, {})


@given(words=SENTENCES, features=st.sets(PAIRS | FAMILY_PAIRS, max_size=20))
def test_every_pair_of_families_that_counts_is_met_and_nothing_else(
    words: list[bytes], features: set[bytes]
) -> None:
    kin = {*WORDS[:2], FAMILY}
    told = [word for word in (FAMILIES.get(each, each) for each in words) if word in kin]
    met = {pair for pair in Neighbours.of(features).met_among(told) if pair is not None}
    pairs = {each for each in features_of(words, FAMILIES, kin) if AMONG in each}
    assert met == features & pairs


@given(words=SENTENCES, opening=st.sets(PAIRS | ONES, min_size=1, max_size=6))
def test_what_opens_is_never_passed_by(words: list[bytes], opening: set[bytes]) -> None:
    heavy = not opening.isdisjoint(features_of(words, FAMILIES))
    assert Openers.of(opening, FAMILIES).are_met(b"".join(words)) or not heavy


@given(words=SENTENCES)
def test_marks_between_two_words_do_not_part_them(words: list[bytes]) -> None:
    openers = Openers.of([WORDS[0] + WORDS[1]], {})
    parted = SOFT.join(words) + HARD
    assert openers.are_met(parted) == openers.are_met(b"".join(words))


def test_words_that_open_nothing_keep_the_scorecard_shut() -> None:
    openers = Openers.of([WORDS[0], WORDS[1] + FAMILY], FAMILIES)
    assert openers.are_met(WORDS[0])
    assert openers.are_met(WORDS[1] + WORDS[3])
    assert not openers.are_met(WORDS[3] + WORDS[1] + WORDS[2])
    assert not openers.are_met(b"")
