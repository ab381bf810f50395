"""A clinician takes a conversation over, writes in it, releases it. Texts leave by the outbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.conversation.handover import release as decide_release
from bot.conversation.handover import speak as decide_speak
from bot.conversation.handover import take_over as decide_take_over
from bot.conversation.model import TurnOutcome
from bot.conversation.room import Room
from bot.core.clinic import Clinic
from bot.core.errors import NotFound, StoreUnavailable
from bot.core.messages import Channel, InboundMessage
from bot.flows.model import Flow
from bot.services.audit import AuditAction, audit
from bot.services.clinicians import Clinician
from bot.services.consults import find_own
from bot.services.kicking import kick_rows
from bot.services.parts import Parts
from bot.services.rooms import current_flow, flow_and_judge, room_of
from bot.services.transactions import writing
from bot.store.loading import InConversation, Loaded
from bot.store.rows import CLINICIAN, ReplyLeaves, TurnStored, rows_of_turn
from bot.store.turns import TurnConflict, open_turn

ATTEMPTS = 5

Decide = Callable[[Loaded, Flow | None, Room], TurnOutcome]


@dataclass(frozen=True, slots=True)
class _Step:
    """What is done, where; `today` is the flow for a conversation that has not begun one."""

    clinic: Clinic
    today: Flow | None
    action: AuditAction
    decide: Decide
    clinician_id: str


def release(parts: Parts, clinician: Clinician, consult_id: str) -> None:
    """Let the flow of a request's conversation go on; the patient is asked again.

    Raises NotFound if the request is not theirs, IllegalTransition if the conversation is not
    held or a clinician's, StoreUnavailable.
    """

    def decide(loaded: Loaded, flow: Flow | None, room: Room) -> TurnOutcome:
        return decide_release(
            loaded.conversation,
            flow=flow,
            room=room,
            now=parts.now(),
            clinician_name=clinician.name,
        )

    _step(parts, clinician, consult_id, AuditAction.RELEASE, decide)


def take_over(parts: Parts, clinician: Clinician, consult_id: str) -> None:
    """Silence the bot in a request's conversation: a clinician speaks with the patient.

    Raises NotFound, IllegalTransition if that is so already or it is over, StoreUnavailable.
    """

    def decide(loaded: Loaded, flow: Flow | None, room: Room) -> TurnOutcome:
        return decide_take_over(
            loaded.conversation, room=room, now=parts.now(), clinician_name=clinician.name
        )

    _step(parts, clinician, consult_id, AuditAction.TAKE_OVER, decide)


def speak(parts: Parts, clinician: Clinician, consult_id: str, text: str) -> None:
    """Say a clinician's words to the patient, by text or on the web, wherever they write.

    Raises NotFound, IllegalTransition unless the conversation was taken over, Refused when the
    patient opted out of texts, InvalidField for an empty or too long text, StoreUnavailable.
    """

    def decide(loaded: Loaded, flow: Flow | None, room: Room) -> TurnOutcome:
        return decide_speak(loaded.conversation, text, room=room, now=parts.now())

    _step(parts, clinician, consult_id, AuditAction.SPEAK, decide)


def _step(
    parts: Parts, clinician: Clinician, consult_id: str, action: AuditAction, decide: Decide
) -> None:
    """Record who does it, then do it: a step that fails is on record, never the reverse."""
    with writing(parts.engine) as session:
        row = find_own(session, clinician, consult_id)
        conversation_id, clinic_id = row.conversation_id, row.clinic_id
        audit(parts, session, clinician.id, action, "conversation", conversation_id)
    clinic = parts.clinics.of(clinic_id)
    if clinic is None:
        raise NotFound("clinic")
    step = _Step(clinic, current_flow(parts, clinic), action, decide, clinician.id)
    for _ in range(ATTEMPTS):
        try:
            _store(parts, InConversation(conversation_id), step)
        except TurnConflict:
            continue
        return
    raise StoreUnavailable("too many turns of one patient at once")


def _store(parts: Parts, where: InConversation, step: _Step) -> None:
    with open_turn(parts.engine, parts.keyring, budget_seconds=parts.turn_seconds) as transaction:
        loaded = transaction.load(where)
        if loaded is None:
            raise NotFound("conversation")
        flow, judge = flow_and_judge(parts, step.clinic, loaded, step.today)
        stored = TurnStored(
            message=_entry(parts, loaded, step),
            outcome=step.decide(loaded, flow, room_of(parts, step.clinic, judge)),
            loaded=loaded.conversation,
            provider_key=None,
            address_hash=b"",
            now=parts.now(),
            keep_state=not loaded.is_readable,
            leaves=_leaves(loaded),
            direction=CLINICIAN,
            kind=step.action.value,
        )
        rows = rows_of_turn(stored, parts.keyring, parts.new_id)
        transaction.write(rows)
        transaction.connection.commit()
    kick_rows(parts.kick, rows)
    parts.tell(where.conversation_id)


def _entry(parts: Parts, loaded: Loaded, step: _Step) -> InboundMessage:
    """Return the step's entry in the transcript; its text is the id of who took the step."""
    return InboundMessage(
        channel=loaded.conversation.channel,
        provider_id="",
        clinic_address="",
        patient_address="",
        text=step.clinician_id,
        received_at=parts.now(),
    )


def _leaves(loaded: Loaded) -> ReplyLeaves:
    is_sms = loaded.conversation.channel is Channel.SMS
    return ReplyLeaves.QUEUED if is_sms else ReplyLeaves.WAITING
