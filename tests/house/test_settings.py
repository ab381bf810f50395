"""Settings: refused when missing, documented, and never shown."""

import base64
import json
import re
import stat
from dataclasses import FrozenInstanceError
from threading import Thread

import pytest

import config
from bot.core.errors import SettingsError
from config import SETTINGS, Settings, keep_demo_secrets
from tests.house.sources import ROOT

KEY = base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")
SECRETS = {
    "SECRET_KEY": "s" * 40,
    "FIELD_KEYS": KEY,
    "ADDRESS_HASH_KEY": KEY,
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": "t" * 32,
}
GIVEN = {"PUBLIC_URL": "https://clinic.example", **SECRETS}


def refused(**changes):
    env = {k: v for k, v in {**GIVEN, **changes}.items() if v is not None}
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(env)
    return caught.value


def test_everything_given_is_read():
    settings = Settings.from_env(GIVEN)
    assert settings.public_url == "https://clinic.example"
    assert settings.field_keys == (b"k" * 32,)
    assert (settings.port, settings.demo) == (8000, False)


@pytest.mark.parametrize("name", sorted(GIVEN))
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_secret_is_a_refusal_that_names_it(name, value):
    assert refused(**{name: value}).names == (name,)


def test_every_missing_setting_is_named_at_once():
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({})
    assert set(caught.value.names) == set(GIVEN)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TWILIO_AUTH_TOKEN", "," + "t" * 32),
        ("TWILIO_AUTH_TOKEN", "t" * 32 + ","),
        ("TWILIO_AUTH_TOKEN", ",".join(["t" * 32] * 3)),
        ("TWILIO_AUTH_TOKEN", "short"),
        ("TWILIO_ACCOUNT_SID", "AC1"),
        ("FIELD_KEYS", "not base64!"),
        ("FIELD_KEYS", KEY + ","),
        ("FIELD_KEYS", KEY[:20]),
        ("ADDRESS_HASH_KEY", KEY + "," + KEY),
        ("SECRET_KEY", "short"),
        ("PUBLIC_URL", "clinic.example"),
        ("PUBLIC_URL", "/relative"),
        ("PUBLIC_URL", "ftp://clinic.example"),
        ("PUBLIC_URL", "https://clinic.example#top"),
        ("PUBLIC_URL", "https://clinic.example/?a=1"),
        ("PUBLIC_URL", "https://user:word@clinic.example"),
        ("PUBLIC_URL", "https://clinic.example:99999"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "eight"),
        ("PORT", "-1"),
        ("DATABASE_DEADLINE_SECONDS", "soon"),
        ("DATABASE_DEADLINE_SECONDS", "0.1"),
        ("DEMO", "yes"),
    ],
)
def test_an_unusable_value_is_named_and_not_shown(name, value):
    error = refused(**{name: value})
    assert error.names == (name,)
    assert len(value) < 5 or value not in str(error)


def test_two_tokens_and_several_keys_are_read_in_order():
    env = {**GIVEN, "TWILIO_AUTH_TOKEN": f"{'n' * 32}, {'o' * 32}", "FIELD_KEYS": f"{KEY},{KEY}="}
    settings = Settings.from_env(env)
    assert settings.twilio_auth_token == ("n" * 32, "o" * 32)
    assert len(settings.field_keys) == 2


def test_no_secret_is_shown():
    shown = repr(Settings.from_env({**GIVEN, "DATABASE_URL": "postgresql://u:hush@h/d"}))
    for value in (*SECRETS.values(), "hush", repr(b"k" * 32)):
        assert value not in shown


def test_settings_do_not_change():
    with pytest.raises(FrozenInstanceError):
        Settings.from_env(GIVEN).port = 1


def test_demo_mode_makes_and_keeps_its_secrets(tmp_path):
    env = {"DEMO": "1", "INSTANCE_PATH": str(tmp_path / "instance"), "PORT": "8123"}
    first, second = Settings.from_env(env), Settings.from_env(env)
    assert first == second
    assert first.public_url == "http://127.0.0.1:8123"
    assert (
        first.secret_key != Settings.from_env({**env, "INSTANCE_PATH": f"{tmp_path}/b"}).secret_key
    )
    kept = tmp_path / "instance" / "demo-secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert first.secret_key in json.loads(kept.read_text()).values()


def test_a_value_that_is_given_wins_over_the_demos(tmp_path):
    env = {"DEMO": "1", "INSTANCE_PATH": str(tmp_path), "TWILIO_AUTH_TOKEN": "g" * 32}
    assert Settings.from_env(env).twilio_auth_token == ("g" * 32,)


def test_programs_that_start_together_share_the_demo_secrets(tmp_path):
    seen = []
    threads = [Thread(target=lambda: seen.append(keep_demo_secrets(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert all(secrets == seen[0] for secrets in seen)
    assert [file.name for file in tmp_path.iterdir()] == ["demo-secrets.json"]


def test_no_secret_has_a_default_outside_demo_mode():
    for setting in SETTINGS:
        if setting.demo is not None and setting.env != "DEMO_PASSWORD":
            assert setting.default is None, setting.env


def test_the_documentation_holds_the_table_as_it_is():
    assert config.settings_table() in (ROOT / "docs" / "settings.md").read_text()


def test_every_variable_read_by_a_script_is_a_setting():
    known = {setting.env for setting in SETTINGS}
    script = (ROOT / "script" / "serve").read_text()
    assert set(re.findall(r"\$\{([A-Z_]+)", script)) <= known
