"""SQL of roll-ups and lookups: one expression over a row of the parent, the same for one record and for a million.

Builds expressions only. Whatever depends on the day comes in as parameters (`Days`), so that statements can be kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import sqlalchemy as sa

from kehu.base.db.formula_sql import operand
from kehu.base.db.rollup_sql import JoinRows
from kehu.base.errors import BadInput
from kehu.base.formula import steps
from kehu.base.formula.compile import Source as FormulaSource
from kehu.base.formula.compile import compile_formula
from kehu.base.formula.parse import parse
from kehu.base.formula.types import Operand, check
from kehu.base.schema.model import Entity, Field
from kehu.core.derived import paths
from kehu.core.derived.conditions import condition
from kehu.core.derived.paths import Leaf, Model, Parent

Sql = sa.ColumnElement[Any]
NUMBER = Operand("number")
LOOKS_AT = 200
"""So many rows of a parent are looked at for a list without repetitions: one with a million must not be read whole."""


class Rows:
    """The rows of one source for a row of `parent`: FROM with joins, conditions, and values by path."""

    def __init__(self, model: Model, names: count[int], name: str) -> None:
        self.model, self.names, self.name = model, names, name
        self.conditions: list[Sql] = []
        self._joined: dict[tuple[str, ...], tuple[sa.FromClause, str]] = {}
        self.joins: sa.FromClause
        self.last: sa.FromClause
        self.entity: str

    def alias(self, entity: str) -> sa.FromClause:
        """A further occurrence of an entity's table."""
        return self.model.tables[entity].table.alias(f"t{next(self.names)}")

    def step_back(self, key: str, table: sa.FromClause, entity: str) -> None:
        """Note that the relation `key` of the row just reached leads back to `table`: paths through it need no second
        occurrence, and an order by what stands there follows the index of the parent."""
        self._joined = {(key, *path): joined for path, joined in self._joined.items()}
        self._joined[key,] = (table, entity)

    def value(self, path: str) -> tuple[Sql, Leaf]:
        """The value at the end of a path to one, joined where it leaves the row."""
        hops, last = paths.to_one(self.model, self.entity, path, self.name)
        at, seen = self.last, ()  # type: sa.FromClause, tuple[str, ...]
        for hop in hops:
            seen = (*seen, hop.key)
            if seen not in self._joined:
                target = self.alias(hop.target)
                self.joins = self.joins.outerjoin(target, target.c.id == at.c[hop.column])
                self._joined[seen] = (target, hop.target)
            at = self._joined[seen][0]
        return at.c[last.column], last


def source_rows(
    model: Model, parent: Parent, entity: str, source: Mapping[str, Any], names: count[int], name: str
) -> Rows:
    """Return the rows of a source: from the parent along the reverse keys, with its filter."""
    rows = Rows(model, names, name)
    for depth, hop in enumerate(paths.to_many(model, entity, str(source["path"]), name)):
        table = rows.alias(hop.owner)
        if depth == 0:
            rows.joins = table
            rows.conditions.append(table.c[hop.column] == parent.c["id"])
        else:
            rows.joins = rows.joins.join(table, table.c[hop.column] == rows.last.c.id)
            rows.step_back(hop.key, rows.last, hop.target)
        rows.last, rows.entity = table, hop.owner
    if source.get("where") is not None:
        rows.conditions.append(condition(model, source["where"], rows.value, name))
    return rows


def lookup(model: Model, parent: Parent, entity: Entity, field: Field, names: count[int]) -> Sql:
    """The value at the end of a path to one, over a row of `parent`."""
    assert field.derived is not None
    name = f"{entity.key}.{field.key}"
    hops, last = paths.to_one(model, entity.key, str(field.derived.settings["path"]), name)
    if not hops:
        raise BadInput("derived.unknown_path", name=name, path=last.key)
    rows = Rows(model, names, name)
    for depth, hop in enumerate(hops):
        table = rows.alias(hop.target)
        if depth == 0:
            rows.joins = table
            rows.conditions.append(table.c.id == parent.c[hop.column])
        else:
            rows.joins = rows.joins.join(table, table.c.id == rows.last.c[hop.column])
        rows.last = table
    wanted = operand(field, model.types)
    value = _converted(model, rows.last.c[last.column], last.operand, wanted, name)
    return _one(sa.select(value).select_from(rows.joins).where(*rows.conditions), parent)


