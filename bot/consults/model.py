"""The consult request: who may move it where, and how soon somebody must.

Status words are those of FHIR R4 Task. Every legal change is one row of TRANSITIONS; anything
else raises IllegalTransition and changes nothing. A finished request never opens again: what
happens later in the same conversation opens a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.decisions import Disposition, Priority
from bot.core.errors import IllegalTransition


class ConsultStatus(StrEnum):
    """Where a consult request stands."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ConsultAction(StrEnum):
    """What a clinician can do with a consult request."""

    ACCEPT = "accept"
    RETURN = "return"
    START = "start"
    PAUSE = "pause"
    COMPLETE = "complete"
    CANCEL = "cancel"


class ConsultOutcome(StrEnum):
    """How a matter in which danger was seen has ended, as the clinician who closed it knows."""

    SAFE = "safe"
    EMERGENCY_SERVICES = "emergency-services"
    OTHER_CARE = "other-care"
    DECLINED = "declined"
    NOT_REACHED = "not-reached"
    NO_DANGER = "no-danger"


TRANSITIONS: dict[tuple[ConsultStatus, ConsultAction], ConsultStatus] = {
    (ConsultStatus.REQUESTED, ConsultAction.ACCEPT): ConsultStatus.ACCEPTED,
    (ConsultStatus.REQUESTED, ConsultAction.CANCEL): ConsultStatus.CANCELLED,
    (ConsultStatus.ACCEPTED, ConsultAction.RETURN): ConsultStatus.REQUESTED,
    (ConsultStatus.ACCEPTED, ConsultAction.START): ConsultStatus.IN_PROGRESS,
    (ConsultStatus.ACCEPTED, ConsultAction.PAUSE): ConsultStatus.ON_HOLD,
    (ConsultStatus.ACCEPTED, ConsultAction.COMPLETE): ConsultStatus.COMPLETED,
    (ConsultStatus.ACCEPTED, ConsultAction.CANCEL): ConsultStatus.CANCELLED,
    (ConsultStatus.IN_PROGRESS, ConsultAction.PAUSE): ConsultStatus.ON_HOLD,
    (ConsultStatus.IN_PROGRESS, ConsultAction.RETURN): ConsultStatus.REQUESTED,
    (ConsultStatus.IN_PROGRESS, ConsultAction.COMPLETE): ConsultStatus.COMPLETED,
    (ConsultStatus.IN_PROGRESS, ConsultAction.CANCEL): ConsultStatus.CANCELLED,
    (ConsultStatus.ON_HOLD, ConsultAction.START): ConsultStatus.IN_PROGRESS,
    (ConsultStatus.ON_HOLD, ConsultAction.RETURN): ConsultStatus.REQUESTED,
    (ConsultStatus.ON_HOLD, ConsultAction.CANCEL): ConsultStatus.CANCELLED,
}

FINISHED = frozenset({ConsultStatus.COMPLETED, ConsultStatus.CANCELLED})

NEEDS_NOTE = frozenset({ConsultAction.CANCEL, ConsultAction.COMPLETE})
"""Actions that end the matter say why, in the clinician's words."""

TIME_LIMITS: dict[Priority, timedelta] = {
    Priority.STAT: timedelta(minutes=5),
    Priority.URGENT: timedelta(hours=4),
    Priority.ROUTINE: timedelta(days=2),
}
"""How long a request may wait to be accepted. Stat: within the first escalations of an alert;
urgent: well within the same day, as the ASQ asks of a non-acute positive screen (NIMH ASQ
toolkit); routine: a project proposal of two days."""

PRIORITY_OF_DISPOSITION: dict[Disposition, Priority] = {
    Disposition.EMERGENCY: Priority.STAT,
    Disposition.NOT_NOW: Priority.ROUTINE,
    Disposition.REVIEW: Priority.ROUTINE,
    Disposition.ELIGIBLE: Priority.ROUTINE,
}

URGENCY = {Priority.ROUTINE: 0, Priority.URGENT: 1, Priority.STAT: 2}


@dataclass(frozen=True, slots=True)
class ConsultRequest:
    """One work item for a clinician, in the state that its transitions left it in.

    `version` counts changes from 1; a change made against another version than the stored one
    is refused by the store, so two clinicians never both win.
    """

    id: str
    status: ConsultStatus
    priority: Priority
    due_at: datetime
    version: int = 1
    clinician_id: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a clinician says with an action: a note, and how the matter has ended."""

    note: str = ""
    outcome: ConsultOutcome | None = None


NOTHING_SAID = Said()


def more_urgent(first: Priority, second: Priority) -> Priority:
    """Return the more urgent of two priorities; a priority is never lowered by a turn."""
    return max(first, second, key=URGENCY.__getitem__)


def due_at(priority: Priority, now: datetime) -> datetime:
    """Return when a request of `priority` opened at `now` must have been accepted."""
    return now + TIME_LIMITS[priority]


def legal_actions(status: ConsultStatus) -> tuple[ConsultAction, ...]:
    """Return what may be done with a request in `status`, in the order of the table."""
    return tuple(action for (source, action) in TRANSITIONS if source is status)


def apply_action(
    request: ConsultRequest,
    action: ConsultAction,
    said: Said = NOTHING_SAID,
    *,
    clinician_id: str,
    risk_open: bool = False,
) -> ConsultRequest:
    """Return the request after `action` by this clinician.

    `risk_open` says that danger was seen: then completing needs an outcome. Raises
    IllegalTransition when its status does not allow the action, or when an action that ends the
    matter comes without a note or outcome that it needs; `request` itself never changes.
    """
    target = TRANSITIONS.get((request.status, action))
    if target is None:
        raise IllegalTransition(f"consult request {request.id}: {request.status} -> {action}")
    if action in NEEDS_NOTE and not said.note.strip():
        raise IllegalTransition(f"consult request {request.id}: {action} needs a note")
    if action is ConsultAction.COMPLETE and risk_open and said.outcome is None:
        raise IllegalTransition(f"consult request {request.id}: {action} needs an outcome")
    holder = None if action is ConsultAction.RETURN else clinician_id
    return replace(request, status=target, version=request.version + 1, clinician_id=holder)
