"""Drawing a flow: as Mermaid text, or as an SVG of its own that needs nothing to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from bot.flows.outline import Arrow, Box, Outline, Shape

_BRACKETS: Mapping[Shape, tuple[str, str]] = {
    Shape.SAY: ("(", ")"),
    Shape.ASK: ("[", "]"),
    Shape.RISK: ("[", "]"),
    Shape.INSTRUMENT: ("[[", "]]"),
    Shape.GATE: ("((", "))"),
    Shape.BRANCH: ("{", "}"),
    Shape.TRIAGE: ("{{", "}}"),
    Shape.SUMMARY: ("[/", "/]"),
    Shape.END: ("([", "])"),
}

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN, _LANE = 240, 46, 24, 34, 24, 9
_LETTERS = 38
_ARROWHEAD = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
    'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#4b5563"/></marker></defs>'
)
_FILLS: Mapping[Shape, str] = {
    Shape.SAY: "#f3f4f6",
    Shape.ASK: "#ffffff",
    Shape.RISK: "#fde8e8",
    Shape.INSTRUMENT: "#e6f0fb",
    Shape.GATE: "#f3f4f6",
    Shape.BRANCH: "#fff7db",
    Shape.TRIAGE: "#e8f6ea",
    Shape.SUMMARY: "#f1eafb",
    Shape.END: "#e5e7eb",
}


def mermaid(drawing: Outline) -> str:
    """Return the drawing as a Mermaid flowchart. `n_` keeps ids clear of Mermaid's own words."""
    lines = ["---", f"title: {_plain(drawing.title)}", "---", "flowchart TD"]
    for box in drawing.boxes:
        left, right = _BRACKETS[box.shape]
        label = "<br/>".join(map(_mermaid_text, filter(None, (box.id, box.text))))
        lines.append(f'  n_{box.id}{left}"{label}"{right}')
    for arrow in drawing.arrows:
        label = f'|"{_mermaid_text(arrow.label)}"|' if arrow.label else ""
        lines.append(f"  n_{arrow.source} -->{label} n_{arrow.target}")
    risky = ",".join(f"n_{box.id}" for box in drawing.boxes if box.shape is Shape.RISK)
    if risky:
        lines += ["  classDef risk stroke:#b00020,stroke-width:2px", f"  class {risky} risk"]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return text.replace(":", " ").replace("#", " ")


def _mermaid_text(text: str) -> str:
    """Return the text with what Mermaid would read as syntax spelt as entities."""
    marks = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "\\": "#92;"}
    return "".join(marks.get(letter, letter) for letter in text)


def svg(drawing: Outline) -> str:
    """Return the drawing as one SVG document: layers from top to bottom, long arrows at the side.

    Title and description say what it shows to those who cannot see it; each box and arrow has a
    title with its whole text.
    """
    places = _places(drawing)
    lanes = [arrow for arrow in drawing.arrows if _spans(arrow, places) != 1]
    right = max(x for x, _ in places.values()) + _WIDTH
    width = right + _MARGIN + _LANE * (len(lanes) + 1)
    height = max(y for _, y in places.values()) + _HEIGHT + _MARGIN
    described = f"{len(drawing.boxes)} nodes, {len(drawing.arrows)} ways between them."
    body = [_arrow_svg(arrow, places, lanes, right) for arrow in drawing.arrows]
    body += [_box_svg(box, *places[box.id]) for box in drawing.boxes]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" aria-labelledby="title desc" '
            'font-family="system-ui, sans-serif" font-size="11">',
            f'<title id="title">{escape(drawing.title)}</title>',
            f'<desc id="desc">{escape(described)}</desc>',
            _ARROWHEAD,
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *body,
            "</svg>\n",
        )
    )


def _places(drawing: Outline) -> dict[str, tuple[int, int]]:
    """Return the top left corner of each box: one row below the lowest box that leads to it."""
    rows = _rows(drawing)
    taken: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for box in drawing.boxes:
        row = rows[box.id]
        column = taken.get(row, 0)
        taken[row] = column + 1
        x = _MARGIN + column * (_WIDTH + _GAP_X)
        places[box.id] = (x, _MARGIN + row * (_HEIGHT + _GAP_Y))
    return places


def _rows(drawing: Outline) -> dict[str, int]:
    """Return each box's row: the length of the longest way to it."""
    rows = {box.id: 0 for box in drawing.boxes}
    for _ in drawing.boxes:
        changed = False
        for arrow in drawing.arrows:
            if rows[arrow.target] <= rows[arrow.source]:
                rows[arrow.target] = rows[arrow.source] + 1
                changed = True
        if not changed:
            break
    return rows


def _spans(arrow: Arrow, places: Mapping[str, tuple[int, int]]) -> int:
    return (places[arrow.target][1] - places[arrow.source][1]) // (_HEIGHT + _GAP_Y)


def _arrow_svg(
    arrow: Arrow, places: Mapping[str, tuple[int, int]], lanes: list[Arrow], right: int
) -> str:
    (x1, y1), (x2, y2) = places[arrow.source], places[arrow.target]
    if arrow in lanes:
        lane = right + _LANE * (1 + lanes.index(arrow))
        begin, finish = y1 + _HEIGHT // 2, y2 + _HEIGHT // 2
        path = f"M{x1 + _WIDTH} {begin}H{lane}V{finish}H{x2 + _WIDTH}"
    else:
        begin, middle = y1 + _HEIGHT, y1 + _HEIGHT + _GAP_Y // 2
        path = f"M{x1 + _WIDTH // 2} {begin}V{middle}H{x2 + _WIDTH // 2}V{y2}"
    title = f"{arrow.source} to {arrow.target}" + (f": {arrow.label}" if arrow.label else "")
    dashes = ' stroke-dasharray="4 3"' if arrow.label else ""
    return (
        f'<path d="{path}" fill="none" stroke="#4b5563"{dashes} marker-end="url(#tip)">'
        f"<title>{escape(title)}</title></path>"
    )


def _box_svg(box: Box, x: int, y: int) -> str:
    radius = 18 if box.shape in (Shape.END, Shape.SAY) else 4
    stroke = "#b00020" if box.shape is Shape.RISK else "#374151"
    text = box.text or (f"when {box.when}" if box.when else box.shape.value)
    text = text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
    whole = f"{box.shape.value} {box.id}" + (f", when {box.when}" if box.when else "")
    label = quoteattr(f"{whole}: {box.text}" if box.text else whole)
    return (
        f'<g role="img" aria-label={label}>'
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="{radius}" '
        f'fill="{_FILLS[box.shape]}" stroke="{stroke}"/>'
        f'<text x="{x + 10}" y="{y + 18}" font-weight="600" fill="#111827">{escape(box.id)}</text>'
        f'<text x="{x + 10}" y="{y + 34}" fill="#374151">{escape(text)}</text></g>'
    )
