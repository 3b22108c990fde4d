"""The first system tables."""

from __future__ import annotations

import sqlalchemy as sa

from kehu.base.db.dialects.base import Dialect
from kehu.base.db.types import Integer, IsoInstant, Text

SERIES = (
    "changeset",
    "tx",
    "account",
    "token",
    "login_try",
    "secret_read",
    "job",
    "view",
    "import_run",
    "export_run",
    "file",
)


def _text(name: str, *, key: bool = False, null: bool = True) -> sa.Column[str]:
    return sa.Column(name, Text(), primary_key=key, nullable=null and not key)


def _int(name: str, *, key: bool = False, null: bool = True) -> sa.Column[int]:
    return sa.Column(name, Integer(), primary_key=key, autoincrement=False, nullable=null and not key)


def _at(name: str) -> sa.Column[str]:
    return sa.Column(name, IsoInstant())


def upgrade(connection: sa.Connection, dialect: Dialect) -> None:
    """Create everything."""
    metadata = sa.MetaData()

    def table(name: str, *columns: sa.schema.SchemaItem, rowid: bool = True) -> None:
        sa.Table(f"kehu_{name}", metadata, *columns, sqlite_strict=True, sqlite_with_rowid=rowid)

    table("meta", _text("key", key=True), _text("value"))
    table("counter", _text("name", key=True), _int("value", null=False), rowid=False)
    table("number", _text("field", key=True), _text("prefix", key=True), _int("value", null=False), rowid=False)

    table("catalog_version", _int("id", key=True), _int("version", null=False))
    table("catalog_entity", _text("key", key=True), _text("data", null=False))
    table("catalog_field", _text("entity", key=True), _text("key", key=True), _text("data", null=False))
    table(
        "catalog_index",
        _text("name", key=True),
        _text("entity", null=False),
        _text("columns", null=False),
        _text("fields"),
        _int("uniq", null=False),
        _text("state", null=False),
    )
    table(
        "catalog_change",
        _int("id", key=True),
        _int("changeset", null=False),
        _int("tx", null=False),
        _text("entity"),
        _text("key"),
        _text("before"),
        sa.Index("i_kehu_catalog_change_changeset", "changeset"),
    )
    table("process", _text("id", key=True), _int("version"), _at("heartbeat"))

    table(
        "account",
        _int("id", key=True),
        _int("rev"),
        _text("name", null=False),
        _text("name__sort"),
        _text("password"),
        _text("roles", null=False),
        _text("locale"),
        _text("team"),
        _text("team__sort"),
        _text("department"),
        _text("department__sort"),
        _text("state", null=False),
        _at("created_at"),
        _at("updated_at"),
        _at("password_at"),
        _int("created_by"),
        _int("updated_by"),
        sa.Index("u_kehu_account_name", "name", unique=True),
    )
    table(
        "session",
        _text("id", key=True),
        _int("user", null=False),
        _text("csrf", null=False),
        _at("created_at"),
        _at("expires_at"),
        _at("seen_at"),
    )
    table(
        "token",
        _int("id", key=True),
        _text("hash", null=False),
        _int("user", null=False),
        _text("label"),
        _at("created_at"),
        _at("expires_at"),
        _at("seen_at"),
        sa.Index("u_kehu_token_hash", "hash", unique=True),
    )
    table(
        "login_try",
        _int("id", key=True),
        _text("name"),
        _text("address"),
        _at("at"),
        sa.Index("i_kehu_login_try_at", "at"),
    )
    table(
        "secret_read",
        _int("id", key=True),
        _text("actor"),
        _text("entity"),
        _int("record"),
        _text("field"),
        _at("at"),
    )

    table(
        "changeset",
        _int("id", key=True),
        _text("actor", null=False),
        _int("actor_id"),
        _text("origin", null=False),
        _text("title", null=False),
        _text("reason"),
        _int("undoes"),
        _text("state", null=False),
        _text("result"),
        _int("catalog_version"),
        _at("created_at"),
        sa.Index("i_kehu_changeset_undoes", "undoes"),
    )
    table(
        "tx",
        _int("id", key=True),
        _int("changeset", null=False),
        _int("seq"),
        _at("at"),
        _text("entities"),
        _text("digest"),
        _text("prev"),
        _text("hash"),
        sa.Index("u_kehu_tx_seq", "seq", unique=True),
        sa.Index("i_kehu_tx_changeset", "changeset"),
    )
    table(
        "change",
        _int("tx", key=True),
        _text("entity", key=True),
        _int("record", key=True),
        _text("op", null=False),
        _text("before"),
        _text("digest"),
        sa.Index("i_kehu_change_record", "entity", "record", "tx"),
        rowid=False,
    )

    table(
        "job",
        _int("id", key=True),
        _text("kind", null=False),
        _text("args"),
        _text("state", null=False),
        _text("cursor"),
        _int("done"),
        _int("total"),
        _int("attempts", null=False),
        _text("error"),
        _text("result"),
        _text("lease_by"),
        _at("lease_until"),
        _at("not_before"),
        _at("created_at"),
        _int("changeset"),
        _int("actor_id"),
        sa.Index("i_kehu_job_state", "state", "not_before"),
    )
    table(
        "cell_note",
        _text("entity", key=True),
        _int("record", key=True),
        _text("field", key=True),
        _text("text"),
        _text("code"),
        _int("changeset"),
        rowid=False,
    )
    table(
        "view",
        _int("id", key=True),
        _text("entity", null=False),
        _text("name", null=False),
        _int("owner"),
        _int("shared", null=False),
        _text("data"),
        _int("rev"),
    )
    for name in ("import_run", "export_run"):
        columns: list[sa.schema.SchemaItem] = [
            _int("id", key=True),
            _int("job"),
            _int("actor_id"),
            _text("state", null=False),
            _text("data"),
            _text("file"),
            _text("name"),
            _at("created_at"),
        ]
        if name == "import_run":
            columns.append(_int("changeset"))
        table(name, *columns)
    table(
        "file",
        _int("id", key=True),
        _text("sha256"),
        _text("name"),
        _text("kind"),
        _text("sealed"),
        _int("size"),
        _int("actor_id"),
        _at("created_at"),
    )
    table(
        "idempotency",
        _text("key", key=True),
        _int("user", key=True),
        _int("status"),
        _text("body"),
        _text("fingerprint"),
        _at("at"),
        rowid=False,
    )
    table(
        "import_row",
        _int("run", key=True),
        _text("sheet", key=True),
        _int("row", key=True),
        _int("record"),
        _text("data"),
        rowid=False,
    )
    table("workday", _text("day", key=True), _int("works", null=False))

    metadata.create_all(connection)
    connection.execute(sa.text("insert into kehu_catalog_version (id, version) values (1, 0)"))
    for name in SERIES:
        dialect.create_series(connection, name)
