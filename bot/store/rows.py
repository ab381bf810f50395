"""One turn as rows: what `take_turn` decided, encrypted and in the columns' order.

Rows are made before the write and outside the database, so that the transaction is short.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.conversation.model import AnswerLogged, Conversation, ReplyKind, TurnOutcome
from bot.core.decisions import Priority
from bot.core.messages import Choice, InboundMessage
from bot.store.columns import text_bytes
from bot.store.crypto import KeyRing
from bot.store.event_rows import add_events
from bot.store.outbox import Departure, departure_values
from bot.store.row_book import RowBook, Rows
from bot.store.state import encode_conversation_state
from bot.store.statements import PARTS

INBOUND = "inbound"
OUTBOUND = "outbound"
CLINICIAN = "clinician"
"""Direction of the entry that a clinician's step leaves in the transcript.

Its body is the clinician's id: who took the step, and whose words the texts of the step are.
"""

SILENCE = "silence"
"""Direction of the entry that a due timer leaves in the transcript; its kind is the timer's."""

TEXT = "text"
CHANGE = "change"
"""Kind of an entry that asks for an earlier question again; its body is that question's id."""

NAME = "name"
"""The question whose answer is what staff call the patient, whatever flow asks it."""

LONGEST_NAME = 80
"""Longer answers stay whole in the answers; a list of requests shows no more than this."""

PATIENT_TEXT = "patient-text"
"""The outbox's kind for a text to a patient; its payload names the message."""


PRIORITY_OF_REPLY = {ReplyKind.CRISIS: Priority.STAT, ReplyKind.CHECK_IN: Priority.URGENT}
"""How soon a text that leaves through the outbox must leave; anything else is routine."""


class ReplyLeaves(StrEnum):
    """How the texts of a reply get to the patient; kept as their delivery.

    RESPONDED: in the answer to the provider's own request. QUEUED: through the outbox, since
    nobody is waiting for an answer. WAITING: the web page asks for it.
    """

    RESPONDED = "responded"
    QUEUED = "queued"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class TurnStored:
    """What a turn needs besides its outcome to be stored.

    `provider_key` is the message's id, unique on its channel; None for a step of a clinician or of
    silence, whose `direction` and `kind` say so. `loaded` is the conversation as it was read under
    the lock, None on first contact. `keep_state` leaves the stored state alone: it could not be
    read just now, and must not be lost for that.
    """

    message: InboundMessage
    outcome: TurnOutcome
    loaded: Conversation | None
    provider_key: str | None
    address_hash: bytes
    now: datetime
    keep_state: bool = False
    leaves: ReplyLeaves = ReplyLeaves.RESPONDED
    direction: str = INBOUND
    kind: str = TEXT


def rows_of_turn(stored: TurnStored, keyring: KeyRing, new_id: Callable[[], str]) -> Rows:
    """Return all rows of a turn by part; the first part is the gate."""
    book = RowBook(stored.outcome.conversation, stored.now, keyring, new_id)
    _add_messages(book, stored)
    _add_conversation(book, stored)
    _add_patient(book, stored)
    add_events(book, stored.outcome.events)
    return book.in_statement_order()


def body_of(message: InboundMessage) -> str:
    """Return what is kept of a message: every body, one a line, or the question to be changed."""
    if message.change is not None:
        return message.change
    return "\n".join((message.text, *message.further_texts))


def _add_messages(book: RowBook, stored: TurnStored) -> None:
    message, inbound_id = stored.message, book.new_id()
    common = {"channel": message.channel.value, "delivery_code": None, "delivery_at": None}
    common |= book.of_turn()
    book.add(
        "gate",
        id=inbound_id,
        position=0,
        direction=stored.direction,
        provider_key=stored.provider_key,
        clinic_address=message.clinic_address or None,
        in_reply_to=None,
        kind=stored.kind,
        body=book.seal("messages.body", text_bytes(body_of(message))),
        choices=None,
        media_count=message.media_count,
        has_location=message.has_location,
        delivery=None,
        created_at=message.received_at,
        **common,
    )
    for position, reply in enumerate(stored.outcome.replies, start=1):
        message_id = book.new_id()
        if stored.leaves is ReplyLeaves.QUEUED:
            _queue(book, message_id, reply.kind)
        book.add(
            "reply",
            id=message_id,
            position=position,
            direction=OUTBOUND,
            provider_key=None,
            clinic_address=None,
            in_reply_to=inbound_id,
            kind=reply.kind.value,
            body=book.seal("messages.body", text_bytes(reply.text)),
            choices=_sealed_choices(book, reply.choices),
            media_count=0,
            has_location=False,
            delivery=stored.leaves.value,
            **common,
        )


