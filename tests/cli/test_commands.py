"""Every command: its JSON, its exit code, its one clear sentence."""

from __future__ import annotations

import csv
import json
import threading
import time
from pathlib import Path

import psycopg
import pytest

from kehu.base.settings import Settings
from kehu.entry.cli import tables
from kehu.entry.cli.shell import Shell
from tests.cli.conftest import Kehu
from tests.support.ledgers import ADMIN

PERSON = ("name=林晓岚", "kind=person", "mobile=13900001111")


def test_init_makes_a_ledger_once(bare: Kehu, tmp_path: Path) -> None:
    words = ("init", "--data", tmp_path / "ledger", "--kit", "general", "--admin", ADMIN, "--password", "山高水长-2026")
    made = bare(*words, "--json")
    assert made.code == 0, made.err
    assert {"data", "database", "kit", "entities", "fields", "catalog_version"} <= set(made.json)
    assert (made.json["database"], made.json["kit"], made.json["entities"]) == ("sqlite", "general", 37)
    kits = bare("kit", "list", "--json").json
    assert made.json["fields"] == next(kit["fields"] for kit in kits["items"] if kit["kit"] == "general")
    assert "KEHU-" in made.err  # the recovery key, shown once
    again = bare(*words, "--json")
    assert (again.code, again.json["error"]["code"]) == (5, "ledger.exists")
    assert "已经有一本台账" in again.json["error"]["message"]


def test_exit_codes_and_errors_in_both_shapes(bare: Kehu, kehu: Kehu, tmp_path: Path) -> None:
    assert bare("frobnicate").code == 2
    assert bare("init", "--json").json["error"]["code"] == "usage"
    for words, told in (
        (("frobnicate",), "没有「frobnicate」这个命令，可以是 init"),
        (("kit", "bake"), "没有「bake」这个命令，可以是 apply, diff, list, show"),
        (("query",), "缺 ENTITY\n"),
        (("query", "customer", "--shape", "x"), "没有 --shape 这个选项\n"),
        (("query", "customer", "--limit"), "--limit 后面要写一个值\n"),
        (("set", "customer", "一", "a=b"), "ID 要写 1 或更大的整数\n"),
        (
            ("import", "a.csv", "--entity", "customer", "--on-match", "merge"),
            "--on-match 只能是 update, skip, create\n",
        ),
        (("undo", "1", "2"), "写多了，最后几个词不知道是什么\n"),
        (
            ("import", tmp_path / "没有.csv", "--entity", "customer"),
            f"打不开文件 {tmp_path / '没有.csv'}：没有这个文件或文件夹\n",
        ),
    ):
        assert told in kehu(*words).err, words
    nowhere = bare("--data", tmp_path / "nothing", "query", "customer", "--json")
    assert nowhere.code in (0, 3)  # on PostgreSQL the ledger is in the database
    missing = kehu("query", "nothing")
    assert (missing.code, missing.out) == (3, "")
    assert missing.err == "没有「nothing」这种对象\n"
    bad = kehu("create", "customer", "name=林晓岚", "colour=red", "--json")
    assert (bad.code, bad.json["error"]["details"][0]["field"]) == (3, "colour")
    assert kehu("create", "customer", "name").code == 3
    assert kehu("--as", "没有这个人", "query", "customer").code == 3
    assert kehu("query", "customer", "--where", "{").code == 3
    english = kehu("--lang", "en", "query", "nothing")
    assert "nothing" in english.err
    assert english.err.isascii() or "“" in english.err


