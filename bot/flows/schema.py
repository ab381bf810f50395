"""The JSON Schema of flow files, for editors that check while one writes."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bot.flows.files import FlowFile

SCHEMA_FILE = Path(__file__).parent / "flow.schema.json"


def flow_schema() -> str:
    """Return the schema as indented JSON; `flow.schema.json` must be equal to it."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://porchlight.invalid/schema/flow.schema.json",
        **msgspec.json.schema(FlowFile),
    }
    encoded = msgspec.json.encode(schema, order="sorted")
    return msgspec.json.format(encoded, indent=2).decode() + "\n"
