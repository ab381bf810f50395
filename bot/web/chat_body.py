"""The body of a chat request: strict JSON, checked against a schema.

JSON parsers are lenient where it hurts: Python's takes NaN, keeps the last of two equal keys,
turns 1e999 into infinity, and gives up with a RecursionError on a deep nest. All of that is a 400
here. Lone surrogates are JSON but no text: 422.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, NoReturn

from marshmallow import Schema, ValidationError

JSON_TYPE = "application/json"


class Unusable(Exception):
    """A body that cannot be used; `errors` names fields and what is wrong with each."""

    def __init__(self, status: HTTPStatus, errors: Any = None) -> None:
        """Take the status to answer and, where the schema found them, the faults."""
        super().__init__(status.phrase)
        self.status = status
        self.errors = errors


def read_body(body: bytes, mimetype: str, schema: Schema) -> dict[str, Any]:
    """Return the fields of a request's body; raises Unusable."""
    if mimetype != JSON_TYPE:
        raise Unusable(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    content = parse_strictly(body)
    if any(_has_surrogate(text) for text in _texts(content)):
        raise Unusable(HTTPStatus.UNPROCESSABLE_ENTITY, {"json": {"_schema": ["No text."]}})
    try:
        fields: dict[str, Any] = schema.load(content)
    except ValidationError as error:
        faults = {"json": error.messages}
        raise Unusable(HTTPStatus.UNPROCESSABLE_ENTITY, faults) from None
    return fields


def parse_strictly(body: bytes) -> Any:
    """Return what the JSON says. Raises Unusable (400) for anything that is not plain JSON."""
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_doubles,
            parse_constant=_refuse,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):
        raise Unusable(HTTPStatus.BAD_REQUEST) from None


def text_to_screen(body: bytes) -> str:
    """Return what is to be searched for danger: the text, or all of a body that has none.

    Whatever else is wrong with the request, what somebody wrote is read. Never raises.
    """
    try:
        content = parse_strictly(body)
    except Unusable:
        content = None
    text = content.get("text", "") if isinstance(content, dict) else None
    if not isinstance(text, str):
        text = body.decode("utf-8", "replace")
    return plain_text(text)


def plain_text(text: str) -> str:
    """Return the text without NUL, lone surrogates shown as U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError("no number of JSON")


def _finite(written: str) -> float:
    number = float(written)
    if number in (float("inf"), float("-inf")):
        raise ValueError("no number that can be held")
    return number


def _texts(content: Any) -> Iterator[str]:
    """Yield every text in what was parsed; it is nested less deep than the parser goes."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield key
            yield from _texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
