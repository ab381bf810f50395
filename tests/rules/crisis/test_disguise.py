"""Spellings that hide words from a plain reading."""

from __future__ import annotations

import base64

import pytest

from bot.rules.crisis import Detector

DISGUISED = [
    "k1ll mys3lf",
    "k!ll myself",
    "k*ll myself",
    "su1c1dal",
    "i w a n t t o d i e",
    "k.i.l.l. myself",
    "s u i c i d a l",
    "kiiiilllll myselllffff",
    "KILL MYSELF",
    "ｋｉｌｌ ｍｙｓｅｌｆ",
    "𝐤𝐢𝐥𝐥 𝐦𝐲𝐬𝐞𝐥𝐟",
    "kill my\u00adself",
    "k\u200bi\u200cl\u200dl myself",
    "kіll mуself",
    "#killmyself",
    "iwanttodie",
    "suicde thoughts",
    "i want to commit sucide",
    "\u202eflesym llik",
    "flesym llik ot tnaw i",
    "q u i e r o m o r i r",
    "quiero m0rir",
    "i want2die",
    "i don’t want to live",
    "want to d-i-e",
    "i w4nt to d1e",
    "i wnat to dei",
    "my partener is chokin me",
]


@pytest.mark.parametrize("text", DISGUISED)
def test_a_disguised_word_is_read(detector: Detector, text: str) -> None:
    assert detector.screen(text).fires


def test_a_base64_body_is_decoded_for_scanning(detector: Detector) -> None:
    body = base64.b64encode(b"i am going to kill myself tonight").decode()
    hit = detector.screen(f"ref {body}").rules[0]
    assert (hit.start, hit.end) == (4, 4 + len(body))


def test_long_words_that_decode_to_nothing_are_left_alone(detector: Detector) -> None:
    assert not detector.screen("pneumonoultramicroscopicsilicovolcanoconiosis").fires


@pytest.mark.parametrize("text", ["killing time", "the skills test", "was willing"])
def test_words_that_look_alike_are_not_mended_into_danger(detector: Detector, text: str) -> None:
    assert not detector.screen(text).fires
