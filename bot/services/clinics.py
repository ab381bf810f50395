"""The clinics of this deployment: found by number or id, and applied from a file.

Every process keeps all clinics in memory, so that a text costs no lookup and a crisis is answered
while the database is down. They are read again when a number is unknown and every REFRESH_SECONDS,
but not while the database rests after a failure.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from threading import Lock

import msgspec
from sqlalchemy import Engine, select

from bot.core.clinic import Clinic
from bot.core.clock import monotonic_seconds
from bot.core.errors import StoreUnavailable
from bot.core.messages import Channel
from bot.services.health import StoreHealth
from bot.services.transactions import reading
from bot.store.tables import ClinicRow

REFRESH_SECONDS = 30.0
UNKNOWN_SECONDS = 1.0
"""An unknown number is looked up at most this often: strangers must not cost queries."""

log = logging.getLogger(__name__)


class ClinicBook:
    """All applied clinics, in memory."""

    def __init__(
        self,
        engine: Engine,
        seconds: Callable[[], float] = monotonic_seconds,
        *,
        health: StoreHealth | None = None,
    ) -> None:
        """Take the database, a clock that only moves forward, and how the database is."""
        self._engine = engine
        self._seconds = seconds
        self._health = health or StoreHealth(seconds)
        self._clinics: dict[str, Clinic] = {}
        self._by_number: dict[str, Clinic] = {}
        self._by_service: dict[str, Clinic] = {}
        self._read_at: float | None = None
        self._is_known = False
        self._lock = Lock()

    def at(
        self, channel: Channel, address: str, messaging_service_sid: str | None = None
    ) -> Clinic | None:
        """Return the clinic texted at `address` (or through its messaging service), or None."""
        return self._find(lambda: self._look_up(channel, address, messaging_service_sid))

    def of(self, clinic_id: str) -> Clinic | None:
        """Return the clinic of this id, or None."""
        return self._find(lambda: self._clinics.get(clinic_id))

    def certainly_of(self, clinic_id: str) -> Clinic | None:
        """Return the clinic of this id, None if there certainly is none.

        Raises StoreUnavailable while the clinics could never be read: then nobody knows.
        """
        clinic = self.of(clinic_id)
        if clinic is None and not self._is_known:
            raise StoreUnavailable("the clinics could not be read yet")
        return clinic

    @property
    def is_known(self) -> bool:
        """Whether the clinics were ever read; if not, a number without a clinic means nothing."""
        return self._is_known

    def all(self) -> tuple[Clinic, ...]:
        """Return every clinic, by id."""
        self._refresh(REFRESH_SECONDS)
        return tuple(self._clinics[key] for key in sorted(self._clinics))

    def refresh(self) -> None:
        """Read the clinics again now. Raises StoreUnavailable."""
        with reading(self._engine) as session:
            documents = session.scalars(select(ClinicRow.document)).all()
        self._replace([msgspec.json.decode(each, type=Clinic) for each in documents])

    def _look_up(self, channel: Channel, address: str, service: str | None) -> Clinic | None:
        if channel is Channel.WEB:
            return self._clinics.get(address)
        return self._by_number.get(address) or self._by_service.get(service or "")

    def _find(self, look: Callable[[], Clinic | None]) -> Clinic | None:
        self._refresh(REFRESH_SECONDS)
        found = look()
        if found is None:
            self._refresh(UNKNOWN_SECONDS)
            found = look()
        return found

    def _refresh(self, after_seconds: float) -> None:
        """Read again if the last time is that long ago; what is known stays if that fails."""
        if self._is_fresh(after_seconds) or self._health.is_resting:
            return
        with self._lock:
            if self._is_fresh(after_seconds):
                return  # another thread has read them while this one waited
            try:
                self.refresh()
            except StoreUnavailable:
                self._health.note_failure()
                log.warning("clinics_not_refreshed", extra={"count": len(self._clinics)})
            except Exception:
                # One unreadable row must not take the clinics away that are known.
                log.exception("clinics_unreadable", extra={"count": len(self._clinics)})
            finally:
                # Not before: who finds them fresh meanwhile would take a clinic for nobody's.
                self._read_at = self._seconds()

    def _is_fresh(self, after_seconds: float) -> bool:
        return self._read_at is not None and self._seconds() - self._read_at < after_seconds

    def _replace(self, clinics: Iterable[Clinic]) -> None:
        known = {clinic.id: clinic for clinic in clinics}
        self._by_number = {number: c for c in known.values() for number in c.sms_numbers}
        self._by_service = {sid: c for c in known.values() for sid in c.messaging_service_sids}
        self._clinics = known
        self._is_known = True
