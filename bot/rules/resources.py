"""Emergency resources: which line helps whom, in which region, and how it is said.

Everything comes from `definitions/resources.yaml`, is checked once when it is loaded and then
lives in memory: handing out a number must not depend on a database, a queue or a flow.
`bot.rules.emergency` makes the answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import DefinitionError
from bot.core.findings import Category, Subject
from bot.rules.definition_file import read_struct
from bot.rules.resources_file import (
    Alternatives,
    Longest,
    Region,
    Resource,
    ResourcesFile,
    Said,
)
from bot.rules.wording import Wording, build_wording, refuse_long_texts

DEFAULT_PATH = Path(__file__).parent / "definitions" / "resources.yaml"
LANGUAGES = ("en", "es")
ALWAYS = frozenset({"emergency", "Emergency", "support", "Support"})
LINES = frozenset({"poison", "abuse", "perinatal", "substance_use"})
CLINIC = frozenset({"clinic_phone"})
CLINIC_AND_NAME = frozenset({"clinic_phone", "clinic_name"})
DEFAULT = "default"

ByCategory = Mapping[str, Wording]


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything needed to answer, checked. `words[region][language]` fill the wordings.

    The region "" stands for one that is not on record.
    """

    version: str
    longest: Longest
    entries: Mapping[str, Resource]
    words: Mapping[str, Mapping[str, Mapping[str, str]]]
    aliases: Mapping[str, str]
    lines: Mapping[str, Region]
    clinic_link: Wording
    answer: Mapping[Subject, ByCategory]
    clinic: ByCategory
    again: Mapping[Subject, ByCategory]
    check_in: ByCategory
    help: Wording
    stop: Wording

    def region_of(self, region: str) -> str:
        """Return the region on record for an ISO 3166 code (US, us, US-CA, UK), or ""."""
        country = region.strip().upper().partition("-")[0]
        country = self.aliases.get(country, country)
        return country if country in self.words else ""

    def words_for(self, region: str, language: str) -> Mapping[str, str]:
        """Return what fills a wording there; `language` is one of `LANGUAGES`."""
        return self.words[self.region_of(region)][language]

    def languages_of(self, language: str) -> tuple[str, ...]:
        """Return the one language asked for, or all of them when it is not one of ours."""
        base = language.strip().lower().partition("-")[0]
        return (base,) if base in LANGUAGES else LANGUAGES


def load_resources(path: Path = DEFAULT_PATH) -> Resources:
    """Read and check the resources.

    Raises DefinitionError with the path to the fault: an unknown id, a category without words, a
    text that is longer than one SMS segment in some region.
    """
    return build_resources(read_struct(path.read_bytes(), ResourcesFile, str(path.name)))


def build_resources(file: ResourcesFile) -> Resources:
    """Return checked resources; raises DefinitionError as `load_resources` does."""
    entries = _entries(file)
    _refuse_unknown_ids(file, entries)
    resources = Resources(
        version=file.version,
        longest=file.longest,
        entries=entries,
        words=_words(file, entries),
        aliases=file.aliases,
        lines=file.regions,
        clinic_link=build_wording(
            [file.clinic_link], "clinic_link", languages=LANGUAGES, always=CLINIC
        ),
        answer=_by_subject(file.answer, "answer", complete=True),
        clinic=_by_category(file.clinic, "clinic", optional=LINES | CLINIC),
        again=_by_subject(file.again, "again", complete=False),
        check_in=_by_category(file.check_in, "check_in", optional=LINES),
        help=_wording(file.help, "help", optional=CLINIC_AND_NAME),
        stop=_wording(file.stop, "stop", optional=CLINIC_AND_NAME),
    )
    _refuse_long_answers(resources)
    return resources


def _entries(file: ResourcesFile) -> dict[str, Resource]:
    entries: dict[str, Resource] = {}
    for index, resource in enumerate(file.resources):
        path = f"resources[{index}]"
        if resource.id in entries:
            raise DefinitionError(f"{path}.id", f"{resource.id} stands twice")
        if not resource.actions:
            raise DefinitionError(f"{path}.actions", "no way to reach it")
        for at, action in enumerate(resource.actions):
            _in_all_languages(action.label, f"{path}.actions[{at}].label")
            if not action.href.startswith(("tel:", "sms:", "https:")):
                raise DefinitionError(f"{path}.actions[{at}].href", "not tel:, sms: or https:")
        _in_all_languages(resource.name, f"{path}.name")
        _in_all_languages(resource.say, f"{path}.say")
        entries[resource.id] = resource
    return entries


