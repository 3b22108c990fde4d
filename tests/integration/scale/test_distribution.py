"""docs/adr/0120: the schema as Citus would need it, built on a plain PostgreSQL and filled with the sample ledger.

Every unique constraint and foreign key between distributed tables must contain the group; rows that break one would
fail to load. The ADR names every system table and gives the rule for entities, so what is added without a place fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import CheckViolation, ForeignKeyViolation, UniqueViolation

from kehu.base.db import system
from kehu.base.db.tables import EntityTable, Tables
from kehu.base.fields.base import layout
from kehu.base.schema.model import Entity, Field
from kehu.core.access.scope import CUSTOMER, customer_link
from kehu.core.context import Ctx
from kehu.features.kits.samples import add_samples
from kehu.runtime import Runtime
from tests.support import ledgers
from tests.support.ledger_state import BOSS
from tools.dev.shell import ROOT

ADR = ROOT / "docs" / "adr" / "0120-distribution-by-groups-of-customers.md"
GROUPS = 256


@pytest.fixture(scope="module")
def ledger(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ctx, str]]:
    """A small ledger: the samples of the kit."""
    with ledgers.cloned("postgres", tmp_path_factory.mktemp("scale") / "ledger") as settings:
        assert settings.database_url
        with Runtime.open(settings) as runtime:
            with runtime.write(BOSS) as ctx:
                add_samples(ctx, ledgers.KIT)
            with runtime.read(BOSS) as ctx:
                yield ctx, settings.database_url


@pytest.fixture(scope="module")
def placed(ledger: tuple[Ctx, str]) -> Mapping[str, set[str]]:
    """The system tables of the ADR by the class it gives them, and the entities by its rule."""
    found: dict[str, set[str]] = {}
    for line in ADR.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] in ("distributed", "reference", "local"):
            found.setdefault(cells[0], set()).update(re.findall(r"`(kehu_\w+)`", cells[1]))
    for key, table in ledger[0].tables.of.items():
        if not table.entity.system:
            spread = key == CUSTOMER or customer_link(table.entity) is not None
            found["distributed" if spread else "reference"].add(key)
    return found


@pytest.fixture(scope="module")
def built(ledger: tuple[Ctx, str], placed: Mapping[str, set[str]]) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The schema `spread`, filled with that ledger."""
    ctx, url = ledger
    with psycopg.connect(url, autocommit=True) as connection:
        _build(connection, ctx, placed)
        yield connection


def test_the_adr_gives_every_system_table_a_place(placed: Mapping[str, set[str]]) -> None:
    tables = {str(one.name) for one in vars(system).values() if str(getattr(one, "name", "")).startswith("kehu_")}
    named = [name for names in placed.values() for name in names if name.startswith("kehu_")]
    assert sorted(named) == sorted(set(named)), "a table has two places"
    assert tables - set(named) == set(), "tables without a place in the ADR"
    assert set(named) - tables == set(), "the ADR names tables that are not there"


def test_records_that_hang_on_a_customer_carry_its_id(ledger: tuple[Ctx, str], placed: Mapping[str, set[str]]) -> None:
    """core.md 33: grandchildren too. What is on every machine cannot point to what is on one."""
    tables = ledger[0].tables
    hanging = {
        f"{key}.{field.key}"
        for key in placed["reference"] & tables.of.keys()
        for field in tables[key].entity.fields.values()
        if field.target in placed["distributed"] and field.derived is None
    }
    assert hanging == set()
    assert {"contact", "order", "order_line", "interaction"} <= placed["distributed"]


