"""Documents name things that exist."""

import re

import pytest
import yaml

from bot.consults.alert import AlertReason
from bot.consults.model import ConsultAction, ConsultStatus
from bot.conversation.model import ConversationStatus, TimerKind
from tests.house.sources import ROOT, sources

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
PROSE = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_log_event_that_operators_are_told_of_is_written_somewhere():
    rows = OPERATIONS.split("| event | meaning |")[1].split("\n## ")[0]
    names = [row.split("|")[1] for row in rows.splitlines()[2:] if row]
    events = re.findall(r"`([a-z_.-]+)`", " ".join(names))
    assert len(events) > 10
    source = "\n".join(path.read_text() for path in sources())
    missing = [event for event in events if f'"{event}"' not in source]
    assert not missing


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_a_link_between_documents_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_scripts_that_the_readme_names_can_be_run():
    for name in re.findall(r"\bscript/(\w+)", (ROOT / "README.md").read_text()):
        assert (ROOT / "script" / name).stat().st_mode & 0o111, name


def test_every_code_on_the_clinicians_pages_has_words():
    words = yaml.safe_load((ROOT / "bot" / "web" / "words" / "clinic.yaml").read_text())
    assert set(words["statuses"]) == {status.value for status in ConsultStatus}
    assert {action.value for action in ConsultAction} <= set(words["actions"])
    assert {kind.value for kind in TimerKind} <= set(words["actions"])
    assert {reason.value for reason in AlertReason} <= set(words["alert_details"])
    assert set(words["conversations"]) == {status.value for status in ConversationStatus}


def test_the_patients_pages_say_the_same_things_in_both_languages():
    words = yaml.safe_load((ROOT / "bot" / "web" / "words" / "patient.yaml").read_text())
    assert set(words) == {"en", "es"}
    assert set(words["en"]) == set(words["es"])
