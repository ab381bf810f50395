"""A licensed instrument stays off until a recorded permission holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.core.answers import Answer, AnswerStatus
from bot.core.errors import DefinitionError, IncompleteAnswers, Refused
from bot.flows.plugins import (
    PLUGINS,
    Permission,
    load_plugin_instrument,
    read_permission,
    risk_level,
)

TODAY = date(2026, 11, 23)
RECORD = """\
instrument: cssrs
licensor: The Research Foundation for Mental Hygiene, Inc.
licensee: Example Clinic
granted_on: 2026-05-04
scope: [electronic-administration]
document: contracts/2026-05-04-cssrs.pdf
valid_until: 2027-05-03
"""


def recorded(tmp_path: Path, text: str = RECORD) -> Permission:
    path = tmp_path / "permission.yaml"
    path.write_text(text, encoding="utf-8")
    return read_permission(path)


def test_without_a_record_the_screener_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        read_permission(tmp_path / "missing.yaml")


def test_with_a_record_the_screener_loads(tmp_path: Path) -> None:
    instrument = load_plugin_instrument("cssrs", recorded(tmp_path), today=TODAY)
    assert [item.link_id for item in instrument.items][-1] == "cssrs_6b"
    assert instrument.panel_code == "93373-9"
    assert all(item.risk for item in instrument.items)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("instrument: cssrs", "instrument: other"),
        ("[electronic-administration]", "[paper]"),
        ("granted_on: 2026-05-04", "granted_on: 2026-11-24"),
        ("valid_until: 2027-05-03", "valid_until: 2026-11-22"),
    ],
)
def test_a_permission_that_does_not_cover_today_is_refused(
    tmp_path: Path, old: str, new: str
) -> None:
    permission = recorded(tmp_path, RECORD.replace(old, new))
    with pytest.raises(Refused):
        load_plugin_instrument("cssrs", permission, today=TODAY)


@pytest.mark.parametrize("line", ["granted_on: 2026-11-23", "valid_until: 2026-11-23"])
def test_the_first_and_the_last_day_of_a_permission_count(tmp_path: Path, line: str) -> None:
    name = line.split(":")[0]
    text = "".join(
        f"{line}\n" if row.startswith(name) else row for row in RECORD.splitlines(keepends=True)
    )
    assert load_plugin_instrument("cssrs", recorded(tmp_path, text), today=TODAY)


@pytest.mark.parametrize("name", ["licensor", "licensee", "document"])
def test_a_blank_field_is_no_permission(tmp_path: Path, name: str) -> None:
    text = "".join(
        f'{name}: "  "\n' if row.startswith(name) else row
        for row in RECORD.splitlines(keepends=True)
    )
    with pytest.raises(DefinitionError, match=name):
        recorded(tmp_path, text)


@pytest.mark.parametrize("text", ["", "instrument: cssrs\n", RECORD + "enabled: true\n", "a: ["])
def test_an_unreadable_record_is_no_permission(tmp_path: Path, text: str) -> None:
    with pytest.raises(DefinitionError):
        recorded(tmp_path, text)


def test_an_unknown_name_opens_no_file(tmp_path: Path) -> None:
    name = "../instruments/phq9"
    permission = recorded(tmp_path, RECORD.replace("cssrs\n", f"{name}\n", 1))
    with pytest.raises(DefinitionError):
        load_plugin_instrument(name, permission, today=TODAY)


def test_the_screener_is_not_among_the_instruments_that_flows_may_name() -> None:
    assert not list((PLUGINS.parent / "instruments").glob("*cssrs*"))


def given(**codes: str) -> dict[str, Answer]:
    values = {"y": "LA33-6", "n": "LA32-8"}
    return {
        f"cssrs_{name}": Answer(f"cssrs_{name}", AnswerStatus.ANSWERED, values[code])
        for name, code in ((key.removeprefix("q"), code) for key, code in codes.items())
    }


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        (given(q1="n", q2="n", q6="n"), None),
        (given(q1="y", q2="n", q6="n"), "LA9194-7"),
        (given(q1="n", q2="y", q3="n", q4="n", q5="n", q6="n"), "LA9194-7"),
        (given(q1="n", q2="y", q3="y", q4="n", q5="n", q6="n"), "LA6751-7"),
        (given(q1="n", q2="n", q6="y", q6b="n"), "LA6751-7"),
        (given(q1="n", q2="y", q3="n", q4="y", q5="n", q6="n"), "LA9193-9"),
        (given(q1="n", q2="y", q3="n", q4="n", q5="y", q6="n"), "LA9193-9"),
        (given(q1="n", q2="n", q6="y", q6b="y"), "LA9193-9"),
    ],
)
def test_the_highest_item_answered_yes_gives_the_level(
    tmp_path: Path, answers: dict[str, Answer], level: str | None
) -> None:
    instrument = load_plugin_instrument("cssrs", recorded(tmp_path), today=TODAY)
    assert risk_level(instrument, answers) == level


def test_there_is_no_level_while_an_item_is_missing(tmp_path: Path) -> None:
    instrument = load_plugin_instrument("cssrs", recorded(tmp_path), today=TODAY)
    with pytest.raises(IncompleteAnswers) as caught:
        risk_level(instrument, given(q1="n", q2="y", q3="n", q6="n"))
    assert caught.value.missing == ("cssrs_4", "cssrs_5")
