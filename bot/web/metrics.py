"""/metrics: the counts of all processes, and figures of what waits.

Figures are read from the database at most every FRESH_SECONDS and never fail the answer: while
the database is away they are missing, and `porchlight_database_up` says so.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from bot.core.clock import monotonic_seconds
from bot.services.parts import Parts
from bot.services.readiness import figures_now
from bot.store.figures import Figures
from bot.web.counting import COUNTS, FOLDER

CONTENT_TYPE = CONTENT_TYPE_LATEST
FRESH_SECONDS = 5.0
LOOPBACK = frozenset({"127.0.0.1", "::1"})
FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")
"""Headers of a proxy: a request that carries one did not begin on this machine."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure: its name, what it tells, its value, and a label where there are several."""

    name: str
    tells: str
    values: Mapping[Any, float]
    labels: tuple[str, ...] = ()


class Exposition:
    """The text of /metrics, with figures that are a few seconds old at most."""

    def __init__(self, parts: Parts) -> None:
        """Take the parts; nothing is read before the first request."""
        self._parts = parts
        self._figures: Figures | None = None
        self._read_at: float | None = None

    def text(self) -> bytes:
        """Return every metric as Prometheus reads it."""
        return generate_latest(_counts()) + generate_latest(_registry(_Gauges(self._gauges())))

    def _gauges(self) -> list[Gauge]:
        figures, now = self._fresh(), self._parts.now()
        gauges = [
            Gauge("database_up", "Whether the database answered", {(): figures is not None}),
            *_of_spool(self._parts, now),
        ]
        return gauges if figures is None else [*gauges, *_of_figures(figures, now)]

    def _fresh(self) -> Figures | None:
        """Return the figures; None while the database is away."""
        moment = monotonic_seconds()
        if self._read_at is None or moment - self._read_at >= FRESH_SECONDS:
            self._figures = figures_now(self._parts)
            self._read_at = moment
        return self._figures


def check_metrics() -> None:
    """Let in who shows METRICS_TOKEN; without that setting, this machine's own programs."""
    token: str | None = current_app.config["METRICS_TOKEN"]
    if token is not None:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            abort(403)
    elif request.remote_addr not in LOOPBACK or any(h in request.headers for h in FORWARDED):
        abort(403)


class _Gauges(Collector):
    """Gauges that were just made, as Prometheus's library takes them."""

    def __init__(self, gauges: list[Gauge]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        for gauge in self._gauges:
            name = f"porchlight_{gauge.name}"
            family = GaugeMetricFamily(name, gauge.tells, labels=gauge.labels)
            for labels, value in gauge.values.items():
                family.add_metric(labels, float(value))
            yield family


def _counts() -> CollectorRegistry:
    if not os.environ.get(FOLDER):
        return COUNTS
    return _registry(MultiProcessCollector(None))  # type: ignore[no-untyped-call]


def _registry(collector: Collector) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(collector)
    return registry


def _of_spool(parts: Parts, now: datetime) -> list[Gauge]:
    try:
        count, since = len(parts.spool.waiting()), parts.spool.waiting_since()
    except OSError:
        return []
    return [
        Gauge("spool_messages", "Messages kept on this machine's disk", {(): count}),
        Gauge("spool_oldest_seconds", "Age of the oldest of them", {(): _age(since, now)}),
    ]


def _of_figures(figures: Figures, now: datetime) -> list[Gauge]:
    kind_and_lane = ("kind", "lane")
    waiting = {(row.kind, row.lane): float(row.count) for row in figures.outbox}
    oldest = {(row.kind, row.lane): _age(row.oldest_at, now) for row in figures.outbox}
    alive = {(each.role,): float(each.alive) for each in figures.lanes}
    beats = {(each.role,): _age(each.last_at, now) for each in figures.lanes}
    return [
        Gauge("outbox_waiting", "Rows of the outbox that are not done", waiting, kind_and_lane),
        Gauge("outbox_oldest_seconds", "Age of the oldest of them", oldest, kind_and_lane),
        Gauge("alerts_open", "Alerts nobody has taken", {(): figures.alerts_open}),
        Gauge("alerts_oldest_seconds", "Age of the oldest", {(): _age(figures.alerts_since, now)}),
        Gauge(
            "timers_late_seconds", "How long a timer is due", {(): _age(figures.timers_from, now)}
        ),
        Gauge("opt_outs", "Times that patients opted out of texts", {(): figures.opt_outs}),
        Gauge("lanes_alive", "Workers with a sign of life in a lane", alive, ("lane",)),
        Gauge("heartbeat_age_seconds", "Time since the last sign of life", beats, ("lane",)),
    ]


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
