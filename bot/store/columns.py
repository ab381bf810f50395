"""Column types: aware UTC moments and encrypted fields, the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from bot.store.crypto import KeyRing


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC. SQLite keeps no zone, so it is removed and given back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment as the database takes it; raises ValueError if it is naive."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment must be timezone-aware")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the stored moment, aware and in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EncryptedText(TypeDecorator[str]):
    """Text encrypted for one column; `column` is that column's name as `table.column`."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        """Bind values to `column`: a value moved to another column does not decrypt."""
        super().__init__()
        self.column = column

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Return the text encrypted with the engine's newest key."""
        return None if value is None else _ring(dialect).seal(self.column, text_bytes(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Return the text; raises UnreadableField when it cannot be decrypted."""
        return None if value is None else bytes_text(_ring(dialect).unseal(self.column, value))


class EncryptedBytes(TypeDecorator[bytes]):
    """Bytes (encoded JSON) encrypted for one column, named as `table.column`."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        """Bind values to `column`: a value moved to another column does not decrypt."""
        super().__init__()
        self.column = column

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Return the bytes encrypted with the engine's newest key."""
        return None if value is None else _ring(dialect).seal(self.column, value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        """Return the bytes; raises UnreadableField when they cannot be decrypted."""
        return None if value is None else _ring(dialect).unseal(self.column, value)


def text_bytes(text: str) -> bytes:
    """Return UTF-8 that `bytes_text` turns back into any str, lone surrogates included."""
    return text.encode("utf-8", "surrogatepass")


def bytes_text(raw: bytes) -> str:
    """Return the str that `text_bytes` was given."""
    return raw.decode("utf-8", "surrogatepass")


def _ring(dialect: Dialect) -> KeyRing:
    ring: KeyRing = dialect.porchlight_keyring  # type: ignore[attr-defined]
    return ring
