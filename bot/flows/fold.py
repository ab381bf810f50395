"""Walking a flow: what the answers so far lead to.

A question whose answer is known is passed; the first whose answer is not known is where the walk
stops. A condition sees only what was answered earlier on the path, so walking on from the last
question and folding all answers from the start come to the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.answers import Answer, AnswerStatus
from bot.core.conditions import Condition
from bot.core.decisions import Judge, QuickJudge
from bot.flows.events import AnswerRecorded, Ended, Event, Said, Triaged
from bot.flows.known import Known
from bot.flows.model import (
    AskStep,
    BranchStep,
    EndStep,
    Flow,
    FlowStep,
    GateStep,
    LinkStep,
    SayStep,
    SummaryStep,
    TriageStep,
    Wording,
)

WEB = "web"


@dataclass(frozen=True, slots=True)
class Folded:
    """Where the answers lead: the open question's id ("" at an end), and which of them count."""

    position: str
    answers: tuple[Answer, ...]
    held: tuple[Answer, ...]


def fold(
    flow: Flow,
    answers: Iterable[Answer],
    held: Iterable[Answer] = (),
    *,
    judge: Judge,
) -> Folded:
    """Return what `answers` and `held` come to when the flow is walked from its start.

    No limit of steps applies: a flow has no cycles, so the walk ends.
    """
    known = {answer.link_id: answer for answer in (*held, *answers)}
    walk = Walk(flow, [], known, judge=judge, steps=len(flow.steps))
    walk.run(0)
    return Folded(walk.position, tuple(walk.live), tuple(walk.spare.values()))


class Walk:
    """One walk. `live` are the answers on the path, `spare` those that may yet come onto it.

    `say` writes a text out; without it nothing is said. `web_turn` is the turn's number when the
    patient is on the web, where the offer of a web link answers itself. After `run`: `position`
    is where it stopped ("" at an end, which gave `outcome`), `events` what happened on the way,
    `exceeded` whether it was stopped after more than `steps` steps between two questions.
    """

    __slots__ = (
        "_flow",
        "_judge",
        "_known",
        "_limit",
        "_say",
        "_web_turn",
        "events",
        "exceeded",
        "live",
        "outcome",
        "position",
        "spare",
    )

    def __init__(
        self,
        flow: Flow,
        live: list[Answer],
        spare: dict[str, Answer],
        *,
        judge: Judge,
        steps: int,
        say: Callable[[Wording], str] | None = None,
        web_turn: int | None = None,
    ) -> None:
        self.live = live
        self.spare = spare
        self.events: list[Event] = []
        self.position = ""
        self.outcome = ""
        self.exceeded = False
        self._web_turn = web_turn
        self._flow = flow
        self._judge = judge
        self._limit = steps
        self._say = say
        self._known: Known | None = None

    def run(self, index: int) -> None:
        """Walk from step `index` to the next question without an answer, or to an end."""
        steps, taken = self._flow.steps, 0
        while True:
            step = steps[index]
            if taken == self._limit:
                self.exceeded = True
                self.position = step.id
                return
            taken += 1
            if step.when and self._is_off(step):
                index = step.passed
                continue
            target = _WALKED[type(step)](self, step)
            if target is None:
                return
            if isinstance(step, AskStep | SummaryStep):
                taken = 0
            index = target

    def _is_off(self, step: FlowStep) -> bool:
        return any(self._evaluate(condition) is False for condition in step.when)

    def _evaluate(self, condition: Condition) -> bool | None:
        if self._known is None:
            self._known = Known(self._flow, self.live)
        return condition.evaluate(self._known)

    def _take(self, answer: Answer) -> None:
        """Pass a question whose answer is known; what was said before it was heard before."""
        self.live.append(answer)
        if self._known is not None:
            self._known.add(answer)
        self.events = [event for event in self.events if not isinstance(event, Said)]

    def _ask(self, step: AskStep | SummaryStep) -> int | None:
        answer = self.spare.pop(step.id, None)
        if answer is None:
            self.position = step.id
            return None
        self._take(answer)
        return step.following

    def _link(self, step: LinkStep) -> int | None:
        if self._web_turn is not None and step.id not in self.spare:
            answer = Answer(step.id, AnswerStatus.ANSWERED, WEB, at_turn=self._web_turn)
            self.spare[step.id] = answer
            self.events.append(AnswerRecorded(answer))
        return self._ask(step)

    def _speak(self, step: SayStep) -> int:
        if self._say is not None:
            self.events.append(Said(self._say(step.text)))
        return step.following

    def _branch(self, step: BranchStep) -> int:
        for condition, target in step.cases:
            decided = self._evaluate(condition)
            if decided is None:
                return step.unknown
            if decided:
                return target
        return step.otherwise

    def _triage(self, step: TriageStep) -> int:
        if step.only_closes and not self._may_close():
            return step.following
        decision = self._judge(tuple(self.live))
        self.events.append(Triaged(step.id, decision, step.final))
        return step.cases.get(decision.disposition, step.following)

    def _may_close(self) -> bool:
        return not isinstance(self._judge, QuickJudge) or self._judge.may_close(self.live)

    def _gate(self, step: GateStep) -> int:
        return step.following

    def _end(self, step: EndStep) -> None:
        if self._say is not None:
            self.events.append(Said(self._say(step.text)))
        self.events.append(Ended(step.outcome))
        self.position, self.outcome = "", step.outcome


_WALKED: Mapping[type, Callable[[Walk, Any], int | None]] = {
    AskStep: Walk._ask,
    LinkStep: Walk._link,
    SummaryStep: Walk._ask,
    SayStep: Walk._speak,
    BranchStep: Walk._branch,
    TriageStep: Walk._triage,
    GateStep: Walk._gate,
    EndStep: Walk._end,
}
