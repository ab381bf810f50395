"""From a node that asks to the step that asks: its question and all it may say."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.errors import DefinitionError
from bot.core.findings import Tier
from bot.core.instruments import Instrument, InstrumentItem
from bot.core.messages import Channel
from bot.core.segments import to_gsm7
from bot.flows.files import Ask, AskInstrument, ChoiceFile, Link, ModeText, Text
from bot.flows.kinds import refuse_misfits
from bot.flows.model import AskStep, LinkStep, Wording
from bot.flows.offers import as_read, offered, with_choices
from bot.flows.phrases import CLINIC_WORDS, LINK_WORD, for_channel, wording
from bot.flows.questions import Kind, Question, QuestionChoice, Risk, Unit
from bot.flows.symbols import LINK_VALUES
from bot.flows.texts import checked

_TIERS = {tier.label: tier for tier in Tier}


def ask_step(node: Ask, languages: tuple[str, ...], path: str) -> AskStep:
    """Return the step of an `ask` node.

    Raises:
        DefinitionError: a text lacks a language, a field does not fit the kind, a bad risk.
    """
    refuse_misfits(node, path)
    question = Question(
        link_id=node.id,
        kind=node.kind,
        choices=_choices(node.choices, languages, path),
        minimum=node.minimum,
        maximum=node.maximum,
        unit=node.unit or Unit.COUNT,
        skippable=node.skippable,
        unsure=node.unsure,
        past=node.past,
        minimum_age_years=node.minimum_age_years,
        maximum_age_years=node.maximum_age_years,
        risk=_risk(node),
        languages=languages,
    )
    texts = _Texts(languages, path, CLINIC_WORDS)
    plain = texts.required(node.text, "text")
    return AskStep(
        id=node.id,
        question=question,
        reading=as_read(question),
        plain=plain,
        text=with_choices(question, plain, node.choices, offers_skip=node.skippable),
        choices=offered(question, node.choices, offers_skip=node.skippable),
        why=texts.optional(node.why, "why"),
        again=_again(texts.pair(node.again, "again"), question, node.choices),
        topic=texts.optional(node.topic, "topic"),
        sensitive=node.sensitive,
    )


def item_step(
    node: AskInstrument,
    instrument: Instrument,
    item: InstrumentItem,
    languages: tuple[str, ...],
    *,
    path: str,
) -> AskStep:
    """Return the step that asks one item of an instrument, in its published wording only.

    In a language without a published wording it is asked in one that has it, with a note.
    """
    spoken = {lang: lang if lang in item.text else next(iter(item.text)) for lang in languages}
    question = _item_question(item, languages)
    plain = _published(item.text, spoken)
    texts = _Texts(languages, path, CLINIC_WORDS)
    choices = tuple(
        ChoiceFile(value=o.code, label={lang: o.display[spoken[lang]] for lang in languages})
        for o in item.options
    )
    topic = texts.optional(node.topic, "topic")
    return AskStep(
        id=item.link_id,
        when=(item.enabled,) if item.enabled else (),
        question=question,
        reading=question,
        plain=plain,
        text=with_choices(question, plain, choices, offers_skip=False),
        choices=offered(question, choices, offers_skip=False),
        why=texts.optional(node.why, "why"),
        topic=topic,
        group=node.id,
        stem=_published(instrument.stem, spoken) if _introduced(instrument, item) else None,
        note={lang: f"only_in_{spoken[lang]}" for lang in languages if spoken[lang] != lang},
        sensitive=item.risk is not None,
        suspects=_suspects(instrument, item),
        scores=item.ordinals,
    )


def link_step(node: Link, languages: tuple[str, ...], path: str) -> LinkStep:
    """Return the step of a `link` node.

    Raises:
        DefinitionError: a choice other than text and web, or a link that is never offered.
    """
    question = Question(
        link_id=node.id,
        kind=Kind.ONE_OF,
        choices=_choices(node.choices, languages, path),
        languages=languages,
    )
    values = {choice.value for choice in node.choices}
    if not values <= LINK_VALUES or "text" not in values:
        raise DefinitionError(f"{path}.choices", "must hold `text`, and nothing else but `web`")
    if ("web" in values) != (node.offer is not None):
        raise DefinitionError(f"{path}.offer", "is needed with a choice `web`, and only then")
    texts = _Texts(languages, path, CLINIC_WORDS | {LINK_WORD})
    plain, offer = texts.required(node.text, "text"), texts.optional(node.offer, "offer")
    if not all(f"{{{LINK_WORD}}}" in text for text in (offer or plain).values()):
        field = "offer" if offer else "text"
        raise DefinitionError(f"{path}.{field}", f"must hold {{{LINK_WORD}}}")
    return LinkStep(
        id=node.id,
        question=question,
        reading=question,
        plain=plain,
        text=with_choices(question, plain, node.choices, offers_skip=False),
        choices=offered(question, node.choices, offers_skip=False),
        why=texts.optional(node.why, "why"),
        again=_again(texts.pair(node.again, "again"), question, node.choices),
        offer=offer,
    )


class _Texts:
    """Checks and writes out the texts of one node."""

    def __init__(self, languages: tuple[str, ...], path: str, allowed: frozenset[str]) -> None:
        self._languages = languages
        self._path = path
        self._allowed = allowed

    def required(self, text: Text, field: str) -> Wording:
        path = f"{self._path}.{field}"
        return wording(checked(text, self._languages, path, self._allowed), self._languages)

    def optional(self, text: Text | None, field: str) -> Wording | None:
        return None if text is None else self.required(text, field)

    def pair(self, texts: tuple[Text, Text] | None, field: str) -> tuple[Wording, Wording] | None:
        if texts is None:
            return None
        first, second = texts
        return self.required(first, f"{field}[0]"), self.required(second, f"{field}[1]")


def _again(
    texts: tuple[Wording, Wording] | None, question: Question, choices: tuple[ChoiceFile, ...]
) -> tuple[Wording, Wording] | None:
    """Return the other words with the choices under them."""
    if texts is None:
        return None
    first, second = (
        with_choices(question, text, choices, offers_skip=question.skippable) for text in texts
    )
    return first, second


def _choices(
    choices: tuple[ChoiceFile, ...], languages: tuple[str, ...], path: str
) -> tuple[QuestionChoice, ...]:
    made: list[QuestionChoice] = []
    for number, choice in enumerate(choices):
        here = f"{path}.choices[{number}]"
        if choice.value in (earlier.value for earlier in made):
            raise DefinitionError(f"{here}.value", f"{choice.value!r} is used twice")
        checked(choice.label, languages, f"{here}.label", frozenset())
        made.append(_choice(choice, languages))
    return tuple(made)


def _choice(choice: ChoiceFile, languages: tuple[str, ...]) -> QuestionChoice:
    """Return the choice; a shorter label for SMS becomes a further word patients may write."""
    words = {lang: tuple(choice.words.get(lang, ())) for lang in languages}
    for lang in languages:
        label = choice.label[lang]
        if isinstance(label, ModeText):
            words[lang] = (*words[lang], label.sms)
    labels = {lang: for_channel(choice.label[lang], Channel.WEB) for lang in languages}
    return QuestionChoice(choice.value, labels, words, choice.exclusive)


def _risk(node: Ask) -> Risk | None:
    if node.risk is None:
        return None
    positive = node.risk.positive
    codes = positive if isinstance(positive, bool) else frozenset(positive)
    return Risk(node.risk.category, _TIERS[node.risk.tier], codes)


def _item_question(item: InstrumentItem, languages: tuple[str, ...]) -> Question:
    """Return the question of an item; it may be skipped, since a gap only leaves no total.

    Its choices bear their points as numbers where these run 0, 1, 2 … in order.
    """
    ordinals = [option.ordinal for option in item.options]
    choices = tuple(
        QuestionChoice(value=o.code, labels=dict(o.display), ordinal=o.ordinal)
        for o in item.options
    )
    danger = item.risk
    risk = Risk(danger.category, danger.tier, danger.positive) if danger else None
    return Question(
        link_id=item.link_id,
        kind=Kind.ONE_OF,
        choices=choices,
        skippable=True,
        risk=risk,
        first_number=0 if ordinals == list(range(len(ordinals))) else 1,
        languages=languages,
    )


def _introduced(instrument: Instrument, item: InstrumentItem) -> bool:
    """Whether the stem speaks of this item.

    It speaks of all but what follows the last scored item, such as PHQ-9's question of how
    difficult the problems made things.
    """
    last = max((n for n, other in enumerate(instrument.items) if other.scored), default=-1)
    return bool(instrument.stem) and instrument.items.index(item) <= last


def _suspects(instrument: Instrument, item: InstrumentItem) -> tuple[str, ...]:
    """Return the risk questions whose answers decide that `item` is asked."""
    risky = {other.link_id for other in instrument.items if other.risk}
    return tuple(test.question for test in item.enable_when if test.question in risky)


def _published(text: Mapping[str, str], spoken: Mapping[str, str]) -> Wording:
    """Return an instrument's text as it was published; only its alphabet changes for SMS."""
    found: dict[tuple[str, Channel], str] = {}
    for lang, source in spoken.items():
        written = text.get(source, "")
        found[lang, Channel.WEB] = written
        found[lang, Channel.SMS] = to_gsm7(written)
    return found
