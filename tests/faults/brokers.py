"""Brokers of our own, Redis and RabbitMQ, that hang, die and come back as a scenario likes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.private_postgres import free_port
from tests.live.servers import await_true

STARTS_WITHIN_SECONDS = 180.0
RABBITMQ_PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"
"""The server itself: what is on the PATH may become another user first."""


@dataclass
class OwnBroker:
    """A broker's address, and its processes, which are a group of their own."""

    url: str
    port: int
    command: list[str]
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it, and return once it takes connections."""
        self.process = subprocess.Popen(
            self.command, env=self.env, stdout=subprocess.DEVNULL, cwd="/tmp",
            start_new_session=True,
        )  # fmt: skip
        await_true(self._is_there, seconds=STARTS_WITHIN_SECONDS)

    def hang(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.process is not None:
            self._signal(signal.SIGKILL)
            self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def _is_there(self) -> bool:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            return True
        return False


@contextmanager
def own_redis() -> Iterator[OwnBroker]:
    """Give a Redis that is not started yet; it keeps nothing on disk."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    broker = OwnBroker(f"redis://127.0.0.1:{port}/0", port, command, dict(os.environ))
    try:
        yield broker
    finally:
        broker.kill()


@contextmanager
def own_rabbitmq() -> Iterator[OwnBroker]:
    """Give a RabbitMQ that is not started yet: a node with its own ports, folders and names."""
    with tempfile.TemporaryDirectory(prefix="own-rabbitmq-") as name:
        home, port, names = Path(name), free_port(), free_port()
        env = {
            **os.environ,
            "HOME": name,
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_RELAXED_COMMAND_CHECK": "true",
            "RABBITMQ_NODENAME": f"own-{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(home / "none"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "none-either"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "no-settings"),
        }
        command = [shutil.which(RABBITMQ_PROGRAM) or "rabbitmq-server"]
        url = f"amqp://guest:guest@127.0.0.1:{port}//"
        broker = OwnBroker(url, port, command, env)
        try:
            yield broker
        finally:
            broker.kill()
            _end_names(env)


def _end_names(env: Mapping[str, str]) -> None:
    """End the Erlang service of names, which a node leaves running."""
    subprocess.run(["epmd", "-kill"], env=env, stdout=subprocess.DEVNULL, check=False)
