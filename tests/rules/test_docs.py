"""docs/rules.md says what the definitions say. `UPDATE_DOCS=1` writes the tables anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bot.rules.resources import load_resources
from bot.rules.table import facts_table, resources_table, rules_table, scores_table
from tests.rules.screening import RULESET

DOCS = Path("docs/rules.md")
TABLES = {
    "rules": rules_table(RULESET),
    "facts": facts_table(RULESET),
    "scores": scores_table(RULESET),
    "resources": resources_table(load_resources()),
}


def block(name):
    return re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)


@pytest.mark.parametrize("name", TABLES)
def test_the_table_in_the_documentation_is_the_definition(name):
    text = DOCS.read_text()
    wanted = block(name).sub(lambda m: f"{m[1]}\n{TABLES[name]}\n\n{m[2]}", text)
    if os.environ.get("UPDATE_DOCS") == "1":
        DOCS.write_text(wanted)
    assert f"<!-- {name}: begin -->" in text
    assert DOCS.read_text() == wanted


def test_the_documentation_says_that_a_clinician_must_sign():
    text = " ".join(DOCS.read_text().split())
    assert "signed off by a licensed clinician" in text
    assert "crisis-detector.md" in text
