"""What is wrong with a flow that loads: `lint` finds it before a patient does.

Loading refuses what cannot work (unknown fields, missing languages, targets that do not exist,
cycles). Lint finds what works and should not be sent: texts that are too long, too hard or too
telling, choices nobody can pick, questions that are never reached, danger that leads nowhere.
Each check is a pure function from a flow to problems, and is named by the code of its problems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bot.flows.lint_data import lint_data
from bot.flows.lint_graph import (
    asked_later,
    dead_ends,
    missing_languages,
    risk_without_path,
    unreachable,
)
from bot.flows.lint_problem import DEFAULT_LINT, LintOptions, Problem
from bot.flows.lint_replies import unreadable_choices
from bot.flows.lint_telling import telling_texts
from bot.flows.lint_texts import hard_texts, long_texts, missing_whys, wide_texts
from bot.flows.model import Flow

Check = Callable[[Flow, LintOptions], Iterator[Problem]]

CHECKS: Sequence[Check] = (
    unreachable,
    dead_ends,
    asked_later,
    missing_languages,
    risk_without_path,
    unreadable_choices,
    long_texts,
    wide_texts,
    hard_texts,
    missing_whys,
    telling_texts,
)


def lint(flow: Flow, options: LintOptions = DEFAULT_LINT) -> list[Problem]:
    """Return every problem of the flow, in the order of the checks.

    Codes that `definitions/lint.yaml` excepts for this flow, with a reason, are left out.
    """
    excepted = lint_data().exceptions.get(flow.id, {})
    problems = (problem for check in CHECKS for problem in check(flow, options))
    return [problem for problem in problems if problem.code not in excepted]