def rollup(model: Model, parent: Parent, entity: Entity, field: Field, names: count[int]) -> Sql:
    """The value of a roll-up over a row of `parent`, in its stored form."""
    assert field.derived is not None
    settings = field.derived.settings
    name = f"{entity.key}.{field.key}"
    function = str(settings.get("function"))
    if parent.new:
        return _over_nothing(model, parent, entity, field)
    if function == "worst":
        return _worst(model, parent, entity, settings, names, name)
    given = [source_rows(model, parent, entity.key, one, names, name) for one in settings.get("sources", ())]
    told = list(settings.get("sources", ()))
    if not given or function not in FUNCTIONS:
        raise BadInput("derived.function", name=name, function=function)
    wanted = operand(field, model.types)
    own = [_converted(model, parent.c[p.column], p.operand, wanted, name) for p in _plus(model, entity, field, name)]
    match function:
        case "count":
            parts = [_one(sa.select(sa.func.count()).select_from(r.joins).where(*r.conditions), parent) for r in given]
            return _total([*parts, *own])
        case "sum":
            sums = [_sum(model, r, str(s["field"]), wanted, parent) for r, s in zip(given, told, strict=True)]
            return _total([*sums, *own])
        case "min" | "max":
            ends = [_end(model, r, str(s["field"]), wanted, function, parent) for r, s in zip(given, told, strict=True)]
            return _extreme([*ends, *own], function)
    if len(given) != 1 or own:
        raise BadInput("derived.one_source", name=name, function=function)
    rows, source = given[0], told[0]
    match function:
        case "distinct":
            value, _ = rows.value(str(source["field"]))
            number = sa.func.count(sa.distinct(value))
            return _one(sa.select(number).select_from(rows.joins).where(*rows.conditions), parent)
        case "avg":
            return _average(model, rows, str(source["field"]), wanted, parent)
        case "list":
            return _list(model, rows, source, settings, parent)
        case _:
            value, last = rows.value(str(source["field"]))
            value = _converted(model, value, last.operand, wanted, name)
            found = _in_order(rows, source, value, parent, 1, backwards=function == "last")
            return _one(
                sa.select(found.c.value).order_by(*_places(found, source, function == "last")).limit(_literal(1)),
                parent,
            )


def _over_nothing(model: Model, parent: Parent, entity: Entity, field: Field) -> Sql:
    """The value of a roll-up of a row that nothing points at: the typed part, else 0, empty or the last rule's."""
    assert field.derived is not None
    settings = field.derived.settings
    name, wanted = f"{entity.key}.{field.key}", operand(field, model.types)
    own = [_converted(model, parent.c[p.column], p.operand, wanted, name) for p in _plus(model, entity, field, name)]
    match settings.get("function"):
        case "worst":
            otherwise = settings.get("else")
            return sa.cast(None if otherwise is None else sa.literal(str(otherwise), sa.Text()), sa.Text())
        case "count" | "sum" | "distinct":
            return _total([sa.cast(0, sa.BigInteger()), *own])
        case "min" | "max" if own:
            return _extreme(own, str(settings["function"]))
    placed = model.tables[entity.key]
    return sa.cast(sa.null(), placed.table.c[placed.layouts[field.key].value[0].name].type)


FUNCTIONS = frozenset({"count", "distinct", "sum", "avg", "min", "max", "first", "last", "list", "worst"})


def _literal(number: int) -> Sql:
    """A number in the text: SQLite compiles a statement anew on each run when LIMIT is a parameter."""
    return sa.literal_column(str(number), sa.Integer())


def _one(statement: sa.Select[Any], parent: Parent) -> Sql:
    return statement.correlate(*parent.froms).scalar_subquery()


def _plus(model: Model, entity: Entity, field: Field, name: str) -> list[Leaf]:
    return [paths.leaf(model, entity.key, key, name) for key in paths.plus(field)]


def _total(parts: list[Sql]) -> Sql:
    first, *rest = (sa.func.coalesce(part, 0) for part in parts)
    total: Sql = first
    for one in rest:
        total = total + one
    return total


def _extreme(parts: list[Sql], function: str) -> Sql:
    if len(parts) == 1:
        return parts[0]
    return steps.Least(*parts) if function == "min" else steps.Greatest(*parts)


def _sum(model: Model, rows: Rows, path: str, wanted: Operand, parent: Parent) -> Sql:
    value, last = rows.value(path)
    # A sum of bigint is numeric on PostgreSQL.
    total = sa.cast(sa.func.coalesce(sa.func.sum(value), 0), sa.BigInteger())
    summed = _one(sa.select(total).select_from(rows.joins).where(*rows.conditions), parent)
    return _converted(model, summed, last.operand, wanted, rows.name)


def _end(model: Model, rows: Rows, path: str, wanted: Operand, function: str, parent: Parent) -> Sql:
    """The least or greatest value: the first one in order, which an index over (parent, value) gives at once."""
    value, last = rows.value(path)
    order = value.asc() if function == "min" else value.desc()
    found = _one(
        sa.select(value)
        .select_from(rows.joins)
        .where(*rows.conditions, value.is_not(None))
        .order_by(order)
        .limit(_literal(1)),
        parent,
    )
    return _converted(model, found, last.operand, wanted, rows.name)


def _average(model: Model, rows: Rows, path: str, wanted: Operand, parent: Parent) -> Sql:
    value, last = rows.value(path)
    if last.operand.kind != "number":
        raise BadInput("derived.not_number", name=rows.name, path=path)
    filled = sa.select(sa.func.count(value)).select_from(rows.joins).where(*rows.conditions)
    total = sa.select(sa.cast(sa.func.sum(value), sa.BigInteger())).select_from(rows.joins).where(*rows.conditions)
    known = {"total": Operand("number", last.operand.scale), "n": NUMBER}
    columns = {"total": _one(total, parent), "n": _one(filled, parent)}
    return _formula(model, "[total]/[n]", known, columns, wanted)


