"""Messages that could not be stored: kept on disk, encrypted, until the database is back.

What must stay true: `keep` returns only when the message would survive a power cut (the file and
its folder are synced), a reader sees whole files only (written aside, then renamed), and a file is
removed only after its turn is committed. A message that comes out twice changes nothing the
second time: its provider's id is in the database.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bot.core.errors import SettingsError
from bot.core.fail_points import FailPoint, reached
from bot.core.messages import InboundMessage
from bot.store.crypto import KeyRing, UnreadableField

COLUMN = "spool.message"
WHOLE = ".message"
DAMAGED = ".damaged"
UNFINISHED = ".aside"
KINDS = {WHOLE: "waiting", DAMAGED: "set aside", UNFINISHED: "never finished"}
ROOM_BYTES = 1_000_000
"""Hundreds of messages; a disk with less free is as good as full."""


class SpooledMessage(msgspec.Struct, frozen=True):
    """One message, to whom it was addressed, and whether emergency resources were said at once.

    `clinic_id` is "" when no clinic was known yet: then the message's own address tells it.
    """

    message: InboundMessage
    clinic_id: str
    conversation_id: str | None
    answered: bool
    messaging_service_sid: str | None = None


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of the spool by its name, which tells nothing of a patient, and what it is.

    One that was never finished was cut off by a crash before anybody was told that it is kept.
    """

    name: str
    kind: str


class Spool:
    """A folder of encrypted messages, oldest first by name.

    A name is `moment-patient-unique`: the patient is a keyed hash, so that one patient's messages
    can be told from the others' without opening any.
    """

    def __init__(self, folder: Path, keyring: KeyRing, new_id: Callable[[], str]) -> None:
        """Take the folder (made if missing), the cipher and the source of names."""
        self._folder = folder
        self._keyring = keyring
        self._new_id = new_id

    def check(self) -> None:
        """Make the folder and write into it; raises SettingsError when that is not possible."""
        try:
            self._make_folder()
            probe = self._folder / f"{self._new_id()}.probe"
            self._write(probe, b"probe")
            probe.unlink()
        except OSError:
            raise SettingsError(["SPOOL_DIR"], "cannot be written to") from None

    def takes_messages(self) -> bool:
        """Whether the folder may be written to and its disk has room; writes nothing."""
        try:
            room = os.statvfs(self._folder)
        except OSError:
            return False
        return os.access(self._folder, os.W_OK) and room.f_bavail * room.f_frsize >= ROOM_BYTES

    def keep(self, spooled: SpooledMessage, *, patient: str) -> None:
        """Store the message durably. Raises OSError when the disk does not take it."""
        sealed = self._keyring.seal(COLUMN, msgspec.msgpack.encode(spooled))
        name = _name(spooled.message.received_at, patient, self._new_id())
        aside = self._folder / f"{name}{UNFINISHED}"
        self._write(aside, sealed)
        reached(FailPoint.SPOOL_SYNCED)
        aside.rename(self._folder / f"{name}{WHOLE}")
        self._sync_folder()
        reached(FailPoint.SPOOL_KEPT)

    def waiting(self, patient: str | None = None) -> list[Path]:
        """Return the files of messages that wait (one patient's), oldest first.

        Empty if the folder is gone.
        """
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return []
        whole = (self._folder / name for name in sorted(names) if name.endswith(WHOLE))
        return [path for path in whole if patient is None or patient_of(path) == patient]

    def waiting_since(self) -> datetime | None:
        """Return when the oldest message that waits came; None if none does."""
        oldest = next(iter(self.waiting()), None)
        if oldest is None:
            return None
        microseconds = int(oldest.stem.partition("-")[0])
        return datetime.fromtimestamp(microseconds / 1_000_000, UTC)

    def read(self, path: Path) -> SpooledMessage | None:
        """Return the message; None (and the file is set aside) if it cannot be read."""
        try:
            plain = self._keyring.unseal(COLUMN, path.read_bytes())
            return msgspec.msgpack.decode(plain, type=SpooledMessage)
        except (UnreadableField, msgspec.MsgspecError):
            self.set_aside(path)
            return None

    def set_aside(self, path: Path) -> None:
        """Keep a file that cannot be replayed, under a name that nobody tries again."""
        path.rename(path.with_suffix(DAMAGED))
        self._sync_folder()

    def kept(self) -> list[KeptFile]:
        """Return every file in the folder that holds a message or a part of one, oldest first."""
        try:
            names = sorted(os.listdir(self._folder))
        except FileNotFoundError:
            return []
        return [
            KeptFile(Path(name).stem, KINDS[suffix])
            for name in names
            if (suffix := Path(name).suffix) in KINDS
        ]

    def try_again(self, name: str) -> bool:
        """Give a file that was set aside back to be replayed; false if there is none."""
        path = self._folder / f"{name}{DAMAGED}"
        if Path(name).name != name or not path.exists():
            return False
        path.rename(path.with_suffix(WHOLE))
        self._sync_folder()
        return True

    def discard(self, name: str) -> bool:
        """Delete a file that was set aside or never finished; false if there is none."""
        if Path(name).name != name:
            return False
        paths = [self._folder / f"{name}{suffix}" for suffix in (DAMAGED, UNFINISHED)]
        found = [path for path in paths if path.exists()]
        for path in found:
            path.unlink()
        self._sync_folder()
        return bool(found)

    def remove(self, path: Path) -> None:
        """Forget a message that is stored now."""
        path.unlink(missing_ok=True)
        self._sync_folder()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Give true to the one process that may replay now, false to the others."""
        with (self._folder / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _write(self, path: Path, content: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())

    def _make_folder(self) -> None:
        """Make the folder, with those above it, so that a power cut does not unmake them."""
        missing = [each for each in (self._folder, *self._folder.parents) if not each.exists()]
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for made in reversed(missing):
            _sync(made.parent)

    def _sync_folder(self) -> None:
        _sync(self._folder)


def patient_of(path: Path) -> str:
    """Return the keyed hash of the patient whose message a file holds."""
    return path.stem.partition("-")[2].partition("-")[0]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(received_at: datetime, patient: str, unique: str) -> str:
    return f"{round(received_at.timestamp() * 1_000_000):017d}-{patient}-{unique}"
