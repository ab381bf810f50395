"""`flows lint|draw|simulate|schema` need no settings and no database."""

import json

import pytest
from click.testing import CliRunner

from bot.cli.flows import flows, main_flows
from bot.flows.phrases import DEFINITIONS
from tests.flows.small import write_flow
from tests.flows.test_engine import END, ask

BROKEN = ask("q", more=", next: bye") + ask("lost") + END


def run(*arguments, text=""):
    return CliRunner().invoke(flows, list(arguments), input=text)


@pytest.fixture
def folder(tmp_path):
    write_flow(tmp_path, "good", ask("q") + "- {node: flow, id: f, flow: inner}\n" + END)
    write_flow(tmp_path, "inner", ask("i"))
    (tmp_path / "words.yaml").write_text("yes: [ok]\n")
    return tmp_path


def test_flows_that_others_contain_are_not_checked_by_themselves(folder):
    assert main_flows(folder) == ["good"]


def test_lint_of_sound_flows_says_so(folder):
    result = run("lint", "--directory", str(folder))
    assert (result.exit_code, result.output) == (0, "no problems\n")


def test_lint_names_flow_path_and_check_and_fails(folder):
    write_flow(folder, "bad", BROKEN)
    result = run("lint", "--directory", str(folder))
    assert result.exit_code == 1
    assert result.output == "bad: lost: no way leads here from the start [unreachable]\n"


@pytest.mark.parametrize("content", ["id: bad\nnodes: []\n", "id: bad\nnodes:\n- [\n"])
def test_lint_reports_a_flow_that_does_not_load(folder, content):
    (folder / "bad.yaml").write_text(content)
    result = run("lint", "--directory", str(folder))
    assert result.exit_code == 1
    assert result.output.startswith("bad: ")
    assert "[definition]" in result.output


def test_lint_checks_the_flows_named_only(folder):
    write_flow(folder, "bad", BROKEN)
    assert run("lint", "good", "--directory", str(folder)).exit_code == 0


def test_draw_prints_mermaid_or_svg(folder):
    assert "flowchart TD" in run("draw", "good", "--directory", str(folder)).output
    assert run("draw", "good", "--svg", "--directory", str(folder)).output.startswith("<svg")


def test_draw_takes_the_first_clinics_flow_unless_one_is_named():
    assert "n_consent" in run("draw").output


@pytest.mark.parametrize("arguments", [("good", "--language", "fr"), ("gone",)])
def test_draw_refuses_what_there_is_not(folder, arguments):
    assert run("draw", *arguments, "--directory", str(folder)).exit_code == 2


def test_simulate_talks_until_the_flow_ends():
    result = run("simulate", text="no\nnot heard any more\n")
    assert result.exit_code == 0
    assert "Is it OK to start?" in result.output
    assert "Example Clinic" in result.output


def test_simulate_stops_where_the_input_ends():
    result = run("simulate", "ketamine-screening", "--language", "es", text="si\n")
    assert result.exit_code == 0
    assert "¿" in result.output


def test_simulate_shows_every_event_when_asked():
    result = run("simulate", "ketamine-screening", "--verbose", "--mode", "web", text="no\n")
    assert "[asked consent, 1 of about" in result.output
    assert "Ended(outcome='declined')" in result.output


def test_simulate_refuses_a_flow_that_the_rules_do_not_fit(folder):
    result = run("simulate", "good", "--directory", str(folder))
    assert result.exit_code == 2
    assert "do not fit" in result.output


def test_the_schema_is_printed_as_json():
    schema = json.loads(run("schema").output)
    assert schema["$defs"]["FlowFile"]["additionalProperties"] is False


def test_the_flows_that_are_shipped_load():
    assert "ketamine-screening" in main_flows(DEFINITIONS)
