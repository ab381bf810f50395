"""No key stands twice in a YAML file: the first of two would be lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("bot/**/*.yaml"), *ROOT.glob("clinics/*.yaml")])


def keys_given_twice(node):
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        yield from (f"line {node.start_mark.line + 1}: {k}" for k in keys if keys.count(k) > 1)
        for _, value in node.value:
            yield from keys_given_twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from keys_given_twice(each)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_key_stands_twice(path):
    tree = yaml.compose(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    assert list(keys_given_twice(tree)) == []


def test_a_key_that_stands_twice_is_seen():
    assert list(keys_given_twice(yaml.compose("a: {b: 1, c: 2, b: 3}"))) == ["line 1: b"] * 2
