"""Which flow greets a patient, and the very version that a conversation began with.

A conversation is pinned to a flow's content hash. Before the first turn of such a conversation
is stored, the flow's source (and that of the rules that fit it) is in the database; from there
any process can make it again, long after the files have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.core.clinic import Clinic
from bot.core.conditions import Symbol
from bot.core.decisions import Judge
from bot.core.errors import DefinitionError
from bot.core.instruments import Instrument
from bot.flows.load import flow_from_source
from bot.flows.model import Flow
from bot.rules.ruleset import Ruleset, ruleset_from_source
from bot.rules.triage import judge_for
from bot.services.transactions import reading, writing
from bot.store.missing import add_if_missing
from bot.store.tables import FlowVersionRow, RulesetRow

LoadRules = Callable[[Mapping[str, Symbol], Mapping[str, Instrument]], Ruleset]


class FlowBook:
    """Flows by id (as the files have them now) and by hash (as conversations are pinned)."""

    def __init__(
        self,
        engine: Engine,
        load_flow: Callable[[str], Flow],
        load_rules: LoadRules,
        now: Callable[[], datetime],
    ) -> None:
        """Take the database, the readers of definition files, and the clock."""
        self._engine = engine
        self._load_flow = load_flow
        self._load_rules = load_rules
        self._now = now
        self._current: dict[str, Flow] = {}
        self._by_hash: dict[str, Flow] = {}
        self._rules: dict[str, Ruleset] = {}
        self._judges: dict[tuple[str, tuple[str, ...]], Judge] = {}
        self._stored: set[str] = set()

    def current(self, flow_id: str) -> Flow:
        """Return the flow of the definition files. Raises DefinitionError."""
        flow = self._current.get(flow_id)
        if flow is None:
            flow = self._current[flow_id] = self._load_flow(flow_id)
            self._by_hash[flow.content_hash] = flow
        return flow

    def pinned(self, content_hash: str) -> Flow | None:
        """Return the flow of this hash; None if it was never stored or cannot be read any more.

        Raises StoreUnavailable when it must be looked up and the database does not answer.
        """
        flow = self._by_hash.get(content_hash)
        if flow is None:
            flow = self._from_store(content_hash)
            if flow is not None:
                self._by_hash[content_hash] = flow
        return flow

    def judge(self, flow: Flow, clinic: Clinic) -> Judge:
        """Return what triages this flow's answers at this clinic.

        Raises DefinitionError when no rules fit the flow, StoreUnavailable as `pinned`.
        """
        key = (flow.content_hash, clinic.licensed_states)
        judge = self._judges.get(key)
        if judge is None:
            judge = judge_for(self.rules(flow), clinic.licensed_states)
            self._judges[key] = judge
        return judge

    def rules(self, flow: Flow) -> Ruleset:
        """Return today's rules compiled for a flow, or the latest stored ones that fit it."""
        rules = self._rules.get(flow.content_hash)
        if rules is None:
            rules = self._rules[flow.content_hash] = self._fitting_rules(flow)
        return rules

    def keep(self, flow: Flow) -> None:
        """Make sure that the flow and its rules are in the database; cheap after the first time.

        Raises StoreUnavailable.
        """
        if flow.content_hash in self._stored:
            return
        rules = self.rules(flow)
        with writing(self._engine) as session:
            self._insert(session, flow, rules)
        self._stored.add(flow.content_hash)

    def _insert(self, session: Session, flow: Flow, rules: Ruleset) -> None:
        now = self._now()
        of_rules = {"content_hash": rules.content_hash, "source": rules.source}
        add_if_missing(session, RulesetRow, {**of_rules, "created_at": now})
        version = {
            "content_hash": flow.content_hash,
            "flow_id": flow.id,
            "version": flow.version,
            "source": flow.source,
            "ruleset_hash": rules.content_hash,
            "created_at": now,
        }
        if not add_if_missing(session, FlowVersionRow, version):
            row = session.get_one(FlowVersionRow, flow.content_hash)
            row.ruleset_hash = rules.content_hash

    def _from_store(self, content_hash: str) -> Flow | None:
        with reading(self._engine) as session:
            row = session.get(FlowVersionRow, content_hash)
            source = None if row is None else row.source
        if source is None:
            return None
        try:
            return flow_from_source(source)
        except DefinitionError:
            return None

    def _fitting_rules(self, flow: Flow) -> Ruleset:
        try:
            return self._load_rules(flow.symbols, flow.instruments)
        except DefinitionError:
            source = self._stored_rules(flow.content_hash)
            if source is None:
                raise
            return ruleset_from_source(source, flow.symbols, flow.instruments)

    def _stored_rules(self, flow_hash: str) -> bytes | None:
        wanted = (
            select(RulesetRow.source)
            .join(FlowVersionRow, FlowVersionRow.ruleset_hash == RulesetRow.content_hash)
            .where(FlowVersionRow.content_hash == flow_hash)
        )
        with reading(self._engine) as session:
            source: bytes | None = session.scalar(wanted)
        return source
