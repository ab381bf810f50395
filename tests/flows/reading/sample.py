"""Questions of every kind, and the day on which replies are read in these tests."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.core.findings import Category, Tier
from bot.flows.questions import Kind, Question, QuestionChoice, Risk, Unit
from bot.flows.reading import Reading, Unclear, Understood, read_reply

TABLES = Path(__file__).parent / "tables"
TODAY = date(2026, 11, 23)


def choice(value, en, es, *, words=None, exclusive=False, ordinal=None):
    return QuestionChoice(
        value, {"en": en, "es": es}, words or {}, exclusive=exclusive, ordinal=ordinal
    )


def risk(*positive):
    return Risk(Category.SUICIDE, Tier.CRISIS, frozenset(positive))


YES_NO = Question("plain", Kind.YES_NO)
YES_NO_UNSURE = Question("plain_unsure", Kind.YES_NO, unsure=True)
RISK = Question("risk", Kind.YES_NO, risk=Risk(Category.SUICIDE, Tier.CRISIS, True))
RISK_UNSURE = Question("risk_u", Kind.YES_NO, unsure=True, risk=RISK.risk)
SAFE_AT_HOME = Question("safe_home", Kind.YES_NO, risk=Risk(Category.ABUSE, Tier.CHECK_IN, False))
FREQUENCIES = (
    choice("LA6568-5", "Not at all", "Ningún día", ordinal=0),
    choice("LA6569-3", "Several days", "Varios días", ordinal=1),
    choice("LA6570-1", "More than half the days", "Más de la mitad de los días", ordinal=2),
    choice("LA6571-9", "Nearly every day", "Casi todos los días", ordinal=3),
)
PHQ = Question("phq9_1", Kind.ONE_OF, FREQUENCIES, first_number=0)
PHQ_RISK = Question(
    "phq9_9",
    Kind.ONE_OF,
    FREQUENCIES,
    first_number=0,
    risk=risk("LA6569-3", "LA6570-1", "LA6571-9"),
)
POLAR_ITEM = Question(
    "asq_1",
    Kind.ONE_OF,
    (choice("LA33-6", "Yes", "Sí", ordinal=1), choice("LA32-8", "No", "No", ordinal=0)),
    risk=risk("LA33-6"),
)
CONTACT = Question(
    "contact",
    Kind.ONE_OF,
    (
        choice("email", "Email", "Correo electrónico", words={"en": ("mail",)}),
        choice("sms", "Text message", "Mensaje de texto", words={"en": ("texting", "sms")}),
        choice("call", "Phone call", "Llamada"),
    ),
)
DRINKS = Question(
    "auditc_2",
    Kind.ONE_OF,
    tuple(
        choice(f"d{place}", label, label, ordinal=place)
        for place, label in enumerate(("1 or 2", "3 or 4", "5 or 6", "7 to 9", "10 or more"))
    ),
    first_number=0,
)
CONDITIONS = Question(
    "conditions",
    Kind.MANY_OF,
    (
        choice("heart", "Heart attack, stroke or heart failure", "Infarto o derrame"),
        choice("apnea", "Sleep apnea", "Apnea del sueño"),
        choice("liver", "Liver disease", "Enfermedad del hígado", words={"en": ("liver",)}),
        choice("none", "None of these", "Ninguna de estas", exclusive=True),
    ),
)
SYMPTOMS = Question(
    "symptoms",
    Kind.MANY_OF,
    (
        choice("chest", "Chest pain", "Dolor de pecho"),
        choice("faint", "Fainting", "Desmayos"),
        choice("breath", "Trouble breathing", "Falta de aire"),
    ),
)
WEEKS = Question("weeks", Kind.INTEGER, minimum=0, maximum=520, unit=Unit.WEEK)
DAYS = Question("days", Kind.INTEGER, minimum=0, maximum=3650, unit=Unit.DAY)
AGE = Question("age", Kind.INTEGER, minimum=0, maximum=120, unit=Unit.YEAR)
COUNT = Question("count", Kind.INTEGER, minimum=0, maximum=30)
HEIGHT_IN = Question("height", Kind.INTEGER, minimum=36, maximum=96, unit=Unit.IN)
HEIGHT_CM = Question("height_cm", Kind.DECIMAL, minimum=90, maximum=245, unit=Unit.CM)
WEIGHT_LB = Question("weight", Kind.DECIMAL, minimum=50, maximum=900, unit=Unit.LB)
WEIGHT_KG = Question("weight_kg", Kind.INTEGER, minimum=20, maximum=400, unit=Unit.KG)
DOSE_MG = Question("dose", Kind.DECIMAL, minimum=0, maximum=5000, unit=Unit.MG)
BORN = Question("dob", Kind.DATE, past=True, minimum_age_years=0, maximum_age_years=120)
ANY_DATE = Question("when", Kind.DATE)
PLACE = Question("place", Kind.PLACE)
PRESSURE = Question("bp", Kind.BLOOD_PRESSURE, unsure=True)
MEDICATIONS = Question("meds", Kind.MEDICATIONS, unsure=True)
TEXT = Question("text", Kind.TEXT)
ALL_QUESTIONS = (
    YES_NO, YES_NO_UNSURE, RISK, RISK_UNSURE, SAFE_AT_HOME, PHQ, PHQ_RISK, POLAR_ITEM, CONTACT,
    DRINKS, CONDITIONS, SYMPTOMS, WEEKS, DAYS, AGE, COUNT, HEIGHT_IN, HEIGHT_CM, WEIGHT_LB,
    WEIGHT_KG, DOSE_MG, BORN, ANY_DATE, PLACE, PRESSURE, MEDICATIONS, TEXT,
)  # fmt: skip


def rows(name: str) -> list[str]:
    """Return the replies of a table, one a line."""
    return (TABLES / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def read(question: Question, text: str, language: str = "en") -> Reading:
    return read_reply(question, text, language=language, today=TODAY)


def value_of(question: Question, text: str, language: str = "en"):
    """Return the value understood, "?" when there are two readings, None when there is none."""
    reading = read(question, text, language)
    if isinstance(reading, Understood):
        return reading.value
    return None if isinstance(reading, Unclear) else type(reading).__name__


def reason_of(question: Question, text: str, language: str = "en") -> str:
    reading = read(question, text, language)
    assert isinstance(reading, Unclear), f"{text!r} gave {reading}"
    return reading.reason.value
