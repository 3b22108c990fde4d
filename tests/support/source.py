"""Reads the program's own source, for tests about its shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tools.dev.shell import ROOT

PACKAGE = ROOT / "src" / "kehu"


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Return every module as (path inside the package, parsed source)."""
    paths = sorted(path for path in PACKAGE.rglob("*.py") if "static" not in path.parts)
    return tuple((path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths)


def nodes(*, outside: tuple[str, ...] = ()) -> Iterator[tuple[str, ast.AST]]:
    """Give every syntax node as ("path:line", node), except in files and folders named in `outside`."""
    for name, tree in modules():
        if not name.startswith(outside):
            for node in ast.walk(tree):
                yield f"{name}:{getattr(node, 'lineno', 0)}", node


def called_name(node: ast.AST) -> str:
    """Return the last part of the name that a call calls, "" when the node is no call of a name."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def text(node: ast.AST | None) -> str | None:
    """Return the value of a string constant."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def lines(folder: Path) -> int:
    """Count the lines of Python in a folder."""
    return sum(len(path.read_text("utf-8").splitlines()) for path in folder.rglob("*.py"))
