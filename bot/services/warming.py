"""Loads what a server would otherwise load while its first patients wait."""

from __future__ import annotations

import logging

from bot.conversation.room import HOLD_FLOW
from bot.core.errors import DefinitionError, StoreUnavailable
from bot.flows.reading import lexicon, recognise_medications
from bot.rules.crisis.load import self_check
from bot.services.parts import Parts

log = logging.getLogger(__name__)


def warm(parts: Parts) -> None:
    """Load word lists, flows and rules, and let the crisis rules prove themselves.

    Screening every rule's own example builds what the detector builds at first use. A flow that
    cannot be loaded is left to the turn that needs it, which answers safely. No connection stays
    open: a server loads once and forks, and two processes must never share one.
    Raises DefinitionError when a crisis rule misses its own example.
    """
    self_check(parts.detector)
    lexicon()
    recognise_medications("")
    try:
        parts.flows.current(HOLD_FLOW)
        for flow_id in _flows_of_clinics(parts):
            parts.flows.rules(parts.flows.current(flow_id))
    except DefinitionError:
        log.exception("flow_missing")
    parts.engine.dispose()


def _flows_of_clinics(parts: Parts) -> tuple[str, ...]:
    try:
        return tuple(sorted({clinic.flow for clinic in parts.clinics.all()}))
    except StoreUnavailable:
        return ()
