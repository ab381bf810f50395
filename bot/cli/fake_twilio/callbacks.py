"""What the fake tells the program by itself: what became of a text, a key pressed in a call."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from urllib.parse import urlencode, urljoin
from xml.etree import ElementTree

from bot.channels.signature import sign
from bot.cli.fake_twilio.ledger import Ledger
from bot.cli.fake_twilio.mode import Mode, Order, Outcome
from bot.cli.fake_twilio.shapes import VERSION, Call, Message

AT_ONCE = 8
PATIENCE_SECONDS = 15.0
"""How long Twilio waits for an answer to a webhook."""


class Callbacks:
    """Signed requests to the program, made in the background."""

    def __init__(self, ledger: Ledger, *, account_sid: str, token: str) -> None:
        """Sign with the account's token."""
        self._ledger = ledger
        self._account_sid = account_sid
        self._token = token
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self._stopping = Event()

    def of_text(self, message: Message, mode: Mode) -> None:
        """Tell how the text fares, if it names an address for that."""
        address = message.fields.get("StatusCallback")
        outcome = mode.outcomes.get(message.fields["To"], Outcome())
        steps = [Outcome("sent"), outcome] if outcome.status != "sent" else [outcome]
        if mode.callback_order is Order.BACKWARD:
            steps.reverse()
        self._threads.submit(self._tell, message, address, steps * mode.callback_copies, mode)

    def press(self, call: Call, digits: str) -> int:
        """Press keys in an answered call; return the status of the program's answer."""
        twiml = ElementTree.fromstring(call.fields["Twiml"])  # noqa: S314  our own program's
        gather = next(twiml.iter("Gather"))
        fields = {"CallSid": call.sid, "CallStatus": "in-progress", "Digits": digits}
        fields |= {name: call.fields[name] for name in ("From", "To")}
        return self._post(urljoin(call.fields.get("Url", ""), gather.attrib["action"]), fields)

    def close(self) -> None:
        """Stop; what has not been told yet is not told any more."""
        self._stopping.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _tell(
        self, message: Message, address: str | None, steps: Sequence[Outcome], mode: Mode
    ) -> None:
        for step in steps:
            if self._stopping.wait(mode.callback_seconds):
                return
            fields = {"MessageSid": message.sid, "SmsSid": message.sid}
            fields |= {"MessageStatus": step.status, "SmsStatus": step.status}
            fields |= {name: message.fields.get(name, "") for name in ("From", "To")}
            if step.error_code is not None:
                fields["ErrorCode"] = str(step.error_code)
            answered = self._post(address, fields) if address else 0
            self._ledger.add("callback", Sid=message.sid, status=step.status, answered=answered)
        outcome = mode.outcomes.get(message.fields["To"], Outcome())
        message.status, message.error_code = outcome.status, outcome.error_code

    def _post(self, address: str, fields: dict[str, str]) -> int:
        signed = {**fields, "AccountSid": self._account_sid, "ApiVersion": VERSION}
        signature = sign(address, tuple(signed.items()), self._token)
        request = urllib.request.Request(  # noqa: S310  an address the program gave
            address, urlencode(signed).encode(), {"X-Twilio-Signature": signature}
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0
