"""A TCP proxy that can freeze: what a stopped server looks like from the client."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Thread, Timer

LONGEST_FREEZE_SECONDS = 15.0


class FreezingProxy:
    """Forwards bytes to a server until it is told to freeze; then connections hang open.

    `sends` counts how often the client spoke: one for each round trip it asked for.
    """

    def __init__(self, host, port):
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._flowing = Event()
        self._flowing.set()
        self._sockets = []
        self.sends = 0
        Thread(target=self._accept, daemon=True).start()

    def freeze(self):
        """Hang, but not for ever: a client without a deadline then fails its test."""
        self._flowing.clear()
        thaw = Timer(LONGEST_FREEZE_SECONDS, self.thaw)
        thaw.daemon = True
        thaw.start()

    def thaw(self):
        self._flowing.set()

    def cut(self):
        """Break every connection, as a restart of the server does."""
        for each in self._sockets:
            each.close()
        self._sockets.clear()

    def close(self):
        self._flowing.set()
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            self._sockets += [client, server]
            Thread(target=self._pump, args=(client, server, True), daemon=True).start()
            Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source, target, is_client):
        try:
            while content := source.recv(65536):
                self._flowing.wait()
                if is_client:
                    self.sends += 1
                target.sendall(content)
        except OSError:
            pass
        finally:
            for each in (source, target):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
