"""Visitors of a clinic's chat, through the service and into a real database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

from bot.services import chat
from bot.services.chat import ChatText, open_chat, read_chat, say_in_chat
from bot.services.chat_budgets import Budget, ChatRules
from bot.services.chat_tokens import read_chat_token
from bot.services.clinic_files import apply_clinic, plan_clinic
from bot.services.emergency import screen
from tests.services.test_clinics import DEMO

PLENTY = 10**6
RULES = ChatRules(86_400, Budget("sessions", PLENTY, PLENTY), Budget("messages", PLENTY, PLENTY))
HOME = "192.0.2.1"


@dataclass
class Chat:
    """The front door's chat. `rules` may be replaced."""

    door: object
    rules: ChatRules = RULES

    def __post_init__(self):
        self.parts = self.door.parts
        plan = plan_clinic(self.parts, DEMO)
        apply_clinic(self.parts, plan)
        self.clinic = self.door.clinic = plan.clinic

    def limit(self, *, sessions=(PLENTY, PLENTY), messages=(PLENTY, PLENTY)):
        self.rules = replace(
            RULES, sessions=Budget("sessions", *sessions), messages=Budget("messages", *messages)
        )

    def visitor(self, *, language="en", caller=HOME):
        opened = open_chat(self.parts, self.rules, self.clinic, language=language, caller=caller)
        return Visitor(self, opened)


class Visitor:
    """One browser with one token."""

    def __init__(self, chat, opened):
        self.chat = chat
        self.opened = opened
        self.key = read_chat_token(chat.parts, opened.token)
        self._numbers = count(1)

    def send(self, text="", *, client_id=None, change=None, caller=HOME):
        said = ChatText(client_id or f"c{next(self._numbers)}", text, change)
        message = chat._message(self.chat.parts, self.key, said)
        finding = screen(self.chat.parts, message)
        return say_in_chat(
            self.chat.parts, self.chat.rules, self.key, said, finding=finding, caller=caller
        )

    def say(self, text, **more):
        return self.send(text, **more).view

    def change(self, link_id):
        return self.send(change=link_id).view

    def read(self, after=None):
        return read_chat(self.chat.parts, self.key, after=after)


def said(view, sender="bot"):
    return [message.text for message in view.messages if message.sender == sender]
