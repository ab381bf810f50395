"""The turn's SQL, as text: one SELECT that locks, and the writes of a turn.

On PostgreSQL all writes of a turn are one statement. Its first part, `gate`, inserts the inbound
message unless its provider's id is already there; every other part selects FROM gate and so does
nothing for a message that was treated before. The parts of one statement all see the rows as they
were before it, so no row may be changed by two of them; foreign keys are checked at its end. On
SQLite the same parts are statements of their own, run in the same order once the gate has let the
message through.

A statement's text depends only on its shape (how many rows of which part), so texts are built
once per shape and PostgreSQL keeps their plans.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import count

from sqlalchemy import Boolean, DateTime, Integer, LargeBinary, SmallInteger, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from bot.store.tables import Base

Shape = tuple[tuple[str, int], ...]
"""Parts of a turn's write in order, each with its number of rows; the first is `gate`."""


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of write. An update sets `columns` where `keys` match, an insert has no keys.

    `conflict` is what an insert does when the row exists. `after` names a part whose row must
    have been changed before this one inserts. `assign` replaces the plain `column = value`.
    """

    table: str
    columns: tuple[str, ...]
    keys: tuple[str, ...] = ()
    conflict: str = ""
    after: str = ""
    assign: tuple[tuple[str, str], ...] = ()
    returning: bool = False


def _all_of(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in Base.metadata.tables[table].columns)


_RANK = "CASE {} WHEN 'stat' THEN 2 WHEN 'urgent' THEN 1 ELSE 0 END"

PARTS: dict[str, Part] = {
    "gate": Part(
        "messages",
        _all_of("messages"),
        conflict="ON CONFLICT (channel, provider_key) DO NOTHING",
        returning=True,
    ),
    "patient": Part("patients", _all_of("patients")),
    "retired": Part("conversations", ("is_current",), keys=("id",), returning=True),
    "begun": Part("conversations", _all_of("conversations"), returning=True),
    "replaced": Part("conversations", _all_of("conversations"), after="retired", returning=True),
    "moved": Part(
        "conversations",
        (
            "status",
            "language",
            "flow_hash",
            "turn_number",
            "state",
            "risk_open",
            "crisis_answers",
            "consult_id",
            "consult_priority",
            "last_inbound_at",
        ),
        keys=("id", "turn_number"),
        assign=(("state", "coalesce({value}, state)"),),
        returning=True,
    ),
    "reply": Part("messages", _all_of("messages")),
    "answer": Part("answers", _all_of("answers")),
    "decision": Part("decisions", _all_of("decisions")),
    "safety": Part("safety_events", _all_of("safety_events")),
    "flag": Part("conversation_flags", _all_of("conversation_flags")),
    "about": Part(
        "patients",
        ("opted_out_at", "language", "name"),
        keys=("id",),
        assign=(
            ("name", "coalesce({value}, name)"),
            (
                "opted_out_at",
                "CASE WHEN {value} IS NULL THEN NULL ELSE coalesce(opted_out_at, {value}) END",
            ),
        ),
    ),
    "opt_out": Part("opt_out_changes", _all_of("opt_out_changes")),
    "link": Part("secure_links", _all_of("secure_links")),
    "consult": Part("consult_requests", _all_of("consult_requests")),
    "raised": Part(
        "consult_requests",
        ("priority", "due_at", "disposition", "decision", "version"),
        keys=("id",),
        assign=(
            (
                "priority",
                "CASE WHEN "
                + _RANK.format("priority")
                + " < "
                + _RANK.format("{value}")
                + " THEN {value} ELSE priority END",
            ),
            ("due_at", "CASE WHEN {value} < due_at THEN {value} ELSE due_at END"),
            ("disposition", "coalesce({value}, disposition)"),
            ("decision", "coalesce({value}, decision)"),
            ("version", "version + {value}"),
        ),
    ),
    "reason": Part(
        "consult_reasons", _all_of("consult_reasons"), conflict="ON CONFLICT DO NOTHING"
    ),
    "consult_event": Part("consult_events", _all_of("consult_events")),
    "outbox": Part("outbox", _all_of("outbox")),
    "alert": Part("alerts", _all_of("alerts"), conflict="ON CONFLICT DO NOTHING"),
    "timer": Part(
        "timers",
        _all_of("timers"),
        conflict="ON CONFLICT (conversation_id) DO UPDATE SET kind = excluded.kind, "
        "due_at = excluded.due_at, since = excluded.since, "
        "turn_number = excluded.turn_number, created_at = excluded.created_at",
    ),
}
"""Every write a turn can make, in the order in which SQLite runs them."""

_LOADED = (
    "p.id, p.opted_out_at, c.id, c.clinic_id, c.channel, c.status, c.language, c.flow_hash, "
    "c.turn_number, c.state, c.risk_open, c.crisis_answers, c.consult_id, c.consult_priority, "
    "c.last_inbound_at, c.created_at, p.language"
)
BY_ADDRESS = (
    f"SELECT {_LOADED} FROM patients p JOIN conversations c "  # noqa: S608 - fixed texts
    "ON c.patient_id = p.id AND c.is_current "
    "WHERE p.clinic_id = {0} AND p.channel = {1} AND p.address_hash = {2}"
)
_BY_CONVERSATION = (
    f"SELECT {_LOADED} FROM patients p JOIN conversations c "  # noqa: S608 - fixed texts
    "ON c.patient_id = p.id AND c.is_current WHERE c.id = {0}"
)
BY_PATIENT_OF = (
    f"SELECT {_LOADED} FROM patients p JOIN conversations c "  # noqa: S608 - fixed texts
    "ON c.patient_id = p.id AND c.is_current "
    "WHERE p.id = (SELECT patient_id FROM conversations WHERE id = {0})"
)
_STORED_REPLY = (
    "SELECT i.conversation_id, i.turn_number, i.body, p.address_hash, o.id, o.body, o.kind, "
    "q.id IS NOT NULL "
    "FROM messages i JOIN conversations c ON c.id = i.conversation_id "
    "JOIN patients p ON p.id = c.patient_id "
    "LEFT JOIN messages o ON o.conversation_id = i.conversation_id "
    "AND o.turn_number = i.turn_number AND o.in_reply_to = i.id "
    "LEFT JOIN outbox q ON q.id = o.id "
    "WHERE i.channel = {0} AND i.provider_key = {1} ORDER BY o.position"
)

_NUMBERED = ("$1::text", "$2::text", "$3::bytea")
_MARKS = ("?", "?", "?")

LOAD_BY_ADDRESS = {
    "postgresql": BY_ADDRESS.format(*_NUMBERED) + " FOR UPDATE",
    "sqlite": BY_ADDRESS.format(*_MARKS),
}
"""The patient's current conversation, locked. Both rows are locked: a row that was only joined
would be read as it was before the wait for the lock, and a turn would be lost."""

LOAD_BY_CONVERSATION = {
    "postgresql": _BY_CONVERSATION.format(*_NUMBERED) + " FOR UPDATE",
    "sqlite": _BY_CONVERSATION.format(*_MARKS),
}

LOAD_BY_PATIENT_OF = {
    "postgresql": BY_PATIENT_OF.format(*_NUMBERED) + " FOR UPDATE OF p, c",
    "sqlite": BY_PATIENT_OF.format(*_MARKS),
}

STORED_REPLY = {
    "postgresql": _STORED_REPLY.format(*_NUMBERED),
    "sqlite": _STORED_REPLY.format(*_MARKS),
}


@lru_cache(maxsize=512)
def postgresql_write(shape: Shape) -> str:
    """Return the one statement that makes all writes of this shape.

    It gives back two numbers: how many inbound messages (0 for a duplicate) and how many
    conversations (0 if somebody else has moved it) were written.
    """
    numbers = count(1)
    clauses = []
    for name, rows in shape:
        part = PARTS[name]
        if part.keys:
            for row in range(rows):
                clauses.append(f"{name}{row or ''} AS ({_pg_update(part, numbers)})")
        else:
            clauses.append(f"{name} AS ({_pg_insert(part, rows, numbers, gate=name == 'gate')})")
    placed = next(name for name, _ in shape if name in {"moved", "begun", "replaced"})
    return (
        f"WITH {', '.join(clauses)} "  # noqa: S608 - names from PARTS, values as parameters
        f"SELECT (SELECT count(*) FROM gate), (SELECT count(*) FROM {placed})"
    )


@cache
def sqlite_write(name: str) -> str:
    """Return the statement that makes one row's write of this part."""
    part = PARTS[name]
    if part.keys:
        sets = ", ".join(_assignment(part, column, "?") for column in part.columns)
        where = " AND ".join(f"{key} = ?" for key in part.keys)
        return f"UPDATE {part.table} SET {sets} WHERE {where}"  # noqa: S608 - names from PARTS
    columns = ", ".join(part.columns)
    marks = ", ".join("?" for _ in part.columns)
    return f"INSERT INTO {part.table} ({columns}) VALUES ({marks}) {part.conflict}"  # noqa: S608


