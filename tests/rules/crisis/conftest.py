"""One detector for the whole run, which holds no state, and a copy of its definitions."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.rules.crisis import Detector, load_detector
from bot.rules.crisis.load import DEFINITIONS


@pytest.fixture(scope="session")
def detector() -> Detector:
    return load_detector()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "crisis"
    shutil.copytree(DEFINITIONS, copy)
    return copy
