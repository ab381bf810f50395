"""The broker between machines: Celery over Redis, RabbitMQ or SQS. Optional; loaded on demand.

What must stay true: nothing but ids of rows is ever on the broker, as JSON, and nothing depends
on it. The rows are the truth, and a lease makes sure that one process works on a row at a time,
however often it is kicked.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bot.core.errors import SettingsError

QUEUE = "porchlight"
TASKS = {"outbox": "porchlight.deliver", "alert": "porchlight.page"}
"""Kind of row -> name of the task that its kicks begin."""

KINDS = {"redis": "redis", "rediss": "redis", "amqp": "amqp", "amqps": "amqp", "sqs": "sqs"}
"""Scheme of an address -> kind of broker."""

KICK_LASTS_SECONDS = 60
"""Whoever reads a kick later than this drops it: the worker has long found the row."""

TASK_SECONDS = 50.0
"""Below the lease of a row: a task that hangs is killed before another process may take over."""

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0

SETTINGS: dict[str, Any] = {
    "task_serializer": "json",
    "accept_content": ["json"],
    "result_backend": None,
    "task_ignore_result": True,
    "task_default_queue": QUEUE,
    "task_default_delivery_mode": "transient",
    "task_time_limit": TASK_SECONDS,
    "task_soft_time_limit": TASK_SECONDS - 5,
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "broker_pool_limit": 1,
    "broker_connection_timeout": CONNECT_SECONDS,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
}

SENDER_LIMITS: dict[str, dict[str, Any]] = {
    "redis": {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": ANSWER_SECONDS},
    "amqp": {"read_timeout": ANSWER_SECONDS, "write_timeout": ANSWER_SECONDS},
    "sqs": {},
}
"""How long whoever kicks waits for the broker, by kind of broker."""

READER_LIMITS: dict[str, dict[str, Any]] = {
    "redis": {"socket_keepalive": True},
    "amqp": {},
    "sqs": {},
}


def make_celery(broker_url: str, *, reads: bool) -> Any:
    """Return the Celery application that sends kicks, or the one that `reads` them.

    Raises SettingsError for an address of another kind, or when Celery is not installed.
    """
    kind = KINDS.get(urlsplit(broker_url).scheme)
    if kind is None:
        raise SettingsError(["BROKER_URL"], "must begin with redis://, amqp:// or sqs://")
    try:
        from celery import Celery
        from kombu.entity import Queue
    except ImportError:
        problem = "needs the packages of requirements-distributed.txt"
        raise SettingsError(["BROKER_URL"], problem) from None
    limits = READER_LIMITS if reads else SENDER_LIMITS
    celery = Celery("porchlight", broker=broker_url, set_as_current=False)
    celery.conf.update(SETTINGS, broker_transport_options=limits[kind])
    # Kicks are not acknowledged: on Redis, acknowledgements that failed left a reader without
    # credit, and it never asked again. A kick that is lost is a row that the worker finds.
    make_queue: Any = Queue  # untyped
    celery.conf.task_queues = [make_queue(QUEUE, routing_key=QUEUE, no_ack=True)]
    return celery


def send_kick(celery: Any, kind: str, row_id: str) -> None:
    """Put one id on the broker. Raises whatever the broker's library raises, within seconds."""
    celery.send_task(
        TASKS[kind],
        args=(row_id,),
        expires=KICK_LASTS_SECONDS,
        retry=True,
        retry_policy={"max_retries": 1, "interval_start": 0},
    )
