"""One eligible patient's replies, in order, found by walking the real flow with a sheet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from bot.core.answers import Answer
from bot.core.decisions import Decision, Judge
from bot.core.messages import Channel
from bot.flows import Flow, TurnContext, current_question, load_flow, resume, start
from bot.flows.phrases import DEFINITIONS
from bot.rules.ruleset import load_ruleset
from bot.rules.triage import judge_for

SHEET = Path("tests/transcripts/sheets/base-en.yaml")
WORDS = {"clinic_name": "Harbor Light Clinic", "clinic_phone": "+1 555-010-0142"}

PLAIN_FLOW = """\
id: plain
version: "1"
languages: [en]
nodes:
  - {node: instrument, id: mood, instrument: phq9}
  - {node: instrument, id: worry, instrument: gad7}
  - {node: instrument, id: drinking, instrument: auditc}
  - {node: end, id: over, outcome: completed, text: {en: Thank you.}}
"""


@dataclass(frozen=True)
class Stage:
    flow: Flow
    judge: Judge

    def context(self, turn_number: int) -> TurnContext:
        return TurnContext(
            today=date(2026, 11, 23),
            turn_number=turn_number,
            channel=Channel.SMS,
            words=WORDS,
            judge=self.judge,
        )


def the_stage() -> Stage:
    flow = load_flow("ketamine-screening")
    ruleset = load_ruleset(flow.symbols, flow.instruments)
    return Stage(flow, judge_for(ruleset, ("US-CA",)))


def the_plain_stage() -> Stage:
    """Return questionnaires alone: no checkpoint, and nothing to read but numbers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.joinpath("plain.yaml").write_text(PLAIN_FLOW, "utf-8")
        folder.joinpath("instruments").symlink_to(DEFINITIONS / "instruments")
        return Stage(load_flow("plain", folder), _nobody_judges)


def _nobody_judges(answers: Iterable[Answer]) -> Decision:
    raise AssertionError("nothing is triaged here")


def replies(stage: Stage) -> list[str]:
    """Return what the patient of the sheet writes, from the first hello to the end."""
    sheet = yaml.safe_load(SHEET.read_text("utf-8"))
    state = start(stage.flow, language="en", context=stage.context(1)).state
    said = ["Hi"]
    while state.position:
        question = current_question(stage.flow, state)
        said.append(sheet[question.link_id if question is not None else state.position])
        state = resume(stage.flow, state, said[-1], context=stage.context(len(said))).state
    return said
