"""Definition files that are wrong refuse to load and say where."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import DefinitionError
from bot.rules.crisis.load import load_detector, self_check
from bot.rules.crisis.wordlists import WordLists, build_lexicon


def write_rule(folder: Path, **changes: str) -> None:
    fields = {
        "id": "en.test.rule",
        "tier": "crisis",
        "note": "a note",
        "fires": "the zebra crossed",
        "spares": "the horse crossed",
        "patterns": '["zebra"]',
    } | changes
    lines = "\n    ".join(f"{name}: {value}" for name, value in fields.items())
    text = f"category: suicide\nsource: somebody\nguards: [strict]\nrules:\n  - {lines.strip()}\n"
    (folder / "rules" / "zz.yaml").write_text(text, encoding="utf-8")


def test_a_good_rule_loads_and_holds(folder: Path) -> None:
    write_rule(folder)
    detector = load_detector(folder)
    assert detector.screen("the zebra crossed").fires
    self_check(detector, folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"tier": "awful"},
        {"category": "weather"},
        {"who": "nobody"},
        {"patterns": '["(zebra"]'},
        {"patterns": '["zebra) crossed"]'},
        {"patterns": '["((((((zebra) and) the) lion) ran) off)"]'},
        {"patterns": '["zeb[ra"]'},
        {"patterns": '["{unheard_of}"]'},
        {"patterns": '["(zebra)?"]'},
        {"patterns": '["ze%bra"]'},
        {"patterns": "[]"},
        {"guards": "[no-such-set]"},
    ],
    ids=str,
)
def test_a_bad_rule_is_named(folder: Path, changes: dict[str, str]) -> None:
    write_rule(folder, **changes)
    with pytest.raises(DefinitionError) as caught:
        load_detector(folder)
    assert "en.test.rule" in str(caught.value)


@pytest.mark.parametrize(
    ("frame", "text", "is_met"),
    [
        ("zebra ~2~ lion", "a zebra saw the lion", True),
        ("zebra ~2~ lion", "the lion saw a zebra", True),
        ("zebra ~2~ lion", "the lion saw us and not a zebra", False),
        ("zebra ~2~ lion", "a zebra. the lion", False),
        ("zebra ~~2~~ lion", "a zebra. the lion", True),
        ("zebra ~~2~~ lion", "there! a lion? a zebra", True),
        ("(zebra|horse ~1~ cow) ran", "a cow and horse ran", True),
    ],
)
def test_two_words_may_be_asked_for_in_either_order(
    folder: Path, frame: str, text: str, is_met: bool
) -> None:
    write_rule(folder, patterns=f'["{frame}"]')
    assert load_detector(folder).screen(text).fires is is_met


def test_two_rules_of_one_id_are_refused(folder: Path) -> None:
    write_rule(folder, id="en.suicide.mention")
    with pytest.raises(DefinitionError, match=r"en\.suicide\.mention"):
        load_detector(folder)


def test_an_unknown_field_is_refused(folder: Path) -> None:
    write_rule(folder, colour="red")
    with pytest.raises(DefinitionError, match="colour"):
        load_detector(folder)


@pytest.mark.parametrize(
    ("field", "text"), [("fires", "the horse crossed"), ("spares", "a zebra again")]
)
def test_a_rule_that_contradicts_its_examples_fails_the_self_check(
    folder: Path, field: str, text: str
) -> None:
    write_rule(folder, **{field: text})
    with pytest.raises(DefinitionError, match=r"en\.test\.rule"):
        self_check(load_detector(folder), folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "guards.yaml").unlink()
    with pytest.raises(DefinitionError, match=r"guards\.yaml"):
        load_detector(folder)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError):
        load_detector(tmp_path)


def test_more_words_than_there_are_codes_for_are_refused() -> None:
    words = [f"word{number}" for number in range(16_000)]
    with pytest.raises(DefinitionError, match=r"words: there are codes for 15871 words, not more"):
        build_lexicon(
            WordLists(
                words=words,
                anchors=(),
                prefixes=(),
                fillers=(),
                misspellings={},
                joined=(),
                broken=(),
                censored=(),
                backwards=(),
            )
        )
