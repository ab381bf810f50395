"""Builds the parts and joins them. The only importer of the settings."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask

from bot.channels.signature import make_signature_check
from bot.cli.backtest import backtest
from bot.cli.clinicians import clinicians
from bot.cli.clinics import clinics
from bot.cli.fake import fake_twilio
from bot.cli.flows import flows
from bot.cli.keys import keys
from bot.cli.outbox import outbox
from bot.cli.phone import phone
from bot.cli.reconcile import reconcile
from bot.cli.restoring import restore
from bot.cli.rules import rules
from bot.cli.serve import migrate, queue, serve, worker
from bot.cli.spool import spool
from bot.cli.stream import stream as stream_command
from bot.core.logs import JsonLines, reporter
from bot.delivery.kicker import Kicker
from bot.delivery.parts import DeliveryParts, load_pages
from bot.delivery.senders import Sender
from bot.delivery.smtp_letters import SmtpLetters
from bot.delivery.stand_ins import KeptAtHome, NotSetUp
from bot.services.alerts import alert_link
from bot.services.chat_budgets import Budget, ChatRules
from bot.services.inbound import replay
from bot.services.kicking import Kick, kick_nobody
from bot.services.parts import Parts, make_parts
from bot.services.reconciling import ListInbound, reconcile_due
from bot.services.telling import is_redis, publisher, teller
from bot.services.timers import Timekeeper
from bot.store.engine import StoreLimits
from bot.store.orm import attach
from bot.stream.door import Doors
from bot.stream.elsewhere import FromRedis
from bot.stream.hub import Elsewhere, Hub, Nowhere
from bot.web.alerts import alerts
from bot.web.answers import prepare_answers
from bot.web.api import api
from bot.web.application import Application
from bot.web.assets import assets
from bot.web.calls import CALL_PATH, calls
from bot.web.chat import RULES, chat
from bot.web.chat_entrance import check_chat
from bot.web.clinic import clinic, home
from bot.web.clinician_entrance import check_clinician, csrf, guard_forms
from bot.web.counting import count_log_lines
from bot.web.embedding import embedding
from bot.web.entrances import Check, Entrance, guard_entrances
from bot.web.health import EXPOSITION, health
from bot.web.link import link
from bot.web.metrics import Exposition, check_metrics
from bot.web.resting import rest_with_the_store
from bot.web.sms import STATUS_PATH, sms
from bot.web.stream import give_streams_away, stream
from bot.web.twilio_entrance import ACCOUNT, TwilioAccount, check_twilio
from config import Settings, stand_in_address

MOST_FORM_FIELDS = 100
HANDS = 4
"""Rows that the worker delivers at once in each of its two lanes."""

BLUEPRINTS = (
    *(sms, calls, health, assets, home, clinic, alerts, link),
    *(chat, stream, embedding, api),
)
COMMANDS = (
    *(serve, worker, queue, stream_command, migrate, phone, fake_twilio, reconcile),
    *(rules, clinics, clinicians, flows, keys, spool, restore, outbox),
)
rules.add_command(backtest)

CHECKS: dict[Entrance, Check] = {
    Entrance.TWILIO: check_twilio,
    Entrance.CLINICIAN: check_clinician,
    Entrance.CHAT: check_chat,
    Entrance.METRICS: check_metrics,
}


def create_app(settings: Settings, *, parts: Parts | None = None) -> Flask:
    """Return the application. `parts` replaces the collaborators that settings describe.

    Raises:
        SettingsError: a setting cannot be used.
        DefinitionError: a flow, rule or text file is wrong.
    """
    app = Application("bot.web", static_folder=None)
    _configure(app, settings)
    _write_log_lines()
    parts = parts or _make_parts(settings)
    if settings.broker_url is not None:
        parts = _with_broker(app, settings.broker_url, parts)
    app.extensions["porchlight"] = parts
    attach(app, parts.engine)
    app.extensions["delivery"] = partial(_make_delivery, settings, parts)
    app.extensions["list_inbound"] = partial(_list_inbound, settings)
    check = make_signature_check(settings.public_url, settings.twilio_auth_token)
    app.extensions[ACCOUNT] = TwilioAccount(settings.twilio_account_sid, check)
    app.extensions[EXPOSITION] = Exposition(parts)
    prepare_answers(app, https=_is_https(settings))
    rest_with_the_store(app, parts.health)
    guard_entrances(app, CHECKS)
    guard_forms(app)
    csrf.exempt(sms)
    csrf.exempt(calls)
    csrf.exempt(chat)
    csrf.exempt(link)
    app.extensions[RULES] = _chat_rules(settings)
    app.extensions["stream"] = partial(_make_hub, settings, parts)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for command in COMMANDS:
        app.cli.add_command(command)
    app.wsgi_app = give_streams_away(app.wsgi_app, settings.stream_dir)  # type: ignore[method-assign, assignment]
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        MAX_FORM_PARTS=MOST_FORM_FIELDS,
        SESSION_COOKIE_NAME="porchlight",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=_is_https(settings) or not settings.demo,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=settings.session_limit_seconds),
        SESSION_IDLE_SECONDS=settings.session_idle_seconds,
        TRUSTED_PROXIES=settings.trusted_proxies,
        DEMO=settings.demo,
        DEMO_PASSWORD=settings.demo_password,
        HOST=settings.host,
        PORT=settings.port,
        PUBLIC_URL=settings.public_url,
        STAND_IN=_stand_in(settings),
        INSTANCE_PATH=settings.instance_path,
        DATABASE_URL=settings.database_url,
        WEB_WORKERS=settings.web_workers,
        QUEUE_WORKERS=settings.queue_workers if settings.broker_url else 0,
        METRICS_TOKEN=settings.metrics_token,
        METRICS_FOLDER=settings.instance_path / "metrics",
        WEBHOOK_KEYS=settings.webhook_keys,
        TWILIO_ACCOUNT_SID=settings.twilio_account_sid,
        TWILIO_AUTH_TOKEN=settings.twilio_auth_token,
    )


def _stand_in(settings: Settings) -> str | None:
    """Return the address at which the demo needs a stand-in for Twilio; None if it needs none."""
    address = stand_in_address(str(settings.port))
    return address if settings.demo and settings.twilio_api_url == address else None


def _chat_rules(settings: Settings) -> ChatRules:
    sessions = (settings.chat_sessions_per_address, settings.chat_sessions_per_clinic)
    messages = (settings.chat_messages_per_address, settings.chat_messages_per_clinic)
    return ChatRules(
        settings.chat_session_seconds,
        Budget("sessions", *sessions),
        Budget("messages", *messages),
    )


def _is_https(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")


def _make_parts(settings: Settings) -> Parts:
    limits = StoreLimits(
        deadline_seconds=settings.database_deadline_seconds,
        lock_seconds=settings.database_lock_seconds,
        pool_size=settings.database_pool_size,
    )
    parts = make_parts(
        settings.database_url,
        field_keys=settings.field_keys,
        address_hash_key=settings.address_hash_key,
        public_url=settings.public_url,
        spool_dir=settings.spool_dir,
        limits=limits,
    )
    abroad: Kick = kick_nobody
    if settings.broker_url is not None and is_redis(settings.broker_url):
        abroad = Kicker(publisher(settings.broker_url))
    return replace(parts, tell=teller(settings.stream_dir, abroad))


def _make_hub(settings: Settings, parts: Parts) -> Hub:
    """Return what the stream process runs; opens its sockets."""
    elsewhere: Elsewhere = Nowhere()
    if settings.broker_url is not None and is_redis(settings.broker_url):
        elsewhere = FromRedis(settings.broker_url)
    doors = Doors(settings.stream_dir)
    return Hub(parts, doors, most=settings.streams_at_most, elsewhere=elsewhere)


def _with_broker(app: Flask, broker_url: str, parts: Parts) -> Parts:
    """Return the parts with kicks that go to the broker; a program of their own reads them."""
    from bot.delivery.broker import make_celery, send_kick

    app.extensions["celery"] = partial(make_celery, broker_url, reads=True)
    return replace(parts, kick=Kicker(partial(send_kick, make_celery(broker_url, reads=False))))


def _twilio_client(settings: Settings) -> Any:
    from bot.delivery.twilio_api import make_client

    return make_client(
        settings.twilio_account_sid,
        settings.twilio_auth_token[0],
        api_url=settings.twilio_api_url,
    )


def _list_inbound(settings: Settings) -> ListInbound:
    """Return how Twilio's list of inbound texts is asked for; made on demand."""
    from bot.delivery.twilio_texts import TwilioTexts

    return TwilioTexts(_twilio_client(settings), status_url=settings.public_url).inbound


