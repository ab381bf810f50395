"""E-mails to staff through SMTP."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from bot.core.errors import ProviderFailure
from bot.delivery.senders import Letter, OutcomeUnknown

PERMANENT = range(500, 600)
SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class SmtpLetters:
    """Sends e-mail by `smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`."""

    def __init__(self, smtp_url: str, *, sender: str, timeout_seconds: float = 10.0) -> None:
        """Connect anew for each letter; letters here are rare and connections go stale."""
        self._parts = urlsplit(smtp_url)
        self._sender = sender
        self._timeout_seconds = timeout_seconds

    def send(self, letter: Letter) -> str:
        """Return our Message-ID of the e-mail. Raises ProviderFailure or OutcomeUnknown."""
        message = EmailMessage()
        message["From"] = letter.sender or self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<{letter.key}@porchlight>"
        message.set_content(letter.body)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPResponseException as error:
            retryable = error.smtp_code not in PERMANENT
            raise ProviderFailure("smtp", str(error.smtp_code), retryable=retryable) from None
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError):
            raise ProviderFailure("smtp", "refused", retryable=False) from None
        except (smtplib.SMTPConnectError, ConnectionRefusedError):
            raise ProviderFailure("smtp", "connect", retryable=True) from None
        except (smtplib.SMTPException, OSError) as error:
            raise OutcomeUnknown("smtp", type(error).__name__) from None
        return f"<{letter.key}@porchlight>"

    def _connect(self) -> smtplib.SMTP:
        parts = self._parts
        host, port = parts.hostname or "localhost", parts.port or SCHEMES[parts.scheme]
        maker = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
        server = maker(host, port, timeout=self._timeout_seconds)
        if parts.scheme == "smtp+starttls":
            server.starttls()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server
