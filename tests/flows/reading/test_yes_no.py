"""Yes, no, and the many ways of saying neither."""

from __future__ import annotations

import pytest

from bot.flows.reading import Ambiguous, Unclear, Understood, Unsure
from tests.flows.reading.sample import (
    POLAR_ITEM,
    RISK,
    RISK_UNSURE,
    SAFE_AT_HOME,
    YES_NO,
    YES_NO_UNSURE,
    read,
    reason_of,
    value_of,
)

YES_EN = """
y|Y|Y.|yes|YES|Yes!|yes!!!|yesss|yess|yea|yeah|Yeah.|yep|yup|ya|ye|yes sir|yes ma'am|yes please|sure|
of course|correct|that's correct|that’s right|true|absolutely|definitely|I do|I have|I am|I did|i was|yes I do|yes I have|
Yes I am|yes, I have|yes, twice last year|yes a long time ago|yes, my mom too|yes yes|yeah yeah|yup I do|always|
👍|👍🏽|✅|✔️|for sure|uh huh|mhm|hell yes|oh yes|um yes|well, yes|Yes it's been bad|1|1.|1)|(1)|#1| 1 |option 1|
number 1|one|１|1️⃣|١|۱|first|1st|the first one|1 yes|1. Yes|yes (1)|"yes"|*yes*|y e s?|yes :(|yes 😢|I have been|it is
""".replace("\n", "").split("|")
YES_EN.remove("y e s?")
YES_ES = """
sí|si|SI|Sí.|¡Sí!|sii|siii|sip|simón|claro|claro que sí|por supuesto|así es|correcto|cierto|es verdad|exacto|
afirmativo|seguro|sin duda|sí señor|si señora|si gracias|siempre|sí, hace dos años|si tengo|si, lo tengo|si he tenido|pues sí|
pues si|bueno, sí|ajá|de acuerdo|lo tengo|me ha pasado|obvio|1|uno|primera|la primera|opción 1|sí por favor|yo si|sí, mucho
""".replace("\n", "").split("|")
NO_EN = """
n|N|no|NO|No.|no!|nope|Nope.|nah|naw|no thanks|no thank you|no, thank you|not at all|never|Never!|no never|no, never|
none|nothing|not once|never once|I don't|I don’t|I dont|i do not|I have not|I haven't|I'm not|im not|I am not|I didn't|i never have|
I have never|no I don't|No, I don't|no i have not|no, I haven't|nope not at all|nope, never|no no|no no no|nooo|noooo|
definitely not|absolutely not|of course not|no way|hell no|no sir|no ma'am|👎|👎🏿|❌|🚫|negative|false|not true|2|2.|2)|(2)|
two|２|2️⃣|٢|۲|second|2nd|the second one|2 no|option 2|never have|no I never did|uh no|oh no|well no|no 🙂|"no"|nope!
""".replace("\n", "").split("|")
NO_ES = """
no|No.|NO|nel|nop|para nada|en absoluto|nunca|nunca jamás|jamás|tampoco|yo tampoco|nada|nada de eso|ninguno|ninguna|no gracias|
no, gracias|no señor|claro que no|por supuesto que no|no tengo|no lo tengo|no he tenido|nunca he tenido|no, nunca|no nunca|
no, no tengo|no, para nada|pues no|la verdad no|no, ninguno|negativo|falso|2|dos|segunda|la segunda|la 2|no me ha pasado|nunca lo hice
""".replace("\n", "").split("|")
HEDGED = """
maybe|Maybe.|perhaps|possibly|I guess|i guess so...|kinda|kind of|sorta|sort of|somewhat|sometimes|at times|it depends|depends|
yes and no|yes but no|no but yes|both|so so|meh|yes, maybe not|maybe yes|maybe a little|no, maybe|might|could be|hard to say|
quizá|quizás|tal vez|a lo mejor|puede ser|a veces|algunas veces|depende|supongo|sí y no|si pero no|posiblemente|🤷|🤔|
no sé, tal vez|yes but not really|well maybe|no but sometimes|yes but I'm ok now|sometimes yes|no, sometimes|i dont know if i have
""".replace("\n", "").split("|")
HEDGED.remove("i guess so...")
NOT_KNOWN = """
not sure|Not sure.|I'm not sure|im not really sure|unsure|idk|IDK|i don't know|I don’t know|dont know|dunno|no idea|No idea!|no clue|
I have no idea|can't remember|I don't remember|who knows|unknown|no sé|no se|No lo sé|no estoy seguro|no estoy segura|ni idea|
no tengo idea|quién sabe|no recuerdo|no me acuerdo|not sure honestly
""".replace("\n", "").split("|")
NEITHER = """
no problem|no worries|never mind|nevermind|no sleep|no energy|no sleep at all|no appetite|no comment|no more|I have a headache|
I have a cat|I do pilates|my doctor said no|my mom says yes|what|?|??|help me understand|11|-1|3-4|3/10|2.5|0|4|12|²|①②|1 2|
hello|hi|thanks|banana|not no|not yes|never not|I can't say no to that really|no lithium|no duermo|no puedo dormir|gracias|hola|bien|
no problema|no importa|nada más|igual|1-2|+1|1+1|50%|1e5|0x1|--|…|🙂|I had to|tengo que|tengo un perro|I'm fine|99999999999999999999
""".replace("\n", "").split("|")
LEANS = """
not really|I don't think so|I dont think so|probably not|not that I know of|not yet|not anymore|rarely|hardly ever|I doubt it|guess not|
no creo|creo que no|ya no|todavía no|casi nunca|no mucho|realmente no|i think so|probably|mostly|a little|usually|often|creo que sí|
un poco|más o menos|ok|okay|k|bueno|most of the time|casi siempre|once|used to|I used to|not right now|ahora no
""".replace("\n", "").split("|")


