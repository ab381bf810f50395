"""Reading a reply to "which medications do you take?"."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.answers import Value
from bot.flows.reading.formulary import formulary
from bot.flows.reading.lexicon import Lean
from bot.flows.reading.medications import described, find_mentions
from bot.flows.reading.polarity import HEDGED, hedge, polarity_of
from bot.flows.reading.reply import Reply
from bot.flows.reading.results import (
    MedicationMention,
    Reading,
    Unclear,
    UnclearReason,
    Understood,
)
from bot.flows.reading.spelling import BREAK

_LONGEST_NAME_WORDS = 3
_NOTHING_NAMED = Unclear(UnclearReason.NOT_A_MEDICATION)


def read_medications(reply: Reply) -> Reading:
    """Read medications: value the generic names; parts classes, unrecognised, written, count.

    "None" gives an empty value. A name that is denied ("no lithium") gives no value. When some
    words were not recognised and none were, `classes` is left out: what they are is not known.
    """
    found = find_mentions(reply.written)
    mentions = [mention for one in found for mention in described(one)]
    if not mentions:
        return _nothing(reply)
    lean = polarity_of(reply.words, reply.lexicon).lean
    recognised = [mention for mention in mentions if mention.recognised]
    if lean is Lean.UNSURE and not recognised:
        return hedge(reply.question, lean)
    if not recognised and not _speaks_of_medications(reply, mentions):
        return _NOTHING_NAMED
    if any(one.named and one.negated for one in found):
        return Unclear(UnclearReason.CONTRADICTORY)
    unrecognised = tuple(mention.written for mention in mentions if not mention.recognised)
    names = dict.fromkeys(mention.name for mention in recognised if mention.name is not None)
    classes = dict.fromkeys(m.drug_class for m in recognised if m.drug_class is not None)
    written = tuple(dict.fromkeys(mention.written for mention in mentions))
    parts: dict[str, Value] = {
        "unrecognised": unrecognised,
        "written": written,
        "count": len(written),
    }
    if recognised:
        parts["classes"] = tuple(classes)
    return Understood(tuple(names), parts, reply.written)


def _speaks_of_medications(reply: Reply, mentions: Sequence[MedicationMention]) -> bool:
    """Whether unknown words are likely names: a bare list, a dose, or "I take ..."."""
    if any(mention.dose for mention in mentions) or formulary().cues.intersection(reply.plain):
        return True
    clauses = " ".join(reply.words).split(BREAK)
    return all(len(clause.split()) <= _LONGEST_NAME_WORDS for clause in clauses)


def _nothing(reply: Reply) -> Reading:
    """Read a reply that names no medication: "none", not knowing, or nothing to the purpose."""
    lean = polarity_of(reply.words, reply.lexicon).lean
    if lean in (Lean.UNSURE, Lean.HEDGED, Lean.LEANS_NO):
        return hedge(reply.question, lean) if lean is Lean.UNSURE else HEDGED
    denied = reply.lexicon.negators.intersection(reply.plain)
    said_none = reply.phrase in reply.lexicon.none_of_them or lean is Lean.NO
    only_ordinary = all(word in formulary().ordinary for word in reply.plain if word.isalpha())
    if said_none or (denied and only_ordinary and not reply.lexicon.contrasts & set(reply.plain)):
        parts: dict[str, Value] = {"classes": (), "unrecognised": (), "written": (), "count": 0}
        return Understood((), parts, reply.written)
    return _NOTHING_NAMED
