"""What the fake accepted, refused and called back: lines of JSON that survive its own death."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

Entry = dict[str, Any]


class Ledger:
    """Entries in the order they were made; on disk too where a file is given.

    What must stay true: an entry is on disk before anybody is told of it.
    """

    def __init__(self, now: Callable[[], datetime], path: Path | None = None) -> None:
        """Read what the file holds already; a last line that was torn by a crash is cut off."""
        self._now = now
        self._lock = threading.Lock()
        self.entries: list[Entry] = []
        self._file = None if path is None else path.open("a+b")
        if self._file is not None:
            self.entries = _whole_lines(self._file)

    def add(self, kind: str, **facts: Any) -> Entry:
        """Write one entry down and return it."""
        entry = {"entry": kind, "at": self._now().isoformat(), **facts}
        with self._lock:
            self.entries.append(entry)
            if self._file is not None:
                self._file.write(json.dumps(entry).encode() + b"\n")
                self._file.flush()
                os.fsync(self._file.fileno())
        return entry

    def of_kind(self, kind: str) -> list[Entry]:
        """Return the entries of one kind."""
        with self._lock:
            return [entry for entry in self.entries if entry["entry"] == kind]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _whole_lines(file: BinaryIO) -> list[Entry]:
    file.seek(0)
    content = file.read()
    file.truncate(content.rfind(b"\n") + 1)
    return [json.loads(line) for line in content.split(b"\n")[:-1]]
