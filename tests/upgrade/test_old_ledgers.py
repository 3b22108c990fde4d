"""A ledger written by any earlier version opens with this one, whole and provable.

`ledgers/NNNN.tar.xz` is a SQLite ledger of the samples as the program with that newest migration wrote it. A new
migration adds a file here and never replaces one.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from kehu.base.db import migrations
from kehu.base.settings import Settings
from kehu.core.records import read, write
from kehu.core.search.index import with_classes
from kehu.entry.cli.main import main
from kehu.features.verification.service import verify
from kehu.runtime import Runtime
from tests.support.ledger_state import BOSS

LEDGERS = sorted((Path(__file__).parent / "ledgers").glob("*.tar.xz"))


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as packed:
        for member in packed:  # extractall knows no filter before Python 3.11.4
            if member.isdir():
                (folder / member.name).mkdir(parents=True, exist_ok=True)
            elif (content := packed.extractfile(member)) is not None:
                place = folder / member.name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content.read())
                place.chmod(member.mode)


def test_every_migration_has_left_a_ledger_behind() -> None:
    assert LEDGERS[-1].name.startswith(f"{migrations.newest():04}.")


@pytest.mark.parametrize("archive", LEDGERS, ids=lambda path: path.name)
def test_an_old_ledger_opens_and_proves_itself(archive: Path, tmp_path: Path) -> None:
    _unpack(archive, tmp_path)
    with Runtime.open(Settings(data=tmp_path)) as runtime:
        with runtime.read(BOSS) as ctx:
            names = [row[2] for row in read.rows(ctx, "customer", {"select": ["name"]})]
            assert len(names) == 12
            assert "杭州澜屿软件有限公司" in names
            found = verify(ctx)
            assert found["ok"], [check for check in found["checks"] if check["faults"]]
        with runtime.write(BOSS) as ctx:
            write.create(ctx, "customer", {"name": "新来的客户", "kind": "person", "mobile": "13800000099"})


def test_an_old_token_index_merges_as_a_new_one_does(tmp_path: Path) -> None:
    _unpack(LEDGERS[0], tmp_path)
    with Runtime.open(Settings(data=tmp_path)) as runtime, runtime.read(BOSS) as ctx:
        for entity in ("customer", "contact"):
            table = ctx.tables[entity].search
            found = ctx.tx.execute(sa.text(f"select v from \"{table}_config\" where k = 'deletemerge'"))
            assert found.scalars().all() == [40]


def test_phones_are_found_by_their_beginning_in_a_ledger_made_before_that_was_a_token(tmp_path: Path) -> None:
    _unpack(LEDGERS[2], tmp_path)
    heard: list[tuple[int, int]] = []
    renewing = lambda *numbers: heard.append(numbers)  # noqa: E731
    with Runtime.open(Settings(data=tmp_path), renewing=renewing) as runtime, runtime.read(BOSS) as ctx:
        sizes = {
            key: ctx.tx.execute(sa.select(sa.func.count()).select_from(ctx.tables[key].table)).scalar_one()
            for key, entity in ctx.catalog.entities.items()
            if not entity.system
        }
        concerned = with_classes(ctx, "p")
        assert {"customer", "contact"} <= set(concerned)
        assert "order" not in concerned  # its index lacks nothing
        assert heard[-1] == (sum(sizes[key] for key in concerned),) * 2
        table = ctx.tables["customer"].search
        short = {token for _, token in ctx.dialect.token_rows(ctx.tx, table) if token.startswith("ps")}
        phones = {str(row[2])[:3] for row in read.rows(ctx, "customer", {"select": ["mobile"]}) if row[2]}
        assert phones
        assert {f"ps{start}" for start in phones} <= short
        assert ctx.tx.execute(sa.text("select count(*) from kehu_meta where key = 'search'")).scalar() == 0


def test_the_terminal_tells_that_the_search_index_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    _unpack(LEDGERS[2], tmp_path)
    for name in ("KEHU_DATABASE_URL", "KEHU_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KEHU_DATA", str(tmp_path))
    monkeypatch.setenv("KEHU_LANG", "zh-CN")
    main(["doctor"])
    assert "重做搜索索引" in capfd.readouterr().err
    main(["doctor"])
    assert "搜索索引" not in capfd.readouterr().err
