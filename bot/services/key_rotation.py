"""Moving every encrypted field to the newest key, so that an old key can be taken out.

Done while the program runs: a batch is a short transaction, and a field that was written again
meanwhile is left alone, since it is under the newest key already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, and_, select, tuple_, type_coerce, update
from sqlalchemy.orm import Session

from bot.services.parts import Parts
from bot.services.transactions import reading, writing
from bot.store.columns import EncryptedBytes, EncryptedText
from bot.store.tables import Base

BATCH = 200

Key = tuple[Any, ...]
"""A row's primary key."""


def encrypted_columns() -> Iterator[Column[Any]]:
    """Yield every encrypted column of every table."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, EncryptedText | EncryptedBytes):
                yield column


def reseal_all(parts: Parts) -> int:
    """Encrypt every field that is under an older key with the newest; return how many there were.

    Raises UnreadableField naming the column when a field's key is not in the ring: nothing of its
    batch is changed, earlier batches are. Raises StoreUnavailable.
    """
    return sum(_reseal_column(parts, column) for column in encrypted_columns())


def _reseal_column(parts: Parts, column: Column[Any]) -> int:
    changed, after = 0, None
    while True:
        keys = _page(parts, column, after)
        if not keys:
            return changed
        with writing(parts.engine) as session:
            changed += sum(_reseal_field(parts, session, column, key) for key in keys)
        after = keys[-1]


def _page(parts: Parts, column: Column[Any], after: Key | None) -> list[Key]:
    """Return the primary keys of the next rows that hold a value, in order."""
    primary = list(column.table.primary_key.columns)
    wanted = select(*primary).where(column.is_not(None)).order_by(*primary).limit(BATCH)
    if after is not None:
        wanted = wanted.where(tuple_(*primary) > tuple_(*after))
    with reading(parts.engine) as session:
        return [tuple(row) for row in session.execute(wanted)]


def _reseal_field(parts: Parts, session: Session, column: Column[Any], key: Key) -> bool:
    table: Table = column.table
    here = and_(*(name == value for name, value in zip(table.primary_key, key, strict=True)))
    raw = type_coerce(column, LargeBinary)
    blob = session.scalar(select(raw).where(here))
    if blob is None or parts.keyring.is_newest(bytes(blob)):
        return False
    sealed = parts.keyring.reseal(f"{table.name}.{column.name}", bytes(blob))
    is_unchanged = raw == type_coerce(bytes(blob), LargeBinary)
    done = session.connection().execute(
        update(table).where(here, is_unchanged).values({column: type_coerce(sealed, LargeBinary)})
    )
    return bool(done.rowcount)
