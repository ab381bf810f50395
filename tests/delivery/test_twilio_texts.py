from collections.abc import Iterator

import pytest

from bot.core.errors import ProviderFailure
from bot.delivery.senders import Letter, OutcomeUnknown
from bot.delivery.twilio_texts import TwilioTexts
from tests.fakes.twilio import FakeTwilio, Mood, fake_twilio

LETTER = Letter("k1", "+12135550001", "+15005550006", "Hello")


@pytest.fixture(name="fake")
def _fake() -> Iterator[FakeTwilio]:
    with fake_twilio() as fake:
        yield fake


def texts(url: str) -> TwilioTexts:
    return TwilioTexts(
        "AC" + "0" * 32, "token", api_url=url, status_url="https://clinic.test/status",
        timeout_seconds=2,
    )  # fmt: skip


def test_a_text_that_twilio_takes_comes_back_with_its_sid(fake: FakeTwilio) -> None:
    sid = texts(fake.url).send(LETTER)
    assert sid == fake.ledger[0]["Sid"]
    assert fake.ledger[0]["Body"] == "Hello"
    assert fake.ledger[0]["StatusCallback"] == "https://clinic.test/status"


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
