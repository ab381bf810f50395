"""Applying a clinic's file: checked, compared with what is applied, then written in one go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.core.clinic import Clinic
from bot.core.errors import DefinitionError
from bot.flows.model import Flow
from bot.flows.reading.places import places
from bot.services.clinic_checks import Surroundings, read_clinic
from bot.services.parts import Parts
from bot.services.transactions import reading, writing
from bot.store.tables import ClinicNumberRow, ClinicRow


@dataclass(frozen=True, slots=True)
class Change:
    """One field that applying the file changes; None stands for nothing there."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ClinicPlan:
    """A clinic that may be applied, and what that would change. No changes: nothing to do."""

    clinic: Clinic
    is_new: bool
    changes: tuple[Change, ...]


def plan_clinic(parts: Parts, source: str) -> ClinicPlan:
    """Return what applying this YAML would do; changes nothing.

    Raises DefinitionError with the path of a fault, also when a number is another clinic's, and
    StoreUnavailable.
    """
    clinic = read_clinic(source, _surroundings(parts))
    with reading(parts.engine) as session:
        _refuse_taken_numbers(session, clinic)
        row = session.get(ClinicRow, clinic.id)
        before = None if row is None else msgspec.json.decode(row.document)
    after = msgspec.json.decode(msgspec.json.encode(clinic))
    return ClinicPlan(clinic, before is None, tuple(_changes("", before, after)))


def apply_clinic(parts: Parts, plan: ClinicPlan) -> None:
    """Apply a planned clinic; this process knows it at once, others within half a minute.

    Raises DefinitionError when a number was taken meanwhile, StoreUnavailable.
    """
    clinic, now = plan.clinic, parts.now()
    document = msgspec.json.encode(clinic)
    content_hash = hashlib.sha256(document).hexdigest()
    try:
        with writing(parts.engine) as session:
            row = session.get(ClinicRow, clinic.id) or ClinicRow(id=clinic.id, created_at=now)
            row.document, row.content_hash, row.applied_at = document, content_hash, now
            session.add(row)
            session.execute(delete(ClinicNumberRow).where(ClinicNumberRow.clinic_id == clinic.id))
            session.flush()
            for number in clinic.sms_numbers:
                session.add(ClinicNumberRow(number=number, clinic_id=clinic.id, created_at=now))
    except IntegrityError:
        raise DefinitionError("sms_numbers", _TAKEN) from None
    parts.clinics.refresh()


_TAKEN = "belongs to another clinic"


def _surroundings(parts: Parts) -> Surroundings:
    def flow_of(flow_id: str) -> Flow:
        flow = parts.flows.current(flow_id)
        parts.flows.rules(flow)
        return flow

    states: dict[str, set[str]] = {}
    for code in {code for found in places().codes.values() for code in found if "-" in code}:
        states.setdefault(code.partition("-")[0], set()).add(code)
    known = {country: frozenset(codes) for country, codes in states.items()}
    return Surroundings(parts.resources.region_of, flow_of, known)


def _refuse_taken_numbers(session: Session, clinic: Clinic) -> None:
    taken = select(ClinicNumberRow.number).where(
        ClinicNumberRow.number.in_(clinic.sms_numbers), ClinicNumberRow.clinic_id != clinic.id
    )
    for number in session.scalars(taken):
        index = clinic.sms_numbers.index(number)
        raise DefinitionError(f"sms_numbers[{index}]", _TAKEN)


def _changes(path: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, dict | None) and isinstance(after, dict | None):
        old, new = before or {}, after or {}
        for key in sorted(old.keys() | new.keys()):
            yield from _changes(f"{path}.{key}" if path else key, old.get(key), new.get(key))
        return
    yield Change(path, _shown(before), _shown(after))


def _shown(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
