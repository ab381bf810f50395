"""The worker as the harness runs it: a parent that has loaded everything forks the real loop.

The child is the program's own `run`; when it is killed, or ends by a fault, the parent forks the
next one at once as the supervisor does, in milliseconds where a start from nothing takes seconds.
"""

from __future__ import annotations

import http.client
import os
import signal
import sys
import traceback
from threading import Event
from typing import Any

from bot.delivery.runner import run
from tests.faults.entry import app, triggers
from tests.faults.triggers import POST_SENT

_read_answer = http.client.HTTPConnection.getresponse


def _killed_before_reading(connection: http.client.HTTPConnection) -> Any:
    triggers.meet(POST_SENT)
    return _read_answer(connection)


def work() -> None:
    http.client.HTTPConnection.getresponse = _killed_before_reading  # type: ignore[method-assign]
    stop = Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    with app.app_context():
        run(app.extensions["delivery"](), stop)


def _work_and_leave() -> None:
    try:
        work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


def main() -> None:
    while True:
        child = os.fork()
        if child == 0:
            _work_and_leave()
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
