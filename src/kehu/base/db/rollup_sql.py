"""The aggregate that SQLite and PostgreSQL spell differently: texts joined in a given order."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class JoinRows(FunctionElement[str]):
    """(text, separator, position): the texts of all rows, ordered by position."""

    type = sa.Text()
    name = "join_rows"
    inherit_cache = True


@compiles(JoinRows)
def _join_rows(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    text, separator, position = (compiler.process(part, **kw) for part in element.clauses)
    name = "group_concat" if compiler.dialect.name == "sqlite" else "string_agg"
    return f"{name}({text}, {separator} ORDER BY {position})"
