"""Golden conversations: each persona's replies, what must come of them, and every word said.

A persona is a sheet of ordinary answers, what it answers otherwise, and its turns:

    until: <question>      answer from the sheet until that question is open (or `end`)
    patient: <text>        send a text; with `asked` the question that must be open before,
                           `now` the one that must be open after, `contains` and `lacks` for the
                           reply, `events` for the lines that the record must then have
    channel: web           go on over another channel

`pytest tests/transcripts --update-transcripts` records the bot's side anew; review the diff.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.core.answers import AnswerStatus
from bot.core.messages import Channel
from bot.flows.events import RiskAnswered, Triaged
from tests.transcripts.talking import Stage, Talk, answer_until, describe

HERE = Path(__file__).parent
PERSONAS = {path.stem: path for path in sorted((HERE / "personas").glob("*.yaml"))}


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def play(stage: Stage, persona: dict[str, Any]) -> Talk:
    sheet = read(HERE / "sheets" / f"{persona['sheet']}.yaml") | persona.get("answers", {})
    talk = Talk.begin(stage, persona["language"], Channel(persona["channel"]))
    for number, turn in enumerate(persona["turns"], 1):
        take(talk, turn, sheet, f"{persona['id']}, turn {number}")
    return talk


def take(talk: Talk, turn: dict[str, Any], sheet: dict[str, str], where: str) -> None:
    if "channel" in turn:
        talk.channel = Channel(turn["channel"])
        return
    if "until" in turn:
        answer_until(talk, turn["until"], sheet, where)
        return
    if "asked" in turn:
        assert talk.open_question == turn["asked"], where
    talk.say(str(turn["patient"]))
    check(talk, turn, where)


def check(talk: Talk, turn: dict[str, Any], where: str) -> None:
    if "now" in turn:
        assert talk.open_question == turn["now"], where
    for words in listed(turn.get("contains")):
        assert words in talk.reply, where
    for words in listed(turn.get("lacks")):
        assert words not in talk.reply, where
    seen = [describe(event) for event in talk.latest]
    for event in listed(turn.get("events")):
        assert event in seen, f"{where}: {seen}"


def listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def check_final(talk: Talk, final: dict[str, Any]) -> None:
    decision = talk.decision
    assert talk.state.outcome == final.get("outcome", ""), "outcome"
    assert decision.disposition.label == final["disposition"]
    assert decision.priority == final.get("priority", "routine")
    if "routes" in final:
        routes = {route: found.label for route, found in decision.routes.items()}
        assert routes == final["routes"]
    fired = {rule.id for rule in decision.fired if not rule.because_unknown}
    unknown = {rule.id for rule in decision.fired if rule.because_unknown}
    assert set(final.get("rules", ())) <= fired
    assert fired.isdisjoint(final.get("not_rules", ()))
    assert set(final.get("unknown", ())) <= unknown
    scores = {score.instrument: score.total for score in decision.scores}
    bands = {score.instrument: score.band for score in decision.scores}
    assert {name: scores.get(name) for name in final.get("scores", {})} == final.get("scores", {})
    assert {name: bands.get(name) for name in final.get("bands", {})} == final.get("bands", {})
    risks = [e.link_id for e in talk.events if isinstance(e, RiskAnswered)]
    assert risks == final.get("risks", [])
    check_answers(talk, final)


def check_answers(talk: Talk, final: dict[str, Any]) -> None:
    for link_id, value in final.get("answers", {}).items():
        answer = talk.answer_of(link_id)
        assert answer is not None, link_id
        known = answer.value if answer.status is AnswerStatus.ANSWERED else answer.status.value
        assert (list(known) if isinstance(known, tuple) else known) == value, link_id
    asked = {answer.link_id for answer in talk.state.answers}
    assert asked.isdisjoint(final.get("not_asked", ()))
    assert talk.turns <= final.get("turns_at_most", 500)


def check_recorded(talk: Talk, persona: dict[str, Any], *, update: bool) -> None:
    heading = f"# {persona['id']}: {persona['about']}"
    text = "\n".join([heading, "", *talk.lines]) + "\n"
    path = HERE / "recorded" / f"{persona['id']}.txt"
    if update:
        path.write_text(text, encoding="utf-8")
    assert path.exists(), "record it with --update-transcripts and read what it says"
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PERSONAS)
def test_the_conversation_goes_as_recorded(stage: Stage, name: str, update: bool) -> None:
    persona = read(PERSONAS[name])
    assert persona["id"] == name
    talk = play(stage, persona)
    check_final(talk, persona["final"])
    final = [e.decision for e in talk.events if isinstance(e, Triaged) and e.final]
    assert not final or final[-1] == talk.decision
    check_recorded(talk, persona, update=update)


def test_no_record_is_left_without_its_persona() -> None:
    assert {path.stem for path in (HERE / "recorded").glob("*.txt")} == set(PERSONAS)


def test_the_personas_cover_both_languages_and_channels_and_every_disposition() -> None:
    personas = [read(path) for path in PERSONAS.values()]
    assert len(personas) >= 24
    assert {p["language"] for p in personas} == {"en", "es"}
    assert {p["channel"] for p in personas} == {"sms", "web"}
    dispositions = {p["final"]["disposition"] for p in personas}
    assert dispositions == {"eligible", "review", "not-now", "emergency"}
    routes = {p["final"].get("answers", {}).get("preferred_route") for p in personas}
    assert routes >= {"iv", "im", "nas", "unsure"}
