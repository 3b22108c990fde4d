"""Rules about the source that no linter knows. Each was a mistake that is cheap today and dear later."""

from __future__ import annotations

import ast
from collections.abc import Iterator

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
# Who may reach the tables of entities, and why it cannot ask `core/records/read.py` or write through its twin.
TABLE_PLACES = (
    "core/records/read",  # the read door
    "core/records/planning.py",  # sizes only, for the read door: does a caller own few rows?
    "core/records/history.py",  # before-images and the live row beneath them, judged by visible() afterwards
    "core/records/trash.py",  # deleted records have no row to be seen by
    "core/records/children.py",  # what hangs on a record is found whether or not the caller sees it
    "core/records/exclusive.py",  # marks of "exactly one" count all records
    "core/records/matching.py",  # records that a row of a workbook means, by keys of stored values
    "core/records/mirrors.py",  # list tables belong to the column that they mirror
    "core/records/requirements.py",  # empty required fields of records just written
    "core/changesets/",  # the write door, undo, the hash chain
    "core/catalog/",  # columns come, go and change their type
    "core/derived/",  # kept values follow from all rows, whoever writes
    "core/search/",  # tokens too
    "features/backup/",  # tables as they are, into one file and back
    "features/verification/",  # recomputes everything and compares
    "features/kits/service.py",  # names the columns of indexes
)
PARTS_WITHOUT_ROWS = {"layouts", "base", "derived", "entity", "lists"}  # what a table looks like, not what it holds
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


def test_rows_of_entities_are_reached_in_few_places() -> None:
    """Two doors: whoever selects or changes rows himself forgets scope, masks, history or derived values one day."""
    found = {where for where, _ in _reaching(outside=("base/", *TABLE_PLACES))}
    assert found == set()
    used = {where.partition(":")[0] for where, _ in _reaching(outside=("base/",))}
    assert [place for place in TABLE_PLACES if not any(name.startswith(place) for name in used)] == []


def _reaching(outside: tuple[str, ...]) -> Iterator[tuple[str, ast.AST]]:
    """Uses of `ctx.tables[…]` or `ctx.tables.of` beyond the shape of a table."""
    harmless: set[ast.AST] = set()
    for _, node in nodes():
        if isinstance(node, ast.Attribute) and node.attr in PARTS_WITHOUT_ROWS:
            harmless.add(node.value)
    for where, node in nodes(outside=outside):
        subscript = isinstance(node, ast.Subscript) and _is_tables(node.value)
        mapping = isinstance(node, ast.Attribute) and node.attr == "of" and _is_tables(node.value)
        if (subscript or mapping) and node not in harmless:
            yield where, node


def _is_tables(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "tables"


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
