"""What must stay true of the ketamine screening as it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest

from bot.core.findings import Category, Tier
from bot.core.messages import Channel
from bot.core.segments import count_segments
from bot.flows.lint import lint
from bot.flows.load import load_flow
from bot.flows.model import AskStep, EndStep, Flow, LinkStep, SayStep, SummaryStep, Wording
from bot.flows.questions import Kind
from bot.flows.reading import CommandKind, Understood, Unsure, read_command, read_reply

TODAY = date(2026, 11, 23)
LONGEST_CLINIC = {"clinic_name": "N" * 32, "clinic_phone": "5" * 20}
SPECIALITY = re.compile(r"k[e]tamin|spravato|psych|psiq|depress|depresi|infusi", re.IGNORECASE)
NEVER_SAID = re.compile(
    r"qualif|eligib|califica|diagnos|diagnós|you have depression|usted tiene depres"
    r"|stop taking|stop your|deje de tomar|suspenda|\bcure|guarantee|garanti",
    re.IGNORECASE,
)
QUESTIONS = re.findall(
    r"\w+",
    "consent channel_choice dob place "
    "phq9_1 phq9_2 phq9_3 phq9_4 phq9_5 phq9_6 phq9_7 phq9_8 phq9_9 "
    "asq_1 asq_2 asq_3 asq_4 asq_5 "
    "overdose_taken harm_others psychosis_now psychosis_commands intoxicated_now mania_now "
    "phq9_difficulty mental_history antidepressants_tried trials_adequate "
    "ketamine_history head_conditions sex_at_birth pregnancy bp bp_symptoms "
    "heart_conditions heart_recent body_conditions auditc_1 auditc_2 auditc_3 "
    "drug_use medications ride preferred_route "
    "name contact_method contact_detail contact_time home_safety "
    "gad7_offer gad7_1 gad7_2 gad7_3 gad7_4 gad7_5 gad7_6 gad7_7 "
    "pcptsd5_offer pcptsd5_1 pcptsd5_2 pcptsd5_3 pcptsd5_4 pcptsd5_5 pcptsd5_6 anything_else",
)


@pytest.fixture(scope="module")
def flow() -> Flow:
    return load_flow("ketamine-screening")


def asked(flow: Flow) -> list[AskStep]:
    return [step for step in flow.steps if isinstance(step, AskStep)]


def own(flow: Flow) -> list[AskStep]:
    """The questions in our own words: all that are not an instrument's."""
    return [step for step in asked(flow) if step.group is None]


def ends(flow: Flow) -> list[EndStep]:
    return [step for step in flow.steps if isinstance(step, EndStep)]


def wordings(flow: Flow) -> Iterator[tuple[str, Wording]]:
    for step in flow.steps:
        for field in ("text", "why", "topic", "offer"):
            wording = getattr(step, field, None)
            if wording:
                yield f"{step.id}.{field}", wording
        for number, wording in enumerate(getattr(step, "again", None) or ()):
            yield f"{step.id}.again[{number}]", wording


def sent_by_sms(wording: Wording) -> list[str]:
    return [text for (_, channel), text in wording.items() if channel is Channel.SMS]


def filled(text: str) -> str:
    for name, word in LONGEST_CLINIC.items():
        text = text.replace(f"{{{name}}}", word)
    return text.replace("{secure_link}", "https://chat.example-clinic.org/s/" + "a" * 43)


def test_the_questions_are_these_in_this_order(flow: Flow) -> None:
    assert list(flow.order) == QUESTIONS


def test_nothing_personal_is_asked_before_consent_and_the_choice_of_channel(flow: Flow) -> None:
    assert flow.order[:2] == ("consent", "channel_choice")
    assert isinstance(flow.steps[flow.index["channel_choice"]], LinkStep)


def test_texts_that_travel_openly_name_no_speciality(flow: Flow) -> None:
    link = flow.index["channel_choice"]
    open_texts = [step for step in flow.steps if isinstance(step, SayStep | EndStep | SummaryStep)]
    open_texts += [step for step in flow.steps[: link + 1] if isinstance(step, AskStep)]
    for step in open_texts:
        wording = [step.text]
        wording += [step.why] if isinstance(step, AskStep) and step.why else []
        wording += [step.offer] if isinstance(step, LinkStep) and step.offer else []
        for text in (text for part in wording for text in sent_by_sms(part)):
            assert not SPECIALITY.search(text), step.id


