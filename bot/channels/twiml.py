"""Our reply as TwiML: the same texts always give the same bytes, so a repeat is a repeat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from xml.sax.saxutils import escape, quoteattr

EMPTY = b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
CONTENT_TYPE = "text/xml; charset=utf-8"

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, escaped or not (section 2.2, Char)."""


def reply_document(texts: Sequence[str], *, status_callbacks: Sequence[str] = ()) -> bytes:
    """Return the TwiML that sends `texts` in order, and says nothing when there are none.

    `status_callbacks` are addresses that hear what becomes of the text at the same place; a
    text without one is sent all the same.
    """
    if not texts:
        return EMPTY
    pairs = zip_longest(texts, status_callbacks[: len(texts)], fillvalue="")
    messages = "".join(_message(text, callback) for text, callback in pairs)
    head = EMPTY[: -len(b"</Response>")].decode()
    return f"{head}{messages}</Response>".encode()


def _message(text: str, callback: str) -> str:
    attribute = f" statusCallback={quoteattr(callback)}" if callback else ""
    body = escape(ILLEGAL.sub("", text)).replace("\r", "&#13;")
    return f"<Message{attribute}><Body>{body}</Body></Message>"


VOICES = {"en": "en-US", "es": "es-MX"}
KEYS_WITHIN_SECONDS = 10


def keypress_document(said: str, *, language: str, action: str) -> str:
    """Return the TwiML of a call that says something twice and waits for one key.

    `action` is the address that hears which key it was.
    """
    say = _say(said, language)
    attributes = (
        f'numDigits="1" timeout="{KEYS_WITHIN_SECONDS}" action={quoteattr(action)} method="POST"'
    )
    return f'<Response><Gather {attributes}>{say}<Pause length="2"/>{say}</Gather></Response>'


def spoken_document(said: str, *, language: str) -> bytes:
    """Return the TwiML that says something in a call and hangs up."""
    head = EMPTY[: -len(b"</Response>")].decode()
    return f"{head}{_say(said, language)}<Hangup/></Response>".encode()


def _say(said: str, language: str) -> str:
    voice = VOICES.get(language, VOICES["en"])
    return f'<Say language="{voice}">{escape(ILLEGAL.sub("", said))}</Say>'
