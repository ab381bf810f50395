"""A disk that forgets, at a power cut, whatever was not synced.

`watch` runs inside the program: at each fsync of a file in the folder it notes the file's content,
at each fsync of the folder the names in it, and at one of the folder's parent that the folder is
there. `after_cut` leaves of the folder what was noted and nothing else, as an unkind disk would.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

NAMES = "names"
THERE = "there"


def watch(folder: Path, notes: Path) -> None:
    """From now on note what this process, and those it forks, sync in the folder."""
    notes.mkdir(parents=True, exist_ok=True)
    sync = os.fsync

    def noting(descriptor: int) -> None:
        sync(descriptor)
        place = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if place == folder:
            _note(notes, NAMES, lambda: json.dumps(_names(folder)).encode())
        elif place == folder.parent and folder.is_dir():
            (notes / THERE).touch()
        elif place.parent == folder and stat.S_ISREG(os.fstat(descriptor).st_mode):
            inode = os.fstat(descriptor).st_ino
            _note(notes, str(inode), Path(f"/proc/self/fd/{descriptor}").read_bytes)

    os.fsync = noting


def after_cut(folder: Path, notes: Path) -> None:
    """Make the folder what the disk has of it; the processes that used it must be dead."""
    noted = notes / NAMES
    names = json.loads(noted.read_bytes()) if noted.exists() else {}
    shutil.rmtree(folder)
    if not (notes / THERE).exists():
        return
    folder.mkdir(mode=0o700)
    for name, inode in names.items():
        content = notes / str(inode)
        (folder / name).write_bytes(content.read_bytes() if content.exists() else b"")


def _names(folder: Path) -> dict[str, int]:
    with os.scandir(folder) as entries:
        return {entry.name: entry.inode() for entry in entries}


def _note(notes: Path, name: str, content: Callable[[], bytes]) -> None:
    with (notes / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        aside = notes / f".{name}"
        aside.write_bytes(content())
        aside.rename(notes / name)