def test_no_text_judges_promises_or_tells_anyone_to_stop_a_drug(flow: Flow) -> None:
    for name, wording in wordings(flow):
        for text in wording.values():
            assert not NEVER_SAID.search(text), name


def test_the_greeting_says_who_speaks_and_where_help_is(flow: Flow) -> None:
    first = flow.steps[0]
    assert isinstance(first, SayStep)
    for (lang, channel), text in first.text.items():
        assert ("not a person" if lang == "en" else "no una persona") in text
        assert all(word in text for word in ("911", "988", "{clinic_name}"))
        assert all((word in text) is (channel is Channel.SMS) for word in ("STOP", "HELP"))


def test_every_end_says_where_help_is_and_every_no_how_to_ask_a_clinician(flow: Flow) -> None:
    for step in ends(flow):
        for (lang, _), text in step.text.items():
            assert "911" in text or "988" in text, step.id
            if step.outcome in ("not_now", "declined"):
                assert ("HUMAN" if lang == "en" else "PERSONA") in text, step.id


def test_an_emergency_end_begins_with_help_before_the_clinic(flow: Flow) -> None:
    emergencies = [step for step in ends(flow) if step.outcome == "emergency"]
    assert len(emergencies) == 2
    for step in emergencies:
        for text in step.text.values():
            assert text.index("911") < text.index("988") < text.index("{clinic_phone}")


def test_our_own_sms_fit_two_segments_in_the_cheap_alphabet(flow: Flow) -> None:
    instrument_texts = {f"{step.id}.text" for step in asked(flow) if step.group}
    for name, wording in wordings(flow):
        limit = 3 if name in instrument_texts else 2
        for text in sent_by_sms(wording):
            count = count_segments(filled(text))
            assert (count.encoding, count.segments <= limit) == ("GSM-7", True), (name, text)


def test_every_sensitive_question_says_why(flow: Flow) -> None:
    assert [s.id for s in asked(flow) if (s.sensitive or s.question.risk) and s.why is None] == []


def test_every_own_question_but_consent_can_be_changed_in_the_summary(flow: Flow) -> None:
    without = [step.id for step in own(flow) if step.topic is None]
    assert without == ["consent", "channel_choice"]


def test_the_summary_by_sms_names_no_condition(flow: Flow) -> None:
    telling = re.compile(
        SPECIALITY.pattern + r"|suicid|drug|drog|drunk|hurt|daña|pregnan|embaraz|voices|voces",
        re.IGNORECASE,
    )
    for step in asked(flow):
        for text in sent_by_sms(step.topic or {}):
            assert not telling.search(text), step.id
            assert len(text) <= 28, step.id


def test_item_nine_is_followed_by_the_suicide_screen_which_everyone_gets(flow: Flow) -> None:
    after = flow.order.index("phq9_9") + 1
    assert flow.order[after : after + 5] == ("asq_1", "asq_2", "asq_3", "asq_4", "asq_5")
    for link_id in ("phq9_9", "asq_1", "asq_2", "asq_3", "asq_4"):
        assert flow.steps[flow.index[link_id]].when == ()


def test_dangers_are_asked_before_every_list(flow: Flow) -> None:
    lists = [s.id for s in asked(flow) if s.question.kind in (Kind.MANY_OF, Kind.MEDICATIONS)]
    first_list = min(flow.order.index(link_id) for link_id in lists)
    for link_id in ("asq_5", "overdose_taken", "harm_others", "psychosis_now"):
        assert flow.order.index(link_id) < first_list


def test_each_risk_question_stands_alone_with_the_tier_it_must_have(flow: Flow) -> None:
    risks = {link_id: q.risk for link_id, q in flow.questions.items() if q.risk}
    assert all(flow.questions[name].kind in (Kind.YES_NO, Kind.ONE_OF) for name in risks)
    tiers = {name: (risk.category, risk.tier) for name, risk in risks.items() if risk}
    assert tiers == {
        "phq9_9": (Category.SUICIDE, Tier.CHECK_IN),
        **{f"asq_{n}": (Category.SUICIDE, Tier.CHECK_IN) for n in range(1, 5)},
        "asq_5": (Category.SUICIDE, Tier.EMERGENCY),
        "overdose_taken": (Category.OVERDOSE, Tier.EMERGENCY),
        "harm_others": (Category.HARM_TO_OTHERS, Tier.EMERGENCY),
        "psychosis_now": (Category.PSYCHOSIS, Tier.CHECK_IN),
        "psychosis_commands": (Category.PSYCHOSIS, Tier.EMERGENCY),
        "bp_symptoms": (Category.MEDICAL, Tier.EMERGENCY),
        "home_safety": (Category.ABUSE, Tier.CHECK_IN),
    }


