import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.segments import GSM7_EXTENSION, count_segments, is_gsm7, to_gsm7


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("{" * 80, "GSM-7", 160, 1),
        ("{" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "{" + "a" * 152, "GSM-7", 306, 3),
        ("ñ¿¡éü" * 32, "GSM-7", 160, 1),
        ("á" + "a" * 69, "UCS-2", 70, 1),
        ("á" + "a" * 70, "UCS-2", 71, 2),
        ("á" + "a" * 133, "UCS-2", 134, 2),
        ("á" + "a" * 134, "UCS-2", 135, 3),
        ("don’t", "UCS-2", 5, 1),
        ("👍🏽" * 17, "UCS-2", 68, 1),
        ("👍🏽" * 18, "UCS-2", 72, 2),
        ("👨‍👩‍👧" * 9, "UCS-2", 72, 2),
        ("🇺🇸" * 33 + "a" * 4, "UCS-2", 136, 3),
        ("\ud800", "UCS-2", 1, 1),
    ],
)
def test_segments_are_counted_as_the_carrier_bills_them(
    text: str, encoding: str, units: int, segments: int
) -> None:
    counted = count_segments(text)
    assert (counted.encoding, counted.units, counted.segments) == (encoding, units, segments)


def test_typographic_marks_become_plain_and_cost_one_segment() -> None:
    plain = to_gsm7("“Don’t wait…” – call 9‑1‑1\u00a0now, está aquí")
    assert plain == '"Don\'t wait..." - call 9-1-1 now, esta aqui'
    assert is_gsm7(plain)


def test_what_has_no_plain_form_is_kept() -> None:
    assert to_gsm7("你好 👍") == "你好 👍"


@given(st.text(max_size=400))
def test_a_longer_text_never_takes_fewer_segments(text: str) -> None:
    assert count_segments(text + "a").segments >= count_segments(text).segments


@given(st.text(alphabet=sorted(GSM7_EXTENSION) + ["a"], min_size=154, max_size=700))
def test_an_extension_character_is_never_parted(text: str) -> None:
    counted = count_segments(text)
    if counted.units > 160:
        assert counted.segments >= -(-counted.units // 153)
