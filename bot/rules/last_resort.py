"""The emergency text for when nothing else can be had: no definitions, no memory, no clinic.

The one text for patients that lives in code: it must not depend on a file that can be missing or
broken. It speaks every language of the project, is one GSM-7 segment, and a test holds its
numbers equal to those of `definitions/resources.yaml`.
"""

from __future__ import annotations

from typing import Final

AUTOMATED: Final = "Automated message/Mensaje automatico."

TEXTS: Final = {
    "US": "Emergency: call 911. Crisis: call or text 988. "
    f"Emergencia: llame al 911. Crisis: llame al 988 y oprima 2. {AUTOMATED}",
    "CA": "Emergency: call 911. Crisis: call or text 988. "
    f"Emergencia: llame al 911. Crisis: llame al 988. {AUTOMATED}",
    "GB": "Emergency: call 999. Crisis: call 116 123. "
    f"Emergencia: llame al 999. Crisis: llame al 116 123. {AUTOMATED}",
    "IE": "Emergency: call 112 or 999. Crisis: call 116 123. "
    f"Emergencia: llame al 112. Crisis: llame al 116 123. {AUTOMATED}",
    "AU": "Emergency: call 000. Crisis: call 13 11 14. "
    f"Emergencia: llame al 000. Crisis: llame al 13 11 14. {AUTOMATED}",
    "NZ": "Emergency: call 111. Crisis: call or text 1737. "
    f"Emergencia: llame al 111. Crisis: llame al 1737. {AUTOMATED}",
}

ANYWHERE: Final = (
    "Call your local emergency number (US, Canada: 911; crisis: 988). "
    f"Llame a su numero de emergencias (EE. UU.: 911; 988). {AUTOMATED}"
)


def static_emergency_text(region: str = "US") -> str:
    """Return one SMS segment in English and Spanish; any region that is not ours names none."""
    return TEXTS.get(region, ANYWHERE)
