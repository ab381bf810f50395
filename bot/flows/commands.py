"""What a patient can tell the conversation to do instead of answering."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.core.messages import Choice
from bot.flows.events import HumanReason, LanguageSet, PauseAsked
from bot.flows.model import AskStep, LinkStep
from bot.flows.reading import Command, CommandKind
from bot.flows.replies import skip
from bot.flows.state import Pending, PendingKind
from bot.flows.turn import Open, Turn

AFTER_THE_END = frozenset({CommandKind.HUMAN, CommandKind.START_OVER, CommandKind.LANGUAGE})
"""The commands that still do something when the flow has ended."""


def obey(turn: Turn, step: Open, command: Command, text: str) -> None:
    """Carry out a command. The open question stays open, unless the command closes it."""
    turn.pending = None
    _HANDLERS[command.kind](turn, step, command, text)


def go_back(turn: Turn, count: int) -> None:
    """Ask the last `count` questions before the open one again, in their order."""
    path = [a.link_id for a in turn.answers if can_be_asked_again(turn, a.link_id)]
    here = path.index(turn.reask[0]) if turn.reask else len(path)
    again = path[max(0, here - count) : here]
    turn.unclear_count, turn.human_told = 0, False
    if not again:
        turn.say("nothing_before")
    elif len(again) == 1:
        turn.say("going_back")
    else:
        turn.say("going_back_many", count=str(len(again)))
    turn.reask = (*again, *turn.reask)
    turn.ask()


def can_be_asked_again(turn: Turn, link_id: str) -> bool:
    """Every question can be, except an offer that is settled by being on the web now."""
    step = turn.flow.steps[turn.flow.index[link_id]]
    return isinstance(step, AskStep) and not isinstance(step, LinkStep)


def _back(turn: Turn, step: Open, command: Command, text: str) -> None:
    go_back(turn, command.count)


def _skip(turn: Turn, step: Open, command: Command, text: str) -> None:
    """Skip what may be skipped; a question asked again keeps the answer it has."""
    if turn.reask:
        turn.reask = turn.reask[1:]
        turn.unclear_count = 0
        turn.say("kept")
        turn.ask()
    elif isinstance(step, AskStep) and may_skip(turn, step):
        skip(turn, step, text)
    else:
        turn.say("cannot_skip")
        if isinstance(step, AskStep) and step.why is not None:
            turn.say_text(turn.write(step.why))
        turn.ask()


def may_skip(turn: Turn, step: AskStep) -> bool:
    """A risk question may be declined, and so may one whose replies we cannot read."""
    return step.question.skippable or step.question.risk is not None or turn.human_told


def _repeat(turn: Turn, step: Open, command: Command, text: str) -> None:
    turn.ask(fresh=True)


def _why(turn: Turn, step: Open, command: Command, text: str) -> None:
    if isinstance(step, AskStep) and step.why is not None:
        turn.say_text(turn.write(step.why))
    else:
        turn.say("why")
    turn.ask()


def _language(turn: Turn, step: Open, command: Command, text: str) -> None:
    if command.language in turn.flow.languages and command.language is not None:
        turn.language = command.language
        turn.events.append(LanguageSet(command.language))
        turn.say("language_now")
    else:
        turn.say("language_missing")
    turn.ask(fresh=True)


def _pause(turn: Turn, step: Open, command: Command, text: str) -> None:
    turn.paused = True
    turn.events.append(PauseAsked())
    turn.say("paused")


def _human(turn: Turn, step: Open, command: Command, text: str) -> None:
    turn.ask_human(HumanReason.PATIENT)
    turn.say("human")


def _start_over(turn: Turn, step: Open, command: Command, text: str) -> None:
    turn.pending = Pending(PendingKind.RESTART)
    ask_pending(turn, PendingKind.RESTART)


def _change(turn: Turn, step: Open, command: Command, text: str) -> None:
    if not turn.topics():
        turn.say("nothing_to_change")
        turn.ask()
        return
    turn.pending = Pending(PendingKind.CHANGE)
    ask_pending(turn, PendingKind.CHANGE)


def ask_pending(turn: Turn, kind: PendingKind) -> None:
    """Ask whether to start over, or which answer to change."""
    if kind is PendingKind.RESTART:
        labels = (turn.phrase("restart_yes"), turn.phrase("restart_no"))
        lines = (f"{number} {label}" for number, label in enumerate(labels, 1))
        choices = tuple(Choice(str(number), label) for number, label in enumerate(labels, 1))
        turn.ask_own("\n".join((turn.phrase("restart"), *lines)), choices)
    else:
        listing = turn.listing(confirm=False)
        turn.ask_own(turn.phrase("change") + listing.text, listing.choices)


_HANDLERS: Mapping[CommandKind, Callable[[Turn, Open, Command, str], None]] = {
    CommandKind.BACK: _back,
    CommandKind.SKIP: _skip,
    CommandKind.REPEAT: _repeat,
    CommandKind.WHY: _why,
    CommandKind.LANGUAGE: _language,
    CommandKind.PAUSE: _pause,
    CommandKind.HUMAN: _human,
    CommandKind.START_OVER: _start_over,
    CommandKind.CHANGE: _change,
}
