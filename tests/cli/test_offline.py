import pytest

from bot.cli.offline import is_offline


@pytest.mark.parametrize(
    "line",
    [
        "flask --app wsgi rules screen hello",
        "flask -A wsgi rules eval -",
        "flask --app=wsgi flows lint",
        "flask --app wsgi --debug flows draw x --svg",
        "/v/bin/flask --app wsgi -e .env rules screen backtest",
        "flask --app wsgi rules --help",
    ],
)
def test_commands_that_need_no_settings_start_without(line):
    assert is_offline(line.split())


@pytest.mark.parametrize(
    "line",
    [
        "flask --app wsgi rules backtest --ruleset x",
        "flask --app wsgi clinics apply rules",
        "flask --app wsgi serve",
        "flask --app rules serve",
        "flask",
        "gunicorn wsgi:app",
        "flask --app",
    ],
)
def test_everything_else_needs_settings(line):
    assert not is_offline(line.split())
