"""Says at the very end what was skipped and why; where nothing may be skipped, that is a failure.

Loaded by script/test. In CI (`CI=true`) a skipped test turns the run red.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest


def skip_reasons(terminalreporter):
    """How many tests were skipped for each reason."""
    reasons = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    return reasons


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    for reason, count in skip_reasons(reporter).most_common():
        reporter.write_line(f"skipped here: {count} tests: {reason}", yellow=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    if os.environ.get("CI") == "true" and skip_reasons(reporter) and exitstatus == 0:
        reporter.write_line("nothing may be skipped in CI", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
