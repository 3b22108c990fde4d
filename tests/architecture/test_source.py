"""Rules about the source that no linter knows. Each was a mistake that is cheap today and dear later."""

from __future__ import annotations

import ast

from tests.support.source import PACKAGE, called_name, lines, modules, nodes, text

# Connections, and the modules that do nothing but spell SQL expressions or column types.
DIALECT_PLACES = (
    "base/db/dialects/",
    "base/db/formula_sql.py",
    "base/db/functions.py",
    "base/db/ids.py",
    "base/db/rollup_sql.py",
    "base/db/types.py",
)
DATABASES = {"sqlite", "postgresql", "postgres"}


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, tree in modules() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_databases_are_told_apart_in_one_place() -> None:
    """`if dialect…` elsewhere means the same question may get two answers."""
    found = [
        where
        for where, node in nodes(outside=DIALECT_PLACES)
        if isinstance(node, ast.Compare) and any(text(side) in DATABASES for side in (node.left, *node.comparators))
    ]
    assert found == []


def test_sql_text_is_put_together_in_base_db_only() -> None:
    """Outside, SQL is an expression of SQLAlchemy or one constant text; nothing is pasted into it."""
    found = [
        where
        for where, node in nodes(outside=("base/db/",))
        if isinstance(node, ast.Call) and _takes_sql(node) and not (node.args and text(node.args[0]))
    ]
    assert found == []


def _takes_sql(call: ast.Call) -> bool:
    if called_name(call) == "exec_driver_sql":
        return True
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "text"
        and isinstance(function.value, ast.Name)
        and function.value.id in {"sa", "sqlalchemy"}
    )


def test_the_clock_is_read_in_one_place() -> None:
    """Tests and replays set the clock; code that asks the machine cannot be replayed."""
    found = [
        where
        for where, node in nodes(outside=("base/common/clock.py",))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
        and isinstance(node.func.value, ast.Name | ast.Attribute)
        and ast.unparse(node.func.value) in {"datetime", "date", "dt", "datetime.datetime", "dt.datetime", "dt.date"}
    ]
    assert found == []


def test_the_web_framework_stays_small() -> None:
    """The choice of framework stays reversible while few lines know it."""
    assert lines(PACKAGE / "entry" / "api") <= 0.15 * lines(PACKAGE)
