"""Check of what a text message tells to whoever sees the patient's phone.

Text messages travel openly and light up on a locked screen. Answers are never in them: no
placeholder for one exists. This check looks for words that give the reason of the contact away:
the clinic's speciality, conditions, and medicines by name. The rule is:

* `say`, `link`, `summary` and `end` nodes and the topics of the summary never hold such a word;
* a question, its reason and its other words may hold one only once the patient has chosen the
  channel, that is when every way from the start passes a `link` node first. A flow without a
  `link` node has no such questions.

Web texts are not checked: they are read where the patient has logged in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.core.messages import Channel
from bot.core.segments import to_gsm7
from bot.flows.graph import successors
from bot.flows.lint_data import lint_data
from bot.flows.lint_problem import LintOptions, Problem
from bot.flows.lint_texts import wordings
from bot.flows.model import AskStep, Flow, LinkStep
from bot.flows.reading import recognise_medications


def telling_texts(flow: Flow, options: LintOptions) -> Iterator[Problem]:
    """Report text messages that give the reason of the contact away (see the top of this file)."""
    pattern = _pattern(lint_data().telling_words)
    open_steps = _before_choice(flow)
    for number, field, wording in wordings(flow):
        step = flow.steps[number]
        question = isinstance(step, AskStep) and not isinstance(step, LinkStep)
        if question and field != "topic" and number not in open_steps:
            continue
        for language in flow.languages:
            told = _told(wording[language, Channel.SMS], pattern)
            if told:
                path = f"{step.id}.{field}.{language}.sms"
                yield Problem("sms-telling", path, f"names {', '.join(told)}")


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    begun = "|".join(re.escape(to_gsm7(word)) for word in words)
    return re.compile(rf"\b(?:{begun})\w*", re.IGNORECASE)


def _told(text: str, pattern: re.Pattern[str]) -> list[str]:
    words = {match[0].lower() for match in pattern.finditer(text)}
    names = {mention.name for mention in recognise_medications(text) if mention.name}
    return sorted(words | names)


def _before_choice(flow: Flow) -> set[int]:
    """Return the steps that can be reached without passing a `link` node."""
    seen: set[int] = set()
    waiting = [0]
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        if not isinstance(flow.steps[number], LinkStep):
            waiting.extend(successors(flow.steps[number]))
    return seen