def _list(model: Model, rows: Rows, source: Mapping[str, Any], settings: Mapping[str, Any], parent: Parent) -> Sql:
    """The first n filled values in order, each once if wanted, as one text."""
    value, last = rows.value(str(source["field"]))
    text = _converted(model, value, last.operand, Operand("text"), rows.name)
    most = int(settings.get("n", 5))
    if settings.get("distinct"):
        # Empty values count among those looked at: a parent whose rows are all empty must not be read whole either.
        each = _in_order(rows, source, sa.case((value.is_not(None), text)), parent, LOOKS_AT, backwards=False)
        end = sa.func.max if _is_down(source) else sa.func.min
        once = sa.select(each.c.value, end(each.c.place).label("place"), end(each.c.id).label("id"))
        once = once.where(each.c.value.is_not(None))
        found: sa.FromClause = once.group_by(each.c.value).correlate(*parent.froms).subquery(f"t{next(rows.names)}")
    else:
        rows.conditions.append(value.is_not(None))
        found = _in_order(rows, source, text, parent, most, backwards=False)
    order = _places(found, source, backwards=False)
    numbered = sa.select(found.c.value, sa.func.row_number().over(order_by=order).label("n"))
    chosen = numbered.order_by(*order).limit(_literal(most)).correlate(*parent.froms).subquery(f"t{next(rows.names)}")
    separator = sa.literal(str(settings.get("separator", "; ")), sa.Text())
    return _one(sa.select(JoinRows(chosen.c.value, separator, chosen.c.n)), parent)


def _in_order(
    rows: Rows, source: Mapping[str, Any], value: Sql, parent: Parent, most: int, *, backwards: bool
) -> sa.FromClause:
    """The first rows of a source with (value, place, id), those without a place last.

    In two parts, filled and empty, so that an index over (parent, place) ends the search on both databases.
    """
    place, id = _place(rows, source), rows.last.c.id  # may join further tables
    down = _is_down(source) != backwards
    wanted = [value.label("value"), place.label("place"), id.label("id")]
    every = sa.select(*wanted).select_from(rows.joins).where(*rows.conditions).limit(_literal(most))
    if "order" not in source:
        last_first = every.order_by(id.desc() if down else id)
        return last_first.correlate(*parent.froms).subquery(f"t{next(rows.names)}")
    order = [one.desc() if down else one.asc() for one in (place, id)]
    filled = every.where(place.is_not(None)).order_by(*order).correlate(*parent.froms).subquery(f"t{next(rows.names)}")
    empty = every.where(place.is_(None)).order_by(order[1]).correlate(*parent.froms).subquery(f"t{next(rows.names)}")
    both = sa.union_all(*(sa.select(part).correlate(*parent.froms) for part in (filled, empty)))
    return both.subquery(f"t{next(rows.names)}")


def _is_down(source: Mapping[str, Any]) -> bool:
    return "order" in source and source["order"].get("order") == "desc"


def _place(rows: Rows, source: Mapping[str, Any]) -> Sql:
    """What the rows of a source are ordered by; options in the order of the catalog."""
    if "order" not in source:
        return rows.last.c.id
    value, last = rows.value(str(source["order"]["field"]))
    if last.operand.kind == "select" and last.operand.options:
        places = {option.key: place for place, option in enumerate(last.operand.options)}
        return sa.case(*((sa.literal(key, sa.Text()), place) for key, place in places.items()), value=value)
    return value


def _places(found: sa.FromClause, source: Mapping[str, Any], backwards: bool) -> list[Any]:
    down = _is_down(source) != backwards
    keys = [found.c.place, found.c.id]
    return [key.desc().nulls_last() if down else key.asc().nulls_last() for key in keys]


def _worst(
    model: Model, parent: Parent, entity: Entity, settings: Mapping[str, Any], names: count[int], name: str
) -> Sql:
    """The value of the first rule that some row fulfils."""
    cases: list[tuple[Sql, Any]] = []
    for rule in settings["rules"]:
        rows = source_rows(model, parent, entity.key, rule["source"], names, name)
        found: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(rows.joins).where(*rows.conditions)
        cases.append((found.correlate(*parent.froms).exists(), sa.literal(str(rule["value"]), sa.Text())))
    otherwise = settings.get("else")
    return sa.case(*cases, else_=None if otherwise is None else sa.literal(str(otherwise), sa.Text()))


def _converted(model: Model, value: Sql, found: Operand, wanted: Operand, name: str) -> Sql:
    """A stored value of one kind in the stored form of another: a day of an instant, a label of an option."""
    if found.kind == wanted.kind and (found.kind != "number" or found.scale == wanted.scale):
        return value
    return _formula(model, "[value]", {"value": found}, {"value": value}, wanted)


def _formula(model: Model, text: str, known: dict[str, Operand], columns: dict[str, Sql], wanted: Operand) -> Sql:
    never = sa.cast(sa.null(), sa.Date())  # no such formula asks for today
    source = FormulaSource(columns, known, never, model.catalog.timezone)
    return compile_formula(check(parse(text), known, wanted), wanted, source)
