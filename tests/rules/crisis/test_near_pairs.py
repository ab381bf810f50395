"""What a guard spares, beside real danger in almost the same words: both must keep their place."""

from __future__ import annotations

import pytest

from bot.core.findings import Subject
from bot.rules.crisis import Detector

PAIRS = [
    ("i've never once wanted to kill myself", "i never stopped wanting to kill myself"),
    ("i wouldn't do anything to hurt myself", "i can't promise i won't hurt myself"),
    ("at no point did i want to die", "there is no point and i want to die"),
    ("i'd never dream of killing myself", "i dream of killing myself"),
    ("there's no way i'd ever hurt myself", "there's no way out, i'm going to hurt myself"),
    ("no intention whatsoever of harming myself", "no reason not to kill myself"),
    ("i don't want to die", "not a day goes by that i don't want to die"),
    ("i don't have any plans to kill myself", "i don't have anyone i want to kill myself"),
    (
        "los antibióticos me los tomé todos, ya terminé",
        "los antibióticos me los tomé todos de golpe",
    ),
    ("i am not suicidal", "i'm not suicidal, but i want to die tonight"),
    ("i said i wasn't going to kill myself", "i never said i wasn't going to kill myself"),
    ("not going to kill myself", "trying not to kill myself"),
    ("don't want to die, i just want the pain to stop", "i just want the pain to stop, all of it"),
    ("she asked if i wanted to die and i said no", "she asked if i wanted to die and i said yes"),
    ("did i think about killing myself this month? no, never", "killing myself? maybe tonight"),
    (
        "not asking because i want to die, my son's pills worry me",
        "not asking for help, i want to die",
    ),
    (
        "it's been ten years since i last cut myself",
        "two years since my wife died and i want to die",
    ),
    (
        "before the infusions i wanted to die all the time",
        "after the infusions i want to die all the time",
    ),
    (
        "i remember wanting to kill myself at school, those days are long gone",
        "those days are back, i keep wanting to kill myself",
    ),
    ("my marriage was abusive until 2009", "my husband beats me every night since 2009"),
    ("i'm scared of dying on the operating table", "i'm not scared of dying, i want it"),
    ("he jumped off the bus and ran to school", "he jumped off the bridge"),
    ("i fainted at the blood draw last time", "i fainted twice just now and my lips are blue"),
    ("my dog was hit by a car and died", "my son was hit by a car and isn't moving"),
    (
        "what happens if a patient says they want to die?",
        "what do i do, my friend says she wants to die",
    ),
    ("a note on the fridge about the dog's food", "a note on the fridge saying goodbye forever"),
    ("i can't go on this trip", "i don't want to live any more"),
    ("my boss is having a fit about the report", "my baby is having a fit"),
    (
        "my brother is hanging pictures in the hall",
        "my brother is hanging by a rope in the garage",
    ),
    ("her boyfriend beats her at tennis", "her boyfriend beats her up every weekend"),
    ("my sister is cutting her hair", "my sister is cutting her arms"),
    ("my teacher talked about suicide prevention", "my teacher is talking about suicide again"),
    ("we missed the bus again", "i'm catching the bus tonight, the last one, goodbye"),
]


@pytest.mark.parametrize(("spared", "_fired"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_what_only_sounds_like_danger_is_spared(
    detector: Detector, spared: str, _fired: str
) -> None:
    assert not detector.screen(spared).fires


@pytest.mark.parametrize(("_spared", "fired"), PAIRS, ids=[pair[1] for pair in PAIRS])
def test_danger_in_almost_the_same_words_fires(
    detector: Detector, _spared: str, fired: str
) -> None:
    assert detector.screen(fired).fires


OTHERS = [
    "my wife said the kids would be better off without her",
    "a guy i game with just said he's got a gun to his head",
    "he's on the roof of our building right now",
    "my 14 year old is self harming",
    "now my mum's suicidal",
    "my flatmate posted a goodbye video",
    "my gran begged me to help her die",
]


@pytest.mark.parametrize("text", OTHERS)
def test_another_persons_danger_is_theirs(detector: Detector, text: str) -> None:
    finding = detector.screen(text)
    assert finding.fires
    assert finding.subject is Subject.OTHER


def test_the_subject_returns_to_the_writer(detector: Detector) -> None:
    for text in ("he wants to die and honestly same", "he wants to die and honestly so do i"):
        assert detector.screen(text).subject is Subject.SELF
