"""What single texts mean: tier, category, subject, spans, guards."""

from __future__ import annotations

import pytest

from bot.core.findings import NOTHING_FOUND, Category, Subject, Tier
from bot.rules.crisis import Detector

FIRES = [
    ("i want to kill myself", Category.SUICIDE, Subject.SELF),
    ("I'm not suicidal, but I want to die tonight", Category.SUICIDE, Subject.SELF),
    ("never suicidal; i plan to end my life", Category.SUICIDE, Subject.SELF),
    ("I don't want to live anymore", Category.SUICIDE, Subject.SELF),
    ("couldn't even kill myself right", Category.SUICIDE, Subject.SELF),
    ("why not just kill myself", Category.SUICIDE, Subject.SELF),
    ("he wants to die and honestly same", Category.SUICIDE, Subject.SELF),
    ("my brother wants to kill himself", Category.SUICIDE, Subject.OTHER),
    ("ya no quiero vivir", Category.SUICIDE, Subject.SELF),
    ("mi hijo se quiere matar", Category.SUICIDE, Subject.OTHER),
    ("me tomé todas las pastillas", Category.OVERDOSE, Subject.SELF),
    ("took 30 tylenol an hour ago", Category.OVERDOSE, Subject.SELF),
    ("my chest feels tight and i can't breathe", Category.MEDICAL, Subject.SELF),
    ("mi marido me pega", Category.ABUSE, None),
    ("my boyfriend choked me last night", Category.ABUSE, None),
    ("the voices are telling me to jump", Category.PSYCHOSIS, None),
    ("i am going to kill my neighbor", Category.HARM_TO_OTHERS, None),
    ("i want to hurt myself", Category.SELF_HARM, Subject.SELF),
]


@pytest.mark.parametrize(("text", "category", "subject"), FIRES, ids=[row[0] for row in FIRES])
def test_danger_fires_with_its_category(
    detector: Detector, text: str, category: Category, subject: Subject | None
) -> None:
    finding = detector.screen(text)
    assert finding.fires
    assert finding.category is category
    assert subject is None or finding.subject is subject


EMERGENCIES = [
    "i'm going to kill myself tonight",
    "i want to die and i have a gun",
    "the gun is in my mouth",
    "she collapsed and won't wake up",
    "I just swallowed a whole bottle of ambien",
    "quiero morirme esta noche",
    "tengo las pastillas en la mano para matarme",
]


@pytest.mark.parametrize("text", EMERGENCIES)
def test_what_is_close_at_hand_is_an_emergency(detector: Detector, text: str) -> None:
    assert detector.screen(text).tier is Tier.EMERGENCY


TOLD_BESIDE = [
    ("I took 40 pills.", "That was in college.", "That was an hour ago."),
    ("I tried to kill myself.", "It was in 1998 and I've had a good life since.", "It was at 4."),
    ("My ex choked me.", "I was nineteen, we moved away.", "I was standing in the kitchen."),
    ("Yes, I overdosed once.", "2010. Got my chip last month.", "Tonight. Got it from a friend."),
    ("Intenté matarme.", "Eso fue hace veinte años.", "Eso fue hace veinte minutos."),
    ("Mi papá me pegó.", "Tenía diez años y ya pasó.", "Tiene diez cervezas encima."),
]


@pytest.mark.parametrize(("said", "long_ago", "lately"), TOLD_BESIDE)
def test_a_time_long_ago_may_be_told_in_the_next_sentence(
    detector: Detector, said: str, long_ago: str, lately: str
) -> None:
    assert not detector.screen(f"{said} {long_ago}").fires
    assert detector.screen(f"{said} {lately}").fires
    assert not detector.screen(f"{said}\n\n{long_ago}").fires


def test_a_time_long_ago_says_nothing_of_what_begins_again(detector: Detector) -> None:
    text = "I tried to kill myself. I was nineteen. I want to die again and I have the pills."
    assert detector.screen(text).fires
    assert detector.screen("I cut my arms. I was a kid but now I do it again.").fires


CHECK_INS = [
    "I'm not suicidal",
    "i tried to kill myself in 2015",
    "Suicidal? No.",
    "no he pensado en suicidarme",
    "everything feels hopeless",
    "i feel like a burden",
    "so much homework i just wanna kill myself lol",
    "me siento una carga",
]


@pytest.mark.parametrize("text", CHECK_INS)
def test_what_is_demoted_still_gets_a_check_in(detector: Detector, text: str) -> None:
    assert detector.screen(text).tier is Tier.CHECK_IN


QUIET = [
    "",
    "this traffic is killing me",
    "I want to dye my hair red",
    "ran 10 kms this morning",
    "my phone is going to die",
    "i'm dying to see the new movie",
    "me muero de hambre",
    "me quiero cortar el pelo",
    "i took 2 tylenol for my headache",
    "can i move my appointment",
    "the suicide squad movie was bad",
    "i can't go on this trip",
]


@pytest.mark.parametrize("text", QUIET)
def test_idiom_and_everyday_talk_do_not_fire(detector: Detector, text: str) -> None:
    assert detector.screen(text).tier is Tier.NONE


def test_a_text_without_any_sign_is_the_one_empty_finding(detector: Detector) -> None:
    assert detector.screen("see you on thursday") is NOTHING_FOUND


def test_a_guard_is_named_and_the_hit_is_kept(detector: Detector) -> None:
    finding = detector.screen("I would never kill myself")
    assert [hit.guards for hit in finding.rules] == [("negation",)]


def test_a_span_covers_the_words_in_the_original_text(detector: Detector) -> None:
    text = "Honestly… I’m going to k\u200bill   mysеlf, ok?"
    hit = detector.screen(text).rules[0]
    assert text[hit.start : hit.end] == "k\u200bill   mysеlf"


def test_the_tail_of_a_long_text_is_read(detector: Detector) -> None:
    text = "the weather was fine and we went for a walk. " * 2_000 + "i want to kill myself"
    assert detector.screen(text).fires


def test_a_danger_about_oneself_leads_over_one_about_another(detector: Detector) -> None:
    finding = detector.screen("my sister is suicidal. i want to kill myself too")
    assert finding.subject is Subject.SELF
