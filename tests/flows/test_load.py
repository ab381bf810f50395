"""A faulty flow file is refused when it is loaded, with the path of the fault."""

import hashlib

import pytest

from bot.core.conditions import SymbolType
from bot.core.errors import DefinitionError
from bot.core.instruments import load_instrument
from bot.core.messages import Channel
from bot.flows import flow_from_source, load_flow
from bot.flows.load import parse_flow_file
from bot.flows.phrases import DEFINITIONS
from tests.flows.small import Patient, flow_of, write_flow

END = "- {node: end, id: bye, outcome: completed, text: {en: Bye, es: Adios}}\n"
ASK = "- {node: ask, id: q, kind: yes_no, text: {en: A?, es: B?}}\n"


def one(fields: str, kind: str = "yes_no") -> str:
    return f"- {{node: ask, id: q, kind: {kind}, text: {{en: A?, es: B?}}, {fields}}}\n" + END


LIST = "choices: [{value: a, label: {en: A, es: A}}, {value: b, label: {en: B, es: B}}]"

FAULTS = [
    ("no nodes", "[]\n", "nodes", ""),
    ("unknown node", "- {node: shout, id: a}\n", "nodes[0].node", "shout"),
    ("unknown field", one("colour: red"), "nodes[0]", "colour"),
    ("bad id", "- {node: say, id: Big, text: {en: a, es: a}}\n" + END, "nodes[0].id", ""),
    ("bad kind", one("", "poem"), "nodes[0].kind", "poem"),
    ("missing text", "- {node: say, id: a}\n" + END, "nodes[0]", "text"),
    (
        "empty text",
        "- {node: say, id: a, text: {en: '', es: a}}\n" + END,
        "nodes[0].text[...]",
        "",
    ),
    (
        "missing language",
        "- {node: say, id: a, text: {en: a}}\n" + END,
        "nodes[0].text.es",
        "is missing",
    ),
    (
        "foreign language",
        "- {node: say, id: a, text: {en: a, es: a, fr: a}}\n" + END,
        "nodes[0].text.fr",
        "not a language",
    ),
    (
        "missing mode",
        "- {node: say, id: a, text: {en: {sms: a}, es: a}}\n" + END,
        "nodes[0].text[...]",
        "web",
    ),
    (
        "label without language",
        one("choices: [{value: a, label: {en: A}}]", "one_of"),
        "nodes[0].choices[0].label.es",
        "is missing",
    ),
    ("why without language", one("why: {en: a}"), "nodes[0].why.es", "is missing"),
    ("topic without language", one("topic: {es: a}"), "nodes[0].topic.en", "is missing"),
    (
        "other words without language",
        one("again: [{en: a, es: a}, {en: a}]"),
        "nodes[0].again[1].es",
        "is missing",
    ),
    ("one other wording", one("again: [{en: a, es: a}]"), "nodes[0].again", ""),
    (
        "placeholder",
        "- {node: say, id: a, text: {en: 'Hi {name}', es: a}}\n" + END,
        "nodes[0].text.en",
        "{name}",
    ),
    (
        "placeholder in one mode",
        "- {node: say, id: a, text: {en: a, es: {sms: a, web: '{q}'}}}\n" + END,
        "nodes[0].text.es.web",
        "{q}",
    ),
    (
        "open brace",
        "- {node: say, id: a, text: {en: 'a {clinic_name', es: a}}\n" + END,
        "nodes[0].text.en",
        "placeholder",
    ),
    (
        "link outside a link node",
        "- {node: say, id: a, text: {en: 'a {secure_link}', es: a}}\n" + END,
        "nodes[0].text.en",
        "{secure_link}",
    ),
    ("duplicate id", ASK + ASK + END, "nodes[1].id", "used twice"),
    (
        "symbol used twice",
        "- {node: ask, id: a, kind: date, text: {en: a, es: a}}\n"
        "- {node: ask, id: a_age_years, kind: integer, text: {en: a, es: a}}\n" + END,
        "nodes[1].id",
        "a_age_years",
    ),
    ("missing target", one("next: nowhere"), "nodes[0].next", "nowhere"),
    ("circle", ASK.replace("}}\n", "}, next: q}\n") + END, "nodes[0]", "back to itself"),
    (
        "longer circle",
        ASK + "- {node: say, id: s, text: {en: a, es: a}, next: q}\n" + END,
        "nodes[1]",
        "back to itself",
    ),
    ("no end", ASK, "nodes[0]", "nothing follows"),
    (
        "conditional last node",
        ASK + "- {node: say, id: s, when: q, next: bye, text: {en: a, es: a}}\n"
        "- {node: say, id: t, when: q, text: {en: a, es: a}}\n" + END[:0],
        "nodes[1].next",
        "bye",
    ),
    ("condition of unknown name", one("when: zz"), "nodes[0].when", "zz"),
    (
        "condition of wrong type",
        ASK + one("when: q > 3").replace("id: q", "id: r"),
        "nodes[1].when",
        "",
    ),
    (
        "condition on a choice that is none",
        one(LIST, "one_of").replace(END, "")
        + "- {node: say, id: s, when: 'q == \"c\"', text: {en: a, es: a}}\n"
        + END,
        "nodes[1].when",
        "'c'",
    ),
    (
        "branch to nowhere",
        ASK
        + "- {node: branch, id: b, cases: [{when: q, to: x}], otherwise: bye, unknown: bye}\n"
        + END,
        "nodes[1].cases[0].to",
        "x",
    ),
    (
        "branch without unknown",
        ASK + "- {node: branch, id: b, cases: [{when: q, to: bye}], otherwise: bye}\n" + END,
        "nodes[1]",
        "unknown",
    ),
    (
        "branch otherwise nowhere",
        ASK
        + "- {node: branch, id: b, cases: [{when: q, to: bye}], otherwise: x, unknown: bye}\n"
        + END,
        "nodes[1].otherwise",
        "x",
    ),
    (
        "branch condition",
        ASK
        + "- {node: branch, id: b, cases: [{when: z, to: bye}], otherwise: bye, unknown: bye}\n"
        + END,
        "nodes[1].cases[0].when",
        "z",
    ),
    (
        "triage to nowhere",
        "- {node: triage, id: t, cases: {review: x}}\n" + END,
        "nodes[0].cases.review",
        "x",
    ),
    (
        "triage otherwise",
        "- {node: triage, id: t, otherwise: x}\n" + END,
        "nodes[0].otherwise",
        "x",
    ),
    (
        "triage of no disposition",
        "- {node: triage, id: t, cases: {perhaps: bye}}\n" + END,
        "nodes[0].cases",
        "",
    ),
    ("missing sub-flow", "- {node: flow, id: f, flow: gone}\n" + END, "gone", "no such flow"),
    (
        "missing instrument",
        "- {node: instrument, id: i, instrument: gad9}\n" + END,
        "instruments.gad9",
        "",
    ),
    (
        "missing item",
        "- {node: instrument, id: i, instrument: phq9, items: [phq9_1, phq9_77]}\n" + END,
        "nodes[0].items[1]",
        "phq9_77",
    ),
    (
        "item asked twice",
        "- {node: instrument, id: i, instrument: phq9}\n"
        "- {node: instrument, id: j, instrument: phq9, items: [phq9_1]}\n" + END,
        "nodes[1].phq9_1.id",
        "twice",
    ),
    ("no choices", one("", "one_of"), "nodes[0].choices", "at least one"),
    ("choices of a date", one(LIST, "date"), "nodes[0].choices", "does not fit"),
    (
        "same choice twice",
        one(
            "choices: [{value: a, label: {en: A, es: A}}, {value: a, label: {en: B, es: B}}]",
            "one_of",
        ),
        "nodes[0].choices[1].value",
        "twice",
    ),
    (
        "exclusive in one_of",
        one("choices: [{value: a, exclusive: true, label: {en: A, es: A}}]", "one_of"),
        "nodes[0].choices",
        "exclusive",
    ),
    ("range of a text", one("minimum: 3", "text"), "nodes[0].minimum", "does not fit"),
    ("range upside down", one("minimum: 3, maximum: 2", "integer"), "nodes[0].minimum", "above"),
    ("unit of a date", one("unit: mg", "date"), "nodes[0].unit", "does not fit"),
    ("past of a number", one("past: true", "integer"), "nodes[0].past", "does not fit"),
    ("unsure of a text", one("unsure: true", "text"), "nodes[0].unsure", "does not fit"),
    (
        "risk of a number",
        one("risk: {category: suicide, tier: crisis, positive: true}", "integer"),
        "nodes[0].risk",
        "does not fit",
    ),
    (
        "risk without tier",
        one("risk: {category: suicide, tier: none, positive: true}"),
        "nodes[0].risk.tier",
        "",
    ),
    (
        "risk of a list of values on yes_no",
        one("risk: {category: suicide, tier: crisis, positive: [a]}"),
        "nodes[0].risk.positive",
        "true or false",
    ),
    (
        "risk of a choice that is none",
        one(LIST + ", risk: {category: suicide, tier: crisis, positive: [c]}", "one_of"),
        "nodes[0].risk.positive",
        "at least one",
    ),
    (
        "link without text choice",
        "- {node: link, id: l, text: {en: '{secure_link}', es: '{secure_link}'},"
        " choices: [{value: web, label: {en: A, es: A}}]}\n" + END,
        "nodes[0].choices",
        "text",
    ),
    (
        "link never offered",
        "- {node: link, id: l, text: {en: a, es: a},"
        " choices: [{value: text, label: {en: A, es: A}}]}\n" + END,
        "nodes[0].text",
        "{secure_link}",
    ),
    (
        "web choice without offer",
        "- {node: link, id: l, text: {en: a, es: a}, choices: ["
        "{value: text, label: {en: A, es: A}}, {value: web, label: {en: A, es: A}}]}\n" + END,
        "nodes[0].offer",
        "needed",
    ),
]