def test_an_unreachable_database_is_seven(bare: Kehu, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KEHU_DATA", str(tmp_path))
    monkeypatch.setenv("KEHU_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    ran = bare("query", "customer", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (7, "database.unreachable")


def test_a_bug_is_a_report_and_no_traceback(kehu: Kehu, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("客户 13900001111")

    monkeypatch.setattr("kehu.core.records.read.query", broken)
    ran = kehu("query", "customer", "--json")
    assert ran.code == 1
    assert ran.json["error"]["code"] == "bug"
    assert ran.json["error"]["details"][0]["report"] in ran.json["error"]["message"]
    assert "Traceback" not in ran.err
    assert "13900001111" not in ran.err


def test_one_record_through_its_life(kehu: Kehu) -> None:
    made = kehu("create", "customer", *PERSON, "--json").json
    assert set(made) == {"changeset", "id", "revision"}
    id = made["id"]
    changed = kehu("set", "customer", id, "remark=常客", "--json").json
    assert changed["revision"] > made["revision"]
    found = kehu("query", "customer", "--select", "name,remark", "--sort", "-name", "--count", "--json").json
    assert found["columns"] == ["id", "revision", "name", "remark"]
    assert found["rows"] == [[id, changed["revision"], "林晓岚", "常客"]]
    assert found["count"] == {"value": 1, "exact": True}
    assert kehu("aggregate", "customer", "--group", "kind", "--json").json["rows"] == [["person", 1]]
    items = kehu("history", "customer", id, "--json").json["items"]
    assert [one["changeset"] for one in items] == [changed["changeset"], made["changeset"]]
    assert items[0]["actor"].startswith("command line (")
    gone = kehu("delete", "customer", id, "--json").json
    told = kehu("changesets", "--limit", "3", "--json").json["items"]
    assert [one["origin"] for one in told] == ["command_line"] * 3
    undone = kehu("undo", gone["changeset"], "--json")
    assert (undone.code, undone.json["restored"], undone.json["conflicts"]) == (0, 1, [])
    assert kehu("query", "customer", "--select", "remark", "--json").json["rows"][0][2] == "常客"
    assert kehu("changesets", "--limit", "2", "--json").json["items"][0]["undoes"] == gone["changeset"]


def test_undo_with_a_conflict_undoes_the_rest_and_says_five(kehu: Kehu) -> None:
    id = kehu("create", "customer", *PERSON, "--json").json["id"]
    first = kehu("set", "customer", id, "remark=甲", "name=林小岚", "--json").json["changeset"]
    kehu("set", "customer", id, "remark=乙")
    rehearsed = kehu("undo", first, "--dry-run", "--json")
    assert rehearsed.json["changeset"] is None
    ran = kehu("undo", first, "--json")
    assert ran.code == 5
    assert [(one["id"], one["field"]) for one in ran.json["conflicts"]] == [(id, "remark")]
    assert kehu("query", "customer", "--select", "name,remark", "--json").json["rows"][0][2:] == ["林晓岚", "乙"]
    part = ("--record", f"customer:{id}", "--field", "remark", "--take-back")
    assert kehu("undo", first, *part, "--json").code == 0
    assert kehu("query", "customer", "--select", "remark", "--json").json["rows"][0][2] is None


# SQLite has one writer at a time: nobody can lock another out.
@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_a_command_that_the_database_rolled_back_in_a_deadlock_is_done_again(
    kehu: Kehu, ledger_settings: Settings
) -> None:
    first = kehu("create", "customer", *PERSON, "--json").json["id"]
    second = kehu("create", "customer", "name=周以宁", "kind=person", "mobile=13900002222", "--json").json["id"]
    lock = "select id from customer where id = %s for update"
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    address = str(ledger_settings.database_url).replace("postgresql+psycopg", "postgresql")
    other: list[int] = []
    with psycopg.connect(address, autocommit=True) as setting:
        # The command looks for a deadlock after 3 s, the other one later: the database gives the command up.
        setting.execute(f"alter database \"{setting.info.dbname}\" set deadlock_timeout = '3s'")

    def meet() -> None:
        """Hold the second record, wait until the command holds the first and waits for it, then want the first."""
        with psycopg.connect(address) as mine, psycopg.connect(address, autocommit=True) as watch:
            mine.execute("set deadlock_timeout = '60s'")
            mine.execute(lock, (second,))
            held.set()
            until = time.monotonic() + 20
            while watch.execute(waiting).fetchall()[0][0] == 0 and time.monotonic() < until:
                time.sleep(0.01)
            other.append(mine.execute(lock, (first,)).rowcount)

    held = threading.Event()
    thread = threading.Thread(target=meet)
    thread.start()
    held.wait(20)
    ran = kehu("delete", "customer", first, second, "--json")
    thread.join(30)
    assert other == [1], "the other transaction has got its lock"
    assert ran.code == 0, ran.err
    assert kehu("query", "customer", "--select", "name", "--json").json["rows"] == []
    assert len(kehu("changesets", "--json").json["items"]) >= 3


def test_people_act_under_their_own_rights(kehu: Kehu) -> None:
    assert kehu("user", "add", "周以宁", "--role", "sales", "--json").json["role"] == "sales"
    assert kehu("user", "add", "周以宁", "--role", "sales").code == 5
    kehu("create", "customer", *PERSON)
    kehu("--as", "周以宁", "create", "customer", "name=张伟", "kind=person", "mobile=13900002222")
    own = kehu("--as", "周以宁", "query", "customer", "--select", "name", "--json").json["rows"]
    assert [row[2] for row in own] == ["张伟"]
    assert kehu("--as", "周以宁", "verify").code == 4
    assert kehu("--as", "周以宁", "user", "list").code == 4
    token = kehu("token", "add", "--user", "周以宁", "--days", "3", "--json").json
    assert token["token"].startswith("kehu_")
    assert kehu("user", "passwd", "周以宁", "--password", "海阔天空-2027", "--json").code == 0
    held = kehu("token", "list", "--user", "周以宁", "--json").json["items"]
    assert len(held) == 1
    assert token["token"] not in str(held)
    assert kehu("--as", "周以宁", "token", "end", held[0]["id"], "--user", ADMIN).code == 4
    assert kehu("token", "end", held[0]["id"], "--user", ADMIN).code == 3, "another's token is none of his"
    assert kehu("token", "end", held[0]["id"], "--user", "周以宁").code == 0
    assert kehu("token", "list", "--user", "周以宁", "--json").json["items"] == []
    assert kehu("user", "disable", "周以宁", "--json").json["state"] == "disabled"
    assert kehu("--as", "周以宁", "query", "customer").code == 4
    assert kehu("user", "enable", "周以宁", "--json").json["state"] == "active"
    assert kehu("--as", "周以宁", "user", "role", "周以宁", "admin").code == 4
    assert kehu("user", "role", "周以宁", "boss").code == 3
    assert kehu("user", "role", ADMIN, "sales").code == 5, "somebody must keep the ledger"
    assert kehu("user", "role", "周以宁", "manager", "--json").json == {"user": "周以宁", "role": "manager"}
    seen = kehu("--as", "周以宁", "query", "customer", "--select", "name", "--json").json["rows"]
    assert sorted(row[2] for row in seen) == ["张伟", "林晓岚"]
    assert [one["user"] for one in kehu("user", "list", "--json").json["items"]] == [ADMIN, "周以宁"]


def test_a_mapping_file_says_that_names_go_down(kehu: Kehu, tmp_path: Path) -> None:
    """One name of many is only offered to be filled down; on the command line a mapping file decides it."""
    file, said, kept = tmp_path / "客户.csv", tmp_path / "对应.json", tmp_path / "存下.json"
    rows = [[f"杭州第{n}面馆", f"陈老板{n}", f"138000{n:05d}"] for n in range(12)]
    rows[7][0] = ""
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([["客户名称", "联系人", "电话"], *rows])
    assert kehu("import", file, "--entity", "customer", "--dry-run", "--json").json["rejected"] == 1
    said.write_text(json.dumps({"客户名称": {"field": "name", "fill_down": True}}), encoding="utf-8")
    given = ("import", file, "--entity", "customer", "--map", said, "--dry-run", "--json", "--save-map", kept)
    assert kehu(*given).json["rejected"] == 0
    assert json.loads(kept.read_text(encoding="utf-8"))["客户名称"] == {"field": "name", "fill_down": True}
    said.write_text(json.dumps({"客户名称": {"field": "name", "fill_down": "是"}}), encoding="utf-8")
    assert kehu(*given).code != 0


def test_import_rehearses_then_applies_and_undo_takes_all_back(kehu: Kehu, tmp_path: Path) -> None:
    file = tmp_path / "客户.csv"
    rows = [f"客户{n},个人,1390000{n:04d}" for n in range(1, 31)]
    file.write_text("客户名称,客户类别,手机\n" + "\n".join(rows) + "\n坏电话,个人,139\n", encoding="gb18030")
    dry = kehu("import", file, "--entity", "customer", "--dry-run", "--json")
    assert dry.code == 0, dry.err
    assert (dry.json["changeset"], dry.json["read"], dry.json["created"]) == (None, 31, 31)
    assert kehu("query", "customer", "--select", "name", "--count", "--json").json["count"]["value"] == 0
    done = kehu("import", file, "--entity", "customer", "--json")
    assert done.code == 0, done.err
    told = done.json
    assert (told["read"], told["created"], told["updated"], told["rejected"]) == (31, 31, 0, 0)
    assert told["by_entity"]["customer"] == {"created": 31, "updated": 0}
    assert {"value.invalid"} <= {one["code"] for one in told["findings"]}
    book = Path(told["error_workbook"])
    assert book.name == "客户-没导进来的行.xlsx"
    book.write_bytes(b"half corrected")
    again = kehu("import", file, "--entity", "customer", "--json").json
    assert again["created"] == 0
    assert Path(again["error_workbook"]).name == "客户-没导进来的行-2.xlsx"
    assert book.read_bytes() == b"half corrected"
    kehu("undo", again["changeset"])
    undone = kehu("undo", told["changeset"], "--json")
    assert (undone.code, undone.json["deleted"]) == (0, 31)
    assert kehu("verify", "--json").json["ok"]


def test_a_file_that_holds_nothing_readable_is_three(kehu: Kehu, tmp_path: Path) -> None:
    file = tmp_path / "图片.xlsx"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    ran = kehu("import", file, "--entity", "customer", "--json")
    assert ran.code == 3
    assert ran.json["error"]["message"]
    assert kehu("import", tmp_path / "没有.xlsx", "--entity", "customer").code == 3


def test_export_writes_what_was_asked(kehu: Kehu, tmp_path: Path) -> None:
    kehu("create", "customer", *PERSON)
    kehu("create", "customer", "name==SUM(A1)", "kind=person", "mobile=13900002222")
    file = tmp_path / "out.csv"
    told = kehu("export", "customer", "--out", file, "--select", "name,mobile", "--json").json
    assert (told["file"], told["rows"], told["columns"]) == (str(file), 2, 2)
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    assert rows[0] == ["客户名称", "手机"]
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert kehu("export", "customer", "--out", tmp_path / "out.doc").code == 3
    assert kehu("export", "customer", "--out", file, "--view", "没有").code == 3
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".out")] == []


def test_fields_come_and_go(kehu: Kehu) -> None:
    words = ("field", "add", "customer", "shoe_size", "--type", "integer", "--label", "鞋码|Shoe size")
    before = kehu("catalog", "--json").json["version"]
    assert kehu(*words, "--dry-run", "--json").json["changeset"] is None
    made = kehu(*words, "--json").json
    assert made["catalog_version"] == before + 1
    kehu("create", "customer", *PERSON, "shoe_size=42")
    entity = next(one for one in kehu("catalog", "--json").json["entities"] if one["key"] == "customer")
    assert next(one for one in entity["fields"] if one["key"] == "shoe_size")["label"]["zh-CN"] == "鞋码"
    assert kehu("field", "drop", "customer", "shoe_size", "--json").code == 0
    assert kehu("query", "customer", "--select", "shoe_size").code == 3
    assert kehu("field", "change", "customer", "name").code == 2


def test_a_file_that_is_no_workbook_is_no_trouble_of_the_ledger(kehu: Kehu, tmp_path: Path) -> None:
    note = tmp_path / "便条.csv"
    note.write_text("今天没有表\n", encoding="utf-8")
    assert kehu("import", note, "--entity", "customer").code == 3
    assert "doctor.jobs_failed" not in {one["code"] for one in kehu("doctor", "--json").json["findings"]}
    nowhere = tmp_path / "没有" / "客户.xlsx"
    assert kehu("export", "customer", "--out", nowhere).err == f"写不了 {nowhere}：没有这个文件或文件夹\n"


def test_doctor_verify_kits_and_openapi(kehu: Kehu) -> None:
    told = kehu("doctor", "--json").json
    assert {"ok", "findings", "settings", "versions"} == set(told)
    assert told["versions"]["kehu"]
    assert told["versions"][told["settings"]["database"]]
    assert all(one["message"] and one["level"] in ("error", "warning", "info") for one in told["findings"])
    # What is told and what to do about it are two sentences, each language with its own stop.
    advised = [(one["message"], one["advice"]) for one in told["findings"] if one["advice"]]
    assert all(f"{message}。{advice}" in kehu("doctor").out for message, advice in advised[:1])
    assert "。" not in kehu("--lang", "en", "doctor").out
    checks = {one["name"] for one in kehu("verify", "--json").json["checks"]}
    wanted = {"relations", "changeset_chain", "record_history", "rollups", "formulas", "search_index"}
    assert wanted | {"catalog_columns", "counters"} <= checks
    assert "general" in [one["kit"] for one in kehu("kit", "list", "--json").json["items"]]
    assert kehu("kit", "show", "nothing").code == 3
    assert "cafe：咖啡店。" in kehu("kit", "list").out
    assert "客户的字段：常点饮品、糖度、奶类" in kehu("kit", "show", "cafe").out
    assert "  视图：老样子、按时段、" in kehu("kit", "diff", "cafe").out
    assert "新增 0 种记录、6 个字段、4 个视图。这是试运行" in kehu("kit", "apply", "cafe", "--dry-run").out
    document = json.loads(kehu("openapi").out)
    assert document["openapi"].startswith("3.")
    assert "/api/v1/records/{entity}/query" in document["paths"]


def test_backup_and_restore_into_another_folder(
    kehu: Kehu, bare: Kehu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kehu("create", "customer", *PERSON)
    file = tmp_path / "备份.kehu"
    told = kehu("backup", file, "--json")
    assert told.code == 0, told.err
    assert told.json["records"] >= 1
    monkeypatch.delenv("KEHU_DATABASE_URL", raising=False)
    restored = bare("--data", tmp_path / "new", "restore", file, "--json")
    assert (restored.code, restored.json["verified"]) == (0, True), restored.err
    found = bare("--data", tmp_path / "new", "query", "customer", "--select", "name", "--json").json
    assert found["rows"][0][2] == "林晓岚"
    assert bare("--data", tmp_path / "new", "restore", file).code == 5
    cut = tmp_path / "cut.kehu"
    cut.write_bytes(file.read_bytes()[:-10])
    assert bare("--data", tmp_path / "third", "restore", cut).code == 3


def test_a_person_at_a_terminal_gets_tables_and_a_program_json(kehu: Kehu, monkeypatch: pytest.MonkeyPatch) -> None:
    kehu("create", "customer", "name=林晓岚", "kind=person", "mobile=13800000008", "opening_amount=12800")
    kehu("create", "customer", "name=Ada", "kind=person", "mobile=13800000009", "opening_amount=5.5")
    asked = ("query", "customer", "--select", "name,kind,total_amount", "--sort", "-total_amount", "--count")
    assert isinstance(json.loads(kehu(*asked).out), dict), "into a pipe goes JSON, as ever"
    monkeypatch.setattr(Shell, "on_terminal", property(lambda self: not self.json))
    head, rule, first, second, *rest = kehu(*asked).out.splitlines()
    assert head.split() == ["记录编号", "客户名称", "客户性质", "累计合作金额"]
    assert set(rule) == {"-", " "}
    assert first.split()[1:] == ["林晓岚", "个人", "12,800.00"]
    assert second.split()[1:] == ["Ada", "个人", "5.50"]
    assert rest == ["共 2 条"]
    assert len({tables.width(line) for line in (head, first, second)}) == 1, "columns end at the same place"
    assert kehu("--json", *asked).json["count"]["value"] == 2

    measures = '[{"op":"count"},{"op":"sum","field":"total_amount"}]'
    lines = kehu("aggregate", "customer", "--group", "kind", "--measures", measures).out.splitlines()
    assert lines[0].split() == ["客户性质", "条数", "累计合作金额", "合计"]
    assert lines[2].split() == ["个人", "2", "12,805.50"]
    assert lines[3].split() == ["总计", "2", "12,805.50"]

    newest = kehu("changesets", "--limit", "1").out.splitlines()
    assert newest[0].split() == ["变更集", "时间", "谁", "做了什么", "记录数"]
    assert "command line" in newest[2]
    assert "--after" in newest[3]
