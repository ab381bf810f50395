"""A flow as boxes and arrows, for drawing. An instrument is one box, whatever its items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.messages import Channel
from bot.flows.model import (
    AskStep,
    BranchStep,
    EndStep,
    Flow,
    FlowStep,
    GateStep,
    SayStep,
    SummaryStep,
    TriageStep,
)

LONGEST_LABEL = 70


class Shape(StrEnum):
    """What a box stands for."""

    SAY = "say"
    ASK = "ask"
    RISK = "risk"
    INSTRUMENT = "instrument"
    GATE = "gate"
    BRANCH = "branch"
    TRIAGE = "triage"
    SUMMARY = "summary"
    END = "end"


@dataclass(frozen=True, slots=True)
class Box:
    """One node: its id, what it stands for, its text (shortened) and its condition, if any."""

    id: str
    shape: Shape
    text: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from box to box; `label` says when it is taken, "" for always."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """The drawing: boxes in the flow's order, and each arrow once."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


_SHAPES: Mapping[type, Shape] = {
    SayStep: Shape.SAY,
    SummaryStep: Shape.SUMMARY,
    BranchStep: Shape.BRANCH,
    TriageStep: Shape.TRIAGE,
    GateStep: Shape.GATE,
    EndStep: Shape.END,
}


def outline(flow: Flow, language: str) -> Outline:
    """Return the boxes and arrows of `flow`, with texts in `language`."""
    boxes: dict[str, Box] = {}
    arrows: dict[Arrow, None] = {}
    groups = {step.group for step in flow.steps if isinstance(step, AskStep)}
    for step in flow.steps:
        box_id = _box_id(step)
        if box_id not in boxes:
            boxes[box_id] = _box(step, language, is_instrument=box_id in groups)
        for target, label in _ways(step):
            arrow = Arrow(box_id, _box_id(flow.steps[target]), label)
            if arrow.source != arrow.target:
                arrows[arrow] = None
    title = f"{flow.title.get(language, flow.id)} (version {flow.version})"
    return Outline(title, tuple(boxes.values()), tuple(_without_doubles(arrows)))


def _box_id(step: FlowStep) -> str:
    return step.group if isinstance(step, AskStep) and step.group else step.id


def _box(step: FlowStep, language: str, *, is_instrument: bool) -> Box:
    shape = Shape.INSTRUMENT if is_instrument else _SHAPES.get(type(step), Shape.ASK)
    if isinstance(step, AskStep) and step.question.risk is not None:
        shape = Shape.RISK
    when = " and ".join(condition.source for condition in step.when)
    return Box(step.id, shape, _short(_text(step, language)), when)


def _text(step: FlowStep, language: str) -> str:
    key = (language, Channel.WEB)
    if isinstance(step, AskStep):
        return step.plain[key]
    if isinstance(step, SayStep | SummaryStep | EndStep):
        return step.text[key]
    return ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LABEL else f"{line[: LONGEST_LABEL - 1]}…"


def _ways(step: FlowStep) -> Iterator[tuple[int, str]]:
    """Give each target with the words for when it is taken."""
    if isinstance(step, EndStep):
        return
    if isinstance(step, BranchStep):
        for condition, target in step.cases:
            yield target, condition.source
        yield step.otherwise, "otherwise"
        yield step.unknown, "unknown"
        return
    if isinstance(step, TriageStep):
        for disposition, target in step.cases.items():
            yield target, disposition.label
    yield step.following, ""
    if step.when:
        yield step.passed, "passed over"


def _without_doubles(arrows: Mapping[Arrow, None]) -> Iterator[Arrow]:
    """Leave out what a plain arrow between the same two boxes says already."""
    plain = {(arrow.source, arrow.target) for arrow in arrows if not arrow.label}
    for arrow in arrows:
        if not arrow.label or (arrow.source, arrow.target) not in plain:
            yield arrow
