"""Who wants no texts: told in a form that can be kept apart, and put back after a restore.

An opt-out that was given after the backup is missing in the restored database. So the present
state is written out often, as keyed hashes of addresses, and applied to whatever was restored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select, update

from bot.store.tables import OptOutRow, PatientRow

SOURCE = "restored"


class OptOut(msgspec.Struct, frozen=True):
    """A patient who opted out: found by clinic, channel and the keyed hash of the address."""

    clinic_id: str
    channel: str
    address_hash: bytes
    opted_out_at: datetime | None


def opted_out(connection: Connection) -> Iterator[OptOut]:
    """Yield every patient who wants no texts."""
    rows = connection.execute(
        select(
            PatientRow.clinic_id,
            PatientRow.channel,
            PatientRow.address_hash,
            PatientRow.opted_out_at,
        ).where(PatientRow.opted_out_at.is_not(None))
    )
    for row in rows:
        yield OptOut(*row)


def opt_out_again(
    connection: Connection, kept: OptOut, *, now: datetime, new_id: Callable[[], str]
) -> bool:
    """Opt a patient out unless they are; false if nothing changed. `now` where no moment is kept.

    A patient whom the restored database does not know has to be asked for consent anyway.
    """
    moment = kept.opted_out_at or now
    patient_id = connection.scalar(
        update(PatientRow)
        .where(
            PatientRow.clinic_id == kept.clinic_id,
            PatientRow.channel == kept.channel,
            PatientRow.address_hash == kept.address_hash,
            PatientRow.opted_out_at.is_(None),
        )
        .values(opted_out_at=moment)
        .returning(PatientRow.id)
    )
    if patient_id is None:
        return False
    row = {"id": new_id(), "patient_id": patient_id, "opted_out": True, "source": SOURCE}
    connection.execute(insert(OptOutRow).values(**row, created_at=moment))
    return True
