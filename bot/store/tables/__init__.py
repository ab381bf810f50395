"""The tables, and the one metadata that migrations are compared with."""

from __future__ import annotations

from bot.store.tables.alerts import AlertRow, AlertStepRow
from bot.store.tables.base import Base
from bot.store.tables.chat import ChatBudgetRow, ChatSessionRow
from bot.store.tables.definitions import ClinicNumberRow, ClinicRow, FlowVersionRow, RulesetRow
from bot.store.tables.patients import (
    AnswerRow,
    ConversationRow,
    DecisionRow,
    FlagRow,
    MessageRow,
    OptOutRow,
    PatientRow,
    SafetyEventRow,
    SecureLinkRow,
)
from bot.store.tables.running import HeartbeatRow
from bot.store.tables.staff import (
    AuditRow,
    ClinicianClinicRow,
    ClinicianRow,
    ClinicianSessionRow,
    LoginThrottleRow,
)
from bot.store.tables.work import (
    ConsultEventRow,
    ConsultReasonRow,
    ConsultRow,
    DeliveryReceiptRow,
    OutboxRow,
    PaceRow,
    ReconciledRow,
    TextPartRow,
    TimerRow,
)

__all__ = [
    "AlertRow",
    "AlertStepRow",
    "AnswerRow",
    "AuditRow",
    "Base",
    "ChatBudgetRow",
    "ChatSessionRow",
    "ClinicNumberRow",
    "ClinicRow",
    "ClinicianClinicRow",
    "ClinicianRow",
    "ClinicianSessionRow",
    "ConsultEventRow",
    "ConsultReasonRow",
    "ConsultRow",
    "ConversationRow",
    "DecisionRow",
    "DeliveryReceiptRow",
    "FlagRow",
    "FlowVersionRow",
    "HeartbeatRow",
    "LoginThrottleRow",
    "MessageRow",
    "OptOutRow",
    "OutboxRow",
    "PaceRow",
    "PatientRow",
    "ReconciledRow",
    "RulesetRow",
    "SafetyEventRow",
    "SecureLinkRow",
    "TextPartRow",
    "TimerRow",
]