@cache
def sqlite_repeats(name: str) -> tuple[int, ...]:
    """Return how often each value of a row is repeated: SQLite's marks carry no numbers."""
    part = PARTS[name]
    assigned = (_assignment(part, column, "?").count("?") for column in part.columns)
    return (*assigned, *(1 for _ in part.keys))


def in_order(part: str, values: Mapping[str, object]) -> tuple[object, ...]:
    """Return a row's values in the order in which the part's statement takes them."""
    return tuple(map(values.__getitem__, PARTS[part].columns))


def _assignment(part: Part, column: str, value: str) -> str:
    return f"{column} = {dict(part.assign).get(column, '{value}').format(value=value)}"


def _pg_update(part: Part, numbers: count[int]) -> str:
    sets = ", ".join(
        _assignment(part, column, _parameter(part, column, numbers)) for column in part.columns
    )
    where = " AND ".join(
        f"{part.table}.{key} = {_parameter(part, key, numbers)}" for key in part.keys
    )
    text = f"UPDATE {part.table} SET {sets} FROM gate WHERE {where}"  # noqa: S608
    return text + (" RETURNING 1" if part.returning else "")


def _pg_insert(part: Part, rows: int, numbers: count[int], *, gate: bool) -> str:
    columns = ", ".join(part.columns)
    values = ", ".join(f"({_pg_row(part, part.columns, numbers)})" for _ in range(rows))
    source = f"VALUES {values}"
    if not gate:
        sources = ", ".join(["gate", part.after] if part.after else ["gate"])
        source = f"SELECT v.* FROM (VALUES {values}) AS v, {sources}"  # noqa: S608
    text = f"INSERT INTO {part.table} ({columns}) {source} {part.conflict}"
    return text + (" RETURNING 1" if part.returning else "")


def _pg_row(part: Part, columns: Sequence[str], numbers: count[int]) -> str:
    return ", ".join(_parameter(part, column, numbers) for column in columns)


def _parameter(part: Part, column: str, numbers: count[int]) -> str:
    return f"${next(numbers)}::{_pg_type(Base.metadata.tables[part.table].columns[column].type)}"


_PG_TYPES: tuple[tuple[type[TypeEngine], str], ...] = (
    (SmallInteger, "smallint"),
    (Integer, "integer"),
    (Boolean, "boolean"),
    (DateTime, "timestamptz"),
    (LargeBinary, "bytea"),
    (String, "text"),
)


def _pg_type(column_type: TypeEngine) -> str:
    plain = column_type.impl if isinstance(column_type, TypeDecorator) else column_type
    return next(name for kind, name in _PG_TYPES if isinstance(plain, kind))
