"""A secret that people entered is nowhere on disk in plain: database, WAL, files, working folder, backups (R84)."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from kehu.base.errors import Conflict
from kehu.core.context import Actor
from kehu.core.records import read, write
from kehu.core.records.undo import undo
from kehu.features.backup.jobs import create
from kehu.features.exporting import service as exporting
from kehu.runtime import Runtime
from tests.support.ledger_samples import admin

SYSTEM = Actor("system", None, "测试")
FIRST, SECOND = "11010519491231002X", "53010219200508011X"
ACCOUNT = "6222020200112233440"


def spellings(text: str) -> list[bytes]:
    """How the value could stand somewhere: as it is, in pieces that give it away, packed."""
    plain = [text, text.lower(), text[6:], text[:-1]]
    found = [part.encode() for part in plain] + [text.encode("utf-16-le"), text[::-1].encode()]
    return [*found, base64.b64encode(text.encode())[:20]]


def everywhere(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            raw = file.read_bytes()
            yield str(file.relative_to(folder)), raw
            for unpack in (zlib.decompress, gzip.decompress):
                try:
                    yield f"{file.name} unpacked", unpack(raw)
                except (zlib.error, OSError, EOFError):
                    continue


def all_rows(runtime: Runtime) -> Iterator[tuple[str, bytes]]:
    """Every column of every table as text, as a dump of the database would hold it."""
    with runtime.dialect.engine.connect() as connection:
        for name in sa.inspect(connection).get_table_names():
            table = sa.table(name)
            for row in connection.execute(sa.select(sa.text("*")).select_from(table)):
                yield name, " ".join(str(value) for value in row).encode()


def use(runtime: Runtime, log: pytest.LogCaptureFixture) -> None:
    """Whatever people do with a secret: enter, change, search, filter, delete, undo, collide, export, back up."""
    with runtime.write(admin) as ctx:
        values = {"name": "欧阳娜娜", "kind": "person", "mobile": "13900139000", "id_number": FIRST}
        person = write.create(ctx, "customer", {**values, "bank_account": ACCOUNT}).ids[0]
    with runtime.write(admin) as ctx:
        write.update(ctx, "customer", person, {"id_number": SECOND})
    with runtime.write(admin) as ctx:
        deletion = write.delete(ctx, "customer", [person]).changeset
    with runtime.write(admin) as ctx:
        assert deletion is not None
        undo(ctx, deletion)
    with runtime.read(admin) as ctx:
        exact = {"field": "id_number", "op": "eq", "value": SECOND}
        page = read.query(ctx, "customer", {"select": ["id_number", "bank_account"], "where": exact})
        assert SECOND.encode() in page  # else the rest of this test says nothing
        assert ACCOUNT.encode() in page
        read.query(ctx, "customer", {"select": ["name"], "search": SECOND})
    with runtime.write(admin) as ctx:
        exporting.create(ctx, {"entity": "customer", "select": ["name", "id_number", "bank_account"]})
        create(ctx)
    assert runtime.runner().run_all() >= 2
    assert not [record for record in log.records if record.levelname == "ERROR"]


def test_r84_secrets_are_nowhere_in_plain(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(0):
        use(runtime, caplog)
    data = runtime.settings.data
    backups = list(runtime.settings.backups.glob("*.kehu"))
    assert backups, "no backup was made"
    places = [*everywhere(data), *all_rows(runtime), ("log", caplog.text.encode())]
    assert len(places) > 100
    names = {name for name, _ in places}
    assert runtime.settings.database_url is not None or "ledger.db-wal" in names
    leaks = [
        f"{name}: {secret}"
        for name, raw in places
        for secret in (FIRST, SECOND, ACCOUNT)
        if any(spelling in raw for spelling in spellings(secret))
    ]
    assert leaks == []
    # The name, which is no secret, is found: the search looks in the right places.
    assert any("欧阳娜娜".encode() in raw for _, raw in places)


def test_r84_keys_are_in_no_backup(runtime: Runtime) -> None:
    with runtime.write(admin) as ctx:
        create(ctx)
    runtime.runner().run_all()
    raw = b"".join(file.read_bytes() for file in runtime.settings.backups.glob("*.kehu"))
    root = runtime.keys.root
    assert raw
    assert root not in raw
    assert root.hex().encode() not in raw
    assert base64.b64encode(root) not in raw


def test_r84_a_refused_value_leaves_no_trace_either(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    """Two ledgers' worth of errors: the text of an error must not carry the value into logs or tables."""
    with caplog.at_level(0):
        for values in ({"id_number": FIRST, "region": "火星"}, {"id_number": FIRST, "gender": "?"}):
            with pytest.raises(Exception) as told, runtime.write(admin) as ctx:  # noqa: PT011 whichever it is
                write.create(ctx, "customer", {"name": "欧阳娜娜", "kind": "person", "mobile": "1", **values})
            assert not isinstance(told.value, Conflict)
            assert FIRST not in repr(told.value)
    places = [*everywhere(runtime.settings.data), *all_rows(runtime), ("log", caplog.text.encode())]
    assert [name for name, raw in places if FIRST.encode() in raw] == []
