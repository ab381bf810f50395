"""A clinician takes a conversation over and writes in it, from the page of the request."""

import pytest

from tests.web.test_clinic import ana, consult_id, page_of, press, token_in, words

__all__ = ["ana", "consult_id"]


def write(client, consult_id, text):
    page = client.get(f"/clinic/consults/{consult_id}")
    form = {"csrf_token": token_in(page), "words": text}
    return client.post(f"/clinic/consults/{consult_id}/words", data=form)


def test_the_form_is_there_only_while_a_clinician_has_the_conversation(ana, consult_id):
    assert "Write to the patient" not in words(page_of(ana, consult_id))
    press(ana, consult_id, "take-over")
    assert "Write to the patient" in words(page_of(ana, consult_id))
    press(ana, consult_id, "release")
    assert "Write to the patient" not in words(page_of(ana, consult_id))


def test_what_is_written_stands_in_the_conversation_under_the_writers_name(ana, consult_id):
    press(ana, consult_id, "take-over")
    assert write(ana, consult_id, "I am Ana, a nurse. Are you safe?").status_code == 303
    shown = words(page_of(ana, consult_id))
    assert "Ana Ruiz" in shown
    assert "I am Ana, a nurse. Are you safe?" in shown


@pytest.mark.parametrize("text", ["", "x" * 1601])
def test_words_that_cannot_be_said_are_kept_on_the_page(ana, consult_id, text):
    press(ana, consult_id, "take-over")
    answer = write(ana, consult_id, text)
    assert answer.status_code == 409
    assert text in answer.get_data(as_text=True)


def test_after_an_opt_out_the_page_says_to_call(ana, consult_id, twilio):
    press(ana, consult_id, "take-over")
    twilio.say("STOP")
    shown = words(page_of(ana, consult_id))
    assert "Write to the patient" not in shown
    assert "opted out of texts: call" in shown
    assert write(ana, consult_id, "Hello").status_code == 409
