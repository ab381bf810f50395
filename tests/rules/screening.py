"""The screening's symbols and patients for the tests of scores and triage.

`person(...)` answers everything with what is good, so that a test changes the one answer it is
about. A value of None is a question that was not asked.
"""

from __future__ import annotations

from pathlib import Path

from bot.core.answers import Answer, AnswerStatus
from bot.core.conditions import Symbol, SymbolType
from bot.core.instruments import NO, YES, load_instrument
from bot.rules.ruleset import load_ruleset

INSTRUMENTS_AT = Path("bot/flows/definitions/instruments")
INSTRUMENTS = {
    name: load_instrument((INSTRUMENTS_AT / f"{name}.json").read_bytes(), name)
    for name in ("phq2", "phq9", "gad7", "auditc", "pcptsd5", "asq")
}
FREQUENCY = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
LICENSED = frozenset({"US-CA", "US-WA"})

YES_NO = (
    "consent", "overdose_taken", "harm_others", "psychosis_now", "psychosis_commands",
    "intoxicated_now", "mania_now", "gad7_offer", "pcptsd5_offer", "bp_symptoms", "heart_recent",
    "ride",
)  # fmt: skip
ONE_OF = {
    "sex_at_birth": {"female", "male", "intersex", "undisclosed"},
    "preferred_route": {"iv", "im", "nas", "unsure"},
    "home_safety": {"safe", "unsafe", "not_here"},
}
MANY_OF = {
    "mental_history": {
        "depression", "bipolar", "psychosis", "family_psychosis", "trauma", "anxiety", "none",
    },
    "ketamine_history": {"clinic", "home", "unprescribed", "allergic", "never"},
    "head_conditions": {
        "aneurysm", "avm", "brain_bleed", "brain_pressure", "head_injury", "seizures", "none",
    },
    "pregnancy": {"pregnant", "trying", "maybe", "breastfeeding", "none", "does_not_apply"},
    "heart_conditions": {
        "heart_attack", "stroke", "angina", "heart_failure", "arrhythmia", "valve",
        "uncontrolled_bp", "none",
    },
    "body_conditions": {
        "liver_severe", "liver_other", "sleep_apnea", "copd", "bladder", "glaucoma", "thyroid",
        "dementia", "none",
    },
}  # fmt: skip
MEDICINES = ("antidepressants_tried", "medications")
NUMBERS = ("dob_age_years", "bp_systolic", "bp_diastolic", "drug_use", "trials_adequate")


def _symbols() -> dict[str, Symbol]:
    symbols = {name: Symbol(SymbolType.BOOLEAN) for name in YES_NO}
    symbols |= {name: Symbol(SymbolType.NUMBER) for name in NUMBERS}
    symbols |= {name: Symbol(SymbolType.TEXT, frozenset(codes)) for name, codes in ONE_OF.items()}
    symbols |= {
        name: Symbol(SymbolType.TEXTS, frozenset(codes)) for name, codes in MANY_OF.items()
    }
    for name in ("dob", "place", "place_country", "bp"):
        symbols[name] = Symbol(SymbolType.TEXT)
    for name in MEDICINES:
        for part in ("", "_classes", "_unrecognised", "_written"):
            symbols[name + part] = Symbol(SymbolType.TEXTS)
        symbols[f"{name}_count"] = Symbol(SymbolType.NUMBER)
    for instrument in INSTRUMENTS.values():
        symbols |= instrument.symbols
    return symbols


SYMBOLS = _symbols()
RULESET = load_ruleset(SYMBOLS, INSTRUMENTS)

GOOD: dict[str, object] = {
    "consent": True,
    "dob_age_years": 40,
    "place": "US-CA",
    **{f"phq9_{n}": 2 for n in range(1, 9)},
    "phq9_9": 0,
    **{f"asq_{n}": False for n in range(1, 5)},
    "overdose_taken": False,
    "harm_others": False,
    "psychosis_now": False,
    "intoxicated_now": False,
    "mania_now": False,
    "mental_history": ("depression",),
    "antidepressants_tried": ("sertraline", "bupropion"),
    "trials_adequate": 2,
    "ketamine_history": ("never",),
    "head_conditions": ("none",),
    "sex_at_birth": "female",
    "pregnancy": ("none",),
    "bp": (120, 80),
    "heart_conditions": ("none",),
    "body_conditions": ("none",),
    "auditc_1": 0,
    "drug_use": 0,
    "medications": (),
    "ride": True,
    "preferred_route": "iv",
    "home_safety": "safe",
}

SKIPPED = AnswerStatus.SKIPPED
UNCLEAR = AnswerStatus.UNCLEAR
CLASSES = {
    "lorazepam": "benzodiazepine",
    "oxycodone": "opioid",
    "zolpidem": "sedative",
    "adderall": "stimulant",
    "phenelzine": "maoi",
    "theophylline": "theophylline",
    "oxymetazoline": "decongestant",
}


def person(**changes: object) -> list[Answer]:
    """Return the answers of an eligible person with `changes`; None leaves a question out."""
    given = {**GOOD, **changes}
    return [_answer(name, value) for name, value in given.items() if value is not None]


def only(**given: object) -> list[Answer]:
    """Return these answers and no others."""
    return [_answer(name, value) for name, value in given.items()]


def _answer(name: str, value: object) -> Answer:
    name = "dob" if name == "dob_age_years" else name
    if isinstance(value, AnswerStatus):
        return Answer(name, value)
    if name == "dob":
        return Answer(name, AnswerStatus.ANSWERED, "1980-01-01", parts={"age_years": value})
    if name == "bp":
        systolic, diastolic = value
        parts = {"systolic": systolic, "diastolic": diastolic}
        return Answer(name, AnswerStatus.ANSWERED, f"{systolic}/{diastolic}", parts=parts)
    if name in MEDICINES:
        return _medicines(name, value)
    if name.startswith(("asq_", "pcptsd5_")):
        return Answer(name, AnswerStatus.ANSWERED, YES if value else NO)
    if (option := _option(name, value)) is not None:
        return Answer(name, AnswerStatus.ANSWERED, option.code, parts={"score": option.ordinal})
    return Answer(name, AnswerStatus.ANSWERED, value)


def _option(name, points):
    for instrument in INSTRUMENTS.values():
        for item in instrument.items:
            if item.link_id == name and item.ordinals:
                return next(option for option in item.options if option.ordinal == points)
    return None


def _medicines(name, names):
    known = tuple(n for n in names if not n.startswith("?"))
    strange = tuple(n for n in names if n.startswith("?"))
    parts = {
        "classes": tuple(sorted({CLASSES[n] for n in known if n in CLASSES})),
        "unrecognised": strange,
        "written": tuple(names),
        "count": len(names),
    }
    return Answer(name, AnswerStatus.ANSWERED, known, parts=parts)
