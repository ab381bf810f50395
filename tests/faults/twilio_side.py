"""Twilio's side of the webhooks: the first address, then the fallback, with the same SID."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from bot.core.clock import new_id
from tests.fakes.twilio import ACCOUNT, TOKEN
from tests.live.servers import CLINIC_NUMBER, FALLBACK, SMS

PATIENCE_SECONDS = 15.0
HTTP_FAILURE = "11200"
CRISIS = "I am going to kill myself tonight"


@dataclass
class Text:
    """One text of a patient, and all that came back: (address, status, document) per attempt."""

    patient: str
    body: str
    sid: str = field(default_factory=lambda: f"SM{new_id()}")
    attempts: list[tuple[str, int, bytes]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def document(self) -> bytes:
        """The answer that Twilio acts on: the first one that came whole."""
        return next((content for _, status, content in self.attempts if status == 200), b"")

    @property
    def is_accepted(self) -> bool:
        return any(status == 200 for _, status, _ in self.attempts)

    @property
    def is_urgent(self) -> bool:
        return self.body == CRISIS

    @property
    def said(self) -> list[str]:
        return texts_of(self.document)


def texts_of(document: bytes) -> list[str]:
    if not document:
        return []
    return [body.text or "" for body in ElementTree.fromstring(document).iter("Body")]


def callbacks_of(document: bytes) -> list[str]:
    """Where Twilio reports on each text of a reply."""
    if not document:
        return []
    found = ElementTree.fromstring(document).iter("Message")
    return [each.attrib["statusCallback"] for each in found if "statusCallback" in each.attrib]


class Line:
    """Signed requests to one server."""

    def __init__(self, port: int, public_url: str) -> None:
        self._port = port
        self._public_url = public_url

    def send(self, text: Text, *, path: str = SMS) -> None:
        """One attempt to deliver; an answer that is not whole counts as none."""
        fields = {
            "MessageSid": text.sid,
            "AccountSid": ACCOUNT,
            "From": text.patient,
            "To": CLINIC_NUMBER,
            "Body": text.body,
            "NumMedia": "0",
        }
        if path == FALLBACK:
            fields |= {"ErrorCode": HTTP_FAILURE, "ErrorUrl": self._public_url + SMS}
        status, content = self.post(path, fields)
        text.attempts.append((path, status, content))

    def deliver(self, text: Text) -> Text:
        """What Twilio does with a text: the first address, and the fallback if that fails."""
        began = time.monotonic()
        self.send(text)
        if not text.is_accepted:
            self.send(text, path=FALLBACK)
        text.seconds = time.monotonic() - began
        return text

    def report(self, address: str, status: str, *, sid: str) -> bool:
        """Post what became of a text; whether the program took it."""
        parts = urlsplit(address)
        fields = {"MessageSid": sid, "AccountSid": ACCOUNT, "MessageStatus": status}
        answered, _ = self.post(f"{parts.path}?{parts.query}", fields)
        return answered in {200, 204}

    def post(self, path: str, fields: Mapping[str, str]) -> tuple[int, bytes]:
        """Return status and body; status 0 when no whole answer came."""
        joined = "".join(name + value for name, value in sorted(fields.items()))
        mac = hmac.new(TOKEN.encode(), (self._public_url + path + joined).encode(), hashlib.sha1)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": base64.b64encode(mac.digest()).decode(),
        }
        client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        try:
            client.request("POST", path, urlencode(fields), headers)
            answer = client.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            client.close()
