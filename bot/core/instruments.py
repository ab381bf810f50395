"""Published scored questionnaires: PHQ-9, GAD-7, AUDIT-C, ASQ and their like.

An instrument is read from a FHIR R4 Questionnaire and never reworded. Two rules about scores:

* No total without every item: a skipped or unclear item is missing, not zero.
* An unanswered item that its own `enableWhen` switches off *definitely* counts 0, because the
  published scoring says so: AUDIT-C items 2 and 3 score 0 when item 1 is "Never"; PC-PTSD-5 is 0
  when no such event ever happened. Source: clinical scoring rules of the instruments themselves
  (AUDIT-C: Bush 1998; PC-PTSD-5: Prins 2015, VA National Center for PTSD).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.core.answers import Answer, Value, values_of
from bot.core.conditions import Condition, Symbol, SymbolType, compile_condition
from bot.core.errors import DefinitionError, IncompleteAnswers
from bot.core.findings import Category, Tier
from bot.core.questionnaire import (
    ANSWER_LIST,
    ORDINAL,
    RISK,
    UNSCORED,
    AnswerOption,
    EnableWhenItem,
    Questionnaire,
    QuestionnaireItem,
    decode_questionnaire,
    extension_of,
    translations,
)

YES = "LA33-6"
NO = "LA32-8"


@dataclass(frozen=True, slots=True)
class InstrumentOption:
    """One answer: its code and system, its words per language, its points if it has any."""

    code: str
    system: str | None
    display: Mapping[str, str]
    ordinal: int | None = None


@dataclass(frozen=True, slots=True)
class ItemRisk:
    """The options that mean danger, and how urgent and of what kind that is."""

    category: Category
    tier: Tier
    positive: frozenset[str]


@dataclass(frozen=True, slots=True)
class EnableWhen:
    """A test of a sibling: `question` `operator` (= != exists) `code` (None for exists)."""

    question: str
    operator: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class InstrumentItem:
    """One question of an instrument. `enabled` is None when it is always asked.

    `text` has only the languages in which the wording was officially published. `ordinals` are
    the options' points by code.
    """

    link_id: str
    code: str | None
    text: Mapping[str, str]
    options: tuple[InstrumentOption, ...]
    ordinals: Mapping[str, int]
    scored: bool = True
    answer_list: str | None = None
    enable_when: tuple[EnableWhen, ...] = ()
    enable_any: bool = False
    enabled: Condition | None = None
    risk: ItemRisk | None = None

    @property
    def is_yes_no(self) -> bool:
        """Whether the options are exactly yes and no."""
        return {option.code for option in self.options} == {YES, NO}


@dataclass(frozen=True, slots=True)
class Instrument:
    """A questionnaire: its items in order, its stem per language, its codes and licence.

    `total_link_id` is None when the instrument has no sum (ASQ). `languages` are those in which
    every item has its official wording. `source` is the file as it was read.
    """

    id: str
    title: str
    url: str
    version: str
    copyright: str
    languages: tuple[str, ...]
    items: tuple[InstrumentItem, ...]
    stem: Mapping[str, str]
    stem_link_id: str | None
    panel_code: str | None
    total_link_id: str | None
    total_code: str | None
    source: bytes

    @property
    def symbols(self) -> dict[str, Symbol]:
        """What conditions may use: each item's code, its points, and the total."""
        found: dict[str, Symbol] = {}
        for item in self.items:
            codes = frozenset(option.code for option in item.options)
            found[item.link_id] = Symbol(SymbolType.TEXT, codes)
            if item.ordinals:
                found[f"{item.link_id}_score"] = Symbol(SymbolType.NUMBER)
        if self.total_link_id:
            found[self.total_link_id] = Symbol(SymbolType.NUMBER)
        return found


def total(instrument: Instrument, answers: Mapping[str, Answer]) -> int:
    """Return the sum of the scored items' points.

    Raises:
        IncompleteAnswers: names each link_id that is missing: skipped, unclear or not asked,
            unless its enableWhen definitely switches it off (see the top of this file).
        DefinitionError: the instrument has no sum at all.
    """
    if instrument.total_link_id is None:
        raise DefinitionError(instrument.id, "has no total")
    values = values_of(answers[i.link_id] for i in instrument.items if i.link_id in answers)
    points = {i.link_id: _points(i, values) for i in instrument.items if i.scored}
    gates = {test.question for i in instrument.items if i.scored for test in i.enable_when}
    missing = [
        item.link_id
        for item in instrument.items
        if points.get(item.link_id, 0) is None
        or (item.link_id in gates and item.link_id not in values and not item.scored)
    ]
    if missing:
        raise IncompleteAnswers(instrument.id, missing)
    return sum(value for value in points.values() if value is not None)


def _points(item: InstrumentItem, values: Mapping[str, Value]) -> int | None:
    value = values.get(item.link_id)
    if isinstance(value, str):  # an answer that was given counts, whatever its enableWhen says
        return item.ordinals.get(value)
    switched_off = item.enabled is not None and item.enabled.evaluate(values) is False
    return 0 if switched_off else None