@pytest.mark.parametrize("text", YES_EN)
def test_an_english_yes_is_yes(text):
    assert value_of(YES_NO, text) is True


@pytest.mark.parametrize("text", YES_ES)
def test_a_spanish_yes_is_yes(text):
    assert value_of(YES_NO, text, "es") is True


@pytest.mark.parametrize("text", NO_EN)
def test_an_english_no_is_no(text):
    assert value_of(YES_NO, text) is False


@pytest.mark.parametrize("text", NO_ES)
def test_a_spanish_no_is_no(text):
    assert value_of(YES_NO, text, "es") is False


@pytest.mark.parametrize("text", [*YES_ES, *NO_ES, *YES_EN, *NO_EN])
def test_a_patient_may_answer_in_the_other_language(text):
    spoken = {value_of(YES_NO, text, "en"), value_of(YES_NO, text, "es")}
    assert len(spoken) == 1
    assert spoken <= {True, False}


@pytest.mark.parametrize("text", HEDGED)
def test_a_hedge_is_no_answer_and_is_marked(text):
    for question in (YES_NO, RISK):
        reading = read(question, text)
        assert isinstance(reading, Unclear), reading
        assert reading.hedged


@pytest.mark.parametrize("text", NOT_KNOWN)
def test_not_knowing_is_not_no(text):
    for language in ("en", "es"):
        reading = read(YES_NO, text, language)
        assert isinstance(reading, Unclear), reading
        assert reading.hedged
        assert isinstance(read(YES_NO_UNSURE, text, language), Unsure)
        assert isinstance(read(RISK_UNSURE, text, language), Unsure)


@pytest.mark.parametrize("text", ["maybe", "sometimes", "kinda", "a veces", "quizás", "I guess"])
def test_wavering_on_a_risk_question_is_a_hint_even_where_not_sure_is_offered(text):
    assert read(RISK_UNSURE, text).hedged
    assert isinstance(read(YES_NO_UNSURE, text), Unsure)


@pytest.mark.parametrize("text", NEITHER)
def test_what_is_neither_is_asked_again(text):
    for question in (YES_NO, RISK):
        assert isinstance(read(question, text), Unclear)


@pytest.mark.parametrize("text", LEANS)
def test_leaning_is_asked_back_and_on_a_risk_question_a_hint(text):
    reading = read(YES_NO, text)
    assert isinstance(reading, Ambiguous), reading
    assert {one.value for one in reading.readings} == {True, False}
    assert read(RISK, text).hedged


def test_leaning_no_is_offered_as_no_first():
    assert [one.value for one in read(YES_NO, "not really").readings] == [False, True]
    assert [one.value for one in read(YES_NO, "creo que sí").readings] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "no, not since last year", "no, just tired", "not since 2019", "no, not really",
        "no, not anymore", "no, only when I drink", "no but I think about it", "no, I'm fine",
        "no, I wouldn't act on it", "no, my kids need me", "no ya no", "no, antes sí",
    ],
)  # fmt: skip
def test_a_no_with_a_remark_never_ends_a_concern(text):
    assert isinstance(read(RISK, text), Unclear)


@pytest.mark.parametrize(
    "text", ["no", "no, never", "nope", "no thanks", "2", "nunca", "No. Never."]
)
def test_a_plain_no_to_a_risk_question_is_no(text):
    assert value_of(RISK, text) is False


@pytest.mark.parametrize("text", ["yes", "yes, last night", "yeah I have a plan", "sí, ayer"])
def test_a_yes_to_a_risk_question_may_carry_a_remark(text):
    assert value_of(RISK, text) is True


def test_where_yes_is_the_safe_answer_a_remark_beside_yes_is_asked_back():
    assert value_of(SAFE_AT_HOME, "yes") is True
    assert isinstance(read(SAFE_AT_HOME, "yes when he is away"), Unclear)
    assert isinstance(read(SAFE_AT_HOME, "ok"), Unclear)
    assert value_of(SAFE_AT_HOME, "no") is False


def test_the_third_number_is_not_sure_only_where_that_is_offered():
    assert isinstance(read(YES_NO_UNSURE, "3"), Unsure)
    assert isinstance(read(YES_NO_UNSURE, "3."), Unsure)
    assert reason_of(YES_NO, "3") == "not_a_choice"


def test_a_number_and_a_word_that_disagree_are_contradictory():
    assert reason_of(YES_NO, "1 no") == "contradictory"
    assert reason_of(YES_NO, "2 yes") == "contradictory"


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u200b", "\u200b \u200d", "\x00", "\ufeff"])
def test_nothing_visible_is_empty(text):
    assert reason_of(YES_NO, text) == "empty"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("yes", "LA33-6"), ("yeah", "LA33-6"), ("sí", "LA33-6"), ("1", "LA33-6"), ("👍", "LA33-6"),
        ("yes I have", "LA33-6"), ("no", "LA32-8"), ("nope", "LA32-8"), ("2", "LA32-8"),
        ("never", "LA32-8"), ("para nada", "LA32-8"), ("I haven't", "LA32-8"), ("no.", "LA32-8"),
    ],
)  # fmt: skip
def test_an_instruments_yes_no_item_takes_every_word_for_yes_and_no(text, code):
    assert value_of(POLAR_ITEM, text) == code


@pytest.mark.parametrize("text", ["maybe", "not really", "no idea", "yes and no", "ok", "a veces"])
def test_an_instruments_yes_no_item_never_takes_a_hedge_for_no(text):
    assert read(POLAR_ITEM, text).hedged


def test_the_patients_own_words_are_kept():
    reading = read(YES_NO, "  Yes, twice last year ")
    assert isinstance(reading, Understood)
    assert reading.written == "Yes, twice last year"
