"""What a flow file may contain, as msgspec structs: the grammar of `definitions/*.yaml`.

Every text is given per language, and per mode where a text message must be shorter than the web
chat. Unknown fields are refused. What cannot be said by types alone is checked in `compile`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from bot.core.findings import Category
from bot.flows.questions import Kind, Unit

FORMAT = 1
"""Version of this grammar; kept in every pinned flow so that older ones can be told apart."""

Id = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]*$", max_length=60)]
FlowId = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]*$", max_length=60)]
Language = Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")]
Words = Annotated[str, msgspec.Meta(min_length=1)]


class ModeText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language's text in two lengths: short for `sms`, full for `web`."""

    sms: Words
    web: Words


Text = Mapping[Language, Words | ModeText]
"""Language -> text; a plain string serves both modes."""


class ChoiceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One choice: the code stored, the label shown, further words patients write for it."""

    value: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$")]
    label: Text
    words: Mapping[Language, tuple[Words, ...]] = {}
    exclusive: bool = False


class RiskFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which answers mean danger: `positive` is true/false for yes_no, else a list of codes."""

    category: Category
    tier: Literal["check-in", "crisis", "emergency"]
    positive: bool | tuple[str, ...]


class Say(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="node", tag="say"):
    """Says a text and goes on."""

    id: Id
    text: Text
    when: str | None = None
    next: Id | None = None


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="node", tag="ask"):
    """Asks one question. `again` are other words for the first and the second re-asking.

    `topic` is its short label in the summary. `minimum` and `maximum` are inclusive, in `unit`.
    `unsure` offers "not sure" as an answer of its own. See `bot.flows.questions.Question`.
    """

    id: Id
    kind: Kind
    text: Text
    why: Text | None = None
    again: tuple[Text, Text] | None = None
    topic: Text | None = None
    skippable: bool = False
    sensitive: bool = False
    unsure: bool = False
    choices: tuple[ChoiceFile, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: Unit | None = None
    past: bool = False
    minimum_age_years: int | None = None
    maximum_age_years: int | None = None
    risk: RiskFile | None = None
    when: str | None = None
    next: Id | None = None


class AskInstrument(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="node", tag="instrument"
):
    """Asks the items of an instrument in their published wording; `items` picks some of them.

    `topic` lists the whole instrument as one entry of the summary; `why` answers for each item.
    """

    id: Id
    instrument: FlowId
    items: tuple[str, ...] | None = None
    topic: Text | None = None
    why: Text | None = None
    when: str | None = None
    next: Id | None = None


class SubFlow(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="node", tag="flow"
):
    """Walks through another flow and comes back; its nodes are inlined."""

    id: Id
    flow: FlowId
    when: str | None = None
    next: Id | None = None


class CaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way out of a branch."""

    when: str
    to: Id


class Branch(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="node", tag="branch"
):
    """Goes to the first case that is true; a case met before it that is unknown, to `unknown`."""

    id: Id
    cases: Annotated[tuple[CaseFile, ...], msgspec.Meta(min_length=1)]
    otherwise: Id
    unknown: Id


class Triage(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="node", tag="triage"
):
    """Has the answers so far judged and goes on by disposition.

    `cases` maps dispositions to nodes; any other goes to `otherwise`, or to the next node.
    `final` says that this decision is the screening's result.
    """

    id: Id
    cases: Mapping[Literal["emergency", "not-now", "review", "eligible"], Id] = {}
    otherwise: Id | None = None
    final: bool = False
    when: str | None = None


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="node", tag="link"):
    """Offers to go on over a secure web link; `{secure_link}` is allowed in its texts only.

    Its choices have the values `text` (go on here) and `web`. Choosing `web` sends `offer`, which
    holds the link; where `text` holds the link already, `web` need not be a choice. On the web
    the node is passed with the value `web`.
    """

    id: Id
    text: Text
    choices: Annotated[tuple[ChoiceFile, ...], msgspec.Meta(min_length=1)]
    offer: Text | None = None
    why: Text | None = None
    again: tuple[Text, Text] | None = None
    when: str | None = None
    next: Id | None = None


class Summary(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="node", tag="summary"
):
    """Lists the topics of what was answered, to be confirmed or changed by number."""

    id: Id
    text: Text
    when: str | None = None
    next: Id | None = None


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="node", tag="end"):
    """Says a last text and ends the conversation, also from within a sub-flow."""

    id: Id
    outcome: Literal["completed", "not_now", "declined", "human", "emergency"]
    text: Text


NodeFile = Say | Ask | AskInstrument | SubFlow | Branch | Triage | Link | Summary | End


class FlowFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One flow: its nodes are walked from top to bottom, `next` jumps."""

    id: FlowId
    version: Words
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1)]
    nodes: Annotated[tuple[NodeFile, ...], msgspec.Meta(min_length=1)]
    title: Text | None = None


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A flow with all it needs: what is hashed, stored and pinned to a conversation.

    `flows` and `instruments` hold the parsed files by id, the flow `id` among them.
    """

    id: FlowId
    flows: Mapping[str, FlowFile]
    instruments: Mapping[str, Mapping[str, object]]
    format: int = FORMAT
