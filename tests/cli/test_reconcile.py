"""`reconcile` reaches back as far as it is told and says what it found."""

from datetime import timedelta
from types import SimpleNamespace

from flask import Flask

from bot.cli.reconcile import reconcile
from bot.core.clinic import Clinic
from bot.core.clock import utc_now
from bot.core.errors import ProviderFailure

CLINIC = Clinic("demo", "Demo", "UTC", "+1", ("+15005550006",), "US", ("en",), (), "flow")


def test_a_list_that_does_not_answer_is_said_without_a_trace():
    asked = []

    def list_inbound(number, since):
        asked.append(utc_now() - since)
        raise ProviderFailure("twilio", "ReadTimeout", retryable=True)

    app = Flask("test")
    app.cli.add_command(reconcile)
    book = SimpleNamespace(all=lambda: (CLINIC,))
    app.extensions["porchlight"] = SimpleNamespace(now=utc_now, clinics=book)
    app.extensions["list_inbound"] = lambda: list_inbound
    result = app.test_cli_runner().invoke(args=["reconcile", "--hours", "48"])
    assert result.exit_code == 1
    assert "could not be read" in result.output
    assert "+1500" not in result.output
    assert asked[0] >= timedelta(hours=48)
