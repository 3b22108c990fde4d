"""R87: a backup made from either database is restored into either, and nothing is missing or different."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kehu.base.db import migrations
from kehu.base.db.dump import dumped_tables, rows_of
from kehu.base.errors import BadInput, Conflict
from kehu.base.settings import Settings
from kehu.core.catalog.service import apply_changes
from kehu.core.context import Actor
from kehu.core.files.service import read_file
from kehu.core.records import read, write
from kehu.core.records.undo import undo
from kehu.features.backup.recovery import recovery_file, stored_recovery
from kehu.features.backup.restore import restore
from kehu.features.backup.service import SKIPPED, backup, backup_before_migration, column_kinds
from kehu.runtime import Runtime, finish_restore
from tests.support import ledgers, postgres
from tests.support.ledger_samples import ID_NUMBER, Filled, fill

SYSTEM = Actor("system", None, "测试")
Rows = dict[str, list[str]]


@contextmanager
def empty(kind: str, data: Path) -> Iterator[Settings]:
    """Settings of a place where no ledger is yet."""
    if kind == "sqlite":
        yield Settings(data=data)
        return
    with postgres.fresh_database() as url:
        yield Settings(data=data, database_url=url)


def everything(runtime: Runtime) -> Rows:
    """Every row of every table that a backup must hold, in neutral values."""
    found: Rows = {}
    with runtime.read(SYSTEM) as ctx:
        for table in dumped_tables(ctx.tx, column_kinds(ctx), skip=SKIPPED):
            names = [f"{column.name}:{column.kind}" for column in table.columns if table.kind != "system"]
            found[table.name] = [str(names), *sorted(map(repr, rows_of(ctx.tx, table)))]
    return found


def made(runtime: Runtime, file: Path) -> Path:
    with runtime.read(SYSTEM) as ctx:
        told = backup(ctx, file)
    assert told["file"] == str(file)
    assert told["records"] > 0
    return file


def unverified(_: Settings) -> bool:
    """For tests that are about something else; search tokens are missing then."""
    return True


@dataclass(frozen=True)
class Source:
    """A filled ledger that tests only read, and a backup of it."""

    runtime: Runtime
    filled: Filled
    file: Path

    @property
    def kind(self) -> str:
        return self.runtime.dialect.name


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    if request.param == "postgres":
        request.getfixturevalue("postgres_server")
    folder = tmp_path_factory.mktemp(f"source-{request.param}")
    with ledgers.cloned(request.param, folder / "ledger") as settings, Runtime.open(settings) as runtime:
        filled = fill(runtime)
        yield Source(runtime, filled, made(runtime, folder / "台账.kehu"))


@pytest.mark.parametrize("target_kind", ["sqlite", "postgres"])
def test_r87_either_database_into_either(
    source: Source, target_kind: str, tmp_path: Path, postgres_server: str
) -> None:
    with empty(target_kind, tmp_path / "neu") as settings:
        told = restore(settings, source.file, finish=finish_restore)
        assert told == {"data": str(settings.data), "verified": True}
        with Runtime.open(settings) as restored:
            assert everything(restored) == everything(source.runtime)
            with restored.read(SYSTEM) as ctx:
                assert read.get(ctx, "customer", source.filled.person)["name"] == "欧阳娜娜 😀"
                assert b"".join(read_file(ctx, 1)) == b"\x00\xff" * 70_000
                hits = read.query(ctx, "customer", {"select": ["name"], "search": "hongyuan"})
                assert "上海宏远贸易有限公司".encode() in hits
                secret = {"field": "id_number", "op": "eq", "value": ID_NUMBER}
                page = read.query(ctx, "customer", {"select": ["id_number"], "where": secret})
                assert ID_NUMBER.encode() in page
            with restored.write(SYSTEM) as ctx:  # ids and numbers go on behind those of the lost ledger
                person = {"name": "新来的", "kind": "person", "mobile": "13600136000"}
                assert write.create(ctx, "customer", person).ids[0] > source.filled.person + 1
            with restored.write(SYSTEM) as ctx:  # history came along: what was deleted comes back
                assert undo(ctx, source.filled.deletion)["restored"] == 1


def test_columns_left_behind_by_a_change_of_type_come_along(runtime: Runtime, tmp_path: Path) -> None:
    fill(runtime)
    with runtime.write(SYSTEM) as ctx:
        changes = [{"op": "field.add", "entity": "customer", "key": "met_on", "type": "date",
                    "label": {"zh-CN": "初见", "en": "Met on"}}]  # fmt: skip
        apply_changes(ctx, changes)
    with runtime.write(SYSTEM) as ctx:
        write.update(ctx, "customer", 1, {"met_on": "2026-03-05"})
    with runtime.write(SYSTEM) as ctx:
        apply_changes(ctx, [{"op": "field.type", "entity": "customer", "key": "met_on", "type": "text"}])
    file = made(runtime, tmp_path / "a.kehu")
    target = "postgres" if runtime.settings.database_url is None else "sqlite"
    with empty(target, tmp_path / "neu") as settings:
        restore(settings, file, finish=unverified)
        with Runtime.open(settings) as restored:
            assert everything(restored) == everything(runtime)


def test_a_backup_is_one_moment_whatever_is_written_meanwhile(runtime: Runtime, tmp_path: Path) -> None:
    before = everything(runtime)
    with runtime.read(SYSTEM) as ctx:
        ctx.tx.exec_driver_sql("select count(*) from kehu_meta").scalar()  # the moment is that of the first look
        with runtime.write(SYSTEM) as other:
            write.create(other, "customer", {"name": "后来的", "kind": "person", "mobile": "13500135000"})
        backup(ctx, tmp_path / "a.kehu")
    restore(Settings(data=tmp_path / "neu"), tmp_path / "a.kehu", finish=unverified)
    with Runtime.open(Settings(data=tmp_path / "neu")) as restored:
        found = everything(restored)
    assert found["kehu_tx"] == before["kehu_tx"]
    assert found["customer"] == before["customer"]


def test_restoring_needs_an_empty_place(source: Source) -> None:
    before = everything(source.runtime)
    with pytest.raises(Conflict) as told:
        restore(source.runtime.settings, source.file, finish=unverified)
    assert told.value.code == "ledger.exists"
    assert everything(source.runtime) == before


def test_a_place_that_only_a_first_page_was_served_from_is_empty(source: Source, tmp_path: Path) -> None:
    with empty(source.kind, tmp_path / "neu") as settings:
        Runtime.open(settings, create=True).close()
        restore(settings, source.file, finish=unverified)
        with Runtime.open(settings) as restored:
            assert everything(restored) == everything(source.runtime)


def test_the_recovery_key_opens_the_backup_on_another_machine(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = source.runtime.keys.kid
    text = stored_recovery(ledger)
    assert text is not None
    monkeypatch.setenv("KEHU_CONFIG", str(tmp_path / "other-machine"))
    target = Settings(data=tmp_path / "neu")
    for wrong, code in (
        (None, "backup.key_needed"),
        (text[:-1] + ("X" if text[-1] != "X" else "Y"), "recovery.invalid"),
        ("山高水长", "recovery.invalid"),
    ):
        with pytest.raises(BadInput) as told:
            restore(target, source.file, wrong, finish=unverified)
        assert told.value.code == code
        assert not target.ledger_file.exists()
    typed = text.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    restore(target, source.file, typed, finish=unverified)
    assert stored_recovery(ledger) == text
    assert recovery_file(ledger).stat().st_mode & 0o077 == 0


def test_address_of_the_database_stays_behind_and_other_settings_come(source: Source, tmp_path: Path) -> None:
    kept = 'database_url = "postgresql://chen:geheim@db/kehu"\nhosts = ["台账.lan"]\nlang = "en"\n'
    source.runtime.settings.settings_file.write_text(kept, encoding="utf-8")
    target = Settings(data=tmp_path / "neu")
    restore(target, made(source.runtime, tmp_path / "a.kehu"), finish=unverified)
    assert target.settings_file.read_text("utf-8") == 'hosts = ["台账.lan"]\nlang = "en"\n'


def test_what_a_migration_backs_up_can_be_restored(source: Source, tmp_path: Path) -> None:
    runtime = source.runtime
    told = backup_before_migration(runtime.dialect, data=runtime.settings.data, keys=runtime.keys, clock=runtime.clock)
    assert told["schema"] == migrations.newest()
    file = Path(told["file"])
    assert file.parent == runtime.settings.backups
    with empty(source.kind, tmp_path / "neu") as settings:
        restore(settings, file, finish=unverified)
        with Runtime.open(settings) as restored:
            assert everything(restored) == everything(runtime)


def test_a_restore_that_fails_on_the_way_leaves_nothing(source: Source, tmp_path: Path) -> None:
    with empty(source.kind, tmp_path / "neu") as settings:
        settings.make_folders()
        settings.key_file.mkdir()  # where the key must go
        with pytest.raises(OSError, match=r"ledger\.key"):
            restore(settings, source.file, finish=unverified)
        assert list(settings.tmp.iterdir()) == []
        settings.key_file.rmdir()
        restore(settings, source.file, finish=unverified)
        with Runtime.open(settings) as restored:
            assert everything(restored) == everything(source.runtime)
