"""The option that records the bot's side of every transcript anew, for review as a diff."""

from __future__ import annotations

import pytest

from bot.flows.load import load_flow
from tests.transcripts.talking import Stage, judge_of


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-transcripts",
        action="store_true",
        default=False,
        help="rewrite tests/transcripts/recorded from what the bot says now",
    )


@pytest.fixture(scope="session")
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-transcripts", default=False))


@pytest.fixture(scope="session")
def stage() -> Stage:
    flow = load_flow("ketamine-screening")
    return Stage(flow, judge_of(flow))
