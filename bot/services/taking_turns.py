"""One turn in one transaction: read under the lock, decide, write, commit, answer.

The decision is pure and the write refuses whatever is not newer than what was read, so a turn
that lost a race is simply taken again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import structs

from bot.conversation.model import ReplyKind, TurnOutcome
from bot.conversation.turn import take_turn
from bot.core.clinic import Clinic
from bot.core.clock import monotonic_seconds
from bot.core.decisions import Judge
from bot.core.errors import IdTaken, InvalidField, StoreUnavailable
from bot.core.fail_points import FailPoint, reached
from bot.core.findings import Finding
from bot.core.messages import Channel, InboundMessage
from bot.flows.model import Flow
from bot.services.kicking import kick_rows
from bot.services.parts import Parts
from bot.services.rooms import current_flow, flow_and_judge, nobody_judges, room_of
from bot.store.engine import LockedTooLong
from bot.store.loading import AtAddress, CurrentOf, Loaded, StoredReply
from bot.store.row_book import Rows
from bot.store.rows import CHANGE, TEXT, ReplyLeaves, TurnStored, body_of, rows_of_turn
from bot.store.turns import TurnConflict, TurnTransaction, open_turn

ATTEMPTS = 8
"""Turns of one patient conflict only at first contact or when a conversation is replaced."""

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
"""What a chat's client may call its messages; other ids are kept as a hash."""

WHOSE_DIGITS = 32

