"""The flow a conversation began with, and the rules that fit it."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from bot.core.decisions import QuickJudge
from bot.core.errors import DefinitionError
from bot.flows.load import flow_from_source
from bot.rules.ruleset import load_ruleset
from bot.services.flows import FlowBook
from bot.store import tables

FLOW = "ketamine-screening"


def refuse(*_):
    raise DefinitionError("rules[0].when", "uses a name that no question has")


@pytest.fixture
def book(parts):
    return parts.flows


@pytest.fixture
def later(engine, heavy, clock):
    """Books of a later version of the program, which knows other files."""

    def make(*, load_flow=heavy["load_flow"], load_rules=load_ruleset):
        return FlowBook(engine, load_flow, load_rules, clock)

    return make


def test_a_flow_that_was_kept_comes_back_by_its_hash(book, later):
    flow = book.current(FLOW)
    book.keep(flow)
    again = later(load_flow=refuse).pinned(flow.content_hash)
    assert again.content_hash == flow.content_hash
    assert again.order == flow.order


def test_a_hash_that_was_never_kept_is_no_flow(book):
    assert book.pinned("0" * 64) is None


def test_a_stored_flow_that_cannot_be_read_is_no_flow(book, engine, clock):
    with Session(engine) as session:
        session.add(
            tables.FlowVersionRow(
                content_hash="0" * 64,
                flow_id=FLOW,
                version="1",
                source=b"{}",
                ruleset_hash="0" * 64,
                created_at=clock(),
            )
        )
        session.commit()
    assert book.pinned("0" * 64) is None


def test_keeping_twice_and_by_two_processes_is_one_row(door, book, later):
    flow = book.current(FLOW)
    book.keep(flow)
    book.keep(flow)
    later().keep(flow)
    assert len(door.rows(tables.FlowVersionRow)) == 1
    assert len(door.rows(tables.RulesetRow)) == 1


def test_rules_that_moved_on_leave_the_last_that_fitted(book, later, demo_clinic):
    flow = book.current(FLOW)
    book.keep(flow)
    moved_on = later(load_rules=refuse)
    assert moved_on.rules(flow).content_hash == book.rules(flow).content_hash
    assert moved_on.judge(flow, demo_clinic)(()).ruleset_hash == book.rules(flow).content_hash


def test_keeping_with_newer_rules_makes_those_the_last_that_fitted(door, book, later):
    flow = book.current(FLOW)
    book.keep(flow)

    def newer(symbols, instruments):
        return replace(load_ruleset(symbols, instruments), content_hash="1" * 64)

    later(load_rules=newer).keep(flow)
    (row,) = door.rows(tables.FlowVersionRow)
    assert row.ruleset_hash == "1" * 64


def test_without_any_rules_that_fit_there_is_no_judge(book, later, demo_clinic):
    flow = flow_from_source(book.current(FLOW).source)
    with pytest.raises(DefinitionError):
        later(load_rules=refuse).judge(flow, demo_clinic)


def test_a_judge_is_made_once_for_a_flow_and_the_clinics_states(book, demo_clinic):
    flow = book.current(FLOW)
    judge = book.judge(flow, demo_clinic)
    assert isinstance(judge, QuickJudge)
    assert book.judge(flow, demo_clinic) is judge
