from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.errors import ProviderFailure
from bot.delivery.senders import Letter, OutcomeUnknown
from bot.delivery.twilio_api import make_client
from bot.delivery.twilio_texts import TwilioTexts
from tests.fakes.twilio import FakeTwilio, Mood, fake_twilio

LETTER = Letter("k1", "+12135550001", "+15005550006", "Hello")


@pytest.fixture(name="fake")
def _fake() -> Iterator[FakeTwilio]:
    with fake_twilio() as fake:
        yield fake


def texts(url: str) -> TwilioTexts:
    client = make_client("AC" + "0" * 32, "token", api_url=url, timeout_seconds=2)
    return TwilioTexts(client, status_url="https://clinic.test/status")


def test_a_text_that_twilio_takes_comes_back_with_its_sid(fake: FakeTwilio) -> None:
    sid = texts(fake.url).send(LETTER)
    assert sid == fake.ledger[0]["Sid"]
    assert fake.ledger[0]["Body"] == "Hello"
    assert fake.ledger[0]["StatusCallback"] == "https://clinic.test/status?outbox=k1"


@pytest.mark.parametrize(
    ("mood", "code", "retryable"), [(Mood.BUSY, "20429", True), (Mood.OPTED_OUT, "21610", False)]
)
def test_a_refusal_says_whether_trying_again_may_help(
    fake: FakeTwilio, mood: Mood, code: str, retryable: bool
) -> None:
    fake.mood = mood
    with pytest.raises(ProviderFailure) as caught:
        texts(fake.url).send(LETTER)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)


@pytest.mark.parametrize("mood", [Mood.BROKEN, Mood.DEAF])
def test_a_lost_answer_is_unknown_and_never_sent_twice(fake: FakeTwilio, mood: Mood) -> None:
    fake.mood = mood
    with pytest.raises(OutcomeUnknown) as caught:
        texts(fake.url).send(LETTER)
    assert not caught.value.retryable
    assert fake.requests == 1


def test_nobody_listening_may_be_tried_again() -> None:
    with pytest.raises(ProviderFailure) as caught:
        texts("http://127.0.0.1:9").send(LETTER)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert caught.value.retryable
    assert "+1213" not in str(caught.value)


SINCE = datetime.now(UTC)


@pytest.mark.parametrize("mood", [Mood.DEAF, Mood.BROKEN_AFTER])
def test_a_text_whose_answer_was_lost_is_found_in_the_list(fake: FakeTwilio, mood: Mood) -> None:
    fake.mood = mood
    with pytest.raises(OutcomeUnknown):
        texts(fake.url).send(LETTER)
    fake.mood = Mood.WELL
    assert texts(fake.url).find(LETTER, since=SINCE) == (fake.ledger[0]["Sid"],)


def test_a_text_sent_through_a_service_is_found(fake: FakeTwilio) -> None:
    letter = replace(LETTER, sender="MG" + "5" * 32)
    sid = texts(fake.url).send(letter)
    assert fake.ledger[0]["MessagingServiceSid"] == letter.sender
    assert texts(fake.url).find(letter, since=SINCE) == (sid,)


@pytest.mark.parametrize(
    "other",
    [
        {"body": "Hello there"},
        {"to": "+12135550002"},
        {"sender": "+15005550007"},
    ],
)
def test_another_text_is_not_taken_for_it(fake: FakeTwilio, other: dict[str, str]) -> None:
    texts(fake.url).send(replace(LETTER, **other))
    assert texts(fake.url).find(LETTER, since=SINCE) == ()


def test_a_text_of_long_ago_is_not_taken_for_it(fake: FakeTwilio) -> None:
    texts(fake.url).send(LETTER)
    later = datetime.now(UTC) + timedelta(minutes=10)
    assert texts(fake.url).find(LETTER, since=later) == ()


def test_a_list_that_lags_does_not_have_it_yet(fake: FakeTwilio) -> None:
    fake.behave(list_lag_seconds=60)
    texts(fake.url).send(LETTER)
    assert texts(fake.url).find(LETTER, since=SINCE) == ()


def test_nobody_to_ask_is_no_answer() -> None:
    with pytest.raises(ProviderFailure):
        texts("http://127.0.0.1:9").find(LETTER, since=SINCE)


@pytest.mark.parametrize(("mood", "code"), [("broken", "500"), ("busy", "429")])
def test_a_list_that_is_out_is_no_answer(fake: FakeTwilio, mood: str, code: str) -> None:
    fake.behave(list_mood=mood)
    asked = texts(fake.url)
    for ask in (
        lambda: asked.find(LETTER, since=SINCE),
        lambda: asked.inbound("+15005550006", SINCE),
    ):
        with pytest.raises(ProviderFailure) as caught:
            ask()
        assert (caught.value.code, caught.value.retryable) == (code, True)


def test_a_list_that_is_no_json_is_no_answer(
    fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.fake_twilio.server.json.dumps", lambda _document: "<html>")
    with pytest.raises(ProviderFailure):
        texts(fake.url).find(LETTER, since=SINCE)


def test_a_part_of_a_long_text_is_reported_on_as_that_part(fake: FakeTwilio) -> None:
    texts(fake.url).send(replace(LETTER, part=2))
    assert fake.ledger[0]["StatusCallback"].endswith("?outbox=k1&part=2")


def arrive(fake: FakeTwilio, sid: str, **fields: str) -> None:
    usual = {"From": "+12135550001", "To": "+15005550006", "Body": "Hello", "NumMedia": "0"}
    fake.inner.take_inbound({**usual, "Sid": sid, **fields})


def test_texts_that_a_number_received_are_listed(fake: FakeTwilio) -> None:
    arrive(fake, "SM" + "a" * 32)
    arrive(fake, "SM" + "b" * 32, To="+15005550007")
    texts(fake.url).send(replace(LETTER, to="+15005550006"))
    (found,) = texts(fake.url).inbound("+15005550006", SINCE)
    assert (found.provider_id, found.text) == ("SM" + "a" * 32, "Hello")
    assert (found.patient_address, found.clinic_address) == ("+12135550001", "+15005550006")
    assert found.recovered


def test_a_listed_text_that_cannot_be_read_is_left_out_with_an_alarm(
    fake: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    arrive(fake, "SM" + "a" * 32, From="nobody")
    arrive(fake, "SM" + "b" * 32)
    found = texts(fake.url).inbound("+15005550006", SINCE)
    assert [message.provider_id for message in found] == ["SM" + "b" * 32]
    assert "listed_text_unreadable" in caplog.text


def test_a_text_that_only_ends_with_the_same_words_is_another(fake: FakeTwilio) -> None:
    longer = replace(LETTER, body=f"Sorry, I did not get that.\n{LETTER.body}")
    texts(fake.url).send(longer)
    assert texts(fake.url).find(LETTER, since=SINCE) == ()


def test_what_a_trial_account_puts_in_front_is_passed_over(fake: FakeTwilio) -> None:
    trial = replace(LETTER, body=f"Sent from your Twilio trial account - {LETTER.body}")
    sid = texts(fake.url).send(trial)
    assert texts(fake.url).find(LETTER, since=SINCE) == (sid,)
