"""`clinics apply` and `clinicians add` as an operator types them."""

from pathlib import Path

import pytest
from flask import Flask

from bot.cli.clinicians import clinicians
from bot.cli.clinics import clinics
from bot.cli.keys import keys
from bot.services.clinicians import sign_in
from tests.services.conftest import (  # noqa: F401  fixtures
    demo_clinic,
    heavy,
    make_parts,
    parts,
    seconds,
)

DEMO = Path(__file__).parents[2] / "clinics" / "demo.yaml"


@pytest.fixture
def run(parts):  # noqa: F811
    app = Flask("commands")
    app.extensions["porchlight"] = parts
    for group in (clinics, clinicians, keys):
        app.cli.add_command(group)
    runner = app.test_cli_runner()
    return lambda *words, **more: runner.invoke(args=[str(word) for word in words], **more)


def test_applying_shows_the_changes_and_asks(run, parts):  # noqa: F811
    refused = run("clinics", "apply", DEMO, input="n\n")
    assert refused.exit_code == 1
    assert '+ name: "Porchlight Demo Clinic"' in refused.output
    assert parts.clinics.of("demo") is None
    assert run("clinics", "apply", DEMO, input="y\n").exit_code == 0
    assert parts.clinics.of("demo").name == "Porchlight Demo Clinic"


def test_applying_with_yes_asks_nothing_and_twice_is_safe(run):
    assert run("clinics", "apply", DEMO, "--yes").output.endswith("demo: applied\n")
    assert "nothing to change" in run("clinics", "apply", DEMO, "--yes").output


def test_a_fault_is_named_with_file_and_path(run, tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text(DEMO.read_text("utf-8").replace("region: US", "region: XX"), "utf-8")
    done = run("clinics", "apply", file, "--yes")
    assert done.exit_code == 1
    assert "broken.yaml: region: has no emergency resources" in done.output


def test_a_clinician_can_sign_in_with_the_printed_password(run, parts):  # noqa: F811
    run("clinics", "apply", DEMO, "--yes")
    done = run("clinicians", "add", "doc@clinic.example", "--name", "Dr Doe", "--clinic", "demo")
    assert done.exit_code == 0, done.output
    password = done.output.rsplit("password: ", 1)[1].strip()
    assert sign_in(parts, "doc@clinic.example", password).name == "Dr Doe"


def test_a_password_can_be_typed_instead(run, parts):  # noqa: F811
    run("clinics", "apply", DEMO, "--yes")
    words = ("clinicians", "add", "a@b.example", "--name", "A", "--clinic", "demo", "--ask")
    done = run(*words, input="correct horse battery\ncorrect horse battery\n")
    assert "password: " not in done.output
    assert sign_in(parts, "a@b.example", "correct horse battery")


def test_what_cannot_be_is_refused_by_its_field(run):
    run("clinics", "apply", DEMO, "--yes")
    done = run("clinicians", "add", "nobody", "--name", "A", "--clinic", "demo")
    assert done.exit_code == 1
    assert "email" in done.output
    done = run("clinicians", "add", "a@b.example", "--name", "A", "--clinic", "nowhere")
    assert "clinic" in done.output
    assert run("clinicians", "close", "nobody@b.example").exit_code == 1


def test_resealing_says_how_much_there_was(run):
    run("clinics", "apply", DEMO, "--yes")
    assert run("keys", "reseal").output.startswith("0 fields")
