"""Instruments are read whole from FHIR and never scored with a gap."""

import json

import pytest

from bot.core.answers import Answer, AnswerStatus
from bot.core.conditions import SymbolType
from bot.core.errors import DefinitionError, IncompleteAnswers
from bot.core.findings import Category, Tier
from bot.core.instruments import load_instrument, total
from bot.core.questionnaire import ORDINAL, OWN, TRANSLATION


def translated(text):
    parts = [{"url": "lang", "valueCode": "es"}, {"url": "content", "valueString": text}]
    return {"extension": [{"url": TRANSLATION, "extension": parts}]}


def option(code, en, es, points=None):
    coding = {
        "system": "http://loinc.org",
        "code": code,
        "display": en,
        "_display": translated(es),
    }
    extension = [{"url": ORDINAL, "valueDecimal": points}] if points is not None else []
    return {"valueCoding": coding, "extension": extension}


NEVER = option("never", "Never", "Nunca", 0)
OFTEN = option("often", "Often", "Seguido", 2)


def choice(link_id, options=(NEVER, OFTEN), **more):
    return {
        "linkId": link_id,
        "type": "choice",
        "text": f"About {link_id}?",
        "_text": translated(f"Sobre {link_id}?"),
        "code": [{"system": "http://loinc.org", "code": "1-8"}],
        "answerOption": list(options),
        **more,
    }


def questionnaire(*items, **more):
    stem = {
        "linkId": "t_stem",
        "type": "display",
        "text": "Lately:",
        "_text": translated("Antes:"),
    }
    closing = {"linkId": "t_total", "type": "decimal", "code": [{"code": "2-6"}]}
    return {
        "resourceType": "Questionnaire",
        "id": "t",
        "url": "https://porchlight.invalid/fhir/Questionnaire/t",
        "version": "1",
        "title": "Test",
        "copyright": "Free.",
        "code": [{"code": "3-4"}],
        "item": [stem, *items, closing],
        **more,
    }


def load(resource):
    return load_instrument(json.dumps(resource).encode(), "t.json")


def gate(code, operator="!=", question="t_1"):
    return [{"question": question, "operator": operator, "answerCoding": {"code": code}}]


GATED = questionnaire(choice("t_1"), choice("t_2", enableWhen=gate("never")), choice("t_3"))


def answered(**codes):
    return {k: Answer(k, AnswerStatus.ANSWERED, v) for k, v in codes.items()}


def test_an_instrument_keeps_its_wording_codes_and_points():
    instrument = load(GATED)
    assert instrument.id == "t"
    assert instrument.languages == ("en", "es")
    assert instrument.stem == {"en": "Lately:", "es": "Antes:"}
    assert instrument.panel_code == "3-4"
    assert (instrument.total_link_id, instrument.total_code) == ("t_total", "2-6")
    first = instrument.items[0]
    assert first.text == {"en": "About t_1?", "es": "Sobre t_1?"}
    assert first.code == "1-8"
    assert first.ordinals == {"never": 0, "often": 2}
    assert first.options[1].display == {"en": "Often", "es": "Seguido"}
    assert first.options[1].system == "http://loinc.org"


def test_symbols_cover_codes_points_and_total():
    symbols = load(GATED).symbols
    assert symbols["t_1"].codes == {"never", "often"}
    assert symbols["t_1_score"].type is SymbolType.NUMBER
    assert symbols["t_total"].type is SymbolType.NUMBER


def test_a_complete_instrument_is_summed():
    assert total(load(GATED), answered(t_1="often", t_2="often", t_3="never")) == 4


def test_a_missing_item_has_no_total_and_is_named():
    with pytest.raises(IncompleteAnswers) as caught:
        total(load(GATED), answered(t_1="often"))
    assert caught.value.missing == ("t_2", "t_3")
    assert caught.value.instrument == "t"


@pytest.mark.parametrize("status", [AnswerStatus.SKIPPED, AnswerStatus.UNCLEAR])
def test_a_skipped_or_unclear_item_is_missing_not_zero(status):
    answers = answered(t_1="often", t_2="often") | {"t_3": Answer("t_3", status)}
    with pytest.raises(IncompleteAnswers) as caught:
        total(load(GATED), answers)
    assert caught.value.missing == ("t_3",)


def test_an_item_that_is_definitely_switched_off_counts_zero():
    assert total(load(GATED), answered(t_1="never", t_3="often")) == 2


def test_an_answer_that_was_given_counts_although_its_gate_is_off():
    assert total(load(GATED), answered(t_1="never", t_2="often", t_3="often")) == 4