def _sealed_choices(book: RowBook, choices: tuple[Choice, ...]) -> bytes | None:
    return book.seal_json("messages.choices", choices) if choices else None


def _queue(book: RowBook, message_id: str, kind: ReplyKind) -> None:
    """Let the outbox send a text; the row has the text's own id, so that each can be found."""
    departure = Departure(
        id=message_id,
        clinic_id=book.after.clinic_id,
        kind=PATIENT_TEXT,
        recipient=f"patient:{book.after.patient_id}",
        payload={"message_id": message_id},
        conversation_id=book.after.id,
        priority=PRIORITY_OF_REPLY.get(kind, Priority.ROUTINE),
    )
    values = departure_values(departure, now=book.now)
    values["payload"] = book.seal("outbox.payload", values["payload"])
    book.add("outbox", **values)


def _add_conversation(book: RowBook, stored: TurnStored) -> None:
    after, loaded = book.after, stored.loaded
    values = _conversation_values(book, keep_state=stored.keep_state)
    if loaded is not None and loaded.id == after.id:
        columns = PARTS["moved"].columns
        book.add_change(
            "moved", *(values[name] for name in columns), loaded.id, loaded.turn_number
        )
        return
    if loaded is not None:
        book.add_change("retired", False, loaded.id)
    book.add(
        "begun" if loaded is None else "replaced",
        **values,
        clinic_id=after.clinic_id,
        patient_id=after.patient_id,
        is_current=True,
        channel=after.channel.value,
        created_at=after.started_at,
    )


def _conversation_values(book: RowBook, *, keep_state: bool) -> dict[str, Any]:
    after = book.after
    state = None
    if not keep_state:
        state = book.seal("conversations.state", encode_conversation_state(after))
    return {
        "id": after.id,
        "status": after.status.value,
        "language": after.language,
        "flow_hash": after.flow_hash,
        "turn_number": after.turn_number,
        "state": state,
        "risk_open": after.risk_open,
        "crisis_answers": after.crisis_answers,
        "consult_id": after.consult_id,
        "consult_priority": after.consult_priority and after.consult_priority.value,
        "last_inbound_at": after.last_inbound_at,
    }


def _add_patient(book: RowBook, stored: TurnStored) -> None:
    after, loaded = book.after, stored.loaded
    opted_out_at = book.now if after.opted_out else None
    name = _sealed_name(book, stored.outcome)
    if loaded is None:
        address = text_bytes(stored.message.patient_address)
        book.add(
            "patient",
            id=after.patient_id,
            clinic_id=after.clinic_id,
            channel=after.channel.value,
            address_hash=stored.address_hash,
            address=book.seal("patients.address", address),
            name=name,
            language=after.language,
            opted_out_at=opted_out_at,
        )
        return
    has_changed = (loaded.opted_out, loaded.language) != (after.opted_out, after.language)
    if has_changed or name is not None:
        book.add_change("about", opted_out_at, after.language, name, after.patient_id)


def _sealed_name(book: RowBook, outcome: TurnOutcome) -> bytes | None:
    """Return the name that this turn's answers give the patient; the last one counts."""
    name = None
    for event in outcome.events:
        if isinstance(event, AnswerLogged) and event.answer.link_id == NAME:
            value = event.answer.value
            name = value if isinstance(value, str) else name
    return None if name is None else book.seal("patients.name", text_bytes(name[:LONGEST_NAME]))
