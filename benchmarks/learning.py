"""Learns the points of the scorecard from texts that were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.crisis_texts import CHAT, ORDINARY, Row, some
from benchmarks.regression import STEPS, common, regressed
from bot.rules.crisis.scorecard import (
    Scorecard,
    Signs,
    features_of,
)
from bot.rules.crisis.sentences import Sentence, counted_words

SENTENCE, WORDS = b"sentence", b"words"
FIRST_CODE = 0x80
"""No feature but one of words begins with a byte from here on."""
WORDS_SCALE = 0.1
"""Words are counted in tens, so that the regression may give them points as freely as others."""
ROUNDS = 3
MOST_OF_HARMLESS, LEAST_OF_DANGER = -0.6, -0.4
"""Products of grids with more or fewer points than these are learned as well, and count more."""
MOST_OF_CHAT = -2.0
"""What was written in a chat is learned where it has more points than that; of the rest, some."""
HARD_SHARE = 0.75
CHAT_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Read:
    """A text as the scorecard reads it: its sentences, and what frames saw in each."""

    sentences: list[Sentence]
    signs: Signs

    def counts(self, card: Scorecard, first: int = 0, last: int | None = None) -> Counter[bytes]:
        """Return how much each feature counts in some of the sentences, as the card reads them."""
        counts = Counter[bytes]()
        for words in self.sentences[first:last]:
            counts.update(features_of(words, card.families, card.kin))
            counts[SENTENCE] += 1
            counts[WORDS] += counted_words(words)
        told = (self.signs.get(b"".join(words), ()) for words in self.sentences[first:last])
        counts.update(set().union(*told))
        return counts


ReadRow = tuple[Row, Read]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is counted of one row: features and how much."""

    counts: Counter[bytes]
    row: Row


def learned(
    rows: Sequence[ReadRow],
    card: Scorecard,
    more: Sequence[ReadRow],
    can_be_told: Callable[[bytes], bool],
) -> Scorecard:
    """Return the scorecard of the `rows`, of features that can be told in a file of points.

    First whole texts count; then, of each text of danger, the run of sentences that the scorecard
    found; beside every other text the run that looked worst; and what of `more` (products of
    grids, and of chats) comes out on the wrong side.
    """
    hard: dict[int, Sample] = {}
    samples = [Sample(each.counts(card), row) for row, each in rows]
    chat = some([each for each in more if each[0].label == CHAT], CHAT_SHARE)
    quiet = [Sample(each.counts(card), row) for row, each in chat]
    card = fitted([*samples, *quiet], card, can_be_told)
    own = [each for each in samples if not each.row.is_danger]
    for steps in (*[()] * (ROUNDS - 1), STEPS):
        worst = list(_worst_runs(rows, card))
        hard.update(_wrong(more, card))
        card = fitted([*own, *worst, *quiet, *hard.values()], card, can_be_told, steps)
    return card


def _wrong(more: Sequence[ReadRow], card: Scorecard) -> Iterator[tuple[int, Sample]]:
    """Yield place and sample of each row that comes out on the wrong side."""
    for place, (row, each) in enumerate(more):
        total = card.best_run(each.sentences, each.signs).total
        if row.label == CHAT:
            is_wrong, share = total >= MOST_OF_CHAT, row.share
        elif row.is_danger:
            is_wrong, share = total < LEAST_OF_DANGER, HARD_SHARE
        else:
            is_wrong, share = total >= MOST_OF_HARMLESS, HARD_SHARE
        if is_wrong:
            yield place, Sample(each.counts(card), replace(row, share=share))


def _worst_runs(rows: Sequence[ReadRow], card: Scorecard) -> Iterator[Sample]:
    for row, each in rows:
        _, first, last = card.best_run(each.sentences, each.signs)
        if row.is_danger and first == last:
            first, last = 0, len(each.sentences)
        if row.is_danger or 0 < last - first < len(each.sentences):
            yield Sample(each.counts(card, first, last), row)


def fitted(
    samples: Sequence[Sample],
    card: Scorecard,
    can_be_told: Callable[[bytes], bool],
    steps: Sequence[int] = (),
) -> Scorecard:
    """Return the card with the points that a logistic regression gives the samples.

    `steps` are how many of the weightiest features are left, one after the other.
    """
    own = (each.counts for each in samples if each.row.label not in (ORDINARY, CHAT))
    scaled = [{**each.counts, WORDS: each.counts[WORDS] * WORDS_SCALE} for each in samples]
    points, offset = regressed(
        scaled,
        [each.row.is_danger for each in samples],
        [each.row.weight for each in samples],
        [*filter(can_be_told, common(own))],
        keep=(SENTENCE, WORDS),
        steps=steps,
    )
    per_sentence, per_word = points.pop(SENTENCE), points.pop(WORDS) * WORDS_SCALE
    return replace(
        card, points=points, offset=offset, per_sentence=per_sentence, per_word=per_word
    )
