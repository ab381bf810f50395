"""No pattern that is run on what people write can be made to backtrack for long."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from functools import cache

import pytest

from tests.house.backtracking import Cost, cost_of
from tests.house.sources import ROOT, dotted, parsed, short, sources

OWN_TEXTS = {
    "bot/cli/",  # typed by operators
    "bot/flows/lint_telling.py",
    "bot/flows/load.py",
    "bot/flows/reading_grade.py",
    "bot/rules/crisis/parsing.py",
    "bot/rules/crisis/spelled.py",
    "bot/services/clinic_checks.py",
    "bot/services/clinicians.py",  # addresses of clinicians, typed by operators
    "bot/web/widget_file.py",
}
"""Files whose patterns read definitions and our own files."""
ARGUED = {
    "bot/rules/crisis/views.py: _SPACED": (
        "A letter, digit or apostrophe can follow the last piece of a run alone: behind the ones "
        "before it stands a mark. So one piece is given back at most, and the run is found."
    ),
}
"""Patterns that the automaton cannot clear, and why they are linear all the same."""
AT_THE_BEGINNING = {"match", "fullmatch"}
SEARCHES = {"search", "findall", "finditer", "sub", "subn", "split"}
FILES = [path for path in sources() if not any(own in short(path) for own in OWN_TEXTS)]


def module_of(path):
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def patterns():
    for path in FILES:
        for name, value in vars(module_of(path)).items():
            if isinstance(value, re.Pattern) and f"\n{name} = re.compile(" in path.read_text():
                yield pytest.param(path, name, value, id=f"{short(path)}: {name}")


@cache
def ways_used():
    """Return the methods that are called on objects of each name, whichever it is."""
    ways = defaultdict(set)
    for path in FILES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                ways[dotted(node.func.value).split(".")[-1]].add(node.func.attr)
    return ways


@pytest.mark.parametrize(("path", "name", "pattern"), list(patterns()))
def test_a_pattern_for_peoples_words_is_linear(path, name, pattern):
    ways = ways_used()[name]
    assert ways <= AT_THE_BEGINNING | SEARCHES, "a way of use that this check does not know"
    if f"{short(path)}: {name}" not in ARGUED:
        assert cost_of(pattern, is_searched=not ways <= AT_THE_BEGINNING) is Cost.LINEAR


def test_every_argued_pattern_still_needs_its_argument():
    known = {f"{short(path)}: {name}": pattern for path, name, pattern in map(_values, patterns())}
    for where in ARGUED:
        assert cost_of(known[where]) is not Cost.LINEAR


def _values(parameter):
    return parameter.values


@pytest.mark.parametrize("path", FILES, ids=short)
def test_patterns_are_compiled_where_this_check_sees_them(path):
    """At the top of a file under a name; a constant inside a function is checked here."""
    tops = [node.value for node in parsed(path).body if isinstance(node, ast.Assign)]
    for node in ast.walk(parsed(path)):
        if not (isinstance(node, ast.Call) and dotted(node.func).startswith("re.")):
            continue
        if node in tops or dotted(node.func) == "re.escape":
            continue
        assert isinstance(node.args[0], ast.Constant), f"line {node.lineno}: not seen by the check"
        assert cost_of(re.compile(node.args[0].value)) is Cost.LINEAR


@pytest.mark.parametrize(
    ("source", "cost"),
    [
        (r"(\w+\s?)+(die)$", Cost.EXPONENTIAL),
        (r"(a+)+b", Cost.EXPONENTIAL),
        (r"(a|a)*b", Cost.EXPONENTIAL),
        (r"(a|aa)*b", Cost.EXPONENTIAL),
        (r"(to|kill|tokill)*\b", Cost.EXPONENTIAL),
        (r"(?:to ?kill|to|kill)(?: ?(?:to ?kill|to|kill))*(?!x)", Cost.EXPONENTIAL),
        (r"a*a*b", Cost.POWER),
        (r"\s*\.?\s*x", Cost.POWER),
        (r".*x", Cost.POWER),
        (r"\s+$", Cost.POWER),
        (r"[a-z]+[013]", Cost.POWER),
        (r"\s+", Cost.LINEAR),
        (r"\d+(?:[.,]\d+)*", Cost.LINEAR),
        (r"[a-z]{1,6}[#.]{1,6}[a-z]{1,6}(?![a-z])", Cost.LINEAR),
        (r"(\d+)\s*(?:mg|ml)?", Cost.LINEAR),
    ],
)
def test_the_check_knows_what_backtracks(source, cost):
    assert cost_of(re.compile(source)) is cost


def test_tried_where_a_text_begins_a_pattern_costs_less():
    assert cost_of(re.compile(r"[a-z]+[013]"), is_searched=False) is Cost.LINEAR
    assert cost_of(re.compile(r"\s*\.?\s*x"), is_searched=False) is Cost.POWER
