"""Drawings show every node once and every way, and can be read without being seen."""

import re
import xml.etree.ElementTree as ET

import pytest

from bot.flows.draw import mermaid, svg
from bot.flows.outline import Shape, outline
from bot.flows.schema import SCHEMA_FILE, flow_schema
from tests.flows.small import flow_of
from tests.flows.test_engine import END, ask, end, say

RISK = ", risk: {category: overdose, tier: emergency, positive: true}"
FLOW = flow_of(
    "- {node: say, id: hello, text: {en: 'A \"big\" <b> & #1 hello', es: Hola}}\n"
    + ask("q", more=RISK)
    + "- {node: branch, id: b, cases: [{when: q, to: i}], otherwise: t, unknown: stop}\n"
    + "- {node: instrument, id: i, instrument: phq9}\n"
    + "- {node: triage, id: t, cases: {not-now: stop}}\n"
    + say("s", ", when: q")
    + END
    + end("stop")
)
SVG = "{http://www.w3.org/2000/svg}"


def test_an_outline_has_each_node_once_and_an_instrument_as_one():
    drawing = outline(FLOW, "en")
    assert [box.id for box in drawing.boxes] == ["hello", "q", "b", "i", "t", "s", "bye", "stop"]
    shapes = {box.id: box.shape for box in drawing.boxes}
    assert shapes["q"] is Shape.RISK
    assert shapes["i"] is Shape.INSTRUMENT
    assert shapes["bye"] is Shape.END


def test_an_outline_has_every_way_with_its_reason():
    ways = {(arrow.source, arrow.target, arrow.label) for arrow in outline(FLOW, "en").arrows}
    assert ways == {
        ("hello", "q", ""),
        ("q", "b", ""),
        ("b", "i", "q"),
        ("b", "t", "otherwise"),
        ("b", "stop", "unknown"),
        ("i", "t", ""),
        ("t", "stop", "not-now"),
        ("t", "s", ""),
        ("s", "bye", ""),
    }


def test_long_texts_are_shortened():
    flow = flow_of(
        f"- {{node: say, id: s, text: {{en: {'long ' * 40}, es: a}}}}\n" + ask("q") + END
    )
    assert len(outline(flow, "en").boxes[0].text) == 70


def test_mermaid_spells_out_what_it_would_read_as_syntax():
    text = mermaid(outline(FLOW, "en"))
    assert text.startswith("---\ntitle: main (version 1)\n---\nflowchart TD\n")
    assert 'n_hello("hello<br/>A #quot;big#quot; #lt;b#gt; #amp; #35;1 hello")' in text
    assert '  n_b -->|"otherwise"| n_t\n' in text
    assert "  class n_q risk" in text


def test_an_svg_is_well_formed_and_says_what_it_shows():
    root = ET.fromstring(svg(outline(FLOW, "en")))
    assert root.get("role") == "img"
    ids = {element.get("id"): element for element in root.iter() if element.get("id")}
    assert [ids[name].tag for name in root.get("aria-labelledby").split()] == [
        f"{SVG}title",
        f"{SVG}desc",
    ]
    assert "8 nodes" in ids["desc"].text
    labels = [group.get("aria-label") for group in root.iter(f"{SVG}g")]
    assert len(labels) == 8
    assert 'say hello: A "big" <b> & #1 hello' in labels


def test_boxes_of_an_svg_do_not_overlap_and_lie_within():
    root = ET.fromstring(svg(outline(FLOW, "en")))
    width, height = (float(root.get(name)) for name in ("width", "height"))
    boxes = [
        tuple(float(rect.get(name)) for name in ("x", "y", "width", "height"))
        for group in root.iter(f"{SVG}g")
        for rect in group.iter(f"{SVG}rect")
    ]
    for number, (x, y, w, h) in enumerate(boxes):
        assert x >= 0 and y >= 0 and x + w <= width and y + h <= height
        for ox, oy, ow, oh in boxes[number + 1 :]:
            assert x + w <= ox or ox + ow <= x or y + h <= oy or oy + oh <= y


def test_arrows_of_an_svg_name_their_ends():
    root = ET.fromstring(svg(outline(FLOW, "es")))
    titles = [path.find(f"{SVG}title").text for path in root.iter(f"{SVG}path") if len(path)]
    assert "b to stop: unknown" in titles
    assert len(titles) == 9


@pytest.mark.parametrize("draw", [mermaid, svg])
def test_drawings_are_in_the_language_asked_for(draw):
    assert "Hola" in draw(outline(FLOW, "es"))
    assert not re.search("big", draw(outline(FLOW, "es")))


def test_the_schema_for_editors_is_up_to_date():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == flow_schema()