def test_the_sample_ledger_loads_under_the_changed_keys(
    built: psycopg.Connection[tuple[object, ...]], ledger: tuple[Ctx, str], placed: Mapping[str, set[str]]
) -> None:
    for table in sorted(placed["distributed"] | placed["reference"]):
        # Transactions and change-sets stand once in each group.
        rows = "distinct id" if table in ("kehu_tx", "kehu_changeset") else "*"
        count = sql.SQL(f"select count({rows}) from {{}}.{{}}")
        there, here = (
            built.execute(count.format(*_names(schema, table))).fetchone() for schema in ("public", "spread")
        )
        assert here == there, table
    filled = built.execute("select count(*), count(distinct grp) from spread.order_line").fetchone()
    lines, groups = (int(str(number)) for number in filled or (0, 0))
    assert min(lines // 3, groups) > 1, "too small a ledger to prove anything"


def test_every_key_between_distributed_tables_holds_the_group(
    built: psycopg.Connection[tuple[object, ...]], placed: Mapping[str, set[str]]
) -> None:
    """Citus refuses any other: uniqueness and references are checked inside one shard."""
    everywhere = placed["reference"] | {"kehu_chain", "kehu_unique"}
    unique = built.execute(
        "select c.relname, array_agg(a.attname::text) from pg_index x join pg_class c on c.oid = x.indrelid"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum = any (x.indkey)"
        " where c.relnamespace = 'spread'::regnamespace and x.indisunique group by c.relname, x.indexrelid"
    ).fetchall()
    spread = [(table, columns) for table, columns in unique if table not in everywhere]
    assert len(spread) > 40
    assert [table for table, columns in spread if "grp" not in str(columns)] == []
    links = built.execute(
        "select c.relname, t.relname, a.attname, b.attname from pg_constraint k"
        " join pg_class c on c.oid = k.conrelid join pg_class t on t.oid = k.confrelid"
        " join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]"
        " join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[1]"
        " where k.contype = 'f' and k.connamespace = 'spread'::regnamespace"
    ).fetchall()
    grouped = [link for link in links if link[1] not in placed["reference"]]
    assert len(grouped) > 60
    assert [link for link in grouped if link[2:] != ("grp", "grp")] == []
    assert [link for link in grouped if link[0] in placed["reference"]] == [], "what is everywhere points into no group"


def test_the_changed_keys_bind(built: psycopg.Connection[tuple[object, ...]]) -> None:
    """A link into another group, a unique value in another group, a second row at a place of a chain: refused."""
    one, other = built.execute("select min(id), max(id) from spread.customer").fetchone() or (0, 0)
    assert one != other
    with pytest.raises(ForeignKeyViolation):
        built.execute("insert into spread.contact (grp, id, customer_id) values (1, -1, %s)", (GROUPS * 10**9 + 1,))
    with pytest.raises(CheckViolation):
        built.execute("update spread.contact set grp = (grp + 1) %% %s", (GROUPS,))
    with pytest.raises(UniqueViolation):
        built.execute("insert into spread.kehu_unique select field, value, -1 from spread.kehu_unique limit 1")
    with pytest.raises(UniqueViolation):
        built.execute(
            "insert into spread.kehu_tx (grp, id, changeset, seq) select grp, -1, changeset, seq from spread.kehu_tx"
            " where seq is not null limit 1"
        )


def test_the_chain_of_each_group_holds_without_the_others(built: psycopg.Connection[tuple[object, ...]]) -> None:
    broken = built.execute(
        "select count(*) from (select seq, row_number() over (partition by grp order by seq) as place"
        " from spread.kehu_tx where seq is not null) t where seq <> place"
    ).fetchone()
    heads = built.execute(
        "select count(*) from spread.kehu_chain c where c.seq <> (select max(t.seq) from spread.kehu_tx t"
        " where t.grp = c.grp)"
    ).fetchone()
    assert (broken, heads) == ((0,), (0,))


# --- building -----------------------------------------------------------------------------------------------------


def _build(connection: psycopg.Connection[tuple[object, ...]], ctx: Ctx, placed: Mapping[str, set[str]]) -> None:
    """Every table once more in the schema `spread`, with the keys of the ADR; filled before foreign keys are made."""
    connection.execute("create schema spread")
    entities = [key for key in sorted(placed["distributed"]) if key in ctx.tables.of]
    for table in sorted(placed["reference"]):
        name = sql.Identifier(table)
        connection.execute(sql.SQL("create table spread.{} (like public.{} including indexes)").format(name, name))
        connection.execute(sql.SQL("insert into spread.{} select * from public.{}").format(name, name))
    for key in entities:
        _spread(connection, ctx.tables, key)
    _spread_history(connection, entities)
    connection.execute(
        "create table spread.kehu_unique (field text, value text, record bigint, primary key (value, field))"
    )
    for key in entities:
        for field in ctx.tables[key].entity.fields.values():
            if field.unique and (columns := ctx.tables[key].layouts[field.key].value):
                connection.execute(
                    sql.SQL(
                        "insert into spread.kehu_unique select {}, {}, id from spread.{} where {} is not null"
                    ).format(sql.Literal(f"{key}.{field.key}"), *_names(columns[0].name, key, columns[0].name))
                )
    for key in entities:
        for field in ctx.tables[key].entity.fields.values():
            if (target := field.target) and not crosses(ctx.tables[key].entity, field):
                _refer(connection, ctx.tables[key], field, target, grouped=target in entities, types=ctx)


def crosses(entity: Entity, field: Field) -> bool:
    """Links that no foreign key can hold: to another customer than one's own, and those that the engine derives."""
    if field.target == CUSTOMER:
        own = customer_link(entity)
        return entity.key == CUSTOMER or own is None or own.key != field.key
    return field.derived is not None


def _spread(connection: psycopg.Connection[tuple[object, ...]], tables: Tables, key: str) -> None:
    """An entity with its list tables and token tables, all of one record in one group."""
    table = tables[key]
    of = _customer_of(table)
    _copy(connection, key, sql.SQL("mod({}, {})").format(of, sql.Literal(GROUPS)))
    connection.execute(sql.SQL("alter table spread.{} add primary key (grp, id)").format(sql.Identifier(key)))
    rule = sql.SQL("alter table spread.{} add check (grp = mod({}, {}))")
    connection.execute(rule.format(sql.Identifier(key), of, sql.Literal(GROUPS)))
    for side in [*(one.name for one in table.lists.values()), table.search, table.search_long]:
        record = sql.SQL("(select r.grp from spread.{} r where r.id = t.id)").format(sql.Identifier(key))
        _copy(connection, side, record, sql.SQL("public.{} t").format(sql.Identifier(side)))
        keyed = sql.SQL(", value") if side.startswith("l_") else sql.SQL("")
        connection.execute(
            sql.SQL("alter table spread.{} add primary key (grp, id{}), add foreign key (grp, id) references spread.{}")
            .format(sql.Identifier(side), keyed, sql.Identifier(key))
        )  # fmt: skip


def _customer_of(table: EntityTable) -> sql.Composable:
    """The customer of a row; a row without one (a task) is its own."""
    link = customer_link(table.entity)
    if table.entity.key == CUSTOMER or link is None:
        return sql.Identifier("id")
    return sql.SQL("coalesce({}, id)").format(sql.Identifier(table.layouts[link.key].value[0].name))


def _copy(
    connection: psycopg.Connection[tuple[object, ...]],
    table: str,
    group: sql.Composable | None = None,
    source: sql.Composable | None = None,
) -> None:
    """A table of the same columns without keys, with its rows; `group` makes the first column of a distributed one."""
    name = sql.Identifier(table)
    first = sql.SQL("grp smallint not null, ") if group else sql.SQL("")
    connection.execute(sql.SQL("create table spread.{} ({}like public.{})").format(name, first, name))
    read = sql.SQL("{}, t.*").format(group) if group else sql.SQL("t.*")
    rows = source or sql.SQL("public.{} t").format(name)
    connection.execute(sql.SQL("insert into spread.{} select {} from {}").format(name, read, rows))


def _spread_history(connection: psycopg.Connection[tuple[object, ...]], entities: list[str]) -> None:
    """Changes lie in the group of their record; a transaction and its change-set in each group that they touch."""
    of_record = sql.SQL(" union all ").join(
        sql.SQL("select {}::text as entity, id, grp from spread.{}").format(sql.Literal(key), sql.Identifier(key))
        for key in entities
    )
    connection.execute(sql.SQL("create temp view of_record as {}").format(of_record))
    where = sql.SQL("coalesce((select r.grp from of_record r where (r.entity, r.id) = (t.entity, t.record)), 0)")
    _copy(connection, "kehu_change", where)
    _copy(connection, "kehu_cell_note", where)
    for table, parts in (("kehu_tx", ("tx", "kehu_change")), ("kehu_changeset", ("changeset", "kehu_tx"))):
        touched = sql.SQL("public.{} t left join (select distinct {}, grp from spread.{}) g on g.{} = t.id")
        rows = touched.format(*_names(table, *parts, parts[0]))
        _copy(connection, table, sql.SQL("coalesce(g.grp, 0)"), rows)  # what touches no record: group 0
    # The number of a transaction counts within its group; `kehu_chain` is what a commit locks there.
    connection.execute(
        "update spread.kehu_tx t set seq = n.place from (select grp, id, row_number() over"
        " (partition by grp order by seq) as place from spread.kehu_tx where seq is not null) n"
        " where (n.grp, n.id) = (t.grp, t.id)"
    )
    connection.execute("create table spread.kehu_chain (grp smallint primary key, seq bigint not null, hash text)")
    connection.execute(
        "insert into spread.kehu_chain select distinct on (grp) grp, seq, hash from spread.kehu_tx"
        " order by grp, seq desc"
    )
    for table, keys in {
        "kehu_changeset": ["primary key (grp, id)"],
        "kehu_tx": [
            "primary key (grp, id)",
            "unique (grp, seq)",
            "foreign key (grp, changeset) references spread.kehu_changeset (grp, id)",
            "foreign key (grp) references spread.kehu_chain (grp)",
        ],
        "kehu_change": [
            "primary key (grp, tx, entity, record)",
            "foreign key (grp, tx) references spread.kehu_tx (grp, id)",
        ],
        "kehu_cell_note": ["primary key (grp, entity, record, field)"],
    }.items():
        for key in keys:
            connection.execute(f"alter table spread.{table} add {key}")


def _refer(
    connection: psycopg.Connection[tuple[object, ...]],
    table: EntityTable,
    field: Field,
    target: str,
    *,
    grouped: bool,
    types: Ctx,
) -> None:
    column = layout(field, types.types).value[0].name
    name = "kehu_account" if target == "user" else target
    text = "alter table spread.{} add foreign key (grp, {}) references spread.{} (grp, id)"
    if not grouped:
        text = "alter table spread.{} add foreign key ({}) references spread.{} (id)"
    connection.execute(sql.SQL(text).format(*_names(table.name, column, name)))


def _names(*names: str) -> list[sql.Identifier]:
    return [sql.Identifier(name) for name in names]
