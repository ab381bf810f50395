"""The fake itself: what it does with a request for a text or a call, and what it remembers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.cli.fake_twilio.ledger import Entry, Ledger
from bot.cli.fake_twilio.mode import Mode, Mood, changed
from bot.cli.fake_twilio.shapes import (
    Call,
    Message,
    call_document,
    error_document,
    message_document,
    page_document,
)

Fields = Mapping[str, str]
LONGEST_BODY = 1600
ANYBODY = "*"
"""In place of a number: all of them."""

REFUSALS = {Mood.BUSY: 20429, Mood.BROKEN: 20500}
TEXT_NEEDS = (
    (21604, ("To",)),
    (21603, ("From", "MessagingServiceSid")),
    (21602, ("Body", "MediaUrl", "ContentSid")),
)
CALL_NEEDS = (
    (21201, ("To",)),
    (21213, ("From",)),
    (21205, ("Url", "Twiml", "ApplicationSid")),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: after `seconds`, or never (`is_lost`), however much was accepted."""

    status: int
    document: dict[str, Any]
    seconds: float = 0.0
    is_lost: bool = False


class FakeTwilio:
    """One account's texts and calls. `on_text` hears of every text that was accepted."""

    def __init__(
        self,
        ledger: Ledger,
        now: Callable[[], datetime],
        *,
        account_sid: str = "AC" + "0" * 32,
        on_text: Callable[[Message, Mode], object] = lambda _message, _mode: None,
    ) -> None:
        """Remember what the ledger holds of an earlier run."""
        self.ledger = ledger
        self.account_sid = account_sid
        self.mode = Mode()
        self.requests = 0
        self.messages: dict[str, Message] = {}
        self.calls: dict[str, Call] = {}
        self._now = now
        self._on_text = on_text
        self._lock = threading.RLock()
        self._met = 0.0
        for entry in ledger.entries:
            self._remember(entry)

    def change(self, wanted: Sequence[tuple[str, str]]) -> Mode:
        """Behave otherwise from now on. Raises ValueError."""
        with self._lock:
            self.mode = changed(self.mode, wanted)
            return self.mode

    def create_message(self, fields: Fields) -> Answer:
        """Accept a text, or whatever the mood is."""
        return self._create(fields, TEXT_NEEDS, self._take_text)

    def create_call(self, fields: Fields) -> Answer:
        """Accept a call, or whatever the mood is."""
        return self._create(fields, CALL_NEEDS, self._take_call)

    def take_inbound(self, fields: Fields) -> Answer:
        """Note a text that a patient sent, so that lists show it; delivers nothing."""
        with self._lock:
            self._remember(self.ledger.add("inbound", **fields))
        return self.message(fields["Sid"])

    def message(self, sid: str) -> Answer:
        """Return one text."""
        found = self.messages.get(sid)
        if found is None:
            return Answer(*error_document(20404))
        return Answer(200, message_document(found, self.account_sid))

    def call(self, sid: str) -> Answer:
        """Return one call."""
        found = self.calls.get(sid)
        if found is None:
            return Answer(*error_document(20404))
        return Answer(200, call_document(found, self.account_sid))

    def list_messages(self, query: Fields) -> Answer:
        """Return a page of texts, newest first, without those that the list does not show yet."""
        if (mood := self.mode.list_mood) is Mood.HANGING:
            return Answer(0, {}, self.mode.seconds, is_lost=True)
        if mood in REFUSALS:
            return Answer(*error_document(REFUSALS[mood]))
        with self._lock:
            visible = self._now() - timedelta(seconds=self.mode.list_lag_seconds)
            found = [m for m in self.messages.values() if m.at <= visible and _fits(m, query)]
        found.sort(key=lambda message: message.at, reverse=True)
        documents = [message_document(message, self.account_sid) for message in found]
        return Answer(200, page_document("messages", documents, self.account_sid, query))

    def list_calls(self, query: Fields) -> Answer:
        """Return a page of calls, newest first."""
        found = sorted(self.calls.values(), key=lambda call: call.at, reverse=True)
        documents = [call_document(call, self.account_sid) for call in found if _fits(call, query)]
        return Answer(200, page_document("calls", documents, self.account_sid, query))

    def _create(
        self,
        fields: Fields,
        needs: Sequence[tuple[int, tuple[str, ...]]],
        take: Callable[[Fields], dict[str, Any]],
    ) -> Answer:
        with self._lock:
            self.requests += 1
            mode, mood = self.mode, self._mood()
            if mood is Mood.HANGING:
                return Answer(0, {}, mode.seconds, is_lost=True)
            code = REFUSALS.get(mood) or _missing(fields, needs) or self._refuses(fields)
            if code is not None:
                self.ledger.add("refused", code=code, To=fields.get("To", ""))
                return Answer(*error_document(code))
            document = take(fields)
        if mood is Mood.BROKEN_AFTER:
            return Answer(*error_document(20500))
        seconds = mode.seconds if mood is Mood.SLOW else 0.0
        return Answer(201, document, seconds, is_lost=mood is Mood.DEAF)

    def _mood(self) -> Mood:
        """Return the mood this request meets: of every 1/share requests one meets the real one."""
        self._met += self.mode.share
        if self._met < 1:
            return Mood.WELL
        self._met -= 1
        return self.mode.mood

    def _refuses(self, fields: Fields) -> int | None:
        if len(fields.get("Body", "")) > LONGEST_BODY:
            return 21617
        refuses = self.mode.refuses
        return refuses.get(fields["To"], refuses.get(ANYBODY))

    def _take_text(self, fields: Fields) -> dict[str, Any]:
        sid = f"SM{len(self.messages):032x}"
        message = self._remember(self.ledger.add("message", Sid=sid, **fields))
        self._on_text(message, self.mode)
        return message_document(message, self.account_sid)

    def _take_call(self, fields: Fields) -> dict[str, Any]:
        sid = f"CA{len(self.calls):032x}"
        call = self._remember(self.ledger.add("call", Sid=sid, **fields))
        return call_document(call, self.account_sid)

    def _remember(self, entry: Entry) -> Any:
        at = datetime.fromisoformat(entry["at"])
        if entry["entry"] == "message":
            return self.messages.setdefault(entry["Sid"], Message(entry["Sid"], entry, at))
        if entry["entry"] == "inbound":
            inbound = Message(entry["Sid"], entry, at, "inbound", "received")
            return self.messages.setdefault(entry["Sid"], inbound)
        if entry["entry"] == "call":
            return self.calls.setdefault(entry["Sid"], Call(entry["Sid"], entry, at))
        return None


def _missing(fields: Fields, needs: Sequence[tuple[int, tuple[str, ...]]]) -> int | None:
    for code, names in needs:
        if not any(fields.get(name) for name in names):
            return code
    return None


def _fits(made: Message | Call, query: Fields) -> bool:
    for name in ("To", "From"):
        if name in query and made.fields.get(name) != query[name]:
            return False
    day = _as_moment(query.get("DateSent"))
    return (
        _reached(made.at, query.get("DateSent>"))
        and _reached(_as_moment(query.get("DateSent<")), made.at)
        and (day is None or made.at.date() == day.date())
    )


def _reached(later: datetime | None, earlier: datetime | str | None) -> bool:
    since = _as_moment(earlier) if isinstance(earlier, str) else earlier
    return since is None or later is None or since <= later


def _as_moment(text: str | None) -> datetime | None:
    """Return the moment that a day (its beginning) or a full moment means."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
