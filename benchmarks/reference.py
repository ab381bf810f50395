"""WD: the least that a signed SMS webhook with durable rows can cost in Python.

Raw WSGI, the signature checked by hand, a raw driver, and the same rows as one turn of ours: an
inbound message, an outbound message, an answer, and the conversation with its state. Nothing is
screened, asked, encrypted or decided. Our turn is measured beside it, with the same requests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import psycopg

STATE = os.urandom(3000)
BODY = os.urandom(150)
REPLY = b'<?xml version="1.0" encoding="UTF-8"?><Response><Message>%s</Message></Response>' % (
    b"Thank you. Next question?" * 5
)

TABLES = """
CREATE TABLE ref_conversations (address TEXT PRIMARY KEY, turn INTEGER NOT NULL, state {blob});
CREATE TABLE ref_messages (id CHAR(32) PRIMARY KEY, address TEXT NOT NULL, provider_id TEXT UNIQUE,
  in_reply_to CHAR(32), body {blob}, at {time} DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX ref_messages_by_address ON ref_messages (address, at);
CREATE INDEX ref_messages_by_reply ON ref_messages (in_reply_to);
CREATE TABLE ref_answers (id CHAR(32) PRIMARY KEY, address TEXT NOT NULL, link_id TEXT,
  value {blob});
CREATE INDEX ref_answers_by_address ON ref_answers (address);
"""

POSTGRES_WRITE = """
WITH told AS (
  INSERT INTO ref_messages (id, address, provider_id, body) VALUES (%s, %s, %s, %s)
  ON CONFLICT (provider_id) DO NOTHING RETURNING id),
said AS (INSERT INTO ref_messages (id, address, in_reply_to, body)
  SELECT %s, %s, id, %s FROM told),
answered AS (INSERT INTO ref_answers (id, address, link_id, value)
  SELECT %s, %s, 'phq9_1', %s FROM told)
INSERT INTO ref_conversations (address, turn, state) SELECT %s, 1, %s FROM told
ON CONFLICT (address) DO UPDATE SET turn = ref_conversations.turn + 1, state = excluded.state
"""


def create_tables(database: str) -> None:
    """Drop and make the reference's tables."""
    drops = "".join(
        f"DROP TABLE IF EXISTS {name};"
        for name in ("ref_answers", "ref_messages", "ref_conversations")
    )
    if database.startswith("postgres"):
        with psycopg.connect(database, autocommit=True) as connection:
            script = drops + TABLES.format(blob="BYTEA", time="TIMESTAMPTZ")
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
    else:
        with sqlite3.connect(database) as connection:
            connection.executescript(drops + TABLES.format(blob="BLOB", time="TEXT"))


class PostgresTurn:
    """BEGIN, SELECT FOR UPDATE, one write, COMMIT: four round trips."""

    def __init__(self, database: str) -> None:
        self.connection = psycopg.connect(database)

    def __call__(self, address: str, provider_id: str) -> None:
        cursor = self.connection.cursor()
        cursor.execute(
            "SELECT turn, state FROM ref_conversations WHERE address = %s FOR UPDATE", (address,)
        )
        cursor.fetchone()
        told, said, answered = uuid4().hex, uuid4().hex, uuid4().hex
        values = (
            told, address, provider_id, BODY, said, address, BODY,
            answered, address, BODY, address, STATE,
        )  # fmt: skip
        cursor.execute(POSTGRES_WRITE, values)
        self.connection.commit()


class SqliteTurn:
    """BEGIN IMMEDIATE, the same rows, COMMIT, with the durability our own store asks for."""

    def __init__(self, database: str) -> None:
        self.connection = sqlite3.connect(database, timeout=30, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")

    def __call__(self, address: str, provider_id: str) -> None:
        run = self.connection.execute
        run("BEGIN IMMEDIATE")
        run("SELECT turn, state FROM ref_conversations WHERE address = ?", (address,)).fetchone()
        told, said, answered = uuid4().hex, uuid4().hex, uuid4().hex
        message = "INSERT INTO ref_messages (id, address, provider_id, in_reply_to, body)"
        run(f"{message} VALUES (?,?,?,?,?)", (told, address, provider_id, None, BODY))
        run(f"{message} VALUES (?,?,?,?,?)", (said, address, None, told, BODY))
        run(
            "INSERT INTO ref_answers (id, address, link_id, value) VALUES (?,?,?,?)",
            (answered, address, "phq9_1", BODY),
        )
        run(
            "INSERT INTO ref_conversations VALUES (?,1,?) ON CONFLICT (address)"
            " DO UPDATE SET turn = turn + 1, state = excluded.state",
            (address, STATE),
        )
        run("COMMIT")


def make_app(environ: dict[str, str]) -> Callable[..., Iterable[bytes]]:
    """Return the WSGI application for `REF_DATABASE`, `REF_URL` and `REF_TOKEN`."""
    url, token = environ["REF_URL"], environ["REF_TOKEN"].encode()
    database = environ["REF_DATABASE"]
    turn_class = PostgresTurn if database.startswith("postgres") else SqliteTurn
    turns: list[Any] = []

    def app(request: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = request["wsgi.input"].read(int(request.get("CONTENT_LENGTH") or 0))
        fields = parse_qsl(body.decode(), keep_blank_values=True)
        signed = url + "".join(k + v for k, v in sorted(fields))
        mac = base64.b64encode(hmac.new(token, signed.encode(), hashlib.sha1).digest())
        if not hmac.compare_digest(mac, request.get("HTTP_X_TWILIO_SIGNATURE", "").encode()):
            start("403 Forbidden", [])
            return [b""]
        if not turns:
            turns.append(turn_class(database))
        form = dict(fields)
        turns[0](form["From"], form["MessageSid"])
        start("200 OK", [("Content-Type", "text/xml"), ("Content-Length", str(len(REPLY)))])
        return [REPLY]

    return app


if "REF_DATABASE" in os.environ:
    application = make_app(dict(os.environ))
