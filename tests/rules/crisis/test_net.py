"""Strong words fire by default, and what they share with everyday talk is spared."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.rules.crisis import Detector

FOLDER = Path(__file__).parent / "net"
CHECK_IN = "check_in"


def lists_of(kind: str) -> list[object]:
    return [
        pytest.param(texts, name == CHECK_IN, id=f"{path.stem} {name}")
        for path in sorted(FOLDER.glob(f"{kind}.*.yaml"))
        for name, texts in yaml.safe_load(path.read_text("utf-8")).items()
    ]


@pytest.mark.parametrize(("texts", "_check_in"), lists_of("benign"))
def test_everyday_uses_of_a_strong_word_do_not_fire(
    detector: Detector, texts: list[str], _check_in: bool
) -> None:
    assert [text for text in texts if detector.screen(text).fires] == []


@pytest.mark.parametrize(("texts", "check_in"), lists_of("danger"))
def test_a_strong_word_beside_the_writer_fires_by_default(
    detector: Detector, texts: list[str], check_in: bool
) -> None:
    missed = []
    for text in texts:
        finding = detector.screen(text)
        if not (finding.fires or (check_in and finding.tier)):
            missed.append(text)
    assert missed == []
