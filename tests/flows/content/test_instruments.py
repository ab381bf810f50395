"""The published instruments: valid FHIR, right codes, right scores, wording left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire

from bot.core.answers import Answer, AnswerStatus
from bot.core.errors import IncompleteAnswers
from bot.core.findings import Category, Tier
from bot.core.instruments import Instrument, load_instrument, total

DEFINITIONS = Path(__file__).parents[3] / "bot" / "flows" / "definitions"
FILES = sorted(DEFINITIONS.glob("instruments/*.json")) + sorted(DEFINITIONS.glob("plugins/*.json"))
GOLDEN = json.loads((Path(__file__).parent / "golden_scores.json").read_text(encoding="utf-8"))
IDS = [path.stem for path in FILES]


def instrument(name: str) -> Instrument:
    path = DEFINITIONS / "instruments" / f"{name}.json"
    return load_instrument(path.read_bytes(), path.name)


def answered(answers: dict[str, str]) -> dict[str, Answer]:
    return {
        link_id: Answer(link_id, AnswerStatus.ANSWERED, code) for link_id, code in answers.items()
    }


PREFIX_SUM = {"": (0, 0), "LA": (5, 8), "LL": (9, 9)}
"""What the letters of answer and answer list codes add before an even and an odd number of digits;
found from published codes."""


def check_digit_holds(code: str) -> bool:
    """Mod 10 (Luhn) over what stands before the dash, as LOINC defines its check digit."""
    body, _, digit = code.partition("-")
    prefix = body.rstrip("0123456789")
    figures = body.removeprefix(prefix)[::-1]
    doubled = "".join(str(int(d) * 2 if i % 2 == 0 else int(d)) for i, d in enumerate(figures))
    letters = PREFIX_SUM[prefix][len(figures) % 2]
    return digit == str(-(letters + sum(map(int, doubled))) % 10)


def loinc_codes(node: object) -> set[str]:
    if isinstance(node, list):
        return {code for part in node for code in loinc_codes(part)}
    if not isinstance(node, dict):
        return set()
    found = {code for part in node.values() for code in loinc_codes(part)}
    if node.get("system") == "http://loinc.org":
        found.add(node["code"])
    if str(node.get("url", "")).endswith("loinc-answer-list"):
        found.add(node["valueString"])
    return found


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_every_instrument_is_a_valid_questionnaire(path: Path) -> None:
    questionnaire = Questionnaire.model_validate_json(path.read_bytes())
    assert questionnaire.id == path.stem
    assert questionnaire.copyright


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_every_loinc_code_has_its_check_digit_and_the_notice(path: Path) -> None:
    resource = json.loads(path.read_bytes())
    codes = loinc_codes(resource)
    assert codes
    assert [code for code in codes if not check_digit_holds(code)] == []
    assert "LOINC is copyright © Regenstrief Institute" in resource["copyright"]


@pytest.mark.parametrize("vector", GOLDEN, ids=lambda v: f"{v['instrument']}-{v['total']}")
def test_golden_scores(vector: dict[str, object]) -> None:
    found = instrument(str(vector["instrument"]))
    by_code = {item.code: item.link_id for item in found.items}
    answers = vector["answers"]
    assert isinstance(answers, dict)
    given = answered({by_code[code]: option for code, option in answers.items()})
    assert total(found, given) == vector["total"]
    assert found.total_code == vector["total_code"]


def test_there_are_twenty_four_golden_vectors() -> None:
    assert len(GOLDEN) == 24
    assert {vector["instrument"] for vector in GOLDEN} == {"phq9", "gad7", "auditc"}


@pytest.mark.parametrize("skipped", range(1, 10))
def test_a_missing_phq9_item_leaves_no_total(skipped: int) -> None:
    codes = {f"phq9_{n}": "LA6571-9" for n in range(1, 10) if n != skipped}
    with pytest.raises(IncompleteAnswers) as caught:
        total(instrument("phq9"), answered(codes))
    assert caught.value.missing == (f"phq9_{skipped}",)


def test_one_who_never_drinks_has_an_auditc_of_zero_without_the_rest() -> None:
    assert total(instrument("auditc"), answered({"auditc_1": "LA6270-8"})) == 0


def test_one_who_drinks_has_no_auditc_until_all_is_answered() -> None:
    with pytest.raises(IncompleteAnswers):
        total(instrument("auditc"), answered({"auditc_1": "LA18926-8"}))


def test_pcptsd5_counts_the_five_items_and_not_the_gate() -> None:
    everything = answered({f"pcptsd5_{n}": "LA33-6" for n in range(1, 7)})
    assert total(instrument("pcptsd5"), everything) == 5
    assert total(instrument("pcptsd5"), answered({"pcptsd5_1": "LA32-8"})) == 0


@pytest.mark.parametrize(("codes", "points"), [(("LA6568-5",) * 2, 0), (("LA6571-9",) * 2, 6)])
def test_phq2_is_the_sum_of_two(codes: tuple[str, str], points: int) -> None:
    given = answered(dict(zip(("phq2_1", "phq2_2"), codes, strict=True)))
    assert total(instrument("phq2"), given) == points


def test_items_that_speak_of_death_carry_their_risk() -> None:
    risks = {i.link_id: i.risk for name in ("phq9", "asq") for i in instrument(name).items}
    risky = {link_id: risk for link_id, risk in risks.items() if risk}
    assert set(risky) == {"phq9_9", "asq_1", "asq_2", "asq_3", "asq_4", "asq_5"}
    assert {risk.category for risk in risky.values()} == {Category.SUICIDE}
    assert risky["phq9_9"].tier is Tier.CHECK_IN
    assert risky["phq9_9"].positive == {"LA6569-3", "LA6570-1", "LA6571-9"}
    assert [risky[f"asq_{n}"].tier for n in range(1, 6)] == [Tier.CHECK_IN] * 4 + [Tier.EMERGENCY]


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        (("LA32-8",) * 4, False),
        (("LA33-6", "LA32-8", "LA32-8", "LA32-8"), True),
        (("LA32-8", "LA32-8", "LA32-8", "LA33-6"), True),
        (("LA32-8", "LA32-8", "LA32-8", None), None),
    ],
)
def test_the_acuity_question_is_passed_over_only_after_four_plain_noes(
    given: tuple[str | None, ...], asked: bool | None
) -> None:
    last = instrument("asq").items[4]
    values = {f"asq_{n}": code for n, code in enumerate(given, 1) if code}
    assert last.enabled is not None
    assert last.enabled.evaluate(values) is asked


def test_the_difficulty_question_is_asked_when_any_problem_was_marked() -> None:
    difficulty = instrument("phq9").items[-1]
    none = {f"phq9_{n}": "LA6568-5" for n in range(1, 10)}
    assert difficulty.enabled is not None
    assert difficulty.enabled.evaluate(none) is False
    assert difficulty.enabled.evaluate({**none, "phq9_4": "LA6569-3"}) is True
    assert not difficulty.scored


def test_spanish_exists_only_where_it_was_officially_published() -> None:
    languages = {path.stem: instrument(path.stem).languages for path in FILES[:6]}
    assert languages == {
        "asq": ("en", "es"),
        "auditc": ("en",),
        "gad7": ("en", "es"),
        "pcptsd5": ("en",),
        "phq2": ("en", "es"),
        "phq9": ("en", "es"),
    }


def test_gad7_says_not_at_all_and_never_not_at_all_sure() -> None:
    first = {item.options[0].display["en"] for item in instrument("gad7").items}
    assert first == {"Not at all"}


def test_the_difficulty_options_keep_loincs_own_odd_order() -> None:
    codes = [option.code for option in instrument("phq9").items[-1].options]
    assert codes == ["LA6572-7", "LA6573-5", "LA6575-0", "LA6574-3"]
