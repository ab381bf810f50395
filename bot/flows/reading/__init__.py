"""Reading replies: what a patient wrote -> a value, two readings to ask about, or no value.

Pure. The words are in definitions/lexicon.yaml, places.yaml and medications.yaml; the three are
read at the first use and never again. What must stay true: any text is read without an error and
in time linear in its length; a value returned is legal for its question; nothing is moved into a
range; not knowing is never no; a doubtful spelling never ends a concern.
"""

from bot.flows.reading.commands import read_command
from bot.flows.reading.lexicon import lexicon, load_lexicon
from bot.flows.reading.medications import recognise_medications
from bot.flows.reading.replies import read_reply
from bot.flows.reading.results import (
    Ambiguous,
    AmbiguousReason,
    Command,
    CommandKind,
    MedicationMention,
    Reading,
    Unclear,
    UnclearReason,
    Understood,
    Unsure,
)

__all__ = [
    "Ambiguous",
    "AmbiguousReason",
    "Command",
    "CommandKind",
    "MedicationMention",
    "Reading",
    "Unclear",
    "UnclearReason",
    "Understood",
    "Unsure",
    "lexicon",
    "load_lexicon",
    "read_command",
    "read_reply",
    "recognise_medications",
]
