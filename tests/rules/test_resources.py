"""Every emergency text, for every region, language, category and subject."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import DefinitionError
from bot.core.findings import Category, Finding, Subject, Tier
from bot.core.messages import Channel
from bot.core.segments import count_segments
from bot.rules.emergency import (
    check_in_line,
    emergency_answer,
    emergency_reminder,
    help_line,
    stop_line,
)
from bot.rules.last_resort import ANYWHERE, TEXTS, static_emergency_text
from bot.rules.resources import DEFAULT_PATH, build_resources, load_resources
from bot.rules.resources_file import ResourcesFile

RESOURCES = load_resources()
REGIONS = ("US", "CA", "GB", "IE", "AU", "NZ", "FR", "")
EMERGENCY_NUMBER = {"US": "911", "CA": "911", "GB": "999", "IE": "112", "AU": "000", "NZ": "111"}
SUPPORT_NUMBER = {
    "US": "988", "CA": "988", "GB": "116 123", "IE": "116 123", "AU": "13 11 14", "NZ": "1737",
}  # fmt: skip
LANGUAGES = ("en", "es")
CATEGORIES = (*Category, None)
SUBJECTS = (*Subject, None)
NOT_A_PERSON = ("automated system", "sistema automatico", "sistema automático")
EVERY = list(itertools.product(REGIONS, LANGUAGES, CATEGORIES, SUBJECTS))
LONGEST_PHONE = "+1 (555) 010-0000 x1"


def finding(category=Category.SUICIDE, subject=Subject.SELF, tier=Tier.CRISIS):
    return Finding(tier, category, subject)


def answer(category=Category.SUICIDE, subject=Subject.SELF, **how):
    how = {
        "region": "US", "language": "en", "channel": Channel.SMS, "clinic_phone": LONGEST_PHONE,
    } | how  # fmt: skip
    return emergency_answer(RESOURCES, finding(category, subject), **how)


def is_one_segment(text):
    count = count_segments(text)
    return (count.encoding, count.segments) == ("GSM-7", 1)


@pytest.mark.parametrize(("region", "language", "category", "subject"), EVERY)
def test_every_part_is_one_segment_and_numbers_come_first(region, language, category, subject):
    found = finding(category, subject)
    how = {"region": region, "language": language, "channel": Channel.SMS}
    full = emergency_answer(RESOURCES, found, clinic_phone=LONGEST_PHONE, **how)
    short = emergency_reminder(RESOURCES, found, clinic_phone=LONGEST_PHONE, **how)
    line = check_in_line(RESOURCES, found, **how)
    assert len(full.texts) == 2
    assert len(short.texts) == 1
    assert full.links == short.links == ()
    for text in (*full.texts, *short.texts, line):
        assert is_one_segment(text), text
        assert "{" not in text
        assert text.endswith((".", ".)"))
    number = EMERGENCY_NUMBER.get(region)
    first_words = full.texts[0][:45].lower()
    assert (number or ("emergency number", "de emergencias")[language == "es"]) in first_words
    assert first_words.startswith(("call", "llame"))
    assert any(words in full.texts[0].lower() for words in (*NOT_A_PERSON, "persona"))
    assert LONGEST_PHONE in full.texts[1]
    if number:
        assert number in short.texts[0]
        assert number in line


@pytest.mark.parametrize("region", EMERGENCY_NUMBER)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("subject", Subject)
@pytest.mark.parametrize("category", [Category.SUICIDE, Category.SELF_HARM, Category.PSYCHOSIS])
def test_the_crisis_line_of_the_region_is_named(region, language, subject, category):
    text = answer(category, subject, region=region, language=language).texts[0]
    assert text.index(EMERGENCY_NUMBER[region]) < text.index(SUPPORT_NUMBER[region])


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_overdose_names_911_for_the_unconscious_and_poison_help(language):
    for subject in Subject:
        text = answer(Category.OVERDOSE, subject, language=language).texts[0]
        assert text.index("911") < text.index("1-800-222-1222")
    assert "988" in answer(Category.OVERDOSE, language=language).texts[1]
    assert "pass out" in answer(Category.OVERDOSE, Subject.OTHER).texts[0]


@pytest.mark.parametrize("region", ["CA", "GB", "IE", "AU", "NZ", "XX"])
def test_without_a_poison_line_an_overdose_is_for_the_emergency_number_even_if_well(region):
    text = answer(Category.OVERDOSE, region=region).texts[0]
    assert "even if you feel fine" in text
    assert "1-800" not in text


@pytest.mark.parametrize("region", EMERGENCY_NUMBER)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("subject", Subject)
def test_a_medical_emergency_names_the_emergency_number_and_no_other(region, language, subject):
    text = answer(Category.MEDICAL, subject, region=region, language=language).texts[0]
    assert EMERGENCY_NUMBER[region] in text
    assert SUPPORT_NUMBER[region] not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_abuse_gets_the_domestic_violence_line_and_a_caution_about_the_phone(language):
    first, second = answer(Category.ABUSE, language=language).texts
    assert first.index("911") < first.index("1-800-799-7233")
    assert "88788" in first
    assert ("Reply only if it is safe", "Responda solo si es seguro")[language == "es"] in second


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("language", LANGUAGES)
def test_danger_to_somebody_else_gets_its_own_words(category, language):
    own = answer(category, Subject.SELF, language=language).texts[0]
    others = answer(category, Subject.OTHER, language=language).texts[0]
    assert own != others


def test_the_web_keeps_spanish_accents_and_gets_links():
    web = answer(language="es", channel=Channel.WEB)
    assert "automático" in web.texts[0]
    assert "automatico" in answer(language="es").texts[0]
    hrefs = [link.href for link in web.links]
    assert hrefs[:3] == ["tel:911", "tel:988", "sms:988"]
    assert hrefs[-1] == "tel:+155501000001"
    assert all(link.label for link in web.links)


def test_medical_links_are_the_emergency_number_and_the_clinic():
    links = answer(Category.MEDICAL, channel=Channel.WEB, clinic_phone="+15550100").links
    assert [link.href for link in links] == ["tel:911", "tel:+15550100"]


def test_abuse_links_reach_the_domestic_violence_line():
    links = answer(Category.ABUSE, channel=Channel.WEB, clinic_phone="").links
    assert [link.href for link in links] == ["tel:911", "tel:+18007997233", "sms:88788"]


@pytest.mark.parametrize("region", EMERGENCY_NUMBER)
@pytest.mark.parametrize("category", CATEGORIES)
def test_links_start_with_the_emergency_number_of_the_region(region, category):
    links = answer(category, region=region, channel=Channel.WEB).links
    assert links[0].href == f"tel:{EMERGENCY_NUMBER[region]}"
    assert len({link.href for link in links}) == len(links) or region == "US"


def test_an_unknown_region_gets_no_guessed_number_but_still_an_answer():
    text = answer(region="FR").texts[0]
    assert text.startswith("Call your local emergency number now")
    assert "911" not in text
    links = answer(region="FR", channel=Channel.WEB, clinic_phone="+33100").links
    assert [link.href for link in links] == ["tel:+33100"]


@pytest.mark.parametrize("region", ["us", " US ", "US-CA", "us-tx"])
def test_a_region_is_read_from_any_spelling(region):
    assert "911" in answer(region=region).texts[0]


def test_uk_is_great_britain():
    assert "999" in answer(region="UK").texts[0]


@pytest.mark.parametrize("language", ["", "fr", "xx-YY"])
def test_an_unknown_language_gets_every_language(language):
    texts = answer(language=language).texts
    assert len(texts) == 4
    assert "person" in texts[0]
    assert "persona" in texts[1]


def test_a_regional_language_is_its_language():
    assert answer(language="es-MX") == answer(language="es")


@pytest.mark.parametrize("phone", ["", "   ", "5" * 200, "call ☎ us"])
def test_a_phone_that_cannot_be_said_leaves_a_text_that_still_fits(phone):
    for category, subject in itertools.product(CATEGORIES, Subject):
        found = finding(category, subject)
        how = {"region": "US", "language": "en", "channel": Channel.SMS, "clinic_phone": phone}
        for say in (emergency_answer, emergency_reminder):
            for text in say(RESOURCES, found, **how).texts:
                assert is_one_segment(text), text
                assert "{" not in text


@settings(max_examples=100, deadline=None)
@given(
    region=st.text(max_size=8),
    language=st.text(max_size=8),
    phone=st.text(max_size=60),
    name=st.text(max_size=60),
    category=st.sampled_from(CATEGORIES),
    subject=st.sampled_from(SUBJECTS),
    channel=st.sampled_from(Channel),
)
def test_no_input_raises_or_breaks_a_segment(
    region, language, phone, name, category, subject, channel
):
    found = finding(category, subject)
    how = {"region": region, "language": language}
    for say in (emergency_answer, emergency_reminder):
        given_answer = say(RESOURCES, found, channel=channel, clinic_phone=phone, **how)
        assert given_answer.texts
        if channel is Channel.SMS:
            assert all(is_one_segment(text) for text in given_answer.texts)
    assert check_in_line(RESOURCES, found, channel=channel, **how)
    for line in (help_line, stop_line):
        assert is_one_segment(line(RESOURCES, clinic_name=name, clinic_phone=phone, **how))


@pytest.mark.parametrize("region", EMERGENCY_NUMBER)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("line", [help_line, stop_line])
def test_help_and_stop_carry_crisis_lines_and_the_clinic(region, language, line):
    name = "N" * 32
    text = line(
        RESOURCES, region=region, language=language, clinic_name=name, clinic_phone=LONGEST_PHONE
    )
    assert is_one_segment(text)
    assert EMERGENCY_NUMBER[region] in text
    assert SUPPORT_NUMBER[region] in text
    assert name in text
    assert LONGEST_PHONE in text
    assert ("STOP" if line is help_line else "START") in text


def test_help_names_the_emergency_number_before_everything_else():
    text = help_line(
        RESOURCES, region="US", language="en", clinic_name="Harbor", clinic_phone="555-0100"
    )
    assert text.startswith("Emergency: call 911. Crisis: call or text 988.")


def test_a_clinic_name_with_accents_stays_in_the_cheap_alphabet():
    text = help_line(
        RESOURCES, region="US", language="es", clinic_name="Clínica Bahía", clinic_phone="555"
    )
    assert "Clinica Bahia" in text


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_check_in_never_pushes_the_question_out_of_sight(category):
    for region, language in itertools.product(EMERGENCY_NUMBER, LANGUAGES):
        line = check_in_line(
            RESOURCES,
            finding(category, tier=Tier.CHECK_IN),
            region=region,
            language=language,
            channel=Channel.SMS,
        )
        assert len(line) <= 150


def test_every_resource_says_where_it_is_from_and_when_it_was_verified():
    for resource in RESOURCES.entries.values():
        assert resource.source
        assert date(2026, 1, 1) <= resource.verified_on
        assert resource.serves


def test_nobody_is_sent_to_the_ended_press_three_option():
    assert "press 3" not in DEFAULT_PATH.read_text().lower()


def test_no_link_writes_a_text_in_the_patients_name():
    hrefs = [action.href for entry in RESOURCES.entries.values() for action in entry.actions]
    assert not [href for href in hrefs if "body=" in href]


@pytest.mark.parametrize("region", EMERGENCY_NUMBER)
def test_the_last_resort_has_the_numbers_on_record_in_one_segment(region):
    text = static_emergency_text(region)
    assert is_one_segment(text)
    assert text.count(EMERGENCY_NUMBER[region]) >= 2
    assert text.count(SUPPORT_NUMBER[region]) >= 2
    region_words = RESOURCES.words[region]["en"]
    assert EMERGENCY_NUMBER[region] in region_words["emergency"]
    assert SUPPORT_NUMBER[region] in region_words["support"]


def test_the_last_resort_knows_every_region_on_record():
    assert set(TEXTS) == set(RESOURCES.words) - {""}
    assert static_emergency_text("FR") == ANYWHERE
    assert is_one_segment(ANYWHERE)


# --- what the loader refuses -------------------------------------------------------------------


def changed(*path, to):
    document = yaml.load(Path(DEFAULT_PATH).read_text(), Loader=yaml.CSafeLoader)
    *way, last = path
    place = document
    for step in way:
        place = place[step]
    if to is None:
        del place[last]
    else:
        place[last] = to
    return msgspec.convert(document, ResourcesFile)


def long_text():
    return [{"en": "{Emergency}. " + "x" * 160, "es": "{Emergency}"}]


@pytest.mark.parametrize(
    ("path", "to", "fault"),
    [
        (("check_in", "default"), long_text(), "check_in.default[0].en"),
        (("answer", "self", "medical"), None, "answer.self.medical"),
        (("answer", "other"), None, "answer.other"),
        (("answer", "self", "medical", 0, "es"), None, "answer.self.medical[0].es"),
        (("again", "self", "weather"), [{"en": "x", "es": "x"}], "again.self.weather"),
        (("help",), [{"en": "{mood}", "es": "x"}], "help[0].en"),
        (("stop",), [{"en": "{clinic_name}", "es": "x"}], "stop[0]"),
        (("stop",), [{"en": "{oops", "es": "x"}], "stop[0].en"),
        (("stop",), [], "stop"),
        (("help", 0, "fr"), "x", "help[0].fr"),
        (("regions", "US", "abuse"), "us-nobody", "regions.US.abuse"),
        (("regions", "US", "support"), "ca-988", "regions.US.support"),
        (("aliases", "UK"), "QQ", "aliases.UK"),
        (("resources", 0, "actions"), [], "resources[0].actions"),
        (("resources", 0, "say", "es"), "", "resources[0].say.es"),
        (("resources", 1, "id"), "us-911", "resources[1].id"),
        (("resources", 0, "actions", 0, "href"), "javascript:1", "resources[0].actions[0].href"),
        (("check_in", "default"), None, "check_in.default"),
    ],
)
def test_a_faulty_file_is_refused_with_the_path_to_the_fault(path, to, fault):
    with pytest.raises(DefinitionError) as refusal:
        build_resources(changed(*path, to=to))
    assert refusal.value.path == fault


def test_an_unknown_field_is_refused_with_its_path(tmp_path):
    broken = tmp_path / "resources.yaml"
    broken.write_text(DEFAULT_PATH.read_text().replace("confidence: H", "trust: H", 1))
    with pytest.raises(DefinitionError, match=r"resources\[0\]"):
        load_resources(broken)


def test_a_file_that_is_not_yaml_is_refused_with_the_line(tmp_path):
    broken = tmp_path / "resources.yaml"
    broken.write_text("version: '1'\nlongest: {")
    with pytest.raises(DefinitionError, match=r"resources.yaml:\d"):
        load_resources(broken)
