"""What the fit writes is what the detector reads."""

from __future__ import annotations

from benchmarks.points import HEAD, named, written
from bot.core.findings import Category
from bot.rules.crisis.lexicon import ASKED
from bot.rules.crisis.neighbours import AMONG, NEAR
from bot.rules.crisis.points_file import FRAME, read_points
from bot.rules.crisis.scorecard import Danger

A, B = b"\x83\x00", b"\x83\x01"
NAMES = {A: "knife", B: "[kin]", ASKED: "{asked}"}


def test_the_head_of_the_file_holds_no_points() -> None:
    assert read_points(HEAD.format(texts=1, ordinary=2)).words == ()


def test_every_line_that_is_written_can_be_read() -> None:
    points = {A: 1.5, A + ASKED: -0.25, A + NEAR + B: 0.5, B + AMONG + B: 2.0, b"tier crisis": 1.0}
    dangers = {A: Danger(Category.ABUSE, is_others=True)}
    head = HEAD.format(texts=1, ordinary=2)
    lines = read_points("\n".join([head.rstrip("\n"), *written(points, dangers, NAMES)]) + "\n")
    told = {
        (weight, kind, f"{word} {between} {other}".replace("  ", " ").strip())
        for weight, kind, word, between, other in zip(*lines, strict=True)
        if weight
    }
    assert told == {
        (1.5, "abuse/other", "knife"),
        (-0.25, "suicide", "knife {asked}"),
        (0.5, "suicide", "knife _ [kin]"),
        (2.0, "suicide", "[kin] __ [kin]"),
        (1.0, FRAME, "tier crisis"),
    }


def test_what_has_no_name_is_not_written() -> None:
    assert named(b"\x90\x00", NAMES) is None
