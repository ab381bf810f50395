"""Recording an answer: the one place where an answer enters the state.

An answer that means danger is told at once, before anything is walked. Declined and unclear
answers to risk questions are told too, so that a clinician sees them; they are never a "no".
"""

from __future__ import annotations

import msgspec

from bot.core.answers import Answer, AnswerStatus
from bot.core.findings import Finding, RuleHit, Subject, Tier
from bot.flows.events import AnswerRecorded, AnswersRemoved, RiskAnswered
from bot.flows.model import AskStep, LinkStep, SummaryStep
from bot.flows.questions import Risk
from bot.flows.turn import Turn


def record(turn: Turn, step: AskStep | SummaryStep, answer: Answer) -> None:
    """Take `answer` as the answer to the open question and go on; the caller asks what follows."""
    earlier = turn.answer_to(answer.link_id) if turn.reask else None
    answer = _never_calmer(turn, step, answer, earlier)
    turn.events.append(AnswerRecorded(answer, earlier))
    if isinstance(step, AskStep):
        _tell_risk(turn, step, answer)
    turn.unclear_count, turn.human_told, turn.pending = 0, False, None
    if turn.reask:
        _replace(turn, answer, earlier)
    else:
        turn.answers.append(answer)
        turn.walk(step.following)


def _replace(turn: Turn, answer: Answer, earlier: Answer | None) -> None:
    """Put a changed answer in its place and see where all answers lead now."""
    turn.answers = [answer if a.link_id == answer.link_id else a for a in turn.answers]
    turn.reask = turn.reask[1:]
    if earlier is not None and _same(earlier, answer):
        return
    before = {a.link_id for a in turn.answers}
    turn.refold()
    now = {a.link_id for a in turn.answers}
    turn.reask = tuple(link_id for link_id in turn.reask if link_id in now)
    removed = tuple(a.link_id for a in turn.held if a.link_id in before)
    if removed:
        turn.events.append(AnswersRemoved(removed))


def _same(earlier: Answer, answer: Answer) -> bool:
    return (earlier.status, earlier.value, earlier.parts) == (
        answer.status,
        answer.value,
        answer.parts,
    )


def _never_calmer(
    turn: Turn, step: AskStep | SummaryStep, answer: Answer, earlier: Answer | None
) -> Answer:
    """Keep an earlier answer that meant danger when the new one says nothing definite."""
    if not isinstance(step, AskStep) or step.question.risk is None or earlier is None:
        return answer
    if answer.status is AnswerStatus.ANSWERED or earlier.status is not AnswerStatus.ANSWERED:
        return answer
    if not step.question.risk.is_positive(earlier.value):
        return answer
    return msgspec.structs.replace(earlier, at_turn=answer.at_turn)


def _tell_risk(turn: Turn, step: AskStep, answer: Answer) -> None:
    risk = step.question.risk
    if risk is None or isinstance(step, LinkStep):
        return
    tier = _tier(turn, step, answer, risk)
    if tier is Tier.NONE:
        return
    guards = () if answer.status is AnswerStatus.ANSWERED else (answer.status.value,)
    hit = RuleHit(f"answer:{answer.link_id}", 0, len(answer.written), guards)
    finding = Finding(tier, risk.category, Subject.SELF, (hit,))
    turn.events.append(RiskAnswered(answer.link_id, finding))


def _tier(turn: Turn, step: AskStep, answer: Answer, risk: Risk) -> Tier:
    """Return how urgent the answer is.

    Unclear counts as positive. Declined is a check-in, unless the question is asked because of
    an earlier positive or unclear risk answer: then it counts in full. Source: ASQ, silence on
    item 5 after a yes is treated as acute (project rule on the NIMH ASQ and SPiER's workflow).
    """
    if answer.status is AnswerStatus.ANSWERED:
        return risk.tier if risk.is_positive(answer.value) else Tier.NONE
    if answer.status is AnswerStatus.UNCLEAR:
        return risk.tier
    suspected = any(_is_suspicious(turn, link_id) for link_id in step.suspects)
    return risk.tier if suspected else min(Tier.CHECK_IN, risk.tier)


def _is_suspicious(turn: Turn, link_id: str) -> bool:
    answer = turn.answer_to(link_id)
    risk = turn.flow.questions[link_id].risk if link_id in turn.flow.questions else None
    if answer is None or risk is None:
        return False
    if answer.status is AnswerStatus.UNCLEAR:
        return True
    return answer.status is AnswerStatus.ANSWERED and risk.is_positive(answer.value)
