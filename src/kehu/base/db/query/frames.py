"""From handles to SQL expressions: aliases, joins along relations, row scope, conditions, values as JSON, sort keys.

One `Builder` per statement, one `Frame` per select in it. Accepts handles only; never sees a name that a caller sent.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.sql.selectable import NamedFromClause

from kehu.base.db import functions as fn
from kehu.base.db.query.ast import ME, All, Drive, Filter, Node, Not, Order, Search, Some, Test
from kehu.base.db.query.handles import Handle, Link, Many, Scope, Source, Step, accept
from kehu.base.db.tables import Tables

Expression: TypeAlias = sa.ColumnElement[Any]
Named: TypeAlias = NamedFromClause[Any]
Computed: TypeAlias = Callable[["Frame", Handle, tuple[Step, ...]], Expression]


@dataclass(frozen=True, slots=True)
class Key:
    """One part of a sort order. Parts of one column are empty together; `nullable` says whether they can be."""

    expression: Expression
    desc: bool
    nullable: bool = True


def column(alias: Named, name: str) -> Expression:
    """A physical column of an alias."""
    found: Expression = alias.c[name]
    return found


class _Aliases:
    """Aliases of one set of tables. Making one costs as much as compiling a small statement, for wide tables."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables  # held, so that its id is not given to another object
        self.made: dict[tuple[str, int], Named] = {}


_kept: OrderedDict[int, _Aliases] = OrderedDict()
_guard = threading.Lock()
MOST_VERSIONS = 16


def alias(tables: Tables, entity: str, number: int) -> Named:
    """The alias with this number of an entity's table."""
    with _guard:
        found = _kept.setdefault(id(tables), _Aliases(tables))
        while len(_kept) > MOST_VERSIONS:
            _kept.popitem(last=False)
    made = found.made.get((entity, number))
    if made is None:
        made = found.made[entity, number] = tables[entity].table.alias(f"t{number}")
    return made


class Builder:
    """One statement in the making. `computed` gives expressions of values that are computed when read.

    drive: see `ast.Intent`.
    """

    def __init__(self, tables: Tables, computed: Computed | None = None, drive: Drive | None = None) -> None:
        self.tables = tables
        self.computed = computed
        self.drive = drive
        self._aliases = 0

    def alias(self, entity: str) -> Named:
        """An alias of an entity's table that this statement does not use yet."""
        self._aliases += 1
        return alias(self.tables, entity, self._aliases)

    def frame(self, source: Source) -> Frame:
        """A new select over the records of a source."""
        accept(source, Source)
        return Frame(self, source.entity)

    def scope(self, scope: Scope | None, alias: Named) -> Expression | None:
        """The condition that a row belongs to the caller; None when all rows count."""
        if scope is None:
            return None
        if not scope.rules:
            return sa.false()
        return sa.or_(*(self._rule(alias, rule.column, rule.through) for rule in scope.rules))

    def _rule(self, alias: Named, name: str, through: tuple[tuple[str, str], ...]) -> Expression:
        held = fn.unindexed(column(alias, name)) if self.drive in ("sort", "ids") else column(alias, name)
        if not through:
            return held == slot(ME, sa.BigInteger())
        entity, further = through[0]
        there = self.alias(entity)
        if self.drive in ("sort", "ids"):  # asked row by row: all own records would be too many to look up first
            belongs: sa.Select[Any] = sa.select(sa.literal_column("1")).where(there.c.id == held)
            return sa.exists(belongs.where(self._rule(there, further, through[1:])).correlate(alias))
        return column(alias, name).in_(sa.select(there.c.id).where(self._rule(there, further, through[1:])))


