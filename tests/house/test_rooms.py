"""Who may import whom, and what the pure half may not touch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import (
    PURE_ROOMS,
    ROOT,
    dotted,
    functions,
    imported_modules,
    parsed,
    short,
    sources,
)

IMPURE_LIBRARIES = [
    "flask",
    "sqlalchemy",
    "flask_sqlalchemy",
    "psycopg",
    "sqlite3",
    "twilio",
    "requests",
    "urllib3",
    "http.client",
    "socket",
    "smtplib",
    "asyncio",
    "aiohttp",
    "gunicorn",
    "alembic",
    "werkzeug",
]
CLOCKS_AND_CHANCE = [
    "time",
    "random",
    "secrets",
    "uuid",
    "subprocess",
    "socket",
    "threading",
    "multiprocessing",
    "asyncio",
    "requests",
]
MOMENTS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "os.environ")
COMMITTERS = ("services", "delivery", "cli")


def test_imports_run_only_downward():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_pure_half_loads_no_library_that_reaches_outside():
    code = (
        "import sys, bot.conversation, bot.consults, bot.rules, bot.flows, bot.core\n"
        "import pkgutil, importlib\n"
        "for room in (bot.conversation, bot.consults, bot.rules, bot.flows, bot.core):\n"
        "    for found in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "        importlib.import_module(found.name)\n"
        "print(*sys.modules, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "bot.core.answers" in loaded
    ours = ("flask", "sqlalchemy", "flask_sqlalchemy", "psycopg", "twilio", "requests", "werkzeug")
    assert not loaded.intersection(ours)


@pytest.mark.parametrize("path", sources(*PURE_ROOMS), ids=short)
def test_the_pure_half_reads_no_clock_no_chance_and_no_environment(path):
    if path.name == "clock.py":
        return
    tree = parsed(path)
    for module in imported_modules(tree):
        assert module.split(".")[0] not in CLOCKS_AND_CHANCE + IMPURE_LIBRARIES, module
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = dotted(node)
            assert not name.endswith(MOMENTS), f"{short(path)}:{node.lineno} {name}"


@pytest.mark.parametrize("path", sources(), ids=short)
def test_only_services_delivery_and_commands_commit(path):
    room = path.relative_to(ROOT / "bot").parts[0]
    if room in COMMITTERS:
        return
    for node in calls_outside(parsed(path), "commit"):
        assert node.func.attr != "commit", f"{short(path)}:{node.lineno}"


def calls_outside(tree, name):
    """Method calls, those in a function called `name` left out: the store offers one."""
    own = [f for f in functions(tree) if f.name == name]
    excused = {id(node) for function in own for node in ast.walk(function)}
    for node in ast.walk(tree):
        is_method_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_method_call and id(node) not in excused:
            yield node


@pytest.mark.parametrize("path", sources(), ids=short)
def test_only_the_application_factory_reads_the_settings_file(path):
    if short(path) == "bot/app.py":
        return
    assert "config" not in set(imported_modules(parsed(path))), short(path)


@pytest.mark.parametrize("path", sources(), ids=short)
def test_only_the_clock_makes_moments_and_ids(path):
    if short(path) == "bot/core/clock.py":
        return
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            assert not name.endswith(("uuid4", "datetime.now", "utcnow")), short(path)


def test_the_root_of_the_package_imports_nothing():
    body = parsed(ROOT / "bot" / "__init__.py").body
    assert [type(node) for node in body] == [ast.Expr]


SPEAKS = ("bot/cli/", "bot/rules/last_resort.py")
"""Commands speak to operators; the last resort must not depend on a file."""


@pytest.mark.parametrize("path", sources(), ids=short)
def test_what_people_read_stands_in_definitions_not_in_code(path):
    if short(path).startswith(SPEAKS):
        return
    tree = parsed(path)
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in described:
            assert not is_sentence(node.value), f"{short(path)}:{node.lineno}"


def is_sentence(value):
    """Several words with a capital in front and an end: not a fault's name, not a format."""
    if not isinstance(value, str) or len(value.split()) < 5:
        return False
    return value[0].isupper() and value.rstrip()[-1] in ".?!"
