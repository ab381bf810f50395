"""What holds for every text."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.findings import Finding
from bot.rules.crisis import Detector, load_detector
from bot.rules.crisis.coded import Coded
from bot.rules.crisis.fold import fold

HERE = Path(__file__).parent
DETECTOR = load_detector()
TELLING = [
    row["text"]
    for name in ("dev", "holdout")
    for row in map(json.loads, (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
    if row["label"] == "crisis"
    and row["style"] == "explicit"
    and DETECTOR.screen(row["text"]).fires
]
telling = st.sampled_from(TELLING)
quick = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
anything = st.text(st.characters(), max_size=120)


def tier(text: str) -> int:
    return DETECTOR.screen(text).tier


@quick
@given(st.text(st.characters(categories=None, exclude_categories=()), max_size=200))
def test_no_text_of_any_kind_raises(text: str) -> None:
    assert isinstance(DETECTOR.screen(text), Finding)


@quick
@given(telling, st.integers(1, 3))
def test_zero_width_characters_lower_nothing(text: str, every: int) -> None:
    hidden = "".join(char + "\u200b" * (index % every == 0) for index, char in enumerate(text))
    assert tier(hidden) >= tier(text)


@quick
@given(telling)
def test_case_width_and_quotes_lower_nothing(text: str) -> None:
    before = tier(text)
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert tier(text.upper()) >= before
    assert tier(text.title()) >= before
    assert tier(wide) >= before
    assert tier(text.replace("'", "’")) >= before
    assert tier(unicodedata.normalize("NFD", text)) >= before
    assert tier(text.replace(" ", "  \n"[:2])) >= before


@quick
@given(telling)
def test_doubled_letters_lower_nothing(text: str) -> None:
    doubled = "".join(char * 2 if char.isalpha() else char for char in text)
    assert tier(doubled) >= tier(text)


@quick
@given(telling, anything, st.sampled_from([". ", "\n", "! "]))
def test_a_crisis_sentence_beside_any_text_counts(text: str, other: str, mark: str) -> None:
    assert tier(f"{other}{mark}{text}") >= tier(text)
    assert tier(f"{text}{mark}{other}") >= tier(text)


@quick
@given(telling, st.sampled_from(["hey so ", "honestly ", "idk ", "hola ", "ok so listen ", "um "]))
def test_filler_before_and_after_lowers_nothing(text: str, filler: str) -> None:
    assert tier(f"{filler}{text}") >= tier(text)
    assert tier(f"{text} {filler}") >= tier(text)


@quick
@given(telling)
def test_spans_lie_inside_the_text(text: str) -> None:
    for hit in DETECTOR.screen(text).rules:
        assert 0 <= hit.start < hit.end <= len(text)


def test_every_plane_and_lone_surrogates_are_read() -> None:
    for start in range(0, 0x110000, 0x400):
        DETECTOR.screen("".join(map(chr, range(start, start + 64))))
    assert DETECTOR.screen("\ud800 i want to kill myself \udfff").fires


def test_a_hundred_thousand_characters_are_read_to_the_end() -> None:
    for piece in ("a", "die ", "i do not want to die ", "k i l l ", "\u0301", "({[<", "é🙂"):
        text = (piece * (100_000 // len(piece)))[:100_000]
        assert DETECTOR.screen(text + ". i want to kill myself").fires


def test_words_run_together_in_more_ways_than_there_are_atoms_are_read_to_the_end() -> None:
    """`tokill` is one word or two, each time: a pattern that tries every way never returns."""
    for piece in ("tokill", "to kill", "wanttodie", "todieto", "killkill"):
        run = piece * 200
        DETECTOR.screen(f"suic id e {run}q")
        assert DETECTOR.screen(f"suic id e {run}q. i want to kill myself").fires


def test_the_gate_hides_no_branch() -> None:
    """Searching every branch without the gate finds what the gate lets through."""
    for text in TELLING[::8]:
        codes = Coded(fold(text).text, DETECTOR.lexicon).codes
        behind = {id(branch) for branch in DETECTOR.gate.candidates(codes)}
        for branch in DETECTOR.gate.branches:
            assert id(branch) in behind or branch.pattern.search(codes) is None


def test_the_detector_of_one_thread_serves_another(detector: Detector) -> None:
    assert detector.screen("i want to die") == DETECTOR.screen("i want to die")
