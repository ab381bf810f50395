"""What chat requests must look like. The interface's document is made from these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

LONGEST_TEXT = 10_000
"""Characters of one message."""

LONGEST_ID = 200
LONGEST_LANGUAGE = 35
"""The longest language tag that RFC 5646 asks software to take."""


def on_one_line(text: str) -> None:
    """Raise ValidationError for a line break at the end, which `$` of a pattern passes over."""
    if text.endswith("\n"):
        raise ValidationError("Has a line break.")


def _matching(pattern: str) -> list[Any]:
    return [validate.Regexp(pattern), on_one_line]


class Strict(Schema):
    """Refuses fields that it does not know."""

    class Meta:
        """Options of marshmallow."""

        unknown = RAISE


class SessionWanted(Strict):
    """The body of POST /chat/v1/sessions."""

    clinic = fields.String(required=True, validate=_matching(r"^[a-z][a-z0-9-]{0,62}$"))
    language = fields.String(validate=validate.Length(max=LONGEST_LANGUAGE))


class BirthGiven(Strict):
    """What is written at the door of a secure link: YYYY-MM-DD, "" where no date is asked."""

    text = fields.String(required=True, validate=validate.Length(max=LONGEST_ID))


class TextSent(Strict):
    """The body of POST /chat/v1/messages: `text`, or the `change` of an earlier answer."""

    client_id = fields.String(required=True, validate=_matching(r"^[A-Za-z0-9_-]{1,64}$"))
    text = fields.String(validate=validate.Length(max=LONGEST_TEXT))
    change = fields.String(validate=validate.Length(min=1, max=LONGEST_ID))

    @validates_schema
    def one_of_both(self, data: Mapping[str, Any], **_more: Any) -> None:
        """Refuse a body that says both or neither."""
        if ("text" in data) == ("change" in data):
            raise ValidationError({"text": ["Either this or change."]})
