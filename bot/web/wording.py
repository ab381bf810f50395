"""The words of the pages, from files beside this one; read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "words"


@cache
def clinic_words() -> Mapping[str, Any]:
    """Return what the clinicians' pages call things."""
    return _read("clinic.yaml")


@cache
def patient_words() -> Mapping[str, Mapping[str, str]]:
    """Return the words of the page behind a secure link, by language."""
    return _read("patient.yaml")


@cache
def demo_words() -> Mapping[str, Mapping[str, Any]]:
    """Return the words of the demo clinic's own page, by language."""
    return _read("demo.yaml")


def chat_api() -> Mapping[str, Any]:
    """Return the words of the interface's document."""
    return _read("chat_api.yaml")


def called(kind: str, code: str | None) -> str:
    """Return what a code is called on the pages; the code itself when it has no line."""
    if not code:
        return ""
    words: Mapping[str, str] = clinic_words()[kind]
    return words.get(code, code)


def reason_called(code: str) -> str:
    """Return what a reason is called; `answer:<link_id>` is an answer of concern."""
    kind, _, link_id = code.partition(":")
    if kind == "answer" and link_id:
        template: str = clinic_words()["answer_reason"]
        return template.format(question=called("questions", link_id))
    return called("reasons", code)


def _read(name: str) -> Mapping[str, Any]:
    words: Mapping[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return words
