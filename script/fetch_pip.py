"""Install pip into the environment that runs this, where Python came without ensurepip.

Uses the standard library alone: asks the package index for pip's newest wheel, checks its
SHA-256 against the index, and lets that wheel install itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
JSON_PAGE = "application/vnd.pypi.simple.v1+json"


def newest_wheel() -> dict:
    """Return the index's entry of the newest pip wheel."""
    request = urllib.request.Request(INDEX, headers={"Accept": JSON_PAGE})
    with urllib.request.urlopen(request, timeout=60) as page:
        files = json.load(page)["files"]
    wheels = [f for f in files if f["filename"].endswith(".whl") and not f.get("yanked")]
    return max(wheels, key=lambda wheel: version_of(wheel["filename"]))


def version_of(filename: str) -> tuple[int, ...]:
    """Return the version in a wheel's name; a pre-release sorts before everything."""
    parts = filename.split("-")[1].split(".")
    return tuple(int(part) for part in parts) if all(p.isdigit() for p in parts) else (0,)


def main() -> None:
    """Fetch, check, install."""
    wheel = newest_wheel()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, wheel["filename"])
        with urllib.request.urlopen(urljoin(INDEX, wheel["url"]), timeout=300) as download:
            target.write_bytes(download.read())
        if hashlib.sha256(target.read_bytes()).hexdigest() != wheel["hashes"]["sha256"]:
            sys.exit("setup: the pip wheel that arrived is not the one the index names")
        command = [sys.executable, f"{target}/pip", "install", "--quiet", "--no-index", target]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
