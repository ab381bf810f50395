"""The flow engine: pure, one reply in, a new state and a list of events out.

The order in which a reply is taken:

1. beyond the limit of turns nothing is read any more; a person is asked for;
2. a clear pick of what the open question offers, even if a command has the same name;
3. a command that is the whole message (BACK, SKIP, WHY …);
4. what the engine itself asked last (which of two readings, start over?, which answer to change),
   which comes before the second while it is open;
5. the open question.

A paused conversation's next message counts as an answer only if it is a clear one to a question
that is not free text, and more than a bare yes or no; anything else is met with a welcome and the
question. A reply is never taken as the answer to a question that was not asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bot.core.answers import Answer, AnswerStatus
from bot.core.decisions import Decision
from bot.core.messages import Channel, Choice
from bot.flows.commands import AFTER_THE_END, ask_pending, obey
from bot.flows.confirming import NEITHER, ask_which, chosen
from bot.flows.events import AnswersRemoved, Asked, HumanReason, Restarted
from bot.flows.model import AskStep, Flow, LinkStep, SummaryStep
from bot.flows.pausing import YES_NO, is_heard, is_taken_at_once
from bot.flows.questions import Kind, Question
from bot.flows.reading import Ambiguous, Reading, Understood, read_command, read_reply
from bot.flows.reading.results import Command
from bot.flows.recording import record
from bot.flows.replies import not_understood, read, take, take_possible
from bot.flows.state import FlowState, PendingKind, PossibleReading, TurnContext
from bot.flows.summary import topic_question
from bot.flows.symbols import CONFIRMED
from bot.flows.turn import Step, Turn

_OFFERING = frozenset({Kind.YES_NO, Kind.ONE_OF, Kind.MANY_OF})
"""Kinds that offer words to reply with: those outrank a command of the same name."""


def start(flow: Flow, *, language: str, context: TurnContext) -> Step:
    """Begin the flow: say what comes first and ask the first question.

    A language that the flow does not have becomes its first.
    """
    spoken = language if language in flow.languages else flow.languages[0]
    turn = Turn(flow, FlowState(flow.content_hash, "", spoken, context.channel), context)
    turn.walk(0)
    turn.ask()
    return turn.step()


def resume(flow: Flow, state: FlowState, text: str, *, context: TurnContext) -> Step:
    """Take `text` as the patient's reply or command, whatever it is; never raises for it.

    Raises:
        InvalidField: `state` belongs to another version of the flow.
    """
    turn = Turn(flow, state, context)
    turn.turn_count += 1
    if turn.turn_count > context.limits.turns:
        over_limit(turn)
    elif not _on_the_way(turn):
        _hear(turn, text)
    return turn.step()


def repeat(flow: Flow, state: FlowState, *, context: TurnContext) -> Step:
    """Ask the open question once more, as after a person has let the conversation go on.

    What the engine itself had asked is dropped, and replies not understood are forgotten.

    Raises:
        InvalidField: `state` belongs to another version of the flow.
    """
    turn = Turn(flow, state, context)
    turn.pending, turn.paused, turn.unclear_count = None, False, 0
    if not _on_the_way(turn):
        if turn.current() is None:
            turn.say("ended")
        turn.ask(fresh=True)
    return turn.step()


def current_question(flow: Flow, state: FlowState) -> Question | None:
    """Return the question that the next reply answers; None at a summary or after the end."""
    open_id = state.open_id
    step = flow.steps[flow.index[open_id]] if open_id else None
    return step.question if isinstance(step, AskStep) else None


def current_choices(flow: Flow, state: FlowState) -> tuple[Choice, ...]:
    """Return the choices of what was asked last, for a page that shows them anew.

    That is the engine's own question where one is open, else the open question or the summary.
    Empty when there are none, or nothing is open.
    """
    context = TurnContext(date.min, state.turn_count, state.channel, {}, _no_judge)
    turn = Turn(flow, state, context)
    step = turn.open_step()
    if turn.pending is None:
        turn.ask()
    elif turn.pending.kind is not PendingKind.READING:
        ask_pending(turn, turn.pending.kind)
    elif isinstance(step, AskStep):
        ask_which(turn, step)
    return next((e.choices for e in turn.step().events if isinstance(e, Asked)), ())


def _no_judge(answers: Iterable[Answer]) -> Decision:
    raise RuntimeError("asking again walks nowhere, so nothing is judged")


def _on_the_way(turn: Turn) -> bool:
    """Go on where no reply is waited for: past a limit's stop, or past the offer of a link.

    Whoever comes to that offer over the web has taken it; what they wrote is not an answer yet.
    """
    step = turn.current()
    if step is None or turn.reask:
        return False
    if isinstance(step, LinkStep) and turn.channel is Channel.WEB:
        turn.pending = None
    elif isinstance(step, AskStep | SummaryStep):
        return False
    turn.paused = False
    turn.walk(turn.flow.index[turn.position])
    turn.ask(fresh=True)
    return True


def over_limit(turn: Turn) -> None:
    """Read nothing any more; ask for a person once."""
    turn.say("too_long")
    if turn.turn_count == turn.context.limits.turns + 1:
        turn.ask_human(HumanReason.LIMIT)


def _hear(turn: Turn, text: str) -> None:
    step, reading = turn.open_step(), None
    if turn.pending is None and isinstance(step, AskStep) and step.question.kind in _OFFERING:
        reading = read(turn, step, text)
        if is_taken_at_once(turn, step, reading, text):
            turn.paused = False
            take(turn, step, reading, text)
            return
    command = None if text.isdecimal() else read_command(text, language=turn.language)
    if command is not None:
        turn.paused = False
        _obey(turn, command, text)
    elif turn.pending is not None:
        _PENDING[turn.pending.kind](turn, text)
    else:
        _answer(turn, text, reading)


def _obey(turn: Turn, command: Command, text: str) -> None:
    step = turn.open_step()
    if step is None and command.kind not in AFTER_THE_END:
        turn.say("ended")
    else:
        obey(turn, step, command, text)


def _answer(turn: Turn, text: str, reading: Reading | None = None) -> None:
    """Take `text` as the reply to what is open; `reading` is what it was read as already."""
    step = turn.open_step()
    if step is None:
        turn.say("ended")
    elif isinstance(step, SummaryStep):
        _confirm_summary(turn, step, text)
    else:
        reading = reading or read(turn, step, text)
        if not is_heard(turn, step, reading, text):
            turn.say("welcome_back")
            turn.ask(fresh=True)
        else:
            take(turn, step, reading, text)
        turn.paused = False


def _confirm_summary(turn: Turn, step: SummaryStep, text: str) -> None:
    was_paused, turn.paused = turn.paused, False
    number = _picked_topic(turn, text, confirm=True)
    if was_paused and not text.strip().isdecimal():
        turn.say("welcome_back")
        turn.ask()
    elif number is None:
        turn.say("reask_1")
        turn.ask()
    elif number == 0:
        answer = Answer(
            step.id,
            AnswerStatus.ANSWERED,
            CONFIRMED,
            at_turn=turn.context.turn_number,
        )
        record(turn, step, answer)
        turn.ask()
    else:
        _ask_topic(turn, number)


def _picked_topic(turn: Turn, text: str, *, confirm: bool) -> int | None:
    """Return the number picked from the list of topics (0: none of them), None if unclear."""
    topics = turn.topics()
    if text.isdecimal() and len(text) < 4:
        number = int(text)
        return number if number <= len(topics) else None
    zero = turn.phrase("all_right" if confirm else "change_none")
    question = topic_question(topics, zero, turn.language)
    reading = read_reply(question, text, language=turn.language, today=turn.context.today)
    return int(str(reading.value)) if isinstance(reading, Understood) else None


def _ask_topic(turn: Turn, number: int) -> None:
    topic = turn.topics()[number - 1]
    turn.pending = None
    turn.reask = (*topic.link_ids, *(i for i in turn.reask if i not in topic.link_ids))
    turn.say("change_again")
    turn.ask()


def _settle_reading(turn: Turn, text: str) -> None:
    """Take the reading picked, or `text` as a new reply when it picks none."""
    step = turn.open_step()
    if not isinstance(step, AskStep):
        _answer(turn, text)
        return
    picked = chosen(turn, step, text)
    turn.pending = None
    if isinstance(picked, PossibleReading):
        take_possible(turn, step, picked)
        return
    reading = read(turn, step, text)
    if picked == NEITHER or isinstance(reading, Ambiguous):
        not_understood(turn, step, "not_exact", hedged=False, text=text)
    else:
        take(turn, step, reading, text)


def _settle_restart(turn: Turn, text: str) -> None:
    """Start over on a clear yes only; a clear no goes on, anything else is heard as a reply."""
    turn.pending = None
    reading = read_reply(YES_NO, text, language=turn.language, today=turn.context.today)
    if not isinstance(reading, Understood):
        _answer(turn, text)
    elif reading.value:
        _restart(turn)
    else:
        turn.say("go_on" if turn.current() else "ended")
        turn.ask(fresh=True)


def _restart(turn: Turn) -> None:
    """Drop every answer and begin at the top; danger that was told stays told."""
    removed = tuple(answer.link_id for answer in turn.answers)
    turn.answers, turn.held, turn.reask = [], (), ()
    turn.unclear_count, turn.human_told, turn.outcome = 0, False, ""
    turn.events.append(Restarted())
    if removed:
        turn.events.append(AnswersRemoved(removed))
    turn.say("restarted")
    turn.walk(0)
    turn.ask()


def _settle_change(turn: Turn, text: str) -> None:
    """Ask the topic picked again; 0 goes on, anything else is heard as a reply."""
    turn.pending = None
    number = _picked_topic(turn, text, confirm=False)
    if number is None:
        _answer(turn, text)
    elif number == 0:
        turn.say("go_on")
        turn.ask(fresh=True)
    else:
        _ask_topic(turn, number)


_PENDING = {
    PendingKind.READING: _settle_reading,
    PendingKind.RESTART: _settle_restart,
    PendingKind.CHANGE: _settle_change,
}
