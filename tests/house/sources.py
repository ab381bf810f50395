"""The program's own source files, parsed once for the checks on the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PURE_ROOMS = ("core", "flows", "rules", "consults", "conversation")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def sources(*rooms: str) -> list[Path]:
    """Every .py file of these rooms of bot/ (all of bot/ without arguments)."""
    folders = [ROOT / "bot" / room for room in rooms] or [ROOT / "bot"]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    assert files, f"no sources in {rooms}"
    return files


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported_modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def dotted(node: ast.expr) -> str:
    """`a.b.c` for a chain of names, '' for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""