def test_an_item_behind_an_unanswered_gate_is_missing():
    with pytest.raises(IncompleteAnswers) as caught:
        total(load(GATED), answered(t_3="never"))
    assert caught.value.missing == ("t_1", "t_2")


def test_an_unscored_gate_must_be_answered_too():
    extension = [{"url": OWN + "unscored", "valueBoolean": True}]
    plain = [option("never", "Never", "Nunca"), option("often", "Often", "Seguido")]
    first = choice("t_1", plain, extension=extension)
    instrument = load(questionnaire(first, choice("t_2", enableWhen=gate("often", "="))))
    assert total(instrument, answered(t_1="never")) == 0
    with pytest.raises(IncompleteAnswers) as caught:
        total(instrument, answered(t_2="often"))
    assert caught.value.missing == ("t_1",)


def test_an_unscored_item_is_not_summed():
    extension = [{"url": OWN + "unscored", "valueBoolean": True}]
    instrument = load(questionnaire(choice("t_1"), choice("t_2", extension=extension)))
    assert total(instrument, answered(t_1="often", t_2="often")) == 2
    assert total(instrument, answered(t_1="often")) == 2


def test_an_instrument_without_a_sum_item_has_no_total():
    resource = questionnaire(choice("t_1"))
    resource["item"].pop()
    instrument = load(resource)
    assert instrument.total_link_id is None
    assert "t_total" not in instrument.symbols
    with pytest.raises(DefinitionError):
        total(instrument, answered(t_1="often"))


def test_enable_when_any_and_exists_are_understood():
    tests = gate("often", "=") + [{"question": "t_1", "operator": "exists", "answerBoolean": True}]
    resource = questionnaire(
        choice("t_1"), choice("t_2", enableWhen=tests, enableBehavior="any"), choice("t_3")
    )
    item = load(resource).items[1]
    assert item.enabled.evaluate({"t_1": "never"}) is True
    assert item.enabled.evaluate({}) is None


def test_a_risk_extension_names_category_tier_and_positive_options():
    parts = [
        {"url": "category", "valueCode": "suicide"},
        {"url": "tier", "valueCode": "check-in"},
        {"url": "positive", "valueCode": "often"},
    ]
    extension = [{"url": OWN + "risk", "extension": parts}]
    risk = load(questionnaire(choice("t_1", extension=extension))).items[0].risk
    assert (risk.category, risk.tier) == (Category.SUICIDE, Tier.CHECK_IN)
    assert risk.positive == {"often"}


def test_a_language_counts_only_when_every_item_has_it():
    only_english = choice("t_2")
    del only_english["_text"]
    instrument = load(questionnaire(choice("t_1"), only_english))
    assert instrument.languages == ("en",)


def _with_risk(**parts):
    listed = [{"url": k, "valueCode": v} for k, v in parts.items()]
    return choice("t_1", extension=[{"url": OWN + "risk", "extension": listed}])


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ({"resourceType": "Patient"}, "t.json"),
        (questionnaire(choice("t_1"), resourceType="Patient"), "t.json.resourceType"),
        (questionnaire(), "t.json.item"),
        (questionnaire(choice("t_1"), choice("t_1")), "t.json.item[2].linkId"),
        (questionnaire(choice("t_1", [])), "t.json.item[1].answerOption"),
        (questionnaire(choice("t_1", [NEVER, NEVER])), "t.json.item[1].answerOption"),
        (questionnaire(choice("t_1", [option("a", "A", "")])), "t.json.item[1].answerOption[0]"),
        (questionnaire(choice("t_1", [option("a", "A", "A")])), "t.json.t_1"),
        (questionnaire(choice("t_1", enableWhen=gate("never"))), "t.json.t_1.enableWhen"),
        (
            questionnaire(choice("t_1"), choice("t_2", enableWhen=gate("nver"))),
            "t.json.t_2.enableWhen",
        ),
        (
            questionnaire(choice("t_1"), choice("t_2", enableWhen=gate("never", ">"))),
            "t.json.item[2].enableWhen",
        ),
        (
            questionnaire(_with_risk(category="suicide", tier="crisis", positive="x")),
            "t.json.item[1].extension",
        ),
        (
            questionnaire(_with_risk(category="gloom", tier="crisis", positive="often")),
            "t.json.item[1].extension",
        ),
        (questionnaire(_with_risk(category="suicide", tier="crisis")), "t.json.item[1].extension"),
    ],
)
def test_a_faulty_questionnaire_is_refused_with_its_path(resource, path):
    with pytest.raises(DefinitionError) as caught:
        load(resource)
    assert caught.value.path == path


def test_what_is_not_json_is_refused():
    with pytest.raises(DefinitionError):
        load_instrument(b"{", "t.json")