def _in_all_languages(said: Said, path: str) -> Said:
    for language in LANGUAGES:
        if not said.get(language):
            raise DefinitionError(f"{path}.{language}", "the text is missing")
    return said


def _refuse_unknown_ids(file: ResourcesFile, entries: Mapping[str, Resource]) -> None:
    for code, region in file.regions.items():
        for role, resource_id in _roles(region):
            path = f"regions.{code}.{role}"
            if resource_id not in entries:
                raise DefinitionError(path, f"no resource {resource_id}")
            if entries[resource_id].region != code:
                raise DefinitionError(path, f"{resource_id} belongs to another region")
    for alias, code in file.aliases.items():
        if code not in file.regions:
            raise DefinitionError(f"aliases.{alias}", f"no region {code}")


def _roles(region: Region) -> Iterator[tuple[str, str]]:
    for role in region.__struct_fields__:
        if (resource_id := getattr(region, role)) is not None:
            yield role, resource_id


def _words(
    file: ResourcesFile, entries: Mapping[str, Resource]
) -> dict[str, dict[str, dict[str, str]]]:
    words = {
        code: {
            language: _with_capitals(
                {role: entries[resource_id].say[language] for role, resource_id in _roles(region)}
            )
            for language in LANGUAGES
        }
        for code, region in file.regions.items()
    }
    unknown = file.unknown_region
    words[""] = {
        language: _with_capitals(
            {"emergency": unknown.emergency[language], "support": unknown.support[language]}
        )
        for language in LANGUAGES
    }
    return words


def _with_capitals(words: dict[str, str]) -> dict[str, str]:
    for role in ("emergency", "support"):
        words[role.capitalize()] = words[role][:1].upper() + words[role][1:]
    return words


def _wording(alternatives: Alternatives, path: str, *, optional: frozenset[str]) -> Wording:
    return build_wording(alternatives, path, languages=LANGUAGES, always=ALWAYS, optional=optional)


def _by_category(
    texts: Mapping[str, Alternatives], path: str, *, optional: frozenset[str]
) -> dict[str, Wording]:
    if DEFAULT not in texts:
        raise DefinitionError(f"{path}.{DEFAULT}", "the text is missing")
    if strange := texts.keys() - {DEFAULT, *Category}:
        raise DefinitionError(f"{path}.{min(strange)}", "not a category")
    return {
        category: _wording(alternatives, f"{path}.{category}", optional=optional)
        for category, alternatives in texts.items()
    }


def _by_subject(
    texts: Mapping[Subject, Mapping[str, Alternatives]], path: str, *, complete: bool
) -> dict[Subject, ByCategory]:
    wordings: dict[Subject, ByCategory] = {}
    for subject in Subject:
        if subject not in texts:
            raise DefinitionError(f"{path}.{subject}", "the texts are missing")
        if complete and (missing := {*Category} - texts[subject].keys()):
            raise DefinitionError(f"{path}.{subject}.{min(missing)}", "the text is missing")
        wordings[subject] = _by_category(
            texts[subject], f"{path}.{subject}", optional=LINES | CLINIC
        )
    return wordings


def _refuse_long_answers(resources: Resources) -> None:
    longest = resources.longest
    clinic = {
        "clinic_name": "N" * longest.clinic_name,
        "clinic_phone": "5" * longest.clinic_phone,
    }
    for path, wording in _all_wordings(resources):
        for region in resources.words.values():
            for language, words in region.items():
                refuse_long_texts(wording, {**words, **clinic}, path, language=language)


def _all_wordings(resources: Resources) -> Iterator[tuple[str, Wording]]:
    by_category: dict[str, ByCategory] = {
        "clinic": resources.clinic,
        "check_in": resources.check_in,
    }
    for subject in Subject:
        by_category[f"answer.{subject}"] = resources.answer[subject]
        by_category[f"again.{subject}"] = resources.again[subject]
    for path, wordings in by_category.items():
        for category, wording in wordings.items():
            yield f"{path}.{category}", wording
    yield "help", resources.help
    yield "stop", resources.stop
