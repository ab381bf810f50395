"""Playing one patient's side of a conversation against the real flow and the real rules.

The state is encoded and decoded between all replies, so nothing lives on but what is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.core.answers import Answer
from bot.core.decisions import Decision, Judge
from bot.core.messages import Channel
from bot.flows.engine import current_question, resume, start
from bot.flows.events import (
    AnswersRemoved,
    Asked,
    Ended,
    Event,
    HumanAsked,
    LanguageSet,
    LinkOffered,
    NotUnderstood,
    PauseAsked,
    Restarted,
    RiskAnswered,
    Said,
    Triaged,
)
from bot.flows.model import Flow
from bot.flows.state import FlowState, TurnContext, decode_state, encode_state
from bot.rules.ruleset import load_ruleset
from bot.rules.triage import judge_for

TODAY = date(2026, 11, 23)
WORDS = {"clinic_name": "Harbor Light Clinic", "clinic_phone": "+1 555-010-0142"}
LICENSED = ("US-CA", "US-WA")
MOST_TURNS = 80


@dataclass(frozen=True)
class Stage:
    """The flow and the judge of a clinic licensed in California and Washington."""

    flow: Flow
    judge: Judge


def judge_of(flow: Flow) -> Judge:
    """Return the real rules for `flow`, for the clinic of the transcripts."""
    return judge_for(load_ruleset(flow.symbols, flow.instruments), LICENSED)


@dataclass
class Talk:
    """One conversation as it goes: its state, and everything that was said and done."""

    stage: Stage
    channel: Channel
    state: FlowState
    lines: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    latest: tuple[Event, ...] = ()
    turns: int = 0

    @classmethod
    def begin(cls, stage: Stage, language: str, channel: Channel) -> Talk:
        """Return a conversation in which the bot has just greeted the patient."""
        step = start(stage.flow, language=language, context=_context(stage, channel, 1))
        talk = cls(stage, channel, step.state)
        talk._hear(step.events)
        return talk

    def say(self, text: str) -> tuple[Event, ...]:
        """Send the patient's `text`; return what the bot did."""
        self.turns += 1
        self.lines.append(f"patient: {text}")
        state = decode_state(encode_state(self.state))
        context = _context(self.stage, self.channel, self.turns + 1)
        step = resume(self.stage.flow, state, text, context=context)
        self.state = step.state
        self._hear(step.events)
        return step.events

    @property
    def open_question(self) -> str:
        """The link_id of the question that waits for a reply, or `end`."""
        question = current_question(self.stage.flow, self.state)
        return question.link_id if question else self.state.position or "end"

    @property
    def reply(self) -> str:
        """What the bot said last, as one text."""
        return texts_of(self.latest)

    @property
    def decision(self) -> Decision:
        """What the rules say about the answers as they are now."""
        return self.stage.judge(self.state.answers)

    def answer_of(self, link_id: str) -> Answer | None:
        """Return the live answer to a question."""
        return next((a for a in self.state.answers if a.link_id == link_id), None)

    def _hear(self, events: Iterable[Event]) -> None:
        self.latest = tuple(events)
        self.events.extend(self.latest)
        for event in self.latest:
            if isinstance(event, Said | Asked):
                self.lines.append("bot: " + event.text.replace("\n", "\n     "))
            elif note := describe(event):
                self.lines.append(f"  * {note}")


def _context(stage: Stage, channel: Channel, turn: int) -> TurnContext:
    return TurnContext(
        today=TODAY, turn_number=turn, channel=channel, words=WORDS, judge=stage.judge
    )


def texts_of(events: Iterable[Event]) -> str:
    """Return the reply texts of one step, a line each."""
    return "\n".join(event.text for event in events if isinstance(event, Said | Asked))


def describe(event: Event) -> str:
    """Return one event in a line for the record, "" for what the texts show already."""
    if isinstance(event, RiskAnswered):
        finding = event.finding
        return f"risk {event.link_id}: {finding.tier.label} {finding.category}"
    if isinstance(event, Triaged):
        result = "result" if event.final else "checkpoint"
        return f"{result} {event.node}: {event.decision.disposition.label}"
    if isinstance(event, NotUnderstood):
        return f"not understood {event.link_id}: {event.reason}, attempt {event.attempt}"
    if isinstance(event, AnswersRemoved):
        return f"set aside: {', '.join(event.link_ids)}"
    if isinstance(event, LanguageSet):
        return f"language {event.language}"
    if isinstance(event, HumanAsked):
        return f"a person is asked for: {event.reason}"
    if isinstance(event, Ended):
        return f"ended: {event.outcome}"
    names: Mapping[type, str] = {
        PauseAsked: "paused",
        LinkOffered: "link offered",
        Restarted: "started over",
    }
    return names.get(type(event), "")


def answer_until(talk: Talk, target: str, sheet: dict[str, str], where: str) -> None:
    """Answer from `sheet` until `target` is open; fails when it never is."""
    for _ in range(MOST_TURNS):
        if talk.open_question == target:
            return
        assert talk.open_question in sheet, f"{where}: no reply to {talk.open_question}"
        talk.say(sheet[talk.open_question])
    raise AssertionError(f"{where}: {target} was never asked; open: {talk.open_question}")