class Frame:
    """One select: the root alias and the aliases that paths reach from it, joined when first asked for."""

    def __init__(self, builder: Builder, entity: str) -> None:
        self.builder = builder
        self.entity = entity
        self.root = builder.alias(entity)
        self._reached: dict[tuple[Step, ...], Named] = {(): self.root}
        self._joins: list[tuple[Named, Expression]] = []

    def at(self, steps: tuple[Step, ...]) -> Named:
        """The alias at the end of the hops. Rows that the caller may not see are as if they were not there."""
        found = self._reached.get(steps)
        if found is None:
            here, step = self.at(steps[:-1]), steps[-1]
            found = self.builder.alias(step.entity)
            condition = column(here, step.column) == found.c.id
            scope = self.builder.scope(step.scope, found)
            self._joins.append((found, condition if scope is None else sa.and_(condition, scope)))
            self._reached[steps] = found
        return found

    def from_(self, base: sa.FromClause | None = None) -> sa.FromClause:
        """The root (or `base`, which must hold it) with all joins that were asked for."""
        result: sa.FromClause = self.root if base is None else base
        for alias, condition in self._joins:
            result = result.outerjoin(alias, condition)
        return result

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, handle: Handle, prefix: tuple[Step, ...] = ()) -> Expression:
        """The stored value. A relation to a record that the caller may not see is empty."""
        accept(handle, Handle)
        steps = prefix + handle.steps
        if handle.formula is not None:
            if self.builder.computed is None:
                raise TypeError(f"{handle.path} is computed when read, and nobody computes it")
            return self.builder.computed(self, handle, steps)
        if handle.link is not None and handle.link.step.scope is not None:
            return column(self.at((*steps, handle.link.step)), "id")
        return column(self.at(steps), handle.columns[0])

    def json(self, handle: Handle) -> Expression:
        """The value as it leaves, to be placed in a JSON array."""
        if handle.output == "relation" and handle.mode == "plain":
            return self._linked(accept(handle, Handle))
        value = self.value(handle)
        if handle.mode == "sealed":
            # The reader needs the record's id to open it.
            id = self.at(handle.steps).c.id
            return sa.case((value.is_not(None), sa.cast(id, fn.TEXT).concat("|").concat(value)), else_=None)
        return shown(handle, value)

    def _linked(self, handle: Handle) -> Expression:
        """Id and label of a related record. A select of its own: dozens of joins would take long to plan."""
        assert handle.link is not None
        step = handle.link.step
        here = self.at(handle.steps)
        there = Frame(self.builder, step.entity)
        scope = self.builder.scope(step.scope, there.root)
        cell = fn.json_link(there.root.c.id, there.title(handle.link.title))
        select = sa.select(cell).select_from(there.from_()).where(there.root.c.id == column(here, step.column))
        if scope is not None:
            select = select.where(scope)
        return select.correlate(here).scalar_subquery()

    def text(self, handle: Handle, prefix: tuple[Step, ...] = ()) -> Expression:
        """The value as plain text, for titles."""
        if handle.output == "relation":
            assert handle.link is not None
            return self.label(handle.link, prefix + handle.steps)
        value = self.value(handle, prefix)
        match handle.output:
            case "scaled_text" | "scaled_number":
                return fn.decimal_text(value, handle.decimals)
            case "date":
                return fn.date_text(value)
            case "datetime":
                return fn.instant_text(value)
            case "int" | "boolean":
                return sa.cast(value, fn.TEXT)
            case _:
                return value

    def label(self, link: Link, steps: tuple[Step, ...]) -> Expression:
        """What names the record at the end of a relation: its first filled title field, else #id."""
        there = (*steps, link.step)
        return sa.func.coalesce(*(self.text(part, there) for part in link.title), self._number(there))

    def title(self, parts: tuple[Handle, ...]) -> Expression:
        """What names the root record itself."""
        return sa.func.coalesce(*(self.text(part) for part in parts), self._number(()))

    def _number(self, steps: tuple[Step, ...]) -> Expression:
        return sa.literal_column("'#'", fn.TEXT).concat(sa.cast(self.at(steps).c.id, fn.TEXT))

    # --- sorting -----------------------------------------------------------------------------------------------------

    def keys(self, order: Order) -> list[Key]:
        """The parts that one sort column compares, most significant first."""
        handle = order.handle
        if handle.sorting == "relation":
            assert handle.link is not None
            there = (*handle.steps, handle.link.step)
            sorted_by = [self._sort_text(part, there) for part in handle.link.title]
            first = sa.func.coalesce(*sorted_by, self._number(there))
            return [Key(first, order.desc), Key(self.label(handle.link, handle.steps), order.desc)]
        value = self.value(handle)
        if handle.sorting == "pinyin" and len(handle.columns) > 1:
            spelled = column(self.at(handle.steps), handle.columns[1])
            return [Key(spelled, order.desc), Key(value, order.desc)]
        if handle.sorting == "option":
            places = {option: place for place, option in enumerate(handle.options)}
            known = (
                sa.case(
                    *((value == sa.literal_column(quoted(option), fn.TEXT), place) for option, place in places.items()),
                    (value.is_not(None), len(places)),
                    else_=None,
                )
                if places
                else sa.case((value.is_not(None), 0), else_=None)
            )
            return [Key(known, order.desc), Key(value, order.desc)]
        return [Key(value, order.desc, nullable=bool(handle.steps) or handle.columns not in (("id",), ("rev",)))]

    def _sort_text(self, part: Handle, prefix: tuple[Step, ...]) -> Expression:
        if part.sorting == "pinyin" and len(part.columns) > 1:
            return column(self.at(prefix + part.steps), part.columns[1])
        return self.text(part, prefix)

    # --- conditions --------------------------------------------------------------------------------------------------

    def matches(self, filter_: Filter) -> list[Expression]:
        """All conditions of a filter on this frame's records, row scope first."""
        conditions: list[Expression] = []
        scope = self.builder.scope(filter_.source.scope, self.root)
        if scope is not None:
            conditions.append(scope)
        if filter_.where is not None:
            conditions.append(self.condition(filter_.where))
        if filter_.search is not None:
            conditions.append(self._found(filter_.search))
        return conditions

    def _found(self, search: Search) -> Expression:
        if search.kind == "ids":
            id = fn.unindexed(self.root.c.id) if self.builder.drive == "sort" else self.root.c.id
            return fn.listed(id, slot(search.slots[0], fn.TEXT))
        slots = [slot(n, fn.TOKENS) for n in search.slots]
        table = self.builder.tables[self.entity]
        if search.kind == "each":
            names = zip((table.search, table.search_long), slots, strict=False)
            return sa.or_(*(fn.is_found(name, self.root.c.id, one) for name, one in names))
        found = [fn.found_ids(name, one) for name, one in zip((table.search, table.search_long), slots, strict=False)]
        id = fn.unindexed(self.root.c.id) if search.kind == "walk" else self.root.c.id
        among: Expression = id.in_(found[0] if len(found) == 1 else sa.union(*found))
        return among

    def condition(self, node: Node, positive: bool = True) -> Expression:
        """A condition that is never NULL where it matters: complements are pushed down to the tests."""
        if isinstance(node, Test):
            return self._test(node, positive)
        if isinstance(node, Not):
            return self.condition(node.node, not positive)
        if isinstance(node, Some):
            found = self._some(node)
            return found if positive else sa.not_(found)
        parts = [self.condition(one, positive) for one in node.nodes]
        if isinstance(node, All) == positive:
            return sa.and_(sa.true(), *parts)
        return sa.or_(sa.false(), *parts)

    def _some(self, node: Some) -> Expression:
        many = accept(node.many, Many)
        frame = self.builder.frame(many.source)
        conditions = frame.matches(Filter(many.source, node.where))
        select: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(frame.from_())
        select = select.where(column(frame.root, many.column) == self.root.c.id, *conditions)
        return sa.exists(select.correlate(self.root))

    def _test(self, test: Test, positive: bool) -> Expression:
        handle = accept(test.handle, Handle)
        value = self.value(handle)
        if test.kind == "empty":
            return value.is_(None) if positive else value.is_not(None)
        if test.kind in ("any_of", "all_of"):
            found = self._words(handle, test)
            return found if positive else sa.not_(found)
        found = self._compare(test, value)
        return found if positive else sa.or_(value.is_(None), sa.not_(found))

    def _words(self, handle: Handle, test: Test) -> Expression:
        words = self.builder.tables[handle.entity].lists[handle.field.key]
        record = self.at(handle.steps)

        def holds(slots: tuple[int, ...]) -> Expression:
            one = words.alias()
            among = one.c.value.in_([slot(n, fn.TEXT) for n in slots])
            return sa.exists(sa.select(sa.literal_column("1")).where(one.c.id == record.c.id, among).correlate(record))

        if test.kind == "any_of":
            return holds(test.slots)
        return sa.and_(*(holds((n,)) for n in test.slots))

    def _compare(self, test: Test, value: Expression) -> Expression:
        bound = [slot(n, value.type) for n in test.slots]
        match test.kind:
            case "eq":
                return value == bound[0] if len(bound) == 1 else value.in_(bound)
            case "folded":
                return fn.folded(value).in_(bound)
            case "lt":
                return value < bound[0]
            case "lte":
                return value <= bound[0]
            case "gt":
                return value > bound[0]
            case "gte":
                return value >= bound[0]
            case "ranges":
                pairs = zip(bound[::2], bound[1::2], strict=True)
                return sa.or_(*(sa.and_(value >= low, value < high) for low, high in pairs))
            case "contains":
                return fn.contains(value, bound[0])
            case "starts":
                return fn.starts_with(value, bound[0])
            case "ends":
                return fn.ends_with(value, bound[0])
            case _:
                raise TypeError(test.kind)


def shown(handle: Handle, value: Expression, decimals: int | None = None) -> Expression:
    """A stored value of a field, or a figure made of such, as it leaves in JSON."""
    if handle.mode == "mask":
        return value
    places = handle.decimals if decimals is None else decimals
    match handle.output:
        case "scaled_text":
            return fn.decimal_text(value, places)
        case "scaled_number":
            return fn.decimal_number(value, places)
        case "int":
            return fn.decimal_number(value, places)
        case "boolean":
            return fn.json_boolean(value)
        case "json":
            return fn.json_text(value)
        case "date":
            return fn.date_text(value)
        case "datetime":
            return fn.instant_text(value)
        case _:
            return value


def slot(n: int, type_: sa.types.TypeEngine[Any]) -> sa.BindParameter[Any]:
    """The parameter of a slot."""
    return sa.bindparam(f"v{n}", type_=type_)


def quoted(text: str) -> str:
    """An option key as SQL literal; keys come from the catalog, and only plain ones are let through."""
    if not text.replace("_", "").isalnum():
        raise ValueError(f"option key {text!r}")
    return f"'{text}'"
