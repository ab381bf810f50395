"""Which timer a conversation has after a turn, and what a due timer does. Nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bot.consults.alert import AlertReason
from bot.conversation.handover import release, take_over
from bot.conversation.model import (
    ConsultOpened,
    ConsultRaised,
    ConversationStatus,
    LinkIssued,
    PageRequested,
    ReplyKind,
    TimerKind,
    TimerSet,
)
from bot.conversation.silence import AT_RISK, Passed, pass_time
from bot.core.clinic import OpeningHours, Reminder
from bot.core.contact_hours import DAYS, may_contact
from bot.core.decisions import Priority
from bot.core.messages import Channel
from bot.core.segments import count_segments
from tests.conversation.conftest import CLINIC, Phone, a_room

ZONE = ZoneInfo(CLINIC.time_zone)
REMINDING = msgspec.structs.replace(
    CLINIC, reminders=(Reminder(4), Reminder(24)), expires_after_hours=72
)
WORKDAYS = tuple(OpeningHours(day, "08:00", "16:00") for day in DAYS[:5])
DANGER = "I want to kill myself"


class Patient(Phone):
    """A phone whose timers are kept, and that can be left lying for a while."""

    timer: TimerSet | None = None

    def text(self, body, **fields):
        outcome = super().text(body, **fields)
        return self.take(outcome)

    def take(self, outcome):
        set_now = [event for event in outcome.events if isinstance(event, TimerSet)]
        assert len(set_now) <= 1
        self.timer = set_now[0] if set_now else None
        stored = msgspec.json.encode(outcome.conversation)
        self.conversation = msgspec.json.decode(stored, type=type(outcome.conversation))
        return outcome

    def fire(self, *, late: timedelta = timedelta()) -> Passed:
        """Let the timer come due and do what it does."""
        self.now = max(self.now, self.timer.due_at + late)
        passed = pass_time(
            self.conversation, self.timer, flow=self.flow, room=self.room, now=self.now
        )
        if passed.outcome is None:
            self.timer = passed.timer
        else:
            self.take(passed.outcome)
        return passed

    @property
    def after(self) -> timedelta:
        """How long after the silence began the timer is due."""
        return self.timer.due_at - self.timer.since


def hours(number):
    return timedelta(hours=number)


def patient_of(clinic=REMINDING, **fields):
    room = replace(a_room(), clinic=clinic)
    return Patient(room=room, **fields)


@pytest.fixture
def patient():
    """In the middle of the PHQ-9, on a Monday at ten in the morning."""
    found = patient_of()
    found.through("Hi", "yes", "1", "3/14/1990", "CA", "2")
    return found


def said(passed):
    return [reply.text for reply in passed.outcome.replies] if passed.outcome else []


def test_every_turn_that_waits_sets_one_timer_from_its_own_moment(patient):
    assert patient.timer.kind is TimerKind.REMINDER
    assert patient.timer.since == patient.now
    assert patient.after == hours(4)


def test_a_silence_is_two_reminders_and_then_given_up(patient):
    kinds, waits = [], []
    while patient.timer is not None:
        kinds.append(patient.timer.kind)
        waits.append(patient.after)
        patient.fire()
    assert kinds == [TimerKind.REMINDER, TimerKind.LAST_REMINDER, TimerKind.EXPIRY]
    assert waits == [hours(4), hours(24), hours(72)]
    assert patient.status is ConversationStatus.EXPIRED


def test_each_step_takes_a_turn_number(patient):
    before = patient.conversation.turn_number
    patient.fire()
    assert patient.conversation.turn_number == before + 1


def test_a_reminder_says_the_place_by_number_and_how_to_stop(patient):
    (text,) = said(patient.fire())
    assert "question 6 of about" in text
    assert "STOP" in text and "REPEAT" in text and "911" in text and "988" in text
    for word in ("depress", "hopeless", "mood", "PHQ", "ketamine", "suicid", "pleasure"):
        assert word not in text.casefold()


def test_the_last_reminder_says_that_it_is_the_last(patient):
    patient.fire()
    (text,) = said(patient.fire())
    assert "not remind you again" in text


def test_reminders_are_in_the_patients_language():
    patient = patient_of()
    patient.through("Hola", "sí", "1", "14 de marzo de 1990", "California")
    first, last, closed = said(patient.fire()), said(patient.fire()), said(patient.fire())
    assert "pregunta 5" in first[0] and "REPETIR" in first[0]
    assert "No se lo recordaremos" in last[0]
    assert "No pasa nada" in closed[0]


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_silence_says_fits_into_two_segments(language):
    room = replace(a_room(), clinic=REMINDING, public_url="https://texts.lakeside-clinic.example")
    link = f"{room.public_url}/c/" + "x" * 43
    words = {**room.words(language), "number": "38", "about": "41", "secure_link": link}
    for key in ("reminder", "last_reminder", "reminder_link", "expired"):
        text = room.phrases.text(key, language, Channel.SMS, words)
        draft = text.translate(str.maketrans("áíóúÁÍÓÚ", "aiouAIOU"))
        counted = count_segments(draft)
        assert (counted.encoding, counted.segments <= 2) == ("GSM-7", True), (key, counted)


def test_a_late_answer_counts_and_begins_a_new_silence(patient):
    patient.fire()
    outcome = patient.text("1")
    assert outcome.conversation.flow_state.answers[-1].value is not None
    assert len(outcome.conversation.flow_state.answers) == 6
    assert patient.timer.kind is TimerKind.REMINDER
    assert patient.timer.since == patient.now


def test_a_hello_to_a_reminder_gets_the_question_again(patient):
    patient.fire()
    outcome = patient.text("sorry, I was busy")
    assert len(outcome.conversation.flow_state.answers) == 5
    assert outcome.replies[0].text.startswith("Welcome back")


@pytest.mark.parametrize("word", ["no", "no thanks", "ok", "yes"])
def test_a_yes_or_no_to_a_reminder_answers_no_harmless_question(word):
    patient = patient_of()
    patient.through("Hi", "yes", "1", "3/14/1990", "CA", *["0"] * 9)
    question = patient.conversation.flow_state.open_id
    assert question == "asq_1"
    patient.fire()
    outcome = patient.text(word)
    answered = {a.link_id for a in outcome.conversation.flow_state.answers}
    if word in ("ok", "yes"):
        assert ("asq_1" in answered) == outcome.conversation.risk_open
    else:
        assert "asq_1" not in answered
        assert "wished you were dead" in outcome.replies[-1].text


def test_a_question_of_the_engines_own_is_dropped_by_a_reminder(patient):
    patient.text("start over")
    assert patient.conversation.flow_state.pending is not None
    patient.fire()
    outcome = patient.text("yes")
    assert len(outcome.conversation.flow_state.answers) >= 5


def test_who_has_not_agreed_to_start_is_never_texted():
    patient = patient_of()
    patient.text("Hi")
    assert (patient.timer.kind, patient.after) == (TimerKind.EXPIRY, hours(72))
    assert said(patient.fire()) == []
    assert patient.status is ConversationStatus.EXPIRED
    assert patient.timer is None


def test_a_clinic_that_wants_no_reminders_has_none():
    patient = patient_of(CLINIC)
    patient.through("Hi", "yes", "1")
    assert (patient.timer.kind, patient.after) == (TimerKind.EXPIRY, hours(72))


def test_one_reminder_is_the_last_one():
    patient = patient_of(msgspec.structs.replace(REMINDING, reminders=(Reminder(6),)))
    patient.through("Hi", "yes", "1")
    assert (patient.timer.kind, patient.after) == (TimerKind.LAST_REMINDER, hours(6))


def test_nothing_is_sent_after_stop_and_the_waiting_ends_silently(patient):
    patient.text("STOP")
    assert patient.timer.kind is TimerKind.EXPIRY
    assert said(patient.fire()) == []
    assert patient.status is ConversationStatus.EXPIRED
    assert patient.timer is None


@pytest.mark.parametrize("kind", [TimerKind.REMINDER, TimerKind.LAST_REMINDER])
def test_an_opt_out_that_took_no_turn_holds_too(patient, kind):
    patient.timer = replace(patient.timer, kind=kind)
    patient.become(opted_out=True)
    passed = patient.fire()
    assert passed.outcome is None
    assert patient.timer.kind is TimerKind.EXPIRY


def test_somebody_who_paused_is_reminded_once_and_waited_for_longer(patient):
    patient.text("pause")
    assert patient.status is ConversationStatus.PAUSED
    assert (patient.timer.kind, patient.after) == (TimerKind.LAST_REMINDER, hours(24))
    patient.fire()
    assert (patient.timer.kind, patient.after) == (TimerKind.EXPIRY, hours(336))


@pytest.mark.parametrize("text", [DANGER, "I took a whole bottle of pills"])
def test_a_held_conversation_waits_for_staff_not_for_a_timer(patient, text):
    patient.text(text)
    assert patient.status is ConversationStatus.HELD
    assert patient.timer is None


def test_a_clinicians_conversation_has_no_timer_and_a_released_one_begins_anew(patient):
    room = patient.room
    taken = take_over(patient.conversation, room=room, now=patient.now, clinician_name="Ana")
    patient.take(taken)
    assert patient.timer is None
    patient.now += hours(100)
    patient.take(
        release(
            patient.conversation,
            flow=patient.flow,
            room=room,
            now=patient.now,
            clinician_name="Ana",
        )
    )
    assert patient.timer.since == patient.now
    assert patient.timer.kind is TimerKind.REMINDER


def test_the_end_of_the_flow_sets_no_timer(patient):
    patient.become(status=ConversationStatus.ENDED)
    patient.text("thanks")
    assert patient.timer is None


def test_a_web_chat_is_not_reminded_and_finds_why_it_was_closed():
    patient = patient_of()
    for body in ("Hi", "yes", "3/14/1990"):
        patient.text(body, channel=Channel.WEB)
    patient.become(channel=Channel.WEB)
    patient.text("CA", channel=Channel.WEB)
    assert patient.timer.kind is TimerKind.EXPIRY
    (text,) = said(patient.fire())
    assert "begin again" in text and "STOP" not in text


# --- hours of the day


def test_a_reminder_waits_for_the_morning():
    evening = datetime(2026, 11, 23, 17, 30, tzinfo=ZONE).astimezone(UTC)
    patient = patient_of(now=evening)
    patient.through("Hi", "yes", "1")
    assert patient.timer.due_at == datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)


def test_a_long_weekend_gives_one_reminder_and_time_to_answer_it():
    friday = datetime(2026, 11, 27, 14, 0, tzinfo=ZONE).astimezone(UTC)
    patient = patient_of(msgspec.structs.replace(REMINDING, hours=WORKDAYS), now=friday)
    patient.through("Hi", "yes", "1")
    assert patient.timer.due_at == datetime(2026, 11, 30, 8, 0, tzinfo=ZONE)
    reminded_at = patient.timer.due_at
    patient.fire()
    assert patient.timer.kind is TimerKind.EXPIRY
    assert patient.timer.due_at - reminded_at >= hours(12)


def test_a_reminder_that_could_only_come_after_the_end_is_left_out():
    friday = datetime(2026, 11, 27, 15, 0, tzinfo=ZONE).astimezone(UTC)
    clinic = msgspec.structs.replace(REMINDING, hours=WORKDAYS, expires_after_hours=48)
    patient = patient_of(clinic, now=friday)
    patient.through("Hi", "yes", "1")
    assert (patient.timer.kind, patient.after) == (TimerKind.EXPIRY, hours(48))


def test_the_waiting_ends_at_night_and_the_last_word_comes_in_the_morning(patient):
    patient.timer = TimerSet(
        TimerKind.EXPIRY, datetime(2026, 11, 26, 3, 0, tzinfo=ZONE), patient.now
    )
    passed = patient.fire()
    assert said(passed) == []
    assert patient.status is ConversationStatus.EXPIRED
    assert patient.timer.kind is TimerKind.LAST_WORD
    assert patient.timer.due_at == datetime(2026, 11, 26, 9, 0, tzinfo=ZONE)
    (text,) = said(patient.fire())
    assert "close these questions" in text
    assert patient.timer is None


def test_a_runner_that_comes_late_at_night_waits_for_the_morning(patient):
    passed = patient.fire(late=hours(9))
    assert passed.outcome is None
    assert patient.timer.kind is TimerKind.REMINDER
    assert patient.timer.due_at == datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)
    assert said(patient.fire())


@pytest.mark.parametrize(("late", "is_said"), [(23, True), (25, False)])
def test_what_is_a_day_late_is_not_said_any_more(patient, late, is_said):
    passed = patient.fire(late=hours(late))
    assert bool(said(passed)) == is_said


def test_after_days_without_a_runner_there_is_no_burst_of_texts(patient):
    texts = []
    patient.now += timedelta(days=30)
    while patient.timer is not None:
        texts += said(patient.fire())
    assert texts == []
    assert patient.status is ConversationStatus.EXPIRED


def test_the_second_reminder_keeps_its_distance_from_a_late_first(patient):
    patient.fire(late=hours(20))
    assert patient.timer.due_at - patient.now >= hours(12)
    assert may_contact(REMINDING, patient.timer.due_at)


@pytest.mark.parametrize("jump", [-1, 1])
def test_a_clock_that_jumps_by_an_hour_neither_skips_nor_doubles(patient, jump):
    texts = []
    while patient.timer is not None:
        passed = pass_time(
            patient.conversation,
            patient.timer,
            flow=patient.flow,
            room=patient.room,
            now=max(patient.now, patient.timer.due_at) + hours(max(jump, 0)),
        )
        texts += said(passed)
        patient.now = max(patient.now, patient.timer.due_at) + hours(jump)
        patient.take(passed.outcome) if passed.outcome else None
        patient.timer = patient.timer if passed.outcome else passed.timer
    assert len(texts) == 3


# --- danger


def events_of(passed, kind):
    return [event for event in passed.outcome.events if isinstance(event, kind)]


def at_risk():
    """Marked item 9 of the PHQ-9 and was asked the first ASQ question."""
    patient = patient_of()
    patient.through("Hi", "yes", "1", "3/14/1990", "CA", *["1"] * 9)
    assert patient.conversation.risk_open
    assert patient.status is ConversationStatus.ACTIVE
    return patient


def test_silence_after_item_nine_reaches_a_clinician_within_an_hour():
    patient = at_risk()
    assert (patient.timer.kind, patient.after) == (TimerKind.SILENT_AT_RISK, hours(1))
    passed = patient.fire()
    assert said(passed) == []
    (raised,) = events_of(passed, ConsultRaised)
    assert raised.reasons == (AT_RISK,)
    assert raised.priority is Priority.URGENT
    assert patient.timer.kind is TimerKind.REMINDER


def test_that_holds_at_night_and_however_late_the_runner_comes():
    patient = at_risk()
    passed = patient.fire(late=hours(200))
    assert events_of(passed, ConsultRaised)


def test_silence_after_a_check_in_by_text_opens_a_request():
    patient = patient_of()
    patient.through("Hi", "yes", "1", "3/14/1990", "CA", "1")
    patient.become(risk_open=True)
    patient.text("1")
    (opened,) = events_of(patient.fire(), ConsultOpened)
    assert (opened.reasons, opened.priority) == ((AT_RISK,), Priority.URGENT)


def test_a_risk_that_was_closed_in_the_meantime_is_nobodys_concern():
    patient = at_risk()
    patient.become(risk_open=False, consult_id=None, consult_priority=None)
    passed = patient.fire()
    assert passed.outcome is None
    assert passed.timer.kind is TimerKind.REMINDER


def test_somebody_at_risk_is_never_given_up_but_somebody_is_called():
    patient = at_risk()
    while patient.timer.kind is not TimerKind.EXPIRY:
        patient.fire()
    for _ in range(2):
        passed = patient.fire()
        assert said(passed) == []
        (page,) = events_of(passed, PageRequested)
        assert page == PageRequested(AT_RISK, Priority.STAT)
        assert patient.status is ConversationStatus.ACTIVE
        assert patient.timer.kind is TimerKind.EXPIRY
        assert patient.timer.due_at == patient.now + hours(72)
    patient.become(risk_open=False, consult_id=None, consult_priority=None)
    patient.fire()
    assert patient.status is ConversationStatus.EXPIRED


def test_while_somebody_is_called_at_once_nobody_is_reminded(patient):
    patient.become(risk_open=True, consult_id="c" * 32, consult_priority=Priority.STAT)
    patient.text("1")
    assert patient.timer.kind is TimerKind.EXPIRY


def test_the_reason_is_one_that_staff_are_paged_for():
    assert AlertReason(AT_RISK) is AlertReason.SILENT_AT_RISK


# --- the secure page


def test_who_was_sent_to_the_secure_page_gets_a_new_link():
    patient = patient_of()
    outcome = patient.through("Hi", "yes", "2")
    assert "/c/" in outcome.replies[0].text
    passed = patient.fire()
    (text,) = said(passed)
    (issued,) = events_of(passed, LinkIssued)
    assert "private page" in text and "https://door.test/c/token" in text
    assert issued.expires_at == patient.now + hours(24)


def test_who_went_on_there_is_led_back_there():
    patient = patient_of()
    patient.through("Hi", "yes", "2")
    patient.text("", channel=Channel.WEB)
    patient.text("3/14/1990", channel=Channel.WEB)
    assert patient.conversation.flow_state.channel is Channel.WEB
    (text,) = said(patient.fire())
    assert "/c/token" in text and "question" in text


# --- what cannot be read


def test_without_its_flow_a_conversation_is_not_reminded_but_ends_in_time(patient):
    patient.flow = None
    assert patient.fire().outcome is None
    assert patient.fire().outcome is None
    assert "close these questions" in said(patient.fire())[0]
    assert patient.status is ConversationStatus.EXPIRED


def test_a_state_that_cannot_be_read_ends_in_time_and_in_silence(patient):
    patient.become(flow_state=None)
    patient.flow = None
    while patient.timer is not None:
        assert said(patient.fire()) == []
    assert patient.status is ConversationStatus.EXPIRED


def test_reminders_and_last_words_are_marked_as_such(patient):
    while patient.timer is not None:
        passed = patient.fire()
        assert {reply.kind for reply in passed.outcome.replies} == {ReplyKind.REMINDER}
