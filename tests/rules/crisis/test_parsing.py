"""What the frame language says, read into trees of words."""

from __future__ import annotations

import pytest

from bot.rules.crisis.frame import Choice, ClassRef, Edge, Gap, Node, Repeat, Sequence, Words
from bot.rules.crisis.parsing import Parser


def words(*literal: str) -> Words:
    return Words(frozenset(literal))


def in_order(*items: Node) -> Sequence:
    return Sequence(items)


@pytest.mark.parametrize(
    ("frame", "tree"),
    [
        ("zebra", words("zebra")),
        ("don't", words("dont")),
        ("zebra|lion", words("zebra", "lion")),
        ("zebra-lion", in_order(words("zebra"), words("lion"))),
        ("zebras?", words("zebra", "zebras")),
        ("l[ei]on", words("leon", "lion")),
        ("hop(e|ing)", words("hope", "hoping")),
        ("(un)?heard", words("unheard", "heard")),
        ("(a(b|c(d|e)))?f", words("f", "abf", "acdf", "acef")),
        ("zebra\\w*", Words(frozenset(), frozenset({"zebra"}))),
        ("(a )?zebra", in_order(Repeat(words("a"), 0, 1), words("zebra"))),
        ("(a|the)+ zebra", in_order(Repeat(words("a", "the"), 1, None), words("zebra"))),
        (
            "(the old zebra|lion)",
            Choice((in_order(*map(words, ("the", "old", "zebra"))), words("lion"))),
        ),
        ("(zebra){0,3} {end}", in_order(Repeat(words("zebra"), 0, 3), Edge(is_start=False))),
        ("{0-4} zebra", in_order(Gap(0, 4), words("zebra"))),
        (
            "{herd} <adv> ran",
            in_order(ClassRef("herd"), Repeat(ClassRef("adv"), 0, 2), words("ran")),
        ),
        (
            "zebra ~~4~~ lion",
            Choice(
                (
                    in_order(words("zebra"), Gap(0, 4, crosses=True), words("lion")),
                    in_order(words("lion"), Gap(0, 4, crosses=True), words("zebra")),
                )
            ),
        ),
    ],
)
def test_a_frame_is_read_as_it_is_described(frame: str, tree: Node) -> None:
    assert Parser().parse(frame) == tree


def test_a_parser_remembers_what_the_frames_name() -> None:
    parser = Parser()
    parser.parse("(the|a) zebras? {herd} <adv> suicid\\w* {end}")
    assert parser.literal == {"the", "a", "zebra", "zebras"}
    assert parser.prefixes == {"suicid"}
    assert parser.classes == {"herd", "adv"}
