"""Turns a second in process, with the state decoded from JSON and encoded again at every turn.

Two conversations. The plain one is questionnaires answered by number, without triage: the engine
alone. The whole one is the screening with its triage checkpoints, dates and medications. Each is
run bare and with the crisis screen, in interleaved rounds of processor time, so that a slow moment
of the machine falls on all of them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.persona import Stage, replies, the_plain_stage, the_stage
from bot.flows import decode_state, encode_state, resume, start
from bot.rules.crisis import load_detector

TARGET = 25_000
ROUNDS = 12
TURNS = 1_500
"""At least so many turns a round."""

PLAIN_REPLY = "2"

Screen = Callable[[str], object]


@dataclass(frozen=True)
class Talk:
    """A conversation to measure: its name, where it takes place, what the patient writes."""

    name: str
    stage: Stage
    script: Sequence[str]


def conversation(talk: Talk, screen: Screen | None) -> None:
    stage = talk.stage
    state = encode_state(start(stage.flow, language="en", context=stage.context(1)).state)
    for number, text in enumerate(talk.script[1:], start=2):
        if screen is not None:
            screen(text)
        step = resume(stage.flow, decode_state(state), text, context=stage.context(number))
        state = encode_state(step.state)


def turns_per_second(talk: Talk, screen: Screen | None) -> float:
    times = TURNS // len(talk.script) + 1
    began = time.process_time()
    for _ in range(times):
        conversation(talk, screen)
    return times * len(talk.script) / (time.process_time() - began)


def the_talks() -> tuple[Talk, Talk]:
    plain, whole = the_plain_stage(), the_stage()
    state = start(plain.flow, language="en", context=plain.context(1)).state
    said = ["Hi"]
    while state.position:
        said.append(PLAIN_REPLY)
        state = resume(plain.flow, state, said[-1], context=plain.context(len(said))).state
    return Talk("by numbers", plain, said), Talk("whole screening", whole, replies(whole))


def run() -> list[tuple[str, str]]:
    detector = load_detector()
    measured = [(talk, screen) for talk in the_talks() for screen in (None, detector.screen)]
    rounds = [
        [turns_per_second(talk, screen) for talk, screen in measured] for _ in range(ROUNDS + 1)
    ][1:]
    rows = []
    for (talk, screen), figures in zip(measured, zip(*rounds, strict=True), strict=True):
        name = f"{talk.name}, {len(talk.script)} turns"
        target = f" (target {TARGET:,})" if screen is None else ""
        what = "engine" if screen is None else "and crisis screen"
        rows.append((f"{name}: {what}", f"{statistics.median(figures):,.0f} turns/s{target}"))
    return rows


if __name__ == "__main__":
    for name, figure in run():
        print(f"{name:44} {figure}")
