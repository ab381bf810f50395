"""Fail points: calls that do nothing, and are of no use to the program itself."""

from __future__ import annotations

import re

import pytest

from bot.core import fail_points
from bot.core.fail_points import FailPoint, listen, reached
from tests.house.sources import ROOT, short, sources

OWN = "bot/core/fail_points.py"
REACHED = re.compile(r"\breached\(FailPoint\.([A-Z_]+)\)")


@pytest.fixture(autouse=True)
def nobody_listens():
    yield
    listen(None)


def test_without_a_listener_a_point_does_nothing():
    assert reached(FailPoint.TURN_WRITTEN) is None


def test_a_listener_hears_every_point_until_it_is_taken_away():
    heard = []
    listen(heard.append)
    for point in FailPoint:
        reached(point)
    listen(None)
    reached(FailPoint.TURN_WRITTEN)
    assert heard == list(FailPoint)


def test_what_a_listener_raises_is_not_swallowed():
    def break_off(point):
        raise RuntimeError(point)

    listen(break_off)
    with pytest.raises(RuntimeError, match="turn-written"):
        reached(FailPoint.TURN_WRITTEN)


def test_every_point_stands_somewhere_on_the_route():
    found = {name for path in sources() for name in REACHED.findall(path.read_text())}
    assert found == {point.name for point in FailPoint}


def test_the_program_itself_never_listens():
    for path in [*sources(), ROOT / "wsgi.py", ROOT / "config.py"]:
        text = path.read_text()
        if "fail_points" not in text or short(path) == OWN:
            continue
        imported = re.findall(r"^from bot\.core\.fail_points import (.+)$", text, re.MULTILINE)
        assert imported == ["FailPoint, reached"], short(path)
        assert text.count("fail_points") == 1, short(path)


def test_nobody_listens_after_an_import():
    assert fail_points._hook is None
