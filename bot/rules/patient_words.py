"""What a patient may be told about a decision: never a score, a diagnosis or "you qualify"."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.decisions import Decision
from bot.rules.resources import Resources
from bot.rules.ruleset import Ruleset
from bot.rules.speech import Speech
from bot.rules.wording import refuse_long_texts


def patient_texts(ruleset: Ruleset, decision: Decision, speech: Speech) -> tuple[str, ...]:
    """Return the texts that the decision's `patient_words` name, most important first.

    A key that this rule set no longer has is passed over: it names words, not safety.
    """
    wordings = (ruleset.texts.get(key) for key in decision.patient_words)
    return tuple(text for wording in wordings if wording for text in speech.say(wording))


def refuse_long_patient_texts(ruleset: Ruleset, resources: Resources) -> None:
    """Raise DefinitionError when a text for patients is longer than one SMS segment anywhere."""
    phone = "5" * resources.longest.clinic_phone
    for key, wording in ruleset.texts.items():
        for language, words in _every_words(resources):
            filled = {**words, "clinic_phone": phone}
            refuse_long_texts(wording, filled, f"texts.{key}", language=language)


def _every_words(resources: Resources) -> Iterable[tuple[str, dict[str, str]]]:
    for by_language in resources.words.values():
        for language, words in by_language.items():
            yield language, dict(words)
