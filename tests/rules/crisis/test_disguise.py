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
    "toy a punto d matarme",
    "m kiero morir x todo",
    "tngo pensamientos d muerte",
    "i want2die",
    "i don’t want to live",
    "want to d-i-e",
    "i w4nt to d1e",
    "i wnat to dei",
    "my partener is chokin me",
    "i wnt 2 kll mslf",
    "thinking about su.ici.de again",
    "k-i-l-l myself tonight",
    "i want to kil lmyself",
    "gonna ki ll mys elf",
    "want.to.kill.myself",
    "i want to k--l myself",
    "i want to k__l myself",
    "i want to k##l myself",
    "looking up su***de methods",
    "looking up s*icide methods",
    "i've been c*tting myself",
    "wanr to die so bad",
    "killl mysrlf tonight",
    "planing to hnag myself",
    "i want to hvrt myself",
    "ı шаnt tо dіе",
    "ǝᴉp oʇ ʇuɐʍ ᴉ",
    "🇮 🇼🇦🇳🇹 🇹🇴 🇩🇮🇪",
    "i want to 🅳🅸🅴",
    "ᴡᴀɴᴛ ᴛᴏ ᴅɪᴇ",
    "sooicide is my only way out, im planning it",
    "i want to kyll mysewf",
    "i want to k1ll myse1f",
    "i t00k all the pi11s",
    "🔫 to my head rn",
    "i wanna ☠️ myself",
    "od'd",
    "just OD’d.",
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


LOOK_ALIKES = [
    "killing time",
    "so odd. just odd",
    "the skills test",
    "was willing",
    "how many kilos are in 100 pounds",
    "you are very dear to me, a brother and a role model",
    "went to the wedding early with the bride and the rope",
    "the points on my account, code S.I.M.",
    "i want to end my lifetime subscription",
    "holy sh*t that was loud",
    "ok. sure. fine. bye",
    "the elf on the shelf, i mys-led you",
    "he is in his early 20s, edad 21",
    "i want to learn to unbend knives, hand me the role",
    "🔪 the onions and add 🩸 oranges",
    "💊 at 8 pm as the doctor said",
    "we missed the bus and took the train",
    "sh don't tell anyone about the party",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_words_that_look_alike_are_not_mended_into_danger(detector: Detector, text: str) -> None:
    assert not detector.screen(text).fires
