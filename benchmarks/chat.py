"""What students wrote each other in chats: ordinary messages by people, 223,000 of them.

From `chitchat_dataset` (MIT licence), the Chit-Chat Challenge of Brigham Young University's
Perception, Control & Cognition lab: 7,168 conversations of autumn 2018. The chats of one half
teach the scorecard what ordinary words are; those of the other are only measured on.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files

TAUGHT, UNSEEN = 0, 1


def chat_texts(half: int) -> list[str]:
    """Return what was written in the chats of one half, each text once.

    What was written in both belongs to the half that has it first. Raises ModuleNotFoundError
    without the package.
    """
    chats = json.loads((files("chitchat_dataset") / "dataset.json").read_text("utf-8"))
    first: dict[str, int] = {}
    for name, chat in chats.items():
        for text in (said["text"].strip() for turn in chat["messages"] for said in turn):
            first.setdefault(text, _half(name))
    return [text for text, at in first.items() if text and at == half]


def _half(name: str) -> int:
    return TAUGHT if hashlib.sha256(name.encode()).digest()[0] % 2 else UNSEEN
