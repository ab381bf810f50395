"""Small flows for tests, and somebody to talk to them.

Every reply goes through an encoded and decoded state, and after every step the position must be
what folding the answers gives: whoever talks here checks both.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path
from textwrap import dedent

import yaml

from bot.core.decisions import Decision, Disposition, Priority
from bot.core.messages import Channel
from bot.flows import (
    DEFAULT_LIMITS,
    TurnContext,
    decode_state,
    encode_state,
    fold,
    load_flow,
    repeat,
    resume,
    start,
)
from bot.flows.events import AnswerRecorded, Asked, RiskAnswered, Said
from bot.flows.model import AskStep, SummaryStep
from bot.flows.phrases import DEFINITIONS

TODAY = date(2026, 11, 23)
WORDS = {"clinic_name": "Porch Clinic", "clinic_phone": "555-0100"}

HEAD = """\
id: {id}
version: "1"
languages: {languages}
nodes:
"""
INSTRUMENTS = ("phq9", "asq", "auditc", "pcptsd5")


def flow_of(nodes: str, *, languages="[en, es]", **others: str):
    """Return the flow with these nodes (YAML); `others` are sub-flows, `_` for `-`."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_flow(directory, "main", nodes, languages)
        for flow_id, more in others.items():
            write_flow(directory, flow_id.replace("_", "-"), more)
        (directory / "instruments").mkdir()
        for instrument in INSTRUMENTS:
            source = DEFINITIONS / "instruments" / f"{instrument}.json"
            shutil.copy(source, directory / "instruments")
        return load_flow("main", directory)


def write_flow(directory: Path, flow_id: str, nodes: str, languages="[en, es]") -> None:
    body = "".join(f"  {line}\n" for line in dedent(nodes).splitlines())
    head = HEAD.format(id=flow_id, languages=languages)
    (directory / f"{flow_id}.yaml").write_text(head + body, encoding="utf-8")


def nodes_of(flow) -> list:
    return yaml.safe_load(flow.source)["flows"][flow.id]["nodes"]


def verdict(disposition=Disposition.REVIEW) -> Decision:
    return Decision(disposition, Priority.ROUTINE, {}, (), (), "hash")


def always(disposition=Disposition.REVIEW):
    return lambda answers: verdict(disposition)


class Patient:
    """Talks to a flow; `events`, `texts` and `asked` are those of the last step."""

    def __init__(
        self, flow, *, language="en", channel=Channel.SMS, judge=None, limits=DEFAULT_LIMITS
    ) -> None:
        self.flow = flow
        self.channel = channel
        self.judge = judge or always()
        self.limits = limits
        self.turn = 1
        self.all_events: list = []
        self._take(start(flow, language=language, context=self.context()))

    def context(self) -> TurnContext:
        return TurnContext(TODAY, self.turn, self.channel, WORDS, self.judge, self.limits)

    def says(self, *texts: str) -> Patient:
        for text in texts:
            self.turn += 1
            state = decode_state(encode_state(self.state))
            assert state == self.state
            self._take(resume(self.flow, state, text, context=self.context()))
        return self

    def hears_again(self) -> Patient:
        self._take(repeat(self.flow, self.state, context=self.context()))
        return self

    def _take(self, step) -> None:
        self.state, self.events = step.state, step.events
        self.all_events.extend(step.events)
        folded = fold(self.flow, self.state.answers, self.state.held, judge=self.judge)
        assert folded.position == self.state.position or self.stopped
        assert folded.answers == self.state.answers
        assert {a.link_id for a in folded.held} == {a.link_id for a in self.state.held}
        assert decode_state(encode_state(self.state)) == self.state

    @property
    def stopped(self) -> bool:
        """Whether a limit of steps stopped the walk between two questions."""
        if not self.state.position:
            return False
        step = self.flow.steps[self.flow.index[self.state.position]]
        return not isinstance(step, AskStep | SummaryStep)

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def text(self) -> str:
        return "\n".join(e.text for e in self.events if isinstance(e, Said | Asked))

    @property
    def asked(self) -> str:
        asked = self.of(Asked)
        return asked[-1].link_id if asked else ""

    @property
    def recorded(self):
        return self.of(AnswerRecorded)[-1].answer

    @property
    def risk(self):
        found = self.of(RiskAnswered)
        return found[-1].finding if found else None

    @property
    def answers(self) -> dict:
        return {a.link_id: a for a in self.state.answers}

    @property
    def values(self) -> dict:
        return {a.link_id: a.value for a in self.state.answers}
