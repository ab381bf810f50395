"""How to speak to one patient: which clinic and region, which language, which channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.messages import Channel
from bot.rules.resources import Resources
from bot.rules.wording import Wording, say


@dataclass(frozen=True, slots=True)
class Speech:
    """Fills wordings for one patient. Nothing in it raises, whatever the region or language is.

    An empty `clinic_phone` or `clinic_name` counts as not known; the wording's next alternative
    does without.
    """

    resources: Resources
    region: str
    language: str
    channel: Channel
    clinic_phone: str = ""
    clinic_name: str = ""

    @property
    def languages(self) -> tuple[str, ...]:
        """The patient's language, or every language there is when it is unknown."""
        return self.resources.languages_of(self.language)

    def say(self, wording: Wording) -> tuple[str, ...]:
        """Return the wording, once per language of `languages`."""
        return tuple(
            say(wording, self.words(language), language=language, channel=self.channel)
            for language in self.languages
        )

    def words(self, language: str) -> Mapping[str, str]:
        """Return what fills the placeholders in one of our languages."""
        words = dict(self.resources.words_for(self.region, language))
        for name, word in (("clinic_phone", self.clinic_phone), ("clinic_name", self.clinic_name)):
            if clean := " ".join(word.split()):
                words[name] = clean
        return words
