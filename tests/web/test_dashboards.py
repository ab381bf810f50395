"""What is handed to operators (dashboard, alert rules, units) names things that exist."""

import json
import re
from pathlib import Path

import pytest
import yaml

from bot.core.clock import new_id, utc_now
from bot.store.heartbeats import ROUTINE, URGENT, beat
from bot.store.outbox import Departure, put
from bot.web import counting
from tests.house.sources import sources

DOCS = Path(__file__).resolve().parents[2] / "docs"
DASHBOARD = json.loads((DOCS / "grafana" / "porchlight.json").read_text())
RULES = yaml.safe_load((DOCS / "grafana" / "alerts.yaml").read_text())["groups"][0]["rules"]
OPERATIONS = (DOCS / "operations.md").read_text()
EXPRESSIONS = [
    *(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]),
    *(rule["expr"] for rule in RULES),
]
DEPLOY = DOCS / "deploy"


@pytest.fixture
def exposed(client, parts):
    """name -> labels of every metric, once each of them has something to tell."""
    now = utc_now()
    with parts.engine.begin() as connection:
        for lane in (URGENT, ROUTINE):
            beat(connection, role=lane, name="w", now=now)
        put(connection, Departure(new_id(), "demo", "page-text", "oncall:0", {}), now=now)
    counted = {metric.name: metric for metric in counting.COUNTS.collect()}
    assert counted
    text = client.get("/metrics").get_data(as_text=True)
    found = {}
    for name, labels in re.findall(r"^(porchlight_\w+)(?:\{(.*?)\})? ", text, re.MULTILINE):
        found[name] = set(re.findall(r"(\w+)=", labels))
    for name, labels in re.findall(r'"(porchlight_\w+)",\s+"[^"]+",\s+\[(.*?)\]', SOURCE):
        own = set(re.findall(r'"(\w+)"', labels))
        for ending in ("_total", "_bucket", "_count", "_sum"):
            found[name + ending] = own | {"le"}
    return found


SOURCE = next(path for path in sources("web") if path.name == "counting.py").read_text()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_and_label_that_is_asked_for_exists(expression, exposed):
    names = re.findall(r"porchlight_\w+", expression)
    assert names
    labels = re.findall(r"by \((.*?)\)", expression) + re.findall(r"\{(\w+)[=~]", expression)
    wanted = {label.strip() for group in labels for label in group.split(",")}
    for name in names:
        assert name in exposed, name
        assert wanted <= exposed[name] | {"instance", "le"}


def test_every_metric_is_described_for_operators(exposed):
    endings = r"_(bucket|count|sum|created)$"
    for name in exposed:
        plain = re.sub(endings, "", name)
        if name.endswith("_total") and plain.removesuffix("_total") == "porchlight_turn_seconds":
            continue
        assert plain in OPERATIONS, name


def test_every_rule_says_what_to_do():
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["action"]
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def test_events_that_rules_ask_for_are_written_somewhere():
    source = "\n".join(path.read_text() for path in sources())
    for event in re.findall(r'event="(\w+)"', " ".join(rule["expr"] for rule in RULES)):
        assert f'"{event}"' in source, event


def test_panels_do_not_lie_on_each_other():
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_a_deployment_file_starts_programs_that_exist(path, app):
    text = path.read_text()
    for command in re.findall(r'--app[", ]+wsgi[", ]+(\w+)', text):
        assert command in app.cli.commands, command
    for module in re.findall(r"python:(bot[\w.]+)", text):
        assert (DOCS.parent / (module.replace(".", "/") + ".py")).exists(), module
    assert "password" not in text.lower() or path.name == "compose.yaml"


def test_the_compose_file_has_every_program_and_waits_for_the_tables():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert {"database", "broker", "migrate", "web", "worker", "stream", "queue"} == set(services)
    for name in ("web", "worker", "stream", "queue"):
        needed = services[name]["depends_on"]["migrate"]["condition"]
        assert needed == "service_completed_successfully"