def load_instrument(content: bytes, path: str) -> Instrument:
    """Return the instrument in a FHIR Questionnaire; `path` names the file in messages.

    Raises:
        DefinitionError: with the path of the fault.
    """
    questionnaire = decode_questionnaire(content, path)
    asked = [item for item in questionnaire.item if item.type == "choice"]
    _refuse_duplicates(questionnaire, path)
    if not asked:
        raise DefinitionError(f"{path}.item", "has no item of type choice")
    items = tuple(_item(item, questionnaire, path) for item in asked)
    stem = next((i for i in questionnaire.item if i.type == "display"), None)
    sum_item = next((i for i in questionnaire.item if i.type in ("decimal", "integer")), None)
    if sum_item:
        _refuse_pointless(items, path)
    return Instrument(
        id=questionnaire.id,
        title=questionnaire.title,
        url=questionnaire.url,
        version=questionnaire.version,
        copyright=questionnaire.copyright,
        languages=_common_languages(items),
        items=_with_conditions(items, path),
        stem=translations(stem.text, stem.text_element, questionnaire.language) if stem else {},
        stem_link_id=stem.link_id if stem else None,
        panel_code=questionnaire.code[0].code if questionnaire.code else None,
        total_link_id=sum_item.link_id if sum_item else None,
        total_code=sum_item.code[0].code if sum_item and sum_item.code else None,
        source=content,
    )


def _refuse_duplicates(questionnaire: Questionnaire, path: str) -> None:
    seen: set[str] = set()
    for index, item in enumerate(questionnaire.item):
        if item.link_id in seen:
            raise DefinitionError(
                f"{path}.item[{index}].linkId", f"{item.link_id!r} is not unique"
            )
        seen.add(item.link_id)


def _refuse_pointless(items: tuple[InstrumentItem, ...], path: str) -> None:
    for item in items:
        if item.scored and len(item.ordinals) != len(item.options):
            raise DefinitionError(f"{path}.{item.link_id}", "scored, but an option has no points")


def _common_languages(items: tuple[InstrumentItem, ...]) -> tuple[str, ...]:
    first = items[0].text
    return tuple(lang for lang in first if all(lang in item.text for item in items))


def _item(item: QuestionnaireItem, questionnaire: Questionnaire, path: str) -> InstrumentItem:
    here = f"{path}.item[{questionnaire.item.index(item)}]"
    options = tuple(_option(option, questionnaire.language) for option in item.answer_option)
    if len({option.code for option in options}) != len(options) or not options:
        raise DefinitionError(f"{here}.answerOption", "needs options with distinct codes")
    text = translations(item.text, item.text_element, questionnaire.language)
    for index, option in enumerate(options):
        if not set(text) <= set(option.display):
            problem = "needs a display in every language of the item"
            raise DefinitionError(f"{here}.answerOption[{index}]", problem)
    unscored = extension_of(item.extension, UNSCORED)
    answer_list = extension_of(item.extension, ANSWER_LIST)
    return InstrumentItem(
        link_id=item.link_id,
        code=item.code[0].code if item.code else None,
        text=text,
        options=options,
        ordinals={o.code: o.ordinal for o in options if o.ordinal is not None},
        scored=not (unscored and unscored.value_boolean),
        answer_list=answer_list.code if answer_list else None,
        enable_when=tuple(_enable_when(test, here) for test in item.enable_when),
        enable_any=item.enable_behavior == "any",
        risk=_risk(item, options, here),
    )


def _option(option: AnswerOption, language: str) -> InstrumentOption:
    coding = option.value_coding
    ordinal = extension_of(option.extension + coding.extension, ORDINAL)
    points = ordinal.value_decimal if ordinal else None
    return InstrumentOption(
        code=coding.code,
        system=coding.system,
        display=translations(coding.display, coding.display_element, language),
        ordinal=int(points) if points is not None else None,
    )


def _risk(
    item: QuestionnaireItem, options: tuple[InstrumentOption, ...], path: str
) -> ItemRisk | None:
    extension = extension_of(item.extension, RISK)
    if extension is None:
        return None
    codes = frozenset(str(part.code) for part in extension.extension if part.url == "positive")
    parts = {part.url: str(part.code) for part in extension.extension}
    tiers = {tier.label: tier for tier in Tier}
    if not codes or not codes <= {option.code for option in options}:
        raise DefinitionError(f"{path}.extension", "risk: positive must list codes of the options")
    if parts.get("tier") not in tiers or parts.get("category") not in list(Category):
        raise DefinitionError(f"{path}.extension", "risk: unknown category or tier")
    return ItemRisk(Category(parts["category"]), tiers[parts["tier"]], codes)


def _enable_when(test: EnableWhenItem, path: str) -> EnableWhen:
    if test.operator == "exists" and test.answer_boolean is True:
        return EnableWhen(test.question, "exists")
    if test.operator in ("=", "!=") and test.answer_coding is not None:
        return EnableWhen(test.question, test.operator, test.answer_coding.code)
    raise DefinitionError(f"{path}.enableWhen", "supported: = and != with a coding; exists: true")


def _with_conditions(items: tuple[InstrumentItem, ...], path: str) -> tuple[InstrumentItem, ...]:
    """Compile enableWhen; only items asked earlier may be tested."""
    earlier: dict[str, Symbol] = {}
    done: list[InstrumentItem] = []
    for item in items:
        done.append(_with_condition(item, earlier, path) if item.enable_when else item)
        codes = frozenset(option.code for option in item.options)
        earlier[item.link_id] = Symbol(SymbolType.TEXT, codes)
    return tuple(done)


def _with_condition(
    item: InstrumentItem, earlier: Mapping[str, Symbol], path: str
) -> InstrumentItem:
    tests = {"=": '{0} == "{1}"', "!=": '{0} != "{1}"', "exists": "{0} != null"}
    clauses = [tests[t.operator].format(t.question, t.code) for t in item.enable_when]
    source = (" or " if item.enable_any else " and ").join(clauses)
    condition = compile_condition(source, earlier, path=f"{path}.{item.link_id}.enableWhen")
    return replace(item, enabled=condition)
