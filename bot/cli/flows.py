"""Commands for those who write flows: `flows lint|draw|simulate|schema`.

They need no settings and no database: a flow is a file, and talking to it leaves no trace.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import click
from flask.cli import AppGroup

from bot.core.clock import utc_now
from bot.core.decisions import Judge
from bot.core.errors import DefinitionError
from bot.core.messages import Channel
from bot.flows import Flow, Step, TurnContext, load_flow, resume, start
from bot.flows.draw import mermaid, svg
from bot.flows.events import Asked, Ended, Event, Said
from bot.flows.files import SubFlow
from bot.flows.lint import lint as lint_flow
from bot.flows.load import parse_flow_file
from bot.flows.outline import outline
from bot.flows.phrases import DEFINITIONS
from bot.flows.schema import flow_schema

DEFAULT_FLOW = "ketamine-screening"
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
STATES = ("US-CA", "US-NY", "US-TX")
WORDS = {"clinic_name": "Example Clinic", "clinic_phone": "555-0100"}

flows = AppGroup("flows", help="Check, draw and try flows.")

in_folder = click.option(
    "--directory", type=FOLDER, default=DEFINITIONS, help="Where the flow files lie."
)


@flows.command("lint", with_appcontext=False)
@click.argument("flow_ids", nargs=-1)
@in_folder
def lint(flow_ids: tuple[str, ...], directory: Path) -> None:
    """Print every problem of the flows (all that stand by themselves, unless named).

    Ends with status 1 when there is one.
    """
    found = 0
    for flow_id in flow_ids or main_flows(directory):
        for path, code, message in _problems(flow_id, directory):
            click.echo(f"{flow_id}: {path}: {message} [{code}]")
            found += 1
    if found:
        raise SystemExit(1)
    click.echo("no problems")


@flows.command("draw", with_appcontext=False)
@click.argument("flow_id", default=DEFAULT_FLOW)
@click.option("--svg", "as_svg", is_flag=True, help="An SVG document instead of Mermaid text.")
@click.option("--language", default="en", show_default=True)
@in_folder
def draw(flow_id: str, as_svg: bool, language: str, directory: Path) -> None:
    """Print the flow as a Mermaid flowchart."""
    flow = _loaded(flow_id, directory)
    if language not in flow.languages:
        raise click.UsageError(f"{flow_id} speaks {', '.join(flow.languages)}")
    drawing = outline(flow, language)
    click.echo((svg if as_svg else mermaid)(drawing), nl=False)


@flows.command("simulate", with_appcontext=False)
@click.argument("flow_id", default=DEFAULT_FLOW)
@click.option("--language", default="en", show_default=True)
@click.option("--mode", type=click.Choice([c.value for c in Channel]), default=Channel.SMS.value)
@click.option("--state", "states", multiple=True, default=STATES, help="Licensed states.")
@click.option("--verbose", is_flag=True, help="Show every event.")
@in_folder
def simulate(
    flow_id: str,
    language: str,
    mode: str,
    states: tuple[str, ...],
    verbose: bool,
    directory: Path,
) -> None:
    """Talk to the flow: each line of the input is a patient's reply. Nothing is stored."""
    flow = _loaded(flow_id, directory)
    talk = _Talk(flow, Channel(mode), _judge(flow, states), verbose=verbose)
    talk.run(language)


@flows.command("schema", with_appcontext=False)
def schema() -> None:
    """Print the JSON Schema of flow files, for editors."""
    click.echo(flow_schema(), nl=False)


def main_flows(directory: Path) -> list[str]:
    """Return the ids of the flows in `directory` that no other flow there contains.

    A YAML file without nodes (phrases, words) is no flow. One that cannot be read may be: it is
    listed, so that its fault is reported.
    """
    listed: list[str] = []
    inner: set[str] = set()
    for path in sorted(directory.glob("*.yaml")):
        content = path.read_bytes()
        if not re.search(rb"^nodes\s*:", content, re.MULTILINE):
            continue
        listed.append(path.stem)
        inner |= _contained(content)
    return [flow_id for flow_id in listed if flow_id not in inner]


def _contained(content: bytes) -> set[str]:
    """Return the ids of the sub-flows of a flow file; none when it cannot be read."""
    try:
        nodes = parse_flow_file(content).nodes
    except DefinitionError:
        return set()
    return {node.flow for node in nodes if isinstance(node, SubFlow)}


def _problems(flow_id: str, directory: Path) -> list[tuple[str, str, str]]:
    try:
        flow = load_flow(flow_id, directory)
    except DefinitionError as error:
        return [(error.path, "definition", error.problem)]
    return [(problem.path, problem.code, problem.message) for problem in lint_flow(flow)]


def _loaded(flow_id: str, directory: Path) -> Flow:
    try:
        return load_flow(flow_id, directory)
    except DefinitionError as error:
        raise click.UsageError(str(error)) from None


def _judge(flow: Flow, states: tuple[str, ...]) -> Judge:
    # the rules are needed by this command only, and not by every flow
    from bot.rules.ruleset import load_ruleset
    from bot.rules.triage import judge_for

    try:
        return judge_for(load_ruleset(flow.symbols, flow.instruments), states)
    except DefinitionError as error:
        raise click.UsageError(f"the triage rules do not fit this flow: {error}") from None


class _Talk:
    """One conversation on the terminal."""

    def __init__(self, flow: Flow, channel: Channel, judge: Judge, *, verbose: bool) -> None:
        self._flow = flow
        self._channel = channel
        self._judge = judge
        self._show: Callable[[Event], None] = _show_all if verbose else _show_text

    def run(self, language: str) -> None:
        """Talk until the flow or the input ends."""
        turn = 1
        step = start(self._flow, language=language, context=self._context(turn))
        while not self._shown(step):
            line = sys.stdin.readline()
            if not line:
                return
            turn += 1
            step = resume(self._flow, step.state, line.rstrip("\n"), context=self._context(turn))

    def _shown(self, step: Step) -> bool:
        """Show what happened; return whether the flow has ended."""
        for event in step.events:
            self._show(event)
        return any(isinstance(event, Ended) for event in step.events)

    def _context(self, turn: int) -> TurnContext:
        return TurnContext(utc_now().date(), turn, self._channel, WORDS, self._judge)


def _show_text(event: Event) -> None:
    if isinstance(event, Said | Asked):
        click.echo(f"{event.text}\n")


def _show_all(event: Event) -> None:
    _show_text(event)
    if isinstance(event, Asked):
        click.secho(f"  [asked {event.link_id}, {event.number} of about {event.about}]", dim=True)
    elif not isinstance(event, Said):
        click.secho(f"  [{event!r}]", dim=True)
