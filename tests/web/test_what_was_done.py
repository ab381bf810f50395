"""The page of a request tells every step that was taken about danger, and how it ended."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from bot.core.clinic import OnCall
from bot.core.findings import RuleHit
from bot.services.clinics import ClinicBook
from bot.store.tables import AlertRow, AlertStepRow, MessageRow
from bot.web.danger_lines import marked
from tests.web.conftest import CRISIS
from tests.web.test_clinic import ana, consult_id, page_of, press, words

__all__ = ["ana", "consult_id"]


def steps(client, consult_id):
    table = words(page_of(client, consult_id)).split("What was done about it")[-1]
    return " ".join(table.split("Triage")[0].split())


@pytest.fixture
def change(parts):
    def run(statement):
        with parts.engine.begin() as connection:
            return connection.execute(statement)

    return run


def test_what_was_seen_said_and_opened_stands_there_in_order(ana, consult_id):
    told = steps(ana, consult_id)
    assert re.search(r"Danger seen.*Emergency resources said.*Alert opened", told)


def test_who_was_paged_how_and_how_far_the_page_came(ana, consult_id, change, parts):
    alert_id = change(select(AlertRow.id)).scalar_one()
    at = parts.now() + timedelta(seconds=1)
    base = {"alert_id": alert_id, "kind": "paged", "person": 7, "created_at": at}
    change(insert(AlertStepRow).values(id="a" * 32, channel="email", **base))
    told = steps(ana, consult_id)
    assert "Paged somebody who is no longer on the on-call list by e-mail" in told


def test_a_text_that_did_not_arrive_is_marked(ana, consult_id, change):
    change(update(MessageRow).where(MessageRow.kind == "crisis").values(delivery="undelivered"))
    page = page_of(ana, consult_id).get_data(as_text=True)
    assert '<strong class="error">not delivered</strong>' in page


def test_who_took_the_alert_stands_there_by_name(ana, consult_id):
    press(ana, consult_id, "accept")
    assert "Taken Ana Ruiz" in steps(ana, consult_id)


@pytest.mark.parametrize(
    ("by", "shown"), [("link", "by the link in the page"), ("oncall:0", "Night Nurse")]
)
def test_who_took_it_by_link_or_by_text_is_told_too(
    ana, consult_id, change, parts, monkeypatch, by, shown
):
    known = parts.clinics.of("demo")
    manned = type(known)(
        **{f: getattr(known, f) for f in known.__struct_fields__}
        | {"on_call": (OnCall("Night Nurse", "+15005550010"),)}
    )
    monkeypatch.setattr(ClinicBook, "of", lambda _book, _clinic_id: manned)
    taken = {"acknowledged_at": parts.now(), "acknowledged_by": by, "next_at": None}
    change(update(AlertRow).values(**taken))
    assert f"Taken {shown}" in steps(ana, consult_id)


def test_danger_is_not_closed_without_saying_how_it_ended(ana, consult_id):
    press(ana, consult_id, "accept")
    refused = press(ana, consult_id, "complete", note="Spoke with her")
    assert refused.status_code == 409
    assert "Spoke with her" in refused.get_data(as_text=True)
    assert press(ana, consult_id, "complete", note="x", outcome="declined").status_code == 303
    assert "Reached, and declined help" in words(page_of(ana, consult_id))
    assert "How it ended" not in words(page_of(ana, consult_id))


def test_an_outcome_that_does_not_exist_is_refused(ana, consult_id):
    press(ana, consult_id, "accept")
    assert press(ana, consult_id, "complete", note="x", outcome="great").status_code == 422


def test_the_words_that_showed_danger_stand_there_marked(ana, consult_id):
    page = page_of(ana, consult_id).get_data(as_text=True)
    quote = re.search(r'<blockquote class="seen">.*?</blockquote>', page, re.DOTALL)[0]
    assert words_of(quote) == CRISIS
    signs = re.findall(r"<mark>(.*?)</mark>", quote)
    assert "kill myself" in " ".join(signs)


def words_of(markup):
    return re.sub(r"<[^>]+>", "", markup)


def hit(start, end):
    return RuleHit("en.some.rule", start, end)


@pytest.mark.parametrize(
    ("hits", "signs"),
    [
        ([], []),
        ([hit(0, 1)], ["a"]),
        ([hit(1, 3), hit(2, 5)], ["bcde"]),
        ([hit(1, 3), hit(3, 4)], ["bcd"]),
        ([hit(4, 5), hit(0, 2)], ["ab", "e"]),
        ([hit(0, 6)], ["abcdef"]),
        ([hit(0, 7), hit(-1, 2), hit(3, 3)], []),
    ],
)
def test_marked_words_lose_no_character_and_mark_each_sign_once(hits, signs):
    pieces = marked("abcdef", hits)
    assert "".join(piece.text for piece in pieces) == "abcdef"
    assert [piece.text for piece in pieces if piece.is_sign] == signs
