"""Reads texts as the scorecard reads them, by all cores at once."""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import get_context

from benchmarks.crisis_texts import Row
from benchmarks.learning import Read, ReadRow
from bot.rules.crisis import Detector
from bot.rules.crisis.coded import Coded
from bot.rules.crisis.detector import signs_of
from bot.rules.crisis.fold import fold
from bot.rules.crisis.sentences import sentences_of

_TEXTS_AT_ONCE = 500
_detectors: list[Detector] = []
"""The one that the forked processes read by: its patterns cannot be sent to them."""


def read_all(detector: Detector, rows: Sequence[Row]) -> list[ReadRow]:
    """Return each row with its text as the detector's scorecard reads it."""
    _detectors[:] = [detector]
    with get_context("fork").Pool() as pool:
        read = pool.map(_read, [row.text for row in rows], chunksize=_TEXTS_AT_ONCE)
    return list(zip(rows, read, strict=True))


def _read(text: str) -> Read:
    return read_by(_detectors[0], text)


def read_by(detector: Detector, text: str) -> Read:
    """Return the text as the detector's scorecard reads it."""
    view = fold(text)
    coded = Coded(view.text, detector.lexicon)
    hits = detector.hits(text, view, coded, detector.gate.signs(coded.codes))
    seen = [(hit.start, signs_of(hit)) for hit in hits if hit.reading.codes == coded.codes]
    sentences = sentences_of(coded.codes, detector.scorecard.passed_over)
    signs = dict(detector.scorecard.signs_of(coded.codes, seen))
    return Read([words for words, _ in sentences], signs)