@pytest.mark.parametrize(
    ("nodes", "path", "problem"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_faulty_node_is_refused_with_its_path(nodes, path, problem):
    with pytest.raises(DefinitionError) as caught:
        flow_of(nodes)
    assert caught.value.path == path
    assert problem in caught.value.problem


def test_a_fault_in_a_sub_flow_names_the_sub_flow():
    with pytest.raises(DefinitionError) as caught:
        flow_of("- {node: flow, id: f, flow: inner}\n" + END, inner=one("next: bye2"))
    assert caught.value.path == "inner:nodes[0].next"


def test_a_sub_flow_that_contains_itself_is_refused():
    inner = "- {node: flow, id: g, flow: outer}\n" + ASK
    outer = "- {node: flow, id: h, flow: inner}\n"
    with pytest.raises(DefinitionError) as caught:
        flow_of("- {node: flow, id: f, flow: inner}\n" + END, inner=inner, outer=outer)
    assert "in a circle: main > inner > outer > inner" in caught.value.problem


def test_ids_are_unique_over_the_flow_and_its_sub_flows():
    with pytest.raises(DefinitionError) as caught:
        flow_of(ASK + "- {node: flow, id: f, flow: inner}\n" + END, inner=ASK)
    assert caught.value.path == "inner:nodes[0].id"


def test_a_jump_may_not_lead_into_another_file():
    with pytest.raises(DefinitionError) as caught:
        flow_of("- {node: flow, id: f, flow: inner, next: q}\n" + END, inner=ASK)
    assert caught.value.path == "nodes[0].next"


def test_a_key_given_twice_is_refused():
    with pytest.raises(DefinitionError) as caught:
        parse_flow_file(b"id: a\nversion: '1'\nversion: '2'\nlanguages: [en]\nnodes: []\n")
    assert "given twice" in caught.value.problem


@pytest.mark.parametrize("content", [b"{", b"- a", b"", b"\xff", b"id: 3"])
def test_a_file_that_is_no_flow_is_refused(content):
    with pytest.raises(DefinitionError):
        parse_flow_file(content)


def test_a_flow_must_bear_the_name_of_its_file(tmp_path):
    write_flow(tmp_path, "one", END)
    (tmp_path / "one.yaml").rename(tmp_path / "two.yaml")
    with pytest.raises(DefinitionError) as caught:
        load_flow("two", tmp_path)
    assert caught.value.path == "id"


def test_a_missing_flow_is_refused(tmp_path):
    with pytest.raises(DefinitionError):
        load_flow("none", tmp_path)


KINDS = {
    "yes_no": ("", {"q": SymbolType.BOOLEAN}),
    "one_of": (LIST, {"q": SymbolType.TEXT}),
    "many_of": (LIST, {"q": SymbolType.TEXTS}),
    "integer": ("", {"q": SymbolType.NUMBER}),
    "decimal": ("", {"q": SymbolType.NUMBER}),
    "date": ("", {"q": SymbolType.TEXT, "q_age_years": SymbolType.NUMBER}),
    "place": ("", {"q": SymbolType.TEXT, "q_country": SymbolType.TEXT}),
    "text": ("", {"q": SymbolType.TEXT}),
    "medications": (
        "",
        {
            "q": SymbolType.TEXTS,
            "q_classes": SymbolType.TEXTS,
            "q_unrecognised": SymbolType.TEXTS,
            "q_written": SymbolType.TEXTS,
            "q_count": SymbolType.NUMBER,
        },
    ),
    "blood_pressure": (
        "",
        {"q": SymbolType.TEXT, "q_systolic": SymbolType.NUMBER, "q_diastolic": SymbolType.NUMBER},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_its_symbols(kind):
    fields, expected = KINDS[kind]
    flow = flow_of(one(fields, kind))
    assert {name: symbol.type for name, symbol in flow.symbols.items()} == expected


def test_choices_limit_what_conditions_may_say():
    assert flow_of(one(LIST, "one_of")).symbols["q"].codes == {"a", "b"}


def test_an_instrument_gives_codes_points_and_total():
    flow = flow_of("- {node: instrument, id: i, instrument: phq9}\n" + END)
    assert flow.symbols["phq9_total"].type is SymbolType.NUMBER
    assert flow.symbols["phq9_9_score"].type is SymbolType.NUMBER
    assert "LA6568-5" in flow.symbols["phq9_9"].codes
    assert flow.order[:2] == ("phq9_1", "phq9_2")
    assert flow.questions["phq9_9"].risk is not None


def test_a_pinned_flow_is_the_same_flow_again():
    nodes = (
        ASK
        + "- {node: instrument, id: i, instrument: asq}\n- {node: flow, id: f, flow: in-ner}\n"
        + END
    )
    flow = flow_of(nodes, in_ner=one("when: q").replace(END, "").replace("id: q", "id: r"))
    again = flow_from_source(flow.source)
    assert again.content_hash == flow.content_hash == hashlib.sha256(flow.source).hexdigest()
    assert again.source == flow.source
    assert again.order == flow.order == ("q", "asq_1", "asq_2", "asq_3", "asq_4", "asq_5", "r")
    first, second = Patient(flow), Patient(again)
    for text in ("1", "2", "2", "2", "2", "2", "yes"):
        assert first.says(text).events == second.says(text).events
    assert first.state == second.state


def test_the_hash_changes_with_any_wording():
    assert (
        flow_of(ASK + END).content_hash != flow_of(ASK + END.replace("Bye", "Bye.")).content_hash
    )
    assert flow_of(ASK + END).content_hash == flow_of(ASK + END).content_hash


def test_a_bundle_of_another_format_is_refused():
    source = flow_of(ASK + END).source.replace(b'"format":1', b'"format":2')
    with pytest.raises(DefinitionError) as caught:
        flow_from_source(source)
    assert caught.value.path == "format"


@pytest.mark.parametrize("source", [b"", b"{}", b"[]", b'{"id":"a","flows":{},"instruments":{}}'])
def test_a_bundle_that_is_none_is_refused(source):
    with pytest.raises(DefinitionError):
        flow_from_source(source)


def test_a_licensed_instrument_can_be_handed_in(tmp_path):
    write_flow(tmp_path, "main", "- {node: instrument, id: i, instrument: mine}\n" + END)
    source = (DEFINITIONS / "instruments" / "asq.json").read_bytes().replace(b'"asq"', b'"mine"')
    with pytest.raises(DefinitionError):
        load_flow("main", tmp_path)
    flow = load_flow("main", tmp_path, licensed={"mine": load_instrument(source, "mine")})
    assert flow_from_source(flow.source).order[0] == "asq_1"


def test_sms_texts_use_the_cheap_alphabet_where_they_can():
    flow = flow_of("- {node: say, id: s, text: {en: 'It’s “on”', es: '¿Está así?'}}\n" + ASK + END)
    assert Patient(flow).text.startswith('It\'s "on"')
    assert Patient(flow, language="es").text.startswith("¿Esta asi?")
    assert Patient(flow, language="es", channel=Channel.WEB).text.startswith("¿Está así?")
