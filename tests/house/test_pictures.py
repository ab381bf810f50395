"""The picture of the flow in the documents is the flow as it is."""

from pathlib import Path

from click.testing import CliRunner

from bot.cli.flows import flows

PICTURE = Path("docs/images/ketamine-screening.svg")


def test_the_picture_of_the_screening_is_drawn_from_the_screening():
    drawn = CliRunner().invoke(flows, ["draw", "--svg"])
    assert drawn.exit_code == 0
    assert PICTURE.read_text("utf-8").strip() == drawn.output.strip(), (
        f"draw it again: .venv/bin/flask --app wsgi flows draw --svg > {PICTURE}"
    )


def test_every_picture_in_the_documents_exists():
    for page in [Path("README.md"), *Path("docs").glob("**/*.md")]:
        for part in page.read_text("utf-8").split("](")[1:]:
            target = part.split(")")[0]
            if target.endswith((".png", ".svg")):
                assert (page.parent / target).exists(), f"{page}: {target}"
