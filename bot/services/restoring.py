"""After a restore: is the copy whole and readable, and who must not be texted?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bot.services.parts import Parts
from bot.services.readiness import Readiness, readiness
from bot.store.copies import count_rows, missing_rows, read_newest_message
from bot.store.engine import READ_ONLY, make_engine, store_errors
from bot.store.opt_outs import OptOut, opt_out_again, opted_out


@dataclass(frozen=True, slots=True)
class Drill:
    """What a copy is like. `missing` names tables whose number of rows cannot be right."""

    readiness: Readiness
    rows: int
    missing: list[str]
    has_read: bool

    @property
    def is_good(self) -> bool:
        """Whether the program could go on with this copy."""
        return self.readiness.is_ready and not self.missing


def counts(parts: Parts) -> dict[str, int]:
    """Return table -> rows that a backup taken now has at least. Raises StoreUnavailable."""
    with store_errors(), parts.engine.connect().execution_options(**READ_ONLY) as connection:
        return count_rows(connection)


def examine(parts: Parts, copy_url: str, *, before: dict[str, int]) -> Drill:
    """Return how the copy at `copy_url` is; `before` was counted before the backup was taken.

    Raises StoreUnavailable, UnreadableField when the keys given are not those of the backup.
    """
    after = counts(parts)
    copy = replace(parts, engine=make_engine(copy_url, parts.keyring))
    try:
        found = readiness(copy)
        copied = counts(copy)
        with store_errors(), copy.engine.connect().execution_options(**READ_ONLY) as connection:
            has_read = read_newest_message(connection)
    finally:
        copy.engine.dispose()
    return Drill(found, sum(copied.values()), missing_rows(before, copied, after), has_read)


def export_opt_outs(parts: Parts, path: Path) -> int:
    """Write everybody who wants no texts to `path`, one a line; return how many."""
    with store_errors(), parts.engine.connect().execution_options(**READ_ONLY) as connection:
        kept = list(opted_out(connection))
    aside = path.with_name(f"{path.name}.aside")
    aside.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in kept))
    aside.replace(path)
    return len(kept)


def apply_opt_outs(parts: Parts, lines: Iterable[bytes]) -> tuple[int, int]:
    """Opt out whom `export_opt_outs` wrote down; return (how many changed, how many lines).

    All of them or none. Raises StoreUnavailable, msgspec.MsgspecError for a line it cannot read.
    """
    kept = [msgspec.json.decode(line, type=OptOut) for line in lines if line.strip()]
    with store_errors(), parts.engine.begin() as connection:
        changed = sum(
            opt_out_again(connection, each, now=parts.now(), new_id=parts.new_id) for each in kept
        )
    return changed, len(kept)
