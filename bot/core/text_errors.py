"""What an error of the text provider asks for: one table, for refusals and for callbacks alike.

Twilio says why a text failed by a number, either when it refuses the text or later, when a
carrier has refused it. The numbers are those of its error and warning dictionary. A number that
is not in the table is not tried again.
"""

from __future__ import annotations

from enum import StrEnum


class Remedy(StrEnum):
    """What to do about a text that was refused or not delivered.

    AGAIN: it was not taken, the same text may be sent again. AGAIN_LATER: the phone is off or out
    of reach, a few more times with long pauses. OPTED_OUT: the patient does not want texts.
    UNREACHABLE: this phone takes no texts, a person has to find another way. BLOCKED: it was lost
    or filtered on the way, so what is urgent needs another channel. GIVE_UP: nothing helps.
    """

    AGAIN = "again"
    AGAIN_LATER = "again-later"
    OPTED_OUT = "opted-out"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    GIVE_UP = "give-up"


REMEDIES: dict[str, Remedy] = {
    "429": Remedy.AGAIN,  # too many requests, without a code
    "14107": Remedy.AGAIN,  # too many texts at once
    "20429": Remedy.AGAIN,  # too many requests
    "21211": Remedy.UNREACHABLE,  # not a phone number
    "21610": Remedy.OPTED_OUT,  # the recipient has texted STOP
    "21612": Remedy.UNREACHABLE,  # cannot be reached from this number
    "21614": Remedy.UNREACHABLE,  # not a mobile number
    "30001": Remedy.AGAIN,  # queue overflow
    "30003": Remedy.AGAIN_LATER,  # handset switched off or out of reach
    "30004": Remedy.BLOCKED,  # blocked by the carrier or the recipient
    "30005": Remedy.UNREACHABLE,  # number unknown or no longer in service
    "30006": Remedy.UNREACHABLE,  # landline, or a carrier that cannot be reached
    "30007": Remedy.BLOCKED,  # filtered as spam
    "30008": Remedy.BLOCKED,  # the carrier gave no reason
    "30022": Remedy.AGAIN,  # more than the carrier allows in a second
    "30034": Remedy.BLOCKED,  # the number is not registered with the carriers
}


def remedy_of(code: str | None) -> Remedy:
    """Return what an error code asks for; GIVE_UP for none and for one that is not known."""
    return REMEDIES.get(code or "", Remedy.GIVE_UP)
