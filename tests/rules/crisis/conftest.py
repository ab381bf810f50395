"""One detector for the whole run: it holds no state."""

from __future__ import annotations

import pytest

from bot.rules.crisis import Detector, load_detector


@pytest.fixture(scope="session")
def detector() -> Detector:
    return load_detector()
