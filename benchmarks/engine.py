"""Turns a second in process: the flow engine alone, and with the crisis screen before it.

Every turn decodes the state from JSON and encodes it again, as a stored conversation does. The two
are run in interleaved pairs, so that a slow moment of the machine falls on both.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from benchmarks.persona import Stage, replies, the_stage
from bot.flows import decode_state, encode_state, resume, start
from bot.rules.crisis import load_detector

TARGET = 25_000
PAIRS = 12
CONVERSATIONS = 40

Screen = Callable[[str], object]


def conversation(stage: Stage, script: list[str], screen: Screen) -> None:
    state = encode_state(start(stage.flow, language="en", context=stage.context(1)).state)
    for number, text in enumerate(script[1:], start=2):
        screen(text)
        step = resume(stage.flow, decode_state(state), text, context=stage.context(number))
        state = encode_state(step.state)


def turns_per_second(stage: Stage, script: list[str], screen: Screen) -> float:
    began = time.perf_counter()
    for _ in range(CONVERSATIONS):
        conversation(stage, script, screen)
    return CONVERSATIONS * len(script) / (time.perf_counter() - began)


def run() -> list[tuple[str, str]]:
    stage = the_stage()
    script = replies(stage)
    detector = load_detector()
    alone: Screen = lambda text: None  # noqa: E731
    turns_per_second(stage, script, detector.screen)
    pairs = [
        (
            turns_per_second(stage, script, alone),
            turns_per_second(stage, script, detector.screen),
        )
        for _ in range(PAIRS)
    ]
    engine, screened = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    return [
        ("engine, JSON state in and out", f"{engine:,.0f} turns/s (target {TARGET:,})"),
        ("the same with the crisis screen", f"{screened:,.0f} turns/s, {ratio:.2f} x"),
        ("turns of the conversation", f"{len(script)}"),
    ]


if __name__ == "__main__":
    for name, figure in run():
        print(f"{name:40} {figure}")