def test_a_safe_way_of_contact_is_asked_before_safety_at_home(flow: Flow) -> None:
    order = flow.order.index
    assert order("contact_method") < order("contact_detail") < order("home_safety")


def test_lists_of_conditions_can_be_answered_with_none_and_with_not_sure(flow: Flow) -> None:
    for question in flow.questions.values():
        if question.kind is Kind.MANY_OF:
            assert question.choices[-1].exclusive, question.link_id
            assert question.unsure, question.link_id


def test_no_choice_of_a_number_question_can_be_taken_for_its_number(flow: Flow) -> None:
    """A count is asked as a number: as a choice, "2" would mean the second line."""
    for question in flow.questions.values():
        if question.kind is Kind.ONE_OF and not question.link_id.startswith("auditc"):
            for choice in question.choices:
                labels = (
                    *choice.labels.values(),
                    *(w for ws in choice.words.values() for w in ws),
                )
                assert not any(label[0].isdigit() for label in labels), question.link_id


@pytest.mark.parametrize(
    ("word", "language", "kind"),
    [
        ("HUMAN", "en", CommandKind.HUMAN),
        ("PERSONA", "es", CommandKind.HUMAN),
        ("START OVER", "en", CommandKind.START_OVER),
        ("EMPEZAR DE NUEVO", "es", CommandKind.START_OVER),
    ],
)
def test_the_commands_that_our_texts_name_are_understood(
    flow: Flow, word: str, language: str, kind: CommandKind
) -> None:
    assert any(
        word in text
        for _, wording in wordings(flow)
        for (lang, _), text in wording.items()
        if lang == language
    )
    command = read_command(word, language=language)
    assert command is not None
    assert command.kind is kind


@pytest.mark.parametrize(
    ("link_id", "reply", "language", "value"),
    [
        ("channel_choice", "TEXT", "en", "text"),
        ("channel_choice", "TEXTO", "es", "text"),
        ("antidepressants_tried", "NONE", "en", ()),
        ("antidepressants_tried", "NINGUNA", "es", ()),
        ("medications", "NONE", "en", ()),
        ("medications", "NINGUNA", "es", ()),
        ("dob", "3/14/1990", "en", "1990-03-14"),
        ("dob", "14/3/1990", "es", "1990-03-14"),
        ("place", "CA", "en", "US-CA"),
        ("place", "California", "es", "US-CA"),
        ("bp", "120/80", "en", "120/80"),
        ("drug_use", "0", "en", 0),
        ("antidepressants_tried", "sertraline 100 mg 8 weeks", "en", ("sertraline",)),
        ("antidepressants_tried", "sertralina 100 mg 8 semanas", "es", ("sertraline",)),
    ],
)
def test_the_examples_that_our_texts_give_are_understood(
    flow: Flow, link_id: str, reply: str, language: str, value: object
) -> None:
    reading = read_reply(flow.questions[link_id], reply, language=language, today=TODAY)
    assert isinstance(reading, Understood)
    assert reading.value == value


def test_every_label_and_every_listed_word_means_its_choice(flow: Flow) -> None:
    """A word that reads as another choice, or as two, is worse than a word that is missing."""
    wrong = []
    for question in (step.reading for step in own(flow)):
        for choice in question.choices:
            for language in flow.languages:
                words = (choice.labels[language], *choice.words.get(language, ()))
                for word in words:
                    reading = read_reply(question, word, language=language, today=TODAY)
                    expected = (choice.value,) if question.kind is Kind.MANY_OF else choice.value
                    found = reading.value if isinstance(reading, Understood) else reading
                    if found != expected and not isinstance(reading, Unsure):
                        wrong.append((question.link_id, language, word, found))
    assert wrong == []


def test_an_instrument_with_its_introduction_fits_three_segments(flow: Flow) -> None:
    for step in asked(flow):
        for (lang, channel), text in step.text.items():
            if step.stem is not None and channel is Channel.SMS:
                note = "Esta parte existe solo en ingles:\n" if lang in step.note else ""
                whole = f"{note}{step.stem[lang, channel]}\n{text}"
                first = flow.order.index(step.id)
                before = flow.steps[flow.index[flow.order[first - 1]]]
                if isinstance(before, AskStep) and before.group != step.group:
                    assert count_segments(whole).segments <= 3, (step.id, lang)


def test_lint_has_nothing_to_say(flow: Flow) -> None:
    assert lint(flow) == []
