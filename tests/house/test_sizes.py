"""Small files, small functions, few parameters."""

import ast
from statistics import median

import pytest

from tests.house.sources import functions, parsed, short, sources

LONGEST_FILE = 300
LONGEST_FUNCTION = 60
MEDIAN_FUNCTION = 10
MOST_PARAMETERS = 6
FREE_FORM = ("manager", "helper", "utils", "util", "misc", "common")


def length(node):
    return node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", sources(), ids=short)
def test_a_file_is_one_room_not_a_house(path):
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", sources(), ids=short)
def test_a_function_fits_the_screen(path):
    too_long = {f.name: length(f) for f in functions(parsed(path)) if length(f) > LONGEST_FUNCTION}
    assert not too_long


def test_half_of_all_functions_are_ten_lines_or_shorter():
    lengths = [length(f) for path in sources() for f in functions(parsed(path))]
    assert median(lengths) <= MEDIAN_FUNCTION


@pytest.mark.parametrize("path", sources(), ids=short)
def test_a_function_takes_few_things(path):
    for function in functions(parsed(path)):
        given = function.args.posonlyargs + function.args.args
        named = [a.arg for a in given if a.arg not in {"self", "cls"}]
        if function.name == "__init__" or _is_callback(function):
            continue
        everything = len(named) + len(function.args.kwonlyargs)
        assert everything <= MOST_PARAMETERS, f"{function.name}:{function.lineno}"


def _is_callback(function):
    return any(isinstance(d, ast.Call) for d in function.decorator_list)  # commands take options


@pytest.mark.parametrize("path", sources(), ids=short)
def test_no_file_is_a_drawer_for_anything(path):
    assert path.stem not in FREE_FORM
