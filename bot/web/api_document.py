"""The interface as an OpenAPI 3.1 document, made of what the code checks and sends.

What requests must look like comes from the marshmallow schemas that check them, what answers look
like from the structs that are sent; only the words stand in a file. So it cannot say another thing
than what happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from bot.services.chat_views import ChatError, ChatView, ClinicAnswer, OpenedAnswer
from bot.web.chat_schemas import SessionWanted, TextSent
from bot.web.wording import chat_api

OPENAPI = "3.1.0"
REFERENCE = "#/components/schemas/{name}"
ANSWERS = (ChatView, OpenedAnswer, ClinicAnswer, ChatError)
EITHER = [{"required": ["text"]}, {"required": ["change"]}]
"""What TextSent checks in code: one of the two, never both."""


@cache
def api_document() -> Mapping[str, Any]:
    """Return the whole document; read once."""
    words = chat_api()
    components = {**words["components"], "schemas": _schemas()}
    return {"openapi": OPENAPI, **words, "components": components}


def _schemas() -> dict[str, Any]:
    spec = APISpec("", "", OPENAPI, plugins=[MarshmallowPlugin()])
    spec.components.schema("SessionWanted", schema=SessionWanted)
    spec.components.schema("TextSent", schema=TextSent)
    asked: dict[str, Any] = spec.to_dict()["components"]["schemas"]
    asked["TextSent"]["oneOf"] = EITHER
    _, answered = msgspec.json.schema_components(ANSWERS, ref_template=REFERENCE)
    return {**asked, **answered}
