"""Gunicorn's settings, each with its reason. `serve` gives address and number of workers.

Under a supervisor of your own: `gunicorn --config python:bot.cli.web_server --bind ... wsgi:app`.
"""

from __future__ import annotations

import os
from typing import Any

from prometheus_client.multiprocess import mark_process_dead

worker_class = "sync"
"""One request at a time in each: the slowest webhook stays near the median under load."""

timeout = 30
"""A webhook ends itself after a few seconds; a worker that hangs beyond this is replaced."""

graceful_timeout = 20
"""What a request in hand has left to finish on SIGTERM; Twilio waits 15 seconds."""

preload_app = True
"""Rules and flows are loaded once and shared by all workers: less memory, quicker start."""

backlog = 512
"""A burst waits here for a moment; beyond it Twilio is refused at once and asks the fallback."""

limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190

logger_class = "bot.cli.server_log.ServerLog"
loglevel = "warning"


def child_exit(_server: Any, worker: Any) -> None:
    """Tell the metrics that a worker has gone; what it had counted stays counted."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
