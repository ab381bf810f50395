"""Settings: read once from the environment, checked, frozen.

What must stay true:

* Outside demo mode no secret has a default. Whatever is missing or unreadable is named, all of it
  at once, and the program does not start. Values are never shown.
* In demo mode (`DEMO=1`) missing secrets are made at random and kept in the instance folder,
  readable by its owner alone.
* `SETTINGS` is the one table; docs/settings.md is written from it and a test holds them equal.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.core.errors import SettingsError

ROOT = Path(__file__).resolve().parent
DEMO_SECRETS = "demo-secrets.json"
KEY_BYTES = 32
TWILIO_API = "https://api.twilio.com"

Reader = Callable[[str], Any]


class Unreadable(ValueError):
    """A value that cannot be used; the text says what was expected, never what was found."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: the variable, its unit or form, its default, and why it exists.

    `default` None means that it must be given. `demo` makes the value that demo mode uses.
    """

    env: str
    form: str
    reason: str
    read: Reader
    default: str | None = None
    demo: Callable[[], str] | None = None

    @property
    def field(self) -> str:
        """The attribute of `Settings` that holds it."""
        return self.env.lower()


def whole_number(least: int, most: int) -> Reader:
    """Return a reader of whole numbers within bounds."""

    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise Unreadable(f"must be a whole number from {least} to {most}")
        return int(value)

    return read


def seconds(least: float, most: float) -> Reader:
    """Return a reader of durations within bounds."""

    def read(value: str) -> float:
        if (
            not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", value)
            or not least <= float(value) <= most
        ):
            raise Unreadable(f"must be a number of seconds from {least:g} to {most:g}")
        return float(value)

    return read


def _switch(value: str) -> bool:
    if value not in {"", "0", "1"}:
        raise Unreadable("must be 1 or 0")
    return value == "1"


def _text(value: str) -> str:
    return value


def _optional(value: str) -> str | None:
    return value or None


def _folder(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _optional_folder(value: str) -> Path | None:
    return _folder(value) if value else None


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    with suppress(ValueError):
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0:
            if parts.fragment or parts.query or "#" in value or parts.username:
                raise Unreadable("must have no query, fragment or login in it")
            return value.rstrip("/")
    raise Unreadable("must be an absolute http:// or https:// address")


def _list(value: str) -> tuple[str, ...]:
    entries = tuple(entry.strip() for entry in value.split(","))
    if not all(entries):
        raise Unreadable("must hold one or more values separated by commas, none of them empty")
    return entries


def _tokens(value: str) -> tuple[str, ...]:
    entries = _list(value)
    if len(entries) > 2 or any(len(entry) < 16 for entry in entries):
        raise Unreadable("must hold one token, or two while rotating, of 16 characters or more")
    return entries


def _key(value: str) -> bytes:
    try:
        plain = value.rstrip("=").replace("-", "+").replace("_", "/")
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Unreadable(f"must be {KEY_BYTES} random bytes in base64")
    return key


def _keys(value: str) -> tuple[bytes, ...]:
    return tuple(_key(entry) for entry in _list(value))


def _optional_keys(value: str) -> tuple[bytes, ...]:
    return _keys(value) if value else ()


def _long_secret(value: str) -> str:
    if len(value) < 32:
        raise Unreadable("must be 32 characters or more")
    return value


def _optional_token(value: str) -> str | None:
    if value and len(value) < 16:
        raise Unreadable("must be 16 characters or more")
    return value or None


def _account_sid(value: str) -> str:
    if not re.fullmatch(r"AC[0-9a-f]{32}", value):
        raise Unreadable("must be AC followed by 32 hexadecimal digits")
    return value


def _new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode().rstrip("=")


SETTINGS: tuple[Setting, ...] = (
    Setting("DEMO", "1 or 0", "Try it without any account or secret.", _switch, "0"),
    Setting(
        "DEMO_PASSWORD",
        "text",
        "The demo clinician's password; without demo mode it does nothing.",
        _optional,
        "",
        demo=lambda: secrets.token_urlsafe(12),
    ),
    Setting(
        "INSTANCE_PATH",
        "folder",
        "Where SQLite, demo secrets and the spool live.",
        _folder,
        str(ROOT / "instance"),
    ),
    Setting("HOST", "address", "Where to listen; a proxy stands in front.", _text, "127.0.0.1"),
    Setting("PORT", "TCP port", "Where to listen.", whole_number(1, 65535), "8000"),
    Setting(
        "PUBLIC_URL",
        "absolute address",
        "The address Twilio calls: signatures are computed over it, links begin with it.",
        _web_address,
    ),
    Setting(
        "DATABASE_URL",
        "SQLAlchemy address",
        "`sqlite:///` in the instance folder unless `postgresql://` is given.",
        _optional,
        "",
    ),
    Setting(
        "DATABASE_POOL_SIZE",
        "connections of one process",
        "A web process answers one request at a time; the worker takes a few more.",
        whole_number(1, 100),
        "5",
    ),
    Setting(
        "DATABASE_DEADLINE_SECONDS",
        "seconds",
        "Longest wait for a frozen database; emergency resources must leave within three.",
        seconds(0.2, 30),
        "2.0",
    ),
    Setting(
        "DATABASE_LOCK_SECONDS",
        "seconds",
        "Longest wait for a lock; below the deadline, so that it is the lock that is named.",
        seconds(0.1, 30),
        "1.5",
    ),
    Setting(
        "SPOOL_DIR",
        "folder",
        "Where messages are kept, encrypted, while the database is down.",
        _optional_folder,
        "",
    ),
    Setting(
        "STREAM_DIR",
        "folder",
        "Where web and stream processes of one machine meet; this user's alone.",
        _optional_folder,
        "",
    ),
    Setting(
        "STREAMS_AT_MOST",
        "connections",
        "Visitors who listen at once on this machine; beyond it pages ask every few seconds.",
        whole_number(1, 100_000),
        "5000",
    ),
    Setting(
        "BROKER_URL",
        "address",
        "Tells the workers of several machines at once what is due. Without it they look.",
        _optional,
        "",
    ),
    Setting(
        "SECRET_KEY",
        "32 characters or more",
        "Signs the clinicians' session cookies.",
        _long_secret,
        demo=lambda: secrets.token_urlsafe(48),
    ),
    Setting(
        "FIELD_KEYS",
        "base64 keys of 32 bytes, newest first, by commas",
        "Encrypt names, numbers, words and answers field by field.",
        _keys,
        demo=_new_key,
    ),
    Setting(
        "ADDRESS_HASH_KEY",
        "base64 key of 32 bytes",
        "Finds a patient by number without storing it readably. Never changes.",
        _key,
        demo=_new_key,
    ),
    Setting(
        "TWILIO_ACCOUNT_SID",
        "AC and 32 hexadecimal digits",
        "Requests of any other account are refused.",
        _account_sid,
        demo=lambda: "AC" + secrets.token_hex(16),
    ),
    Setting(
        "TWILIO_AUTH_TOKEN",
        "token, or two by a comma while rotating",
        "Proves that a request is Twilio's, and ours to Twilio.",
        _tokens,
        demo=lambda: secrets.token_hex(16),
    ),
    Setting(
        "TWILIO_API_URL",
        "absolute address",
        "Where texts are sent. The demo brings a stand-in for Twilio along: nothing leaves.",
        _web_address,
        TWILIO_API,
    ),
    Setting(
        "RECONCILE_SECONDS",
        "seconds; 0: never",
        "How often Twilio's list of inbound texts is compared with what the webhook saw.",
        whole_number(0, 86_400),
        "300",
    ),
    Setting(
        "WEBHOOK_KEYS",
        "base64 keys of 32 bytes, newest first, by commas",
        "Sign what clinics' own systems are told; without one they are told nothing.",
        _optional_keys,
        "",
    ),
    Setting(
        "SMTP_URL",
        "smtp://, smtp+starttls:// or smtps:// address",
        "Sends e-mail to on-call staff; without it they are paged by text only.",
        _optional,
        "",
    ),
    Setting(
        "MAIL_FROM",
        "e-mail address",
        "The sender of those e-mails.",
        _text,
        "porchlight@localhost",
    ),
    Setting(
        "WEB_WORKERS",
        "processes",
        "One webhook at a time in each; sync workers keep the slowest answer near the median.",
        whole_number(1, 64),
        "2",
    ),
    Setting(
        "QUEUE_WORKERS",
        "processes",
        "With `BROKER_URL`: how many rows one machine delivers at once because it was told.",
        whole_number(1, 64),
        "2",
    ),
    Setting(
        "METRICS_TOKEN",
        "16 characters or more",
        "Who shows it may read `/metrics`; without it only this machine's own programs may.",
        _optional_token,
        "",
    ),
    Setting(
        "MAX_BODY_BYTES",
        "bytes",
        "A text has 1,600 characters; nothing we accept comes near this.",
        whole_number(4096, 16_777_216),
        "65536",
    ),
    Setting(
        "SESSION_IDLE_SECONDS",
        "seconds",
        "An unattended clinician's screen is logged out.",
        whole_number(60, 86_400),
        "900",
    ),
    Setting(
        "SESSION_LIMIT_SECONDS",
        "seconds",
        "Nobody stays logged in longer than a shift.",
        whole_number(300, 604_800),
        "43200",
    ),
    Setting(
        "CHAT_SESSION_SECONDS",
        "seconds",
        "A chat that nobody writes in is over after this; then its token opens nothing.",
        whole_number(300, 2_592_000),
        "86400",
    ),
    Setting(
        "CHAT_SESSIONS_PER_ADDRESS",
        "new chats a minute",
        "From one internet address. A whole waiting room may share one.",
        whole_number(1, 1_000_000),
        "30",
    ),
    Setting(
        "CHAT_SESSIONS_PER_CLINIC",
        "new chats a minute",
        "From all visitors of a clinic together, against floods from many addresses.",
        whole_number(1, 1_000_000),
        "600",
    ),
    Setting(
        "CHAT_MESSAGES_PER_ADDRESS",
        "messages a minute",
        "From one internet address. Text that shows danger is never refused.",
        whole_number(1, 1_000_000),
        "300",
    ),
    Setting(
        "CHAT_MESSAGES_PER_CLINIC",
        "messages a minute",
        "From all visitors of a clinic together.",
        whole_number(1, 1_000_000),
        "6000",
    ),
    Setting(
        "TRUSTED_PROXIES",
        "proxies",
        "So many addresses at the end of X-Forwarded-For are believed. 0: only the socket's.",
        whole_number(0, 8),
        "0",
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, read and checked. Secrets are left out of its repr."""

    demo: bool
    demo_password: str | None = field(repr=False)
    instance_path: Path
    host: str
    port: int
    public_url: str
    database_url: str = field(repr=False)
    database_pool_size: int
    database_deadline_seconds: float
    database_lock_seconds: float
    spool_dir: Path
    stream_dir: Path
    streams_at_most: int
    broker_url: str | None = field(repr=False)
    secret_key: str = field(repr=False)
    field_keys: tuple[bytes, ...] = field(repr=False)
    address_hash_key: bytes = field(repr=False)
    twilio_account_sid: str = field(repr=False)
    twilio_auth_token: tuple[str, ...] = field(repr=False)
    twilio_api_url: str
    reconcile_seconds: int
    webhook_keys: tuple[bytes, ...] = field(repr=False)
    smtp_url: str | None = field(repr=False)
    mail_from: str
    web_workers: int
    queue_workers: int
    metrics_token: str | None = field(repr=False)
    max_body_bytes: int
    session_idle_seconds: int
    session_limit_seconds: int
    chat_session_seconds: int
    chat_sessions_per_address: int
    chat_sessions_per_clinic: int
    chat_messages_per_address: int
    chat_messages_per_clinic: int
    trusted_proxies: int

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Return the settings that `env` gives.

        Demo mode makes and keeps what is missing. An empty variable counts as not given.

        Raises:
            SettingsError: names every setting that is missing or cannot be used.
        """
        given = {setting.env: env.get(setting.env, "").strip() for setting in SETTINGS}
        if _demo_wanted(given["DEMO"]):
            given = _with_demo_values(given)
        values = _read_all(given)
        if not values["database_url"]:
            values["database_url"] = f"sqlite:///{values['instance_path']}/porchlight.db"
        values["spool_dir"] = values["spool_dir"] or values["instance_path"] / "spool"
        values["stream_dir"] = values["stream_dir"] or _socket_folder(values["instance_path"])
        return cls(**values)


def _socket_folder(instance_path: Path) -> Path:
    """Return a folder of this user with a short path: a socket's has 107 bytes at most."""
    mark = hashlib.sha256(str(instance_path).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"porchlight-{os.getuid()}-{mark}"


def _demo_wanted(value: str) -> bool:
    return value == "1"


def _with_demo_values(given: Mapping[str, str]) -> dict[str, str]:
    """Return `given` with the kept demo secrets where nothing was given."""
    rows = {setting.env: setting for setting in SETTINGS}
    folder = _folder(given["INSTANCE_PATH"] or rows["INSTANCE_PATH"].default or "")
    kept = keep_demo_secrets(folder)
    port = given["PORT"] or rows["PORT"].default or ""
    kept["PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    kept["TWILIO_API_URL"] = stand_in_address(port)
    return {name: value or kept.get(name, "") for name, value in given.items()}


def stand_in_address(port: str) -> str:
    """Return where the demo's stand-in for Twilio answers: one port further ("" for no port)."""
    return f"http://127.0.0.1:{int(port) + 1}" if port.isdecimal() else ""


def _read_all(given: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for setting in SETTINGS:
        raw = given[setting.env] or setting.default
        if raw is None:
            faults.append((setting.env, "is missing"))
            continue
        try:
            values[setting.field] = setting.read(raw)
        except Unreadable as error:
            faults.append((setting.env, str(error)))
    if faults:
        raise SettingsError(
            [name for name, _ in faults], "; ".join(f"{name} {said}" for name, said in faults)
        )
    return values


def keep_demo_secrets(folder: Path) -> dict[str, str]:
    """Return the demo secrets kept in `folder`; make those that are not there yet.

    Two programs that start together end up with the same secrets: the first file to be linked
    into place wins.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / DEMO_SECRETS
    known = _read_secrets(kept)
    missing = {row.env: row.demo() for row in SETTINGS if row.demo and row.env not in known}
    if missing:
        draft = _write_draft(folder, {**known, **missing})
        if known:
            draft.replace(kept)
        else:
            with suppress(FileExistsError):
                os.link(draft, kept)
            draft.unlink()
    return _read_secrets(kept)


def _read_secrets(kept: Path) -> dict[str, str]:
    if not kept.exists():
        return {}
    known: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
    return known


def _write_draft(folder: Path, values: Mapping[str, str]) -> Path:
    """Write `values` to a new file that only its owner may read."""
    draft = folder / f".{DEMO_SECRETS}.{secrets.token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(values, file, indent=1)
    return draft


DEMO_VALUES = {
    "PUBLIC_URL": "http://127.0.0.1:PORT",
    "TWILIO_API_URL": "http://127.0.0.1:PORT + 1",
}


def settings_table() -> str:
    """Return the table of docs/settings.md."""
    rows = [
        "| setting | form | default | without it in demo mode | why |",
        "|---|---|---|---|---|",
    ]
    for setting in SETTINGS:
        default = "must be given" if setting.default is None else _shown_default(setting)
        demo = "made at random, kept" if setting.demo else "the default"
        demo = DEMO_VALUES.get(setting.env, demo)
        rows.append(
            f"| `{setting.env}` | {setting.form} | {default} | {demo} | {setting.reason} |"
        )
    return "\n".join(rows) + "\n"


def _shown_default(setting: Setting) -> str:
    default = (setting.default or "").replace(f"{ROOT}/", "")
    return f"`{default}`" if default else "none"


if {row.field for row in SETTINGS} != {row.name for row in fields(Settings)}:
    raise RuntimeError("the table of settings and the Settings class differ")
