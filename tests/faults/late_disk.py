"""Danger while the database is away and the disk is so slow that its time runs out."""

from __future__ import annotations

from tests.faults.breaks import BOUNDLESS
from tests.faults.checker import Claim, Evidence, alarmed, crisis_told, lost_inbound
from tests.faults.place import a_place
from tests.faults.running import Plan, Result, settle
from tests.faults.stored import read
from tests.faults.traffic import Traffic, a_crowd
from tests.faults.twilio_side import CRISIS
from tests.live.chatting import visitor


def late_disk(plan: Plan) -> Result:
    """Texts and chat messages show danger; only the route's own try to keep them comes through."""
    each = max(4, plan.turns // 4)
    with a_place(plan.database, **BOUNDLESS) as place:
        traffic = Traffic(place.line, plan.seed)
        visitors = [visitor(place.server) for _ in range(each)]
        place.triggers.begin_outage(is_disk_late=True)
        traffic.speak(a_crowd(each), (CRISIS,))
        answers = [one.say(CRISIS, client_id=f"v{n}")[0] for n, one in enumerate(visitors)]
        place.triggers.end_outage()
        settle(place, plan)
        engine = place.engine()
        evidence = Evidence(traffic.texts, read(engine), place.ledger("message"))
        engine.dispose()
    heard = {key.rpartition(":")[2] for key in evidence.stored.by_sid}
    unheard = [f"v{number}" for number in range(each) if f"v{number}" not in heard]
    untold = [str(answer.status) for answer in answers if "911" not in " ".join(answer.texts)]
    claims = [
        Claim("P3", "a crisis is answered at once", *crisis_told(evidence)),
        Claim("P3", "danger in the chat is answered with the card", each, untold),
        Claim("P3", "no crisis that was answered is lost", *lost_inbound(evidence)),
        Claim("P3", "no danger in the chat is lost", each, unheard),
        Claim("P5", "every emergency has its alert", *alarmed(evidence)),
    ]
    return Result("late disk", plan.database, 2 * each, claims)
