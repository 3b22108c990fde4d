"""How a workbook is to come in: entity, sheets, columns, keys, from its headings and from what people said.

`map_workbook` proposes, for the run to keep; `work` makes of what the run keeps the plans that its rows come in by.
Reads the first cells only, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kehu.base.common.later import Later
from kehu.base.common.messages import explained
from kehu.base.errors import BadInput, Conflict
from kehu.base.fields.base import Unresolved
from kehu.base.schema.model import Entity
from kehu.core.access.permissions import may, writable_fields
from kehu.core.context import Ctx
from kehu.core.records.naming import by_name
from kehu.features.importing import again, coming, continued, edits, firms, new_fields, run_table, splitting
from kehu.features.importing.cells import asks_order, read_cell, with_factor
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.convert import taken
from kehu.features.importing.headings import SPLIT, names_order, tells_of_orders
from kehu.features.importing.mapping import chosen_targets, propose, propose_entities, with_existing
from kehu.features.importing.memory import Remembered, recall
from kehu.features.importing.plan import OnMatch, PartPlan, Plan, part_plan
from kehu.features.importing.reader.workbook import Sheet, Workbook
from kehu.features.importing.targets import knows, target

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")

Mapped = dict[str, tuple[Entity, list[ColumnMap]]]
READ_ROWS, READ_CELLS = 50, 3  # rows looked at, and cells shown, to tell how a column is read


def map_workbook(ctx: Ctx, book: Workbook, data: dict[str, Any]) -> None:
    """Choose entity, sheets, columns and match fields from the options and the file; fills `data`."""
    options = data.get("options", {})
    book = edits.edited(book, options)
    tables = [s for s in book.sheets if s.header_row is not None and s.n_data]
    sheets = [s for s in tables if not s.hidden]
    if name := options.get("sheet"):
        sheets = [s for s in book.sheets if name in (s.name, s.sheet)]
        if not sheets:
            raise BadInput("import.no_sheet", field="sheet", sheet=name)
    if not sheets:
        raise BadInput("import.no_table")
    known = recall(ctx, sheets)
    before = next((known[s.name].entity for s in sheets if s.name in known and known[s.name].chosen), None)
    key = options.get("entity") or before or next((e for s in sheets if (e := _proposed(ctx, s))), None)
    if key == "order" and not (options.get("entity") or before) and _tells_customers(ctx, sheets):
        key = "customer"
    entity = ctx.catalog.entity(str(key)) if key else None
    if entity is None or entity.system or not may(ctx, entity.key, "import"):
        raise BadInput("import.no_entity", field="entity")
    given = options.get("match")
    match = [given] if isinstance(given, str) else given
    for name in match or ():
        if name not in entity.fields or entity.fields[name].read_only:
            raise BadInput("field.unknown", field=name)
    earlier = {name: one.fields for name, one in known.items() if one.entity == entity.key}
    created = options.get("create_fields")
    asked = {**(options.get("map") or {}), **dict.fromkeys(created if isinstance(created, list) else ())}
    found = {s.name: (entity, propose(ctx.catalog, entity, s, asked, earlier.get(s.name))) for s in sheets}
    existing = options.get("existing") or {}
    if not options.get("sheet"):
        found = _useful(ctx, sheets, found, asked)
        found = _unlent(ctx, entity, sheets, found, asked, earlier)
    _refuse_foreign(ctx, entity, [one for one, _ in found.values()], options.get("map") or {})
    options = data["options"] = _with_readings(options, found, known)
    data["unused"] = [s.name for s in sheets if s.name not in found]
    data["hidden"] = [s.name for s in tables if s.hidden and s not in sheets]
    data["entity"] = entity.key
    data["told"] = []
    data["sheets"] = []
    # What a sheet of orders with their customers says of their numbers holds for the others too.
    order = sorted(found, key=lambda name: not tells_of_orders(ctx.catalog, _sheet(book, name)))
    stored: dict[str, dict[str, Any]] = {}
    for name in order:
        holder, columns = found[name]
        sheet = _sheet(book, name)
        remembered = known[name].existing if name in known and known[name].entity == holder.key else None
        columns = with_existing(columns, sheet, existing, remembered)
        said = _fills_down(name, columns, options)
        down = continued.find(ctx.catalog, holder, sheet, columns, said)
        sheet = continued.filled(sheet, down.cells)
        stored[name] = _split(ctx, sheet, holder, columns, match if holder is entity else None, stored, options)
        if down.cells:
            stored[name]["filled"] = {str(index): rows for index, rows in down.cells.items()}
        data["told"] += [*map(list, down.findings), *stored[name].pop("told")]
    # Who stands with his phone on a sheet of customers is known when the orders of him come, which give the name alone.
    orders = {s.name for s in sheets if entity.key == "customer" and tells_of_orders(ctx.catalog, s)}
    taken_in = [s.name for s in sheets if s.name in stored]
    if orders:
        taken_in.sort(key=lambda name: name in orders or stored[name]["entity"] != "customer")
    data["sheets"] = [stored[name] for name in taken_in]
    roots = [next(p for p in s["parts"] if not p["path"]) for s in data["sheets"] if s["entity"] == entity.key]
    data["match"] = roots[0]["key"] if match is None and roots else list(match or ())
    new_fields.proposals(book, data["sheets"], created)


def _fills_down(name: str, columns: Sequence[ColumnMap], options: Mapping[str, Any]) -> bool | None:
    """What people said of names that stand only in the first of several rows: of the table, or of the column of names
    as a mapping file does, which knows no table."""
    said = options.get("fill_columns") or {}
    by_column = next((said[one.source] for one in columns if one.source in said), None)
    return (options.get("fill_down") or {}).get(name, by_column)


def _with_readings(options: Mapping[str, Any], found: Mapped, known: Mapping[str, Remembered]) -> dict[str, Any]:
    """The options with what was said of amounts and dates in an earlier file: of amounts only where this file names no
    unit itself."""
    units: dict[str, int] = {}
    dates: dict[str, str] = {}
    for name, (entity, columns) in found.items():
        before = known.get(name)
        if before is None or before.entity != entity.key:
            continue
        free = {column.source for column in columns if column.factor is None}
        units |= {source: said for source, said in before.units.items() if source in free}
        dates |= before.dates
    more = {"units": {**units, **(options.get("units") or {})}, "dates": {**dates, **(options.get("dates") or {})}}
    return {**options, **{key: said for key, said in more.items() if said}}


def _refuse_foreign(ctx: Ctx, entity: Entity, entities: Sequence[Entity], given: Mapping[str, str | None]) -> None:
    """Raise BadInput when a mapping names what no record of the file has: it was made for other records."""
    for heading, key in given.items():
        if key and not any(knows(ctx.catalog, one, str(key)) for one in (entity, *entities)):
            label = entity.label.of(ctx.lang)
            raise BadInput("import.map_foreign", field="map", column=heading, target=str(key), entity=label)


def _sheet(book: Workbook, name: str) -> Sheet:
    return next(sheet for sheet in book.sheets if sheet.name == name)


def _useful(ctx: Ctx, sheets: Sequence[Sheet], found: Mapped, given: Mapping[str, str | None] | None) -> Mapped:
    """The sheets that name records, and those that say something more of orders that stand on another."""
    kept: Mapped = {}
    orders = any(tells_of_orders(ctx.catalog, sheet) for sheet in sheets)
    for sheet in sheets:
        entity, columns = found[sheet.name]
        path = SPLIT.get(entity.key, {}).get("order", "")
        own = [one.target for one in columns if one.target and not one.target.startswith(f"{path}.")]
        named = bool(own) and _names_records(entity, columns)
        if not named and orders and entity.key != "order" and names_order(ctx.catalog, columns):
            asked = {title: key.removeprefix(f"{path}.") if key else None for title, key in (given or {}).items()}
            entity = ctx.catalog.entities["order"]
            columns = propose(ctx.catalog, entity, sheet, asked)
        if _names_records(entity, columns) and may(ctx, entity.key, "import"):
            kept[sheet.name] = entity, columns
    return kept or dict(list(found.items())[:1])


def _unlent(
    ctx: Ctx,
    entity: Entity,
    sheets: Sequence[Sheet],
    found: Mapped,
    asked: Mapping[str, str | None],
    earlier: Mapping[str, Mapping[str, str | None]],
) -> Mapped:
    """Without the sheets that a mapping reads only because they share a heading with another one: what is said of
    负责人 on the sheet of customers makes no customers of a sheet of cars with their 负责人."""
    own = {s.name: propose(ctx.catalog, entity, s, None, earlier.get(s.name)) for s in sheets} if asked else {}
    sure = {name for name, columns in own.items() if name in found and _names_records(entity, columns)}
    said = {column.title for sheet in sheets if sheet.name in sure for column in sheet.columns}
    lent = {
        name
        for name, (holder, columns) in found.items()
        if sure and name not in sure and holder is entity
        and all(
            one.reason != "given" or one.source in said or one.source not in asked
            for one in columns
            if one.target and _names_records(entity, [one])
        )
    }  # fmt: skip
    return {name: kept for name, kept in found.items() if name not in lent}


def _split(
    ctx: Ctx,
    sheet: Sheet,
    entity: Entity,
    columns: list[ColumnMap],
    match: Sequence[str] | None,
    others: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """A sheet as the run keeps it: its columns, and how its rows are split into records."""
    columns = _as_said(columns, options)
    columns = _looked_up(ctx, entity, [_allowed(ctx, entity, one) for one in columns])
    if entity.key == "order" and any(_by_external_code(one) for one in others.values()):
        columns = [
            replace(one, target="external_code") if one.target == "code" and one.reason != "given" else one
            for one in columns
        ]
    done = splitting.split(ctx.catalog, entity, sheet, columns, match)
    reads = _reads(ctx, entity, sheet, done.columns)
    return {
        "name": sheet.name,
        "entity": entity.key,
        "header_rows": sheet.header_rows,
        "header_row": sheet.header_row,
        "rows": sheet.n_data,
        "columns": [
            one.outward()
            | _unit(ctx, entity, one)
            | ({"reads": reads[one.index]} if one.index in reads else {})
            | ({"part": done.homes[one.index]} if one.index in done.homes else {})
            | ({"several": done.several[one.index]} if one.index in done.several else {})
            for one in done.columns
        ],
        "parts": again.in_rows(ctx.catalog, entity, sheet, done),
        "told": [list(one) for one in done.findings],
    }


def _by_external_code(sheet: Mapping[str, Any]) -> bool:
    return any(part["entity"] == "order" and part["key"][:1] == ["external_code"] for part in sheet["parts"])


def _allowed(ctx: Ctx, entity: Entity, column: ColumnMap) -> ColumnMap:
    """A column as it may come in: what the caller may not write stays out. Who may not import customers can still name
    those that are there."""
    place = target(ctx.catalog, entity, column.target) if column.target else None
    if place is None:
        return column
    makes = not place.path or may(ctx, place.entity, "import" if place.entity in SPLIT else "create")
    if makes and place.field in writable_fields(ctx, place.entity):
        return column
    link = target(ctx.catalog, entity, place.path) if place.path else None
    if link is not None and place.field in ctx.catalog.entities[place.entity].title:
        return _allowed(ctx, entity, replace(column, target=place.path))
    return replace(column, target=None, confidence=0.0, reason="not_allowed")


def _looked_up(ctx: Ctx, entity: Entity, columns: list[ColumnMap]) -> list[ColumnMap]:
    """Of a sheet that only names its customers: when the ledger knows some, an unknown one is no new customer."""
    path = SPLIT.get(entity.key, {}).get("customer")
    own = [one for one in columns if path and one.target and one.target.startswith(f"{path}.")]
    if len(own) != 1 or own[0].reason in ("given", "remembered") or not by_name(ctx, "customer", own[0].samples):
        return columns
    return [replace(one, target=path) if one is own[0] else one for one in columns]


def _as_said(columns: list[ColumnMap], options: Mapping[str, Any]) -> list[ColumnMap]:
    """The columns with the units that people gave for amounts (how many 元 one of them is), and the order of dates."""
    units, orders = options.get("units") or {}, options.get("dates") or {}
    columns = [replace(one, factor=units[one.source]) if one.source in units else one for one in columns]
    return [replace(one, order=orders[one.source]) if one.source in orders else one for one in columns]


def _reads(ctx: Ctx, entity: Entity, sheet: Sheet, columns: Sequence[ColumnMap]) -> dict[int, list[dict[str, Any]]]:
    """Tell of each column how its first cells are read: text, value, and what is wrong; of secret fields nothing."""
    chosen = taken(ctx.catalog, chosen_targets(ctx.catalog, entity, columns))
    frame = next(iter(sheet.blocks()), None)
    if frame is None:
        return {}
    told: dict[int, list[dict[str, Any]]] = {}
    head = frame.head(READ_ROWS)
    env = ctx.parse_env("cell")
    for one in chosen:
        if one.field.sensitive == "secret":
            continue
        kind, unit = ctx.types[one.field.value_type], with_factor(env, one.field, one.column.factor)
        texts = head[f"c{one.column.index}"].to_list()
        kinds = head[f"k{one.column.index}"].cast(pl.String).to_list()
        found: list[dict[str, Any]] = []
        for text, cell in zip(texts, kinds, strict=True):
            if not text:
                continue
            column = one.column
            parsed = read_cell(
                one.field, kind, text, cell, unit,
                path=one.target.path, order=column.order, year=column.year, of=one.target.entity,
            )  # fmt: skip
            if len(found) >= READ_CELLS and (not parsed.problems or "problem" in found[-1]):
                continue
            value = parsed.value
            shown = value.text if isinstance(value, Unresolved) else value
            if value is not None and not isinstance(value, Unresolved):
                shown = kind.dump(one.field, value)
            read = {"text": text[: edits.SHOWN_TEXT], "value": shown}
            if parsed.problems:
                read["problem"] = explained(parsed.problems[0].code, ctx.lang, parsed.problems[0].data)
                if asks_order(parsed):
                    read["asks"] = "dates"
            found = [*found[: READ_CELLS - 1], read]  # a bad cell further down is worth the last place
        told[one.column.index] = found
    return told


def _unit(ctx: Ctx, entity: Entity, column: ColumnMap) -> dict[str, Any]:
    """The unit of a column of money, or that none is named, so that 元 is assumed."""
    place = target(ctx.catalog, entity, column.target) if column.target else None
    money = place is not None and ctx.catalog.entities[place.entity].fields[place.field].value_type == "money"
    return {} if not money else {"unit_assumed": True} if column.factor is None else {"factor": column.factor}


def _proposed(ctx: Ctx, sheet: Sheet) -> str | None:
    """The entity that a sheet is taken for: orders only when the ledger knows their customers, else the customers."""
    if tells_of_orders(ctx.catalog, sheet) and may(ctx, "order", "import"):
        return "order"
    for key, columns in propose_entities(ctx.catalog, sheet):
        entity = ctx.catalog.entities[key]
        parents = {
            one.key: str(one.target)
            for one in entity.fields.values()
            if one.type == "relation" and one.required == "always" and one.derived is None
        }
        named = {c.target: c.samples for c in columns if c.target in parents}
        if named.keys() == parents.keys() and all(by_name(ctx, parents[k], texts) for k, texts in named.items()):
            return key
    return None


def _tells_customers(ctx: Ctx, sheets: Sequence[Sheet]) -> bool:
    """Whether beside the sheets of orders one tells more of the customers of these: it names them, too."""
    ordered = [s for s in sheets if tells_of_orders(ctx.catalog, s)]
    names_of_ordered = {s.name for s in ordered}
    others = [s for s in sheets if s.name not in names_of_ordered]
    if not others or not may(ctx, "customer", "import"):
        return False
    known = {name for s in ordered for name in _names_on(ctx, "order", "customer.name", s)}
    for sheet in others:
        names = _names_on(ctx, "customer", "name", sheet) if _proposed(ctx, sheet) == "customer" else set()
        if names and 2 * len(names & known) >= min(len(names), len(known)):
            return True
    return False


def _names_on(ctx: Ctx, entity: str, key: str, sheet: Sheet) -> set[str]:
    """What stands in the column of a sheet that gives a field."""
    columns = propose(ctx.catalog, ctx.catalog.entities[entity], sheet)
    index = next((one.index for one in columns if one.target == key), None)
    if index is None:
        return set()
    return {
        str(text).strip() for frame in sheet.blocks() for text in frame[f"c{index}"].drop_nulls().unique().to_list()
    }


def _names_records(entity: Entity, columns: Sequence[ColumnMap]) -> bool:
    naming = {*entity.title, "name", "code", "external_code"}
    return bool(naming & {c.target.rpartition(".")[2] for c in columns if c.target})


def is_outdated(data: Mapping[str, Any]) -> bool:
    """Whether a run was mapped by a version that did not yet split rows into records."""
    return any("parts" not in sheet for sheet in data.get("sheets", ()))


def refuse_outdated(data: Mapping[str, Any]) -> None:
    """Raise Conflict when an older version has mapped a run."""
    if is_outdated(data):
        raise Conflict("import.outdated")


def work(ctx: Ctx, book: Workbook, data: Mapping[str, Any]) -> list[tuple[Sheet, Plan]]:
    """The sheets of a mapped run with the plans that their rows come in by. Raises Conflict, see `refuse_outdated`."""
    refuse_outdated(data)
    options = data.get("options", {})
    book = edits.edited(book, options)
    on_match: OnMatch = options.get("on_match") or "update"
    sought: dict[str, set[tuple[str, ...]]] = {}
    for stored in data["sheets"]:
        for part in stored["parts"]:
            if part["key"]:
                sought.setdefault(part["entity"], set()).add(tuple(part["key"]))
    work = []
    for stored in data["sheets"]:
        entity = ctx.catalog.entities[stored["entity"]]
        cells = {int(index): rows for index, rows in stored.get("filled", {}).items()}
        sheet = continued.filled(_sheet(book, stored["name"]), cells)
        given = {f"#{c['index']}": c["field"] for c in stored["columns"]}
        existing = {f"#{c['index']}": c.get("existing", "overwrite") for c in stored["columns"]}
        columns = with_existing(_as_said(propose(ctx.catalog, entity, sheet, given), options), sheet, existing)
        places = chosen_targets(ctx.catalog, entity, columns)
        amounts = [
            (column, place.path, place.field)
            for column, place in places
            if ctx.catalog.entities[place.entity].fields[place.field].value_type == "money"
        ]
        known = {part["path"]: part for part in stored["parts"]}
        filled = {place.key for _, place in places}
        parts = [
            part_plan(ctx.catalog, part, known.get(part.path, {}), filled)
            for part in splitting.row_parts(ctx.catalog, entity, columns, tied=sheet.header_row != 0)
        ]
        decided = (options.get("decide") or {}).get(sheet.name, {})
        frozen = {key: frozenset(keys) for key, keys in sought.items()}
        plan = Plan(entity, sheet.name, on_match, tuple(columns), tuple(parts), tuple(amounts), frozen, decided=decided)
        work.append((sheet, plan))
    return _with_again(ctx, _with_firms(ctx, work))


def _with_again(ctx: Ctx, work: list[tuple[Sheet, Plan]]) -> list[tuple[Sheet, Plan]]:
    """The plans with the names that stand in several rows of their sheets, and those that rows bring and name."""
    found, own = again.look(ctx.catalog, work), coming.look(ctx.catalog, work)
    return [
        (sheet, replace(plan, coming=own, parts=tuple(replace(one, again=of.get(one.path, {})) for one in plan.parts)))
        for (sheet, plan), of in zip(work, found, strict=True)
    ]


def _with_firms(ctx: Ctx, work: list[tuple[Sheet, Plan]]) -> list[tuple[Sheet, Plan]]:
    """The plans with what their sheets together say of the numbers and phones of records."""
    told: dict[tuple[str, tuple[str, ...]], list[tuple[Sheet, str, tuple[ColumnMap, ...]]]] = {}
    for sheet, plan in work:
        for part in plan.parts:
            if part.otherwise or (part.entity.key == "customer" and part.key == firms.KEY):
                told.setdefault((part.entity.key, part.key), []).append((sheet, part.path, plan.columns))
    env = ctx.parse_env("cell")
    found = {of: firms.look(ctx.catalog.entities[of[0]], ctx.types, env, of[1], tables) for of, tables in told.items()}

    def knowing(part: PartPlan) -> PartPlan:
        return replace(part, firms=found.get((part.entity.key, part.key), part.firms))

    return [(sheet, replace(plan, parts=tuple(knowing(part) for part in plan.parts))) for sheet, plan in work]


_STAMPED = ("on_match", "units", "dates", "fill_columns", *edits.OPTIONS)


def stamp(ctx: Ctx, data: Mapping[str, Any]) -> object:
    """What the rows of a run are converted by: when it stays the same, they need not be converted again."""
    env = ctx.parse_env("cell")
    columns = [
        (s["name"], s["entity"], s["parts"], [(c["index"], c["field"], c.get("existing")) for c in s["columns"]])
        for s in data["sheets"]
    ]
    # Who brings the rows in by the plan of a rehearsal must mean the newest one, whichever process made it.
    changed = {key: data.get("options", {}).get(key) for key in _STAMPED}
    return ctx.catalog.version, env, data["entity"], columns, run_table.dump(changed)