def _reconciler(settings: Settings, parts: Parts, list_inbound: ListInbound) -> Callable[[], int]:
    if not settings.reconcile_seconds:
        return int
    every = timedelta(seconds=settings.reconcile_seconds)
    return partial(reconcile_due, parts, list_inbound, every=every)


def _webhooks(settings: Settings, parts: Parts) -> Sender:
    from bot.delivery.webhooks import Webhooks

    if not settings.webhook_keys:
        return NotSetUp("webhook")
    return Webhooks(settings.webhook_keys, now=parts.now, is_demo=settings.demo)


def _make_delivery(settings: Settings, parts: Parts) -> DeliveryParts:
    """Return what the worker needs. Made on demand: web processes need no provider's library."""
    from bot.delivery.twilio_texts import TwilioCalls, TwilioTexts

    client = _twilio_client(settings)
    texts = TwilioTexts(client, status_url=settings.public_url + STATUS_PATH)
    letters: Sender = KeptAtHome() if settings.demo else NotSetUp("smtp")
    if settings.smtp_url is not None:
        letters = SmtpLetters(settings.smtp_url, sender=settings.mail_from)
    return DeliveryParts(
        engine=parts.engine,
        clinic_of=parts.clinics.certainly_of,
        texts=texts,
        letters=letters,
        calls=TwilioCalls(client),
        webhooks=_webhooks(settings, parts),
        clinics=parts.clinics.all,
        pages=load_pages(),
        alert_link=partial(alert_link, parts),
        call_link=f"{settings.public_url}{CALL_PATH}?alert={{}}".format,
        now=parts.now,
        new_id=parts.new_id,
        report=reporter(logging.getLogger("bot.delivery")),
        name=parts.new_id(),
        replay=partial(replay, parts),
        hands=HANDS,
        keep_time=Timekeeper(parts),
        reconcile=_reconciler(settings, parts, texts.inbound),
    )


def _write_log_lines() -> None:
    """Send our log records, and warnings of libraries, to stderr as lines of JSON; count ours."""
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, JsonLines) for handler in root.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        root.addHandler(handler)
    logging.getLogger("bot").setLevel(logging.INFO)
    count_log_lines()
