"""Golden conversations in which somebody falls silent: what is said when, and to whom.

A silence is a list of moves on one clinic's clock, which begins on a Monday at ten:

    patients: [<text>, ...]    what the patient writes, a minute apart
    wait: <hours>              nothing is written for so long; timers come due as in the worker
    contains, lacks            for what was said since the move began
    staff                      what staff were told since the move began, as the record writes it

`pytest tests/transcripts --update-transcripts` records the bot's side anew; review the diff.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import yaml

from bot.conversation.model import (
    ConsultOpened,
    ConsultRaised,
    Conversation,
    PageRequested,
    TimerSet,
    TurnEvent,
    TurnOutcome,
)
from bot.conversation.silence import pass_time
from bot.core.clinic import OpeningHours, Reminder
from bot.core.contact_hours import DAYS
from tests.conversation.conftest import CLINIC, Phone, a_room

HERE = Path(__file__).parent
SILENCES = {path.stem: path for path in sorted((HERE / "silences").glob("*.yaml"))}
ZONE = ZoneInfo(CLINIC.time_zone)
BEGINS = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE).astimezone(UTC)
HOURS = tuple(OpeningHours(day, "09:00", "19:00") for day in DAYS[:6])
REMINDING = msgspec.structs.replace(
    CLINIC, reminders=(Reminder(4), Reminder(24)), contact_hours=HOURS
)


class Silence:
    """One conversation on the clinic's clock, its record and its timer."""

    def __init__(self) -> None:
        self.phone = Phone(room=replace(a_room(), clinic=REMINDING), now=BEGINS)
        self.timer: TimerSet | None = None
        self.lines: list[str] = []
        self.said: list[str] = []
        self.told: list[str] = []

    def write(self, text: str) -> None:
        outcome = self.phone.text(text)
        self.note(f"patient: {text}")
        self.keep(outcome)

    def wait(self, span: timedelta) -> None:
        until = self.phone.now + span
        while self.timer is not None and self.timer.due_at <= until:
            self.phone.now = max(self.phone.now, self.timer.due_at)
            self.fire(self.timer)
        self.phone.now = until

    def fire(self, timer: TimerSet) -> None:
        phone, conversation = self.phone, self.phone.conversation
        assert conversation is not None
        passed = pass_time(conversation, timer, flow=phone.flow, room=phone.room, now=phone.now)
        self.timer = passed.timer
        if passed.outcome is not None:
            self.note(f"  * silence: {timer.kind.value}")
            self.keep(passed.outcome)

    def keep(self, outcome: TurnOutcome) -> None:
        before = self.phone.conversation
        stored = msgspec.json.encode(outcome.conversation)
        self.phone.conversation = msgspec.json.decode(stored, type=Conversation)
        timers = [event for event in outcome.events if isinstance(event, TimerSet)]
        self.timer = timers[0] if timers else None
        for reply in outcome.replies:
            self.said.append(reply.text)
            self.lines.append("  bot: " + reply.text.replace("\n", "\n       "))
        for told in filter(None, map(told_to_staff, outcome.events)):
            self.told.append(told)
            self.lines.append(f"  * staff: {told}")
        status = outcome.conversation.status
        if before is not None and before.status is not status:
            self.lines.append(f"  * {status.value}")

    def note(self, line: str) -> None:
        at = self.phone.now.astimezone(ZONE)
        self.lines.append(f"{at:%a %H:%M} {line}")


def told_to_staff(event: TurnEvent) -> str:
    if isinstance(event, ConsultOpened | ConsultRaised):
        return f"request {event.priority.value}: {', '.join(event.reasons)}"
    if isinstance(event, PageRequested):
        return f"page: {event.reason}"
    return ""


def play(script: dict[str, Any]) -> Silence:
    silence = Silence()
    for number, move in enumerate(script["moves"], 1):
        silence.said.clear()
        silence.told.clear()
        for text in move.get("patient", ()):
            silence.write(str(text))
        silence.wait(timedelta(hours=move.get("wait", 0)))
        check(silence, move, f"{script['id']}, move {number}")
    return silence


def check(silence: Silence, move: dict[str, Any], where: str) -> None:
    said = "\n".join(silence.said)
    for words in move.get("contains", ()):
        assert words in said, where
    for words in move.get("lacks", ()):
        assert words not in said, where
    if "said" in move:
        assert len(silence.said) == move["said"], where
    for told in move.get("staff", ()):
        assert told in silence.told, f"{where}: {silence.told}"


@pytest.mark.parametrize("name", SILENCES)
def test_the_silence_goes_as_recorded(name: str, update: bool) -> None:
    script = yaml.load(SILENCES[name].read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    assert script["id"] == name
    silence = play(script)
    assert silence.phone.status.value == script["ends"]
    text = "\n".join([f"# {name}: {script['about']}", "", *silence.lines]) + "\n"
    path = HERE / "recorded_silences" / f"{name}.txt"
    if update:
        path.write_text(text, encoding="utf-8")
    assert path.exists(), "record it with --update-transcripts and read what it says"
    assert text == path.read_text(encoding="utf-8")


def test_no_record_is_left_without_its_silence() -> None:
    assert {path.stem for path in (HERE / "recorded_silences").glob("*.txt")} == set(SILENCES)