STALE_SECONDS = 0.5
"""A connection that fails sooner than this was broken before; a fresh one is worth a try."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer: `texts` in order, and the ids under which they are stored.

    `is_stored` is false when the message waits on disk: it will be treated when the database is
    back. `conversation_id` is "" and `turn_number` 0 then. `is_lost` says that it could not be
    kept on disk either, and emergency resources are the reply all the same.
    """

    texts: tuple[str, ...]
    duplicate: bool = False
    conversation_id: str = ""
    turn_number: int = 0
    facts: Mapping[str, str | int] | None = None
    message_ids: tuple[str, ...] = ()
    is_stored: bool = True
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A message to be treated, what was seen in it, and how its reply gets to the patient.

    `conversation_id` is of the patient who goes on: by a secure link, not at the address. A turn
    that is `plain` uses neither the flow nor what was said before: the second try after a fault.
    """

    message: InboundMessage
    clinic: Clinic
    finding: Finding
    conversation_id: str | None = None
    leaves: ReplyLeaves = ReplyLeaves.RESPONDED
    plain: bool = False


def take_stored_turn(parts: Parts, task: Task) -> Reply:
    """Return the reply once the turn is committed.

    Raises StoreUnavailable within the turn's budget of seconds, IdTaken when the message's id
    belongs to another message, InvalidField when its conversation is unknown.
    """
    return _Turn(parts, task).take()


class _Turn:
    """One message on its way through the store."""

    def __init__(self, parts: Parts, task: Task) -> None:
        self.parts = parts
        self.task = task
        self.message = task.message
        channel, address = task.message.channel, task.message.patient_address
        self.address_hash = parts.address_hash.of(task.clinic.id, channel.value, address)
        self.provider_key = provider_key(parts, task.message, task.clinic)

    def take(self) -> Reply:
        until = monotonic_seconds() + self.parts.turn_seconds
        may_be_stale = True
        for _ in range(ATTEMPTS):
            began = monotonic_seconds()
            try:
                return self._once(until - began)
            except TurnConflict:
                continue
            except LockedTooLong:
                raise
            except StoreUnavailable:
                if not may_be_stale or monotonic_seconds() - began > STALE_SECONDS:
                    raise
                may_be_stale = False
        raise StoreUnavailable("too many turns of one patient at once")

    def _once(self, seconds: float) -> Reply:
        if seconds <= 0:
            raise StoreUnavailable("no time left")
        parts = self.parts
        today = None if self.task.plain else current_flow(parts, self.task.clinic)
        with open_turn(parts.engine, parts.keyring, budget_seconds=seconds) as transaction:
            loaded = self._load(transaction)
            outcome = self._decide(loaded, today)
            rows = self._rows(loaded, outcome)
            reached(FailPoint.TURN_DECIDED)
            if not transaction.write(rows):
                return self._said_before(transaction)
            reached(FailPoint.TURN_WRITTEN)
            transaction.connection.commit()
        reached(FailPoint.TURN_COMMITTED)
        kick_rows(parts.kick, rows)
        if self.message.channel is Channel.WEB:
            parts.tell(outcome.conversation.id)
        return _reply(outcome, rows)

    def _load(self, transaction: TurnTransaction) -> Loaded | None:
        if self.task.conversation_id is None:
            address = AtAddress(self.task.clinic.id, self.message.channel, self.address_hash)
            return transaction.load(address)
        where = CurrentOf(self.task.conversation_id)
        # A row that was replaced while its lock was waited for is not found: its successor is.
        loaded = transaction.load(where) or transaction.load(where)
        if loaded is None:
            raise InvalidField("conversation", "is unknown", "text the clinic")
        return loaded

    def _decide(self, loaded: Loaded | None, today: Flow | None) -> TurnOutcome:
        conversation = None if loaded is None else loaded.conversation
        clinic = self.task.clinic
        flow, judge = self._flow_and_judge(loaded, today)
        if conversation is not None and self.task.plain:
            conversation = structs.replace(
                conversation, flow_state=None, hold_state=None, recent_texts=()
            )
        return take_turn(
            conversation,
            self.message,
            finding=self.task.finding,
            flow=flow,
            room=room_of(self.parts, clinic, judge),
            now=self.parts.now(),
        )

    def _flow_and_judge(
        self, loaded: Loaded | None, today: Flow | None
    ) -> tuple[Flow | None, Judge]:
        if self.task.plain:
            return None, nobody_judges
        return flow_and_judge(self.parts, self.task.clinic, loaded, today)

    def _rows(self, loaded: Loaded | None, outcome: TurnOutcome) -> Rows:
        stored = TurnStored(
            message=self.message,
            outcome=outcome,
            loaded=None if loaded is None else loaded.conversation,
            provider_key=self.provider_key,
            address_hash=self.address_hash,
            now=self.parts.now(),
            keep_state=loaded is not None and (self.task.plain or not loaded.is_readable),
            leaves=self.task.leaves,
            kind=TEXT if self.message.change is None else CHANGE,
        )
        return rows_of_turn(stored, self.parts.keyring, self.parts.new_id)

    def _said_before(self, transaction: TurnTransaction) -> Reply:
        """Return the reply of the first time. Raises IdTaken if it was another's message.

        A text that the outbox sends is not said here as well; where help is, is said all the same.
        """
        said = transaction.stored_reply(self.message.channel, self.provider_key)
        if said is None:
            raise TurnConflict("the first of two equal messages was not stored after all")
        if not self._is_the_same(said):
            raise IdTaken("this message's id was used for another message")
        here = [text for text in said.texts if not text.is_queued or text.kind == ReplyKind.CRISIS]
        texts = tuple(text.text for text in here)
        ids = tuple(text.id for text in here)
        return Reply(texts, True, said.conversation_id, said.turn_number, None, ids)

    def _is_the_same(self, said: StoredReply) -> bool:
        if self.message.channel is Channel.SMS:
            return said.address_hash == self.address_hash
        return said.inbound_text == body_of(self.message)


def provider_key(parts: Parts, message: InboundMessage, clinic: Clinic) -> str:
    """Return the message's id as it is stored: unique on its channel.

    A web client chooses its own ids, so they stand behind a keyed hash of its address: nobody can
    name another's message and be given the reply to it. `client_id_of` gives the id back.
    """
    if message.channel is Channel.SMS:
        return message.provider_id
    channel, address = message.channel.value, message.patient_address
    if not CLIENT_ID.fullmatch(message.provider_id):
        return parts.address_hash.of(clinic.id, channel, f"{address}\n{message.provider_id}").hex()
    whose = parts.address_hash.of(clinic.id, f"{channel} ids", address).hex()[:WHOSE_DIGITS]
    return f"{whose}:{message.provider_id}"


def client_id_of(stored_key: str | None) -> str | None:
    """Return the id that a web client gave its message; None where it is not kept."""
    return (stored_key or "").partition(":")[2] or None


def _reply(outcome: TurnOutcome, rows: Rows) -> Reply:
    after = outcome.conversation
    texts = tuple(reply.text for reply in outcome.replies)
    ids = tuple(row[0] for row in rows.get("reply", ()))
    return Reply(texts, False, after.id, after.turn_number, outcome.facts, ids)
