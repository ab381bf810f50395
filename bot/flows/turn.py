"""One turn in the making: the state as it will be, and the events so far.

Engine phrases that come before a question are put into the question's own text, so that a text
message is not cut into several that may arrive in another order.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.answers import Answer
from bot.core.errors import InvalidField
from bot.core.messages import Channel, Choice
from bot.flows.events import Asked, Event, HumanAsked, HumanReason, LinkOffered, Said
from bot.flows.fold import Walk
from bot.flows.model import AskStep, Flow, FlowStep, SummaryStep, Wording
from bot.flows.phrases import LINK_WORD, fill, phrases
from bot.flows.state import FlowState, TurnContext
from bot.flows.summary import Listing, Topic, list_topics, topics_of

Choices = tuple[Choice, ...]

Open = AskStep | SummaryStep | None
"""The step that waits for a reply; None after an end or where a limit stopped the walk."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a turn gives back: the new state, and what happened, in order."""

    state: FlowState
    events: tuple[Event, ...]


class Turn:
    """Mutable while one turn is worked out; `step()` freezes it."""

    __slots__ = (
        "_lead",
        "_question_asked",
        "answers",
        "channel",
        "context",
        "events",
        "flow",
        "held",
        "human_told",
        "language",
        "outcome",
        "paused",
        "pending",
        "position",
        "reask",
        "turn_count",
        "unclear_count",
    )

    def __init__(self, flow: Flow, state: FlowState, context: TurnContext) -> None:
        if state.flow_hash != flow.content_hash:
            problem = "belongs to another version of the flow"
            raise InvalidField("flow_state", problem, "load the version it is pinned to")
        self.flow = flow
        self.context = context
        self.channel: Channel = context.channel
        self.language = state.language
        self.position = state.position
        self.answers = list(state.answers)
        self.held = state.held
        self.reask = state.reask
        self.pending = state.pending
        self.unclear_count = state.unclear_count
        self.human_told = state.human_told
        self.paused = state.paused
        self.turn_count = state.turn_count
        self.outcome = state.outcome
        self.events: list[Event] = []
        self._lead: list[str] = []

    def step(self) -> Step:
        """Return the finished turn; phrases that no question followed are said by themselves."""
        self._flush()
        state = FlowState(
            self.flow.content_hash,
            self.position,
            self.language,
            self.channel,
            tuple(self.answers),
            self.held,
            self.reask,
            self.pending,
            self.unclear_count,
            self.human_told,
            self.paused,
            self.turn_count,
            self.outcome,
        )
        return Step(state, tuple(self.events))

    def open_step(self) -> Open:
        """Return the step that the next reply answers."""
        step = self.current()
        return step if isinstance(step, AskStep | SummaryStep) else None

    def current(self) -> FlowStep | None:
        """Return the step at the position, whatever it is; None when the flow has ended."""
        open_id = self.reask[0] if self.reask else self.position
        if not open_id:
            return None
        return self.flow.steps[self.flow.index[open_id]]

    def answer_to(self, link_id: str) -> Answer | None:
        """Return the answer on the path to this question, if any."""
        return next((a for a in self.answers if a.link_id == link_id), None)

    def phrase(self, key: str, **words: str) -> str:
        """Return an engine phrase in the patient's language, filled in."""
        text = phrases().text(key, self.language, self.channel)
        return fill(fill(text, self.context.words), words)

    def write(self, wording: Wording) -> str:
        """Return a text of the flow in the patient's language, filled in."""
        return fill(wording[self.language, self.channel], self.context.words)

    def say(self, key: str, **words: str) -> None:
        """Say an engine phrase, before the question if one follows."""
        self._lead.append(self.phrase(key, **words))

    def say_text(self, text: str) -> None:
        """Say a text, before the question if one follows."""
        self._lead.append(text)

    def ask_human(self, reason: HumanReason) -> None:
        """Ask for a person."""
        self.events.append(HumanAsked(reason))

    def walk(self, index: int) -> None:
        """Walk on from step `index` with the present answers; sets the position."""
        self._flush()
        spare = {answer.link_id: answer for answer in self.held} if self.held else {}
        self._apply(self._walked(index, self.answers, spare))

    def refold(self) -> None:
        """Walk from the start with all answers known; nothing said before is said again."""
        self._flush()
        known = {answer.link_id: answer for answer in (*self.held, *self.answers)}
        before = self.position
        walk = self._walked(0, [], known)
        if walk.position == before:
            walk.events = [event for event in walk.events if not isinstance(event, Said)]
        self._apply(walk)

    def _walked(self, index: int, live: list[Answer], spare: dict[str, Answer]) -> Walk:
        walk = Walk(
            self.flow,
            live,
            spare,
            judge=self.context.judge,
            steps=self.context.limits.steps,
            say=self.write,
            web_turn=self.context.turn_number if self.channel is Channel.WEB else None,
        )
        walk.run(index)
        return walk

    def _apply(self, walk: Walk) -> None:
        self.answers = walk.live
        self.held = tuple(walk.spare.values())
        self.position = walk.position
        self.events.extend(walk.events)
        self.outcome = walk.outcome
        if walk.exceeded:
            self.say("too_long")
            self.ask_human(HumanReason.LIMIT)

    def ask(self, *, fresh: bool = False, attempt: int = 0) -> None:
        """Ask the open question, phrases said before it included; nothing if there is none.

        `fresh` says an instrument's introduction once more. `attempt` 1 and 2 use the node's
        other words, if it has any.
        """
        step = self.open_step()
        if isinstance(step, SummaryStep):
            listing = self.listing(confirm=True)
            self._emit(step.id, self.write(step.text) + listing.text, listing.choices)
        elif step is not None:
            self._ask_question(step, fresh=fresh, attempt=attempt)

    def ask_own(self, text: str, choices: Choices) -> None:
        """Ask a question of the engine's own, in place of the open one."""
        step = self.open_step()
        self._emit(step.id if step else "", text, choices)

    def listing(self, *, confirm: bool) -> Listing:
        """Return the topics that the patient may change."""
        return list_topics(
            self.flow,
            self.answers,
            language=self.language,
            channel=self.channel,
            confirm=confirm,
        )

    def topics(self) -> tuple[Topic, ...]:
        """Return the topics alone, in the order of their numbers from 1."""
        return topics_of(self.flow, self.answers, self.language, self.channel)

    def _ask_question(self, step: AskStep, *, fresh: bool, attempt: int) -> None:
        key = (self.language, self.channel)
        before = None if fresh else self._same_group_before(step)
        if before is None and self.language in step.note:
            self.say(step.note[self.language])
        if step.stem is not None and before is None:
            self.say_text(step.stem[key])
        text = step.again[attempt - 1] if attempt and step.again else step.text
        self._emit(step.id, self.write(text), step.choices[key])

    def _same_group_before(self, step: AskStep) -> AskStep | None:
        """Return the question before this one if it came from the same instrument, just now."""
        if self.reask:
            place = [answer.link_id for answer in self.answers].index(step.id) - 1
        else:
            place = len(self.answers) - 1
        if place < 0 or step.group is None:
            return None
        answer = self.answers[place]
        if self.reask and answer.at_turn != self.context.turn_number:
            return None
        before = self.flow.steps[self.flow.index[answer.link_id]]
        return before if isinstance(before, AskStep) and before.group == step.group else None

    def _emit(self, link_id: str, text: str, choices: Choices) -> None:
        whole = "\n".join((*self._lead, text)) if self._lead else text
        self._lead.clear()
        self._offer_link(whole)
        number, about = self.progress()
        self.events.append(Asked(link_id, whole, choices, number, about))

    def progress(self) -> tuple[int, int]:
        """Return the number of the open question and about how many there are."""
        done = len(self.answers)
        number = done + 1
        if self.reask:
            number = 1 + [answer.link_id for answer in self.answers].index(self.reask[0])
        ahead = 0
        if self.position:
            front = self.flow.steps[self.flow.index[self.position]]
            ahead = front.ahead if isinstance(front, AskStep | SummaryStep) else 0
        return number, max(number, done + ahead)

    def _flush(self) -> None:
        if self._lead:
            whole = "\n".join(self._lead)
            self._lead.clear()
            self._offer_link(whole)
            self.events.append(Said(whole))

    def _offer_link(self, text: str) -> None:
        if LINK_WORD in text:
            self.events.append(LinkOffered())
