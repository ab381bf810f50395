"""What the texts of a patient do whose questions are open on the private web page.

What must stay true:

* No question is asked by text as long as they are open there, and no text is taken as an answer:
  whoever chose the page did not want their answers to travel as texts.
* Crisis language, STOP and its kin, and a person who has taken over come before, as always.
* A word is enough to get a new link, or to go on by text after all.
"""

from __future__ import annotations

from msgspec import structs

from bot.conversation import screening
from bot.conversation.draft import Draft
from bot.conversation.keywords import PageWish
from bot.conversation.model import ConversationStatus
from bot.core.messages import Channel
from bot.flows import Flow, Step, resume
from bot.flows.events import Asked
from bot.flows.progress import waits_for_link
from bot.flows.reading import CommandKind, read_command
from bot.flows.state import FlowState

HEARD = frozenset({CommandKind.HUMAN, CommandKind.PAUSE, CommandKind.LANGUAGE})
"""Commands that are no answer: they do the same by text while the questions are on the page."""


def arrive(draft: Draft, flow: Flow | None) -> bool:
    """Ask on the page where its visitor left off, by text or there: they have just come in.

    Nobody wrote such a message. A conversation that begins with one, or is over, takes it as any
    other; one that is held says nothing: what is open there stands on the page.
    """
    if not _is_arrival(draft) or flow is None:
        return False
    if draft.conversation.status is ConversationStatus.HELD:
        return True
    if draft.conversation.flow_state is None or not draft.flow_speaks:
        return False
    draft.become(status=ConversationStatus.ACTIVE)
    screening.ask_again(draft, flow)
    return True


def _is_arrival(draft: Draft) -> bool:
    message = draft.message
    is_blank = message.change is None and not message.text.strip()
    return message.channel is Channel.WEB and is_blank


def keep_to_page(draft: Draft, flow: Flow | None) -> bool:
    """Treat a text of somebody whose questions are on the page, or who wants them there."""
    state = draft.conversation.flow_state
    if flow is None or state is None or draft.message.channel is not Channel.SMS:
        return False
    wish = draft.room.keywords.page_wish(draft.message.text)
    if wish is PageWish.LINK and (draft.is_on_page or not waits_for_link(flow, state)):
        screening.offer_page(draft)
    elif not draft.is_on_page:
        return False
    elif wish is PageWish.TEXT:
        draft.become(status=ConversationStatus.ACTIVE)
        screening.ask_here(draft, flow, state)
    else:
        _wait(draft, flow, state)
    return True


def _wait(draft: Draft, flow: Flow, state: FlowState) -> None:
    """Say where the questions are; a command is obeyed without a question being asked."""
    command = read_command(draft.message.text, language=draft.conversation.language)
    if command is not None and command.kind in HEARD:
        step = resume(flow, state, draft.message.text, context=screening.context_of(draft))
        events = tuple(event for event in step.events if not isinstance(event, Asked))
        kept = structs.replace(step.state, channel=state.channel)
        screening.apply_step(draft, Step(kept, events))
    if not draft.replies:
        draft.say_phrase("on_page")
