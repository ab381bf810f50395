"""The widget as one file: its scripts joined, its style, words and emergency numbers baked in.

What must stay true:
- The file needs nothing else: no library, no second request, no server for the emergency numbers.
- Scripts are joined, not built: what runs is what stands in `widget/`, line by line.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from bot.rules.resources import Resources
from bot.rules.resources_file import Region, Resource

FOLDER = Path(__file__).parent / "widget"
SCRIPTS = (
    "elements.js",
    "words.js",
    "settings.js",
    "api.js",
    "retrying.js",
    "keeping.js",
    "listening.js",
    "sending.js",
    "talk.js",
    "log.js",
    "answers.js",
    "emergency.js",
    "frame.js",
    "panel.js",
    "chat.js",
    "boot.js",
)
"""In the order in which they are joined: a script comes after what it uses when it is read."""

_SCRIPT_COMMENT = re.compile(r"^\s*//.*\n|^\s*\n", re.MULTILINE)
_STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_INDENT = re.compile(r"^ +", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class WidgetFile:
    """The joined file, the same packed with gzip, and what it is recognised by."""

    source: bytes
    packed: bytes
    etag: str


def build_widget(resources: Resources) -> WidgetFile:
    """Return the file that `GET /widget.js` serves. Raises OSError if a part cannot be read."""
    baked = {
        "words": yaml.safe_load(_read("words.yaml")),
        "style": _INDENT.sub("", _STYLE_COMMENT.sub("", _read("style.css"))),
        "resources": bake_resources(resources),
    }
    # JSON is script but for what would end a <script> element, should a page inline the file.
    told = json.dumps(baked, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    parts = [f"const BAKED = {told};", *(_script(name) for name in SCRIPTS)]
    joined = '(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"
    source = joined.encode("utf-8")
    packed = gzip.compress(source, compresslevel=9, mtime=0)
    return WidgetFile(source, packed, sha256(source).hexdigest()[:32])


def bake_resources(resources: Resources) -> dict[str, Any]:
    """Return every region's lines as the widget shows them: those that are for all stand first."""
    regions = {
        code: [_baked(resources.entries[each], is_first=True) for each in _first(region)]
        + [_baked(entry, is_first=False) for entry in _further(resources, code, region)]
        for code, region in resources.lines.items()
    }
    return {"regions": regions, "aliases": dict(resources.aliases)}


def _first(region: Region) -> tuple[str, str]:
    return region.emergency, region.support


def _further(resources: Resources, code: str, region: Region) -> Iterator[Resource]:
    for entry in resources.entries.values():
        if entry.region == code and entry.id not in _first(region):
            yield entry


def _baked(entry: Resource, *, is_first: bool) -> Mapping[str, Any]:
    actions = [{"href": each.href, "label": each.label} for each in entry.actions]
    first = {"first": True} if is_first else {}
    return {"name": entry.name, "actions": actions, **first}


def _script(name: str) -> str:
    return _INDENT.sub("", _SCRIPT_COMMENT.sub("", _read(name)))


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
