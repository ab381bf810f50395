"""What a patient may be told about a decision."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import yaml

from bot.core.errors import DefinitionError
from bot.core.messages import Channel
from bot.rules.patient_words import patient_texts, refuse_long_patient_texts
from bot.rules.resources import load_resources
from bot.rules.ruleset import DEFINITIONS, TRIAGE, load_ruleset
from bot.rules.speech import Speech
from bot.rules.triage import decide
from bot.rules.wording import fits_one_segment
from tests.rules.screening import INSTRUMENTS, LICENSED, RULESET, SYMBOLS, person

RESOURCES = load_resources()
HEALTH_WORDS = re.compile(
    r"ketamin|esketamin|depress|depres|pregnan|embaraz|blood|presi[oó]n|suicid|psych|psiq|drug|"
    r"drog|alcohol|treatment|tratamiento|score|qualify|eligib|diagnos",
    re.IGNORECASE,
)


def speech(**how):
    return Speech(
        RESOURCES,
        **{"region": "US", "language": "en", "channel": Channel.SMS, "clinic_phone": "555-0100"}
        | how,
    )


def said(speech, **changes):
    decision = decide(RULESET, person(**changes), licensed_states=LICENSED)
    return patient_texts(RULESET, decision, speech)


def test_every_text_is_one_segment_for_every_region_and_language():
    refuse_long_patient_texts(RULESET, RESOURCES)


def test_a_text_that_is_too_long_is_refused(tmp_path):
    document = yaml.load((DEFINITIONS / TRIAGE).read_text(), Loader=yaml.CSafeLoader)
    document["texts"]["place"][0]["es"] = "x" * 161
    path = tmp_path / "triage.yaml"
    path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True))
    ruleset = load_ruleset(SYMBOLS, INSTRUMENTS, triage=path)
    with pytest.raises(DefinitionError) as refusal:
        refuse_long_patient_texts(ruleset, RESOURCES)
    assert refusal.value.path == "texts.place[0].es"


def test_every_text_is_used_by_a_rule():
    used = {rule.entry.words for rule in RULESET.rules} | {RULESET.always_with_not_now}
    assert used - {""} == RULESET.texts.keys()


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_text_message_says_nothing_about_health(language):
    for wording in RULESET.texts.values():
        for text in speech(language=language).say(wording):
            assert not HEALTH_WORDS.search(text), text
            assert fits_one_segment(text)


@pytest.mark.parametrize("channel", Channel)
def test_nobody_is_told_that_they_qualify_or_to_stop_a_drug(channel):
    for language in ("en", "es"):
        for wording in RULESET.texts.values():
            for text in speech(language=language, channel=channel).say(wording):
                assert not re.search(r"qualif|califica|stop taking|deje de tomar", text, re.I)


def test_not_now_gives_a_next_step_and_the_way_to_a_clinician():
    texts = said(speech(), place="US-NV")
    assert len(texts) == 2
    assert "local doctor" in texts[0]
    assert "HUMAN" in texts[1]
    assert "555-0100" in texts[1]


def test_the_web_names_the_line_that_helps():
    texts = said(speech(channel=Channel.WEB), pregnancy=("pregnant",))
    assert "1-833-852-6262" in texts[0]
    elsewhere = said(speech(channel=Channel.WEB, region="IE"), pregnancy=("pregnant",))
    assert "1-833" not in elsewhere[0]


def test_someone_who_needs_care_today_gets_the_numbers():
    (text, _) = said(speech(), mania_now=True)
    assert "911" in text
    assert "988" in text


def test_words_that_a_later_rule_set_dropped_are_passed_over():
    decision = decide(RULESET, person(place="US-NV"), licensed_states=LICENSED)
    changed = replace(decision, patient_words=("gone", "ask-clinician"))
    assert len(patient_texts(RULESET, changed, speech())) == 1
