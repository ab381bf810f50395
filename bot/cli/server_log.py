"""Gunicorn's own log in our shape: what a malformed request contained never reaches it."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from bot.core.logs import JsonLines


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn is not typed
    """Writes gunicorn's errors as our JSON lines, without their texts; no access log at all."""

    def setup(self, cfg: Any) -> None:
        """Give every handler of gunicorn's our formatter."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLines())

    def access(self, *_details: Any) -> None:
        """Write nothing: paths and addresses are personal. The program logs route templates."""
