"""What Twilio's published API description says of texts and calls, as JSON schemas.

twilio_shapes.json holds names, types, patterns and allowed values, and none of the description's
prose. It is made anew from the published file (spec/json/twilio_api_v2010.json of
github.com/twilio/twilio-oai, Apache License 2.0, also inside the npm package @twilio-alpha/mcp):

    python -m tests.fakes.twilio_shapes path/to/twilio_api_v2010.json
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

SHAPES = Path(__file__).with_name("twilio_shapes.json")
ACCOUNT = "/2010-04-01/Accounts/{AccountSid}"
OPERATIONS = (
    ("post", "Messages"),
    ("get", "Messages"),
    ("get", "Messages/{Sid}"),
    ("post", "Calls"),
    ("get", "Calls"),
    ("get", "Calls/{Sid}"),
)
KEPT = ("type", "pattern", "enum", "minLength", "maxLength")
FORM = "application/x-www-form-urlencoded"


def extract(published: dict[str, Any]) -> dict[str, Any]:
    """Return for each operation the fields it takes and the answer it gives."""
    shapes = {}
    for method, name in OPERATIONS:
        operation = published["paths"][f"{ACCOUNT}/{name}.json"][method]
        shapes[f"{method} {name}"] = {
            "request": _request(operation, published),
            "answer": _answer(operation, published),
        }
    return shapes


def _request(operation: dict[str, Any], published: dict[str, Any]) -> dict[str, Any]:
    if "requestBody" in operation:
        return _schema(operation["requestBody"]["content"][FORM]["schema"], published)
    asked = [each for each in operation["parameters"] if each["in"] == "query"]
    taken = {each["name"]: _schema(each["schema"], published) for each in asked}
    return {"type": "object", "properties": taken, "additionalProperties": False}


def _answer(operation: dict[str, Any], published: dict[str, Any]) -> dict[str, Any]:
    (status,) = operation["responses"]
    content = operation["responses"][status]["content"]["application/json"]["schema"]
    return {"status": int(status), "schema": _schema(content, published)}


def _schema(source: dict[str, Any], published: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in source:
        name = source["$ref"].rpartition("/")[2]
        return _schema(published["components"]["schemas"][name] | _nullable(source), published)
    made = {key: source[key] for key in KEPT if key in source}
    if "properties" in source:
        known = {key: _schema(each, published) for key, each in source["properties"].items()}
        made |= {"properties": known, "additionalProperties": False}
        made |= {"required": source["required"]} if "required" in source else {}
    if "items" in source:
        made["items"] = _schema(source["items"], published)
    return {"anyOf": [made, {"type": "null"}]} if source.get("nullable") else made


def _nullable(source: dict[str, Any]) -> dict[str, Any]:
    return {"nullable": True} if source.get("nullable") else {}


def departures(operation: str, fields: list[tuple[str, str]], status: int, answer: Any) -> list:
    """Return how a request that was granted, and its answer, differ from the description."""
    shape = shapes()[operation]
    asked = {name: _typed(value, shape["request"], name) for name, value in fields}
    faults = [f"asked {fault}" for fault in _faults(shape["request"], asked)]
    if status != shape["answer"]["status"]:
        faults.append(f"answered {status}")
    return faults + [f"answered {fault}" for fault in _faults(shape["answer"]["schema"], answer)]


def _typed(value: str, request: dict[str, Any], name: str) -> Any:
    kind = request["properties"].get(name, {}).get("type")
    if kind == "integer":
        return int(value)
    if kind == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    return [value] if kind == "array" else value


def _faults(schema: dict[str, Any], found: Any) -> list[str]:
    checks = jsonschema_rs.validator_for(schema).iter_errors(found)
    return [f"{'/'.join(map(str, fault.instance_path))}: {fault.message}" for fault in checks]


@cache
def shapes() -> dict[str, Any]:
    """Return the committed shapes."""
    return json.loads(SHAPES.read_text())


if __name__ == "__main__":
    extracted = extract(json.loads(Path(sys.argv[1]).read_text()))
    lines = [f"{json.dumps(name)}: {json.dumps(made)}" for name, made in extracted.items()]
    SHAPES.write_text("{" + ",\n".join(lines) + "}\n")
