"""The part of a FHIR R4 Questionnaire that Porchlight reads, as msgspec structs.

Fields that are not listed here are allowed and ignored, as FHIR demands of a reader.
"""

from __future__ import annotations

import msgspec

from bot.core.errors import DefinitionError

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
OWN = "https://porchlight.invalid/fhir/StructureDefinition/"
RISK = OWN + "risk"
UNSCORED = OWN + "unscored"
ANSWER_LIST = OWN + "loinc-answer-list"


class Coding(msgspec.Struct, frozen=True):
    """A code of a code system with the words shown for it."""

    code: str
    system: str | None = None
    display: str | None = None
    display_element: Element | None = msgspec.field(name="_display", default=None)
    extension: tuple[Extension, ...] = ()


class Extension(msgspec.Struct, frozen=True, rename="camel"):
    """One extension: a value, or further extensions."""

    url: str
    value_decimal: float | None = None
    value_string: str | None = None
    value_code: str | None = None
    value_boolean: bool | None = None
    value_coding: Coding | None = None
    extension: tuple[Extension, ...] = ()

    @property
    def code(self) -> str | None:
        """The value as a code, whichever of the textual types it was written with."""
        coding = self.value_coding.code if self.value_coding else None
        return self.value_code or self.value_string or coding


class Element(msgspec.Struct, frozen=True):
    """What FHIR's JSON puts beside a plain value: here, its translations."""

    extension: tuple[Extension, ...] = ()


class AnswerOption(msgspec.Struct, frozen=True, rename="camel"):
    """One allowed answer of a choice item."""

    value_coding: Coding
    extension: tuple[Extension, ...] = ()


class EnableWhenItem(msgspec.Struct, frozen=True, rename="camel"):
    """A test of another item's answer that decides whether an item is asked."""

    question: str
    operator: str
    answer_coding: Coding | None = None
    answer_boolean: bool | None = None


class QuestionnaireItem(msgspec.Struct, frozen=True, rename="camel"):
    """One item: `display` (the stem), `choice` (asked) or `decimal`/`integer` (the total)."""

    link_id: str
    type: str
    text: str = ""
    text_element: Element | None = msgspec.field(name="_text", default=None)
    code: tuple[Coding, ...] = ()
    answer_option: tuple[AnswerOption, ...] = ()
    enable_when: tuple[EnableWhenItem, ...] = ()
    enable_behavior: str = "all"
    extension: tuple[Extension, ...] = ()


class Questionnaire(msgspec.Struct, frozen=True, rename="camel"):
    """The resource itself."""

    resource_type: str
    id: str
    url: str
    version: str
    title: str
    item: tuple[QuestionnaireItem, ...]
    copyright: str = ""
    language: str = "en"
    code: tuple[Coding, ...] = ()


_DECODER = msgspec.json.Decoder(Questionnaire)


def decode_questionnaire(content: bytes, path: str) -> Questionnaire:
    """Return the Questionnaire in `content`.

    Raises:
        DefinitionError: not JSON, not a Questionnaire, or a field of the wrong type.
    """
    try:
        questionnaire = _DECODER.decode(content)
    except msgspec.DecodeError as error:
        raise DefinitionError(path, str(error)) from error
    if questionnaire.resource_type != "Questionnaire":
        raise DefinitionError(f"{path}.resourceType", "must be Questionnaire")
    return questionnaire


def translations(text: str | None, element: Element | None, language: str) -> dict[str, str]:
    """Return language -> wording: the value itself and its translation extensions."""
    found = {language: text} if text else {}
    for extension in element.extension if element else ():
        if extension.url != TRANSLATION:
            continue
        parts = {part.url: part.code for part in extension.extension}
        if parts.get("lang") and parts.get("content"):
            found[str(parts["lang"])] = str(parts["content"])
    return found


def extension_of(extensions: tuple[Extension, ...], url: str) -> Extension | None:
    """Return the first extension with this url, or None."""
    return next((extension for extension in extensions if extension.url == url), None)
