"""Taking a reply to the open question: understood, ambiguous, unsure, or not understood.

A reply that gives no answer is met with other words at most twice; then a person is asked for,
and the question stays open. On a risk question a hedge ("I guess") counts as positive at once,
and any other reply that cannot be read counts as positive the third time.
"""

from __future__ import annotations

from bot.core.answers import Answer, AnswerStatus
from bot.flows.confirming import confirm, has_wording
from bot.flows.events import HumanReason, NotUnderstood
from bot.flows.model import AskStep, LinkStep
from bot.flows.offers import UNSURE
from bot.flows.reading import Ambiguous, Reading, Unclear, Understood, Unsure, read_reply
from bot.flows.reading.spelling import storable
from bot.flows.recording import record
from bot.flows.state import PossibleReading
from bot.flows.turn import Turn

REASKS = 2
"""How often a question is asked again in other words before a person is asked for."""


def read(turn: Turn, step: AskStep, text: str) -> Reading:
    """Return what `text` means as a reply to this question."""
    reading = read_reply(step.reading, text, language=turn.language, today=turn.context.today)
    if isinstance(reading, Understood) and reading.value in (UNSURE, (UNSURE,)):
        return Unsure()
    return reading


def take(turn: Turn, step: AskStep, reading: Reading, text: str) -> None:
    """Act on a reading of `text` and ask what is to be asked next."""
    if isinstance(reading, Understood):
        _understood(turn, step, reading)
    elif isinstance(reading, Unsure):
        _record_without_value(turn, step, AnswerStatus.UNCLEAR, text)
    elif isinstance(reading, Ambiguous) and has_wording(turn, reading):
        confirm(turn, step, reading)
    else:
        reason = "century" if isinstance(reading, Ambiguous) else reading.reason.value
        hedged = isinstance(reading, Unclear) and reading.hedged
        not_understood(turn, step, reason, hedged=hedged, text=text)


def take_possible(turn: Turn, step: AskStep, chosen: PossibleReading) -> None:
    """Record the reading that the patient picked from two."""
    if chosen.unsure:
        _record_without_value(turn, step, AnswerStatus.UNCLEAR, chosen.written)
    else:
        _understood(turn, step, Understood(chosen.value, chosen.parts, chosen.written))


def skip(turn: Turn, step: AskStep, text: str) -> None:
    """Record that the question was declined."""
    turn.say("skipped")
    _record_without_value(turn, step, AnswerStatus.SKIPPED, text)


def not_understood(turn: Turn, step: AskStep, reason: str, *, hedged: bool, text: str) -> None:
    """Ask again in other words, or give up on reading in the way that is safe."""
    attempt = turn.unclear_count + 1
    if step.question.risk is not None and (hedged or attempt > REASKS):
        _record_without_value(turn, step, AnswerStatus.UNCLEAR, text)
        return
    turn.unclear_count = attempt
    turn.pending = None
    turn.events.append(NotUnderstood(step.id, attempt, reason))
    if attempt > REASKS or (hedged and attempt == REASKS):
        _stuck(turn)
        return
    if step.again is None:
        turn.say(f"reask_{attempt}")
    turn.say(f"hint_{reason}")
    turn.ask(attempt=attempt)


def _stuck(turn: Turn) -> None:
    """Let a person know, once per question; the question stays open all the same."""
    turn.say("still_stuck" if turn.human_told else "stuck")
    if not turn.human_told:
        turn.ask_human(HumanReason.UNCLEAR)
        turn.human_told = True
    turn.unclear_count = max(turn.unclear_count, REASKS)
    turn.ask()


def _understood(turn: Turn, step: AskStep, reading: Understood) -> None:
    if isinstance(step, LinkStep) and reading.value == "web" and step.offer is not None:
        turn.pending, turn.unclear_count = None, 0
        turn.say_text(turn.write(step.offer))
        return
    parts = dict(reading.parts)
    if step.scores:
        parts.update(_score(step, reading))
    answer = Answer(
        step.id,
        AnswerStatus.ANSWERED,
        reading.value,
        parts,
        reading.written,
        turn.context.turn_number,
    )
    record(turn, step, answer)
    turn.ask()


def _score(step: AskStep, reading: Understood) -> dict[str, int]:
    """Return the points of an instrument's option, if it has any."""
    points = step.scores.get(str(reading.value))
    return {} if points is None else {"score": points}


def _record_without_value(turn: Turn, step: AskStep, status: AnswerStatus, text: str) -> None:
    answer = Answer(step.id, status, written=storable(text), at_turn=turn.context.turn_number)
    record(turn, step, answer)
    turn.ask()
