"""In which order visitors are looked at when there are too many for one look."""

import pytest

from bot.stream import agenda as agendas
from bot.stream.agenda import Agenda


@pytest.fixture(autouse=True)
def _two_at_once(monkeypatch):
    monkeypatch.setattr(agendas, "AT_ONCE", 2)


def rounds(agenda):
    found = []
    while agenda:
        found.append("".join(agenda.take()))
    return found


def test_everybody_is_looked_at_once_some_at_a_time():
    agenda = Agenda()
    agenda.put("abcde")
    assert rounds(agenda) == ["ab", "cd", "e"]
    assert agenda.take() == []


def test_whoever_has_news_is_looked_at_before_the_others_and_not_again():
    agenda = Agenda()
    agenda.put("abcd")
    agenda.put_first("d")
    assert rounds(agenda) == ["da", "bc"]


def test_who_waits_keeps_their_place_when_all_are_put_in_again():
    agenda = Agenda()
    agenda.put("abcd")
    assert agenda.take() == ["a", "b"]
    agenda.put("abcd")
    assert rounds(agenda) == ["cd", "ab"]


def test_after_clearing_nobody_waits():
    agenda = Agenda()
    agenda.put("ab")
    agenda.put_first("c")
    agenda.clear()
    assert not agenda
    assert agenda.take() == []
