"""Reading flow files, and the canonical bundle that pins a flow to a conversation.

A flow is compiled from its bundle and from nothing else, so that a stored bundle gives the same
flow again, whatever has become of the files since.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import yaml

from bot.core.errors import DefinitionError
from bot.core.instruments import Instrument
from bot.flows.compile import compile_flow
from bot.flows.files import FORMAT, AskInstrument, Bundle, FlowFile, SubFlow
from bot.flows.model import Flow
from bot.flows.phrases import DEFINITIONS

_WHERE = re.compile(r" - at (?:`key` in )?`\$\.?(.*)`$", re.DOTALL)
_BUNDLE = msgspec.json.Decoder(Bundle)
_CANONICAL = msgspec.json.Encoder(order="deterministic")


class _Loader(yaml.CSafeLoader):
    """Refuses a key that is given twice, which YAML readers otherwise let the last one win."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise DefinitionError(f"line {node.start_mark.line + 1}", f"{twice!r} is given twice")
        return super().construct_mapping(node, deep)


def load_flow(
    flow_id: str,
    directory: Path = DEFINITIONS,
    *,
    licensed: Mapping[str, Instrument] | None = None,
) -> Flow:
    """Return the flow `<directory>/<flow_id>.yaml` with its sub-flows and instruments.

    `licensed` are instruments that do not lie in `<directory>/instruments` because they need a
    permission.

    Raises:
        DefinitionError: with the path of the fault.
    """
    return flow_from_source(_bundle(flow_id, directory, licensed or {}))


def flow_from_source(source: bytes) -> Flow:
    """Return the flow of a canonical bundle, as `Flow.source` holds it.

    Raises:
        DefinitionError: the bundle is not readable or its flow is faulty.
    """
    try:
        bundle = _BUNDLE.decode(source)
    except msgspec.DecodeError as error:
        raise _definition_error(error) from error
    if bundle.format != FORMAT:
        raise DefinitionError("format", f"this version reads format {FORMAT}")
    return compile_flow(bundle, source, sha256(source).hexdigest())


def parse_flow_file(content: bytes) -> FlowFile:
    """Return one flow file, checked against the grammar only.

    Raises:
        DefinitionError: with the path of the fault, such as `nodes[3].text`.
    """
    return _convert(_parse(content))


def _bundle(flow_id: str, directory: Path, licensed: Mapping[str, Instrument]) -> bytes:
    flows: dict[str, object] = {}
    instruments: dict[str, object] = {}
    waiting = [flow_id]
    while waiting:
        name = waiting.pop()
        if name in flows:
            continue
        file = _read_flow(name, directory, main=name == flow_id)
        flows[name] = file
        waiting.extend(node.flow for node in file.nodes if isinstance(node, SubFlow))
        for node in file.nodes:
            if isinstance(node, AskInstrument) and node.instrument not in instruments:
                instruments[node.instrument] = _read_instrument(
                    node.instrument, directory, licensed
                )
    content = {"format": FORMAT, "id": flow_id, "flows": flows, "instruments": instruments}
    return _CANONICAL.encode(content)


def _read_flow(flow_id: str, directory: Path, *, main: bool) -> FlowFile:
    path = directory / f"{flow_id}.yaml"
    prefix = "" if main else f"{flow_id}:"
    try:
        parsed = _parse(path.read_bytes())
        file = _convert(parsed)
    except OSError as error:
        raise DefinitionError(flow_id, "there is no such flow file") from error
    except DefinitionError as error:
        raise DefinitionError(f"{prefix}{error.path}", error.problem) from error
    if file.id != flow_id:
        raise DefinitionError(f"{prefix}id", f"must be {flow_id!r}, as the file is named")
    return file


def _read_instrument(name: str, directory: Path, licensed: Mapping[str, Instrument]) -> object:
    if name in licensed:
        return msgspec.json.decode(licensed[name].source)
    path = directory / "instruments" / f"{name}.json"
    try:
        return msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise DefinitionError(f"instruments.{name}", "there is no such instrument") from error
    except msgspec.DecodeError as error:
        raise DefinitionError(f"instruments.{name}", str(error)) from error


def _parse(content: bytes) -> object:
    try:
        return yaml.load(content, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise DefinitionError("file", f"is not readable YAML: {error}") from error


def _convert(parsed: object) -> FlowFile:
    try:
        return msgspec.convert(parsed, FlowFile)
    except msgspec.ValidationError as error:
        raise _definition_error(error) from error


def _definition_error(error: msgspec.DecodeError) -> DefinitionError:
    """Turn "Expected `str`, got `int` - at `$.nodes[3].id`" into a path and a problem."""
    message = str(error)
    found = _WHERE.search(message)
    path = found[1] if found else ""
    return DefinitionError(path or "file", message[: found.start()] if found else message)
