"""Any history of texts, silences and clocks that jump: what a patient may and may not be sent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.conversation.handover import RELEASABLE, release, take_over
from bot.conversation.model import (
    OPEN_STATUSES,
    ConsultOpened,
    ConsultRaised,
    Conversation,
    ConversationStatus,
    PageRequested,
    ReplyKind,
    TimerKind,
    TimerSet,
    TurnOutcome,
)
from bot.conversation.silence import AT_RISK, pass_time
from bot.conversation.timers import HOURS_APART, MOST_REMINDERS, WAITING
from bot.core.clinic import Clinic, OpeningHours, Reminder
from bot.core.contact_hours import DAYS, may_contact
from bot.core.messages import Channel
from tests.conversation.conftest import CLINIC, Phone, a_room

ROOM = a_room()
TEXTS = ["Hi", "yes", "1", "2", "3/14/1990", "CA", "0", "no", "STOP", "START", "pause", "repeat"]
TEXTS += ["I wish I was dead", "my friend wants to kill herself", "I want to kill myself", "ok"]
BEGINNING = ["Hi", "yes", "1", "3/14/1990", "CA"]

Move = tuple[str, object]

WAITS = st.integers(1, 60 * 24 * 4).map(lambda minutes: ("wait", timedelta(minutes=minutes)))
MOVES: st.SearchStrategy[Move] = st.one_of(
    st.sampled_from(TEXTS).map(lambda text: ("text", text)),
    WAITS,
    WAITS,
    st.sampled_from([("jump", timedelta(hours=1)), ("jump", timedelta(hours=-1))]),
    st.just(("take over", None)),
    st.just(("release", None)),
    st.just(("close risk", None)),
)
OPENING = st.lists(
    st.builds(
        lambda day, opens, length: OpeningHours(
            day, f"{opens:02d}:00", f"{opens + length:02d}:30"
        ),
        st.sampled_from(DAYS),
        st.integers(6, 15),
        st.integers(1, 8),
    ),
    max_size=5,
).map(tuple)
POLICIES = st.sampled_from([(), (4,), (4, 24), (1, 13), (20, 40)])
CLINICS: st.SearchStrategy[Clinic] = st.builds(
    lambda zone, hours, reminders, patience: msgspec.structs.replace(
        CLINIC,
        time_zone=zone,
        hours=hours,
        reminders=tuple(Reminder(number) for number in reminders),
        expires_after_hours=patience,
    ),
    st.sampled_from(
        ["America/New_York", "Pacific/Kiritimati", "Etc/GMT+12", "Australia/Lord_Howe"]
    ),
    OPENING,
    POLICIES,
    st.sampled_from([52, 72, 200]),
)
STARTS = st.sampled_from(
    [
        datetime(2026, 3, 7, 20, tzinfo=UTC),
        datetime(2026, 10, 31, 4, tzinfo=UTC),
        datetime(2026, 11, 25, 13, tzinfo=UTC),
    ]
)


@dataclass
class History:
    """One patient, one worker and one clock; checks everything after each step."""

    clinic: Clinic
    phone: Phone
    timer: TimerSet | None = None
    timer_turn: int = 0
    spoken: list[datetime] = field(default_factory=list)
    reminded: list[datetime] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    def move(self, kind: str, what: object) -> None:
        if kind == "text":
            self.text(str(what))
        elif kind == "wait":
            assert isinstance(what, timedelta)
            self.wait(what)
        elif kind == "jump":
            assert isinstance(what, timedelta)
            self.phone.now += what
            self.work()
        elif self.conversation is not None:
            self.clinician(kind)
        self.check_timer()

    @property
    def conversation(self) -> Conversation | None:
        return self.phone.conversation

    def text(self, body: str) -> None:
        outcome = self.phone.text(body)
        self.spoken.clear()
        self.reminded.clear()
        self.keep(outcome)

    def clinician(self, kind: str) -> None:
        conversation, phone = self.conversation, self.phone
        assert conversation is not None
        who = {"room": phone.room, "now": phone.now, "clinician_name": "Ana"}
        if kind == "close risk":
            phone.become(risk_open=False, consult_id=None, consult_priority=None)
            return
        if kind == "release" and conversation.status in RELEASABLE:
            self.spoken.clear()
            self.reminded.clear()
            self.keep(release(conversation, flow=phone.flow, **who))
        elif kind == "take over" and conversation.status in OPEN_STATUSES - {
            ConversationStatus.HUMAN
        }:
            self.keep(take_over(conversation, **who))

    def wait(self, span: timedelta) -> None:
        """Let time pass; the worker looks in whenever the timer is due."""
        until = self.phone.now + span
        for _ in range(50):
            if self.timer is None or self.timer.due_at > until:
                break
            self.phone.now = max(self.phone.now, self.timer.due_at)
            self.work()
        else:
            raise AssertionError("a silence must come to rest")
        self.phone.now = until

    def work(self) -> None:
        timer, conversation = self.timer, self.conversation
        if timer is None or conversation is None or timer.due_at > self.phone.now:
            return
        if conversation.turn_number != self.timer_turn:
            self.timer = None
            return
        passed = pass_time(
            conversation, timer, flow=self.phone.flow, room=self.phone.room, now=self.phone.now
        )
        if passed.outcome is None:
            assert passed.timer != timer
            self.timer = passed.timer
            return
        self.check_step(conversation, timer, passed.outcome)
        self.keep(passed.outcome)

    def keep(self, outcome: TurnOutcome) -> None:
        set_now = [event for event in outcome.events if isinstance(event, TimerSet)]
        assert len(set_now) <= 1
        if set_now:
            self.timer, self.timer_turn = set_now[0], outcome.conversation.turn_number
        elif outcome.conversation.status not in WAITING:
            self.timer = None
        stored = msgspec.json.encode(outcome.conversation)
        self.phone.conversation = msgspec.json.decode(stored, type=Conversation)

    def check_step(self, before: Conversation, timer: TimerSet, outcome: TurnOutcome) -> None:
        now, said = self.phone.now, outcome.replies
        assert outcome.conversation.turn_number == before.turn_number + 1
        assert len(said) <= 1
        assert before.status in (*WAITING, ConversationStatus.EXPIRED)
        self.check_danger(before, timer, outcome)
        if not said:
            return
        assert said[0].kind is ReplyKind.REMINDER
        assert before.channel is Channel.SMS
        assert not before.opted_out
        assert may_contact(self.clinic, now)
        assert 8 <= now.astimezone(ZoneInfo(self.clinic.time_zone)).hour < 21
        self.spoken.append(now)
        assert len(self.spoken) <= MOST_REMINDERS + 1
        if timer.kind in (TimerKind.REMINDER, TimerKind.LAST_REMINDER):
            assert all(
                now - earlier >= timedelta(hours=HOURS_APART - 2) for earlier in self.reminded
            )
            self.reminded.append(now)
            assert len(self.reminded) <= len(self.clinic.reminders)
            assert outcome.conversation.status in WAITING

    def check_danger(self, before: Conversation, timer: TimerSet, outcome: TurnOutcome) -> None:
        """Whoever is at risk is never given up, and somebody is told of the silence."""
        if timer.kind is TimerKind.EXPIRY and before.risk_open:
            assert outcome.conversation.status in WAITING
            assert any(isinstance(event, PageRequested) for event in outcome.events)
        if timer.kind is TimerKind.SILENT_AT_RISK:
            asked = [e for e in outcome.events if isinstance(e, ConsultOpened | ConsultRaised)]
            assert [event.reasons for event in asked] == [(AT_RISK,)]

    def check_timer(self) -> None:
        """Every conversation in which the flow waits has its one timer, and no held one has."""
        if self.conversation is None:
            return
        is_live = self.timer is not None and self.timer_turn == self.conversation.turn_number
        if self.conversation.status in WAITING:
            assert is_live
        elif self.conversation.status is ConversationStatus.EXPIRED:
            assert not is_live or self.timer.kind is TimerKind.LAST_WORD
        else:
            assert not is_live


def history_of(clinic: Clinic, start: datetime, moves: list[Move], begun: bool) -> History:
    history = History(clinic, Phone(room=replace(ROOM, clinic=clinic), now=start))
    for text in BEGINNING if begun else ():
        history.move("text", text)
    for kind, what in moves:
        history.move(kind, what)
    return history


QUIET = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@QUIET
@given(clinic=CLINICS, start=STARTS, moves=st.lists(MOVES, max_size=25), begun=st.booleans())
def test_no_history_breaks_a_promise(clinic, start, moves, begun):
    history_of(clinic, start, moves, begun)


@QUIET
@given(clinic=CLINICS, start=STARTS, moves=st.lists(MOVES, max_size=10))
def test_every_silence_ends_unless_somebody_is_at_risk(clinic, start, moves):
    history = history_of(clinic, start, [*moves, ("text", "1")], begun=True)
    history.move("wait", timedelta(days=60))
    conversation = history.conversation
    if conversation.status in WAITING:
        assert conversation.risk_open or conversation.consult_priority is not None
        history.move("close risk", None)
        history.move("wait", timedelta(days=60))
    assert history.conversation.status not in WAITING
    assert history.timer is None


@QUIET
@given(clinic=CLINICS, start=STARTS, jumps=st.lists(st.sampled_from([-1, 1]), max_size=8))
def test_jumps_of_the_clock_change_no_number_of_texts(clinic, start, jumps):
    """Each reminder and the last word are said once, whatever the clock does in between."""
    steady = history_of(clinic, start, [("wait", timedelta(days=40))], begun=True)
    moves: list[Move] = [("wait", timedelta(hours=5))]
    for jump in jumps:
        moves += [("jump", timedelta(hours=jump)), ("wait", timedelta(hours=7))]
    shaken = history_of(clinic, start, [*moves, ("wait", timedelta(days=40))], begun=True)
    assert len(shaken.spoken) == len(steady.spoken)
