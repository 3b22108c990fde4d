"""B2: a secret that was typed in comes out only for those who may read it and name it, and leaves no trace."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from kehu.base.db import system
from tests.security.test_edges import addresses
from tests.support.town import Town

ID_NUMBER, ACCOUNT = "110105197001010011", "6217000010023445"
CORE = (ID_NUMBER[4:-4], ACCOUNT[4:-4])  # what no mask shows
READERS = ("admin", "owner", "manager")
OTHERS = ("sales", "service", "finance", "auditor")


def _plant(town: Town) -> int:
    body = {"name": "张伟", "kind": "person", "mobile": "13912345678", "id_number": ID_NUMBER, "bank_account": ACCOUNT}
    made = town.ask("sales", "POST", "/records/customer", json=body)
    assert made.status_code == 201, made.text
    id: int = made.json()["id"]
    town.ids["planted"] = id
    changed = town.ask("sales", "PATCH", f"/records/customer/{id}", json={"id_number": "110108199404300011"})
    again = town.ask("sales", "PATCH", f"/records/customer/{id}", json={"id_number": ID_NUMBER})
    assert (changed.status_code, again.status_code) == (200, 200)
    for answer in (made, changed, again):
        assert not _holds(answer.text)
    return id


def _holds(text: str) -> bool:
    return any(core in text for core in CORE)


def _asked(town: Town, role: str, id: int) -> list[tuple[str, str]]:
    """Everything that could show it, and what it answered."""
    told: list[tuple[str, str]] = []

    def ask(method: str, path: str, **more: Any) -> Any:
        answer = town.ask(role, method, path, **more)
        assert answer.status_code < 500, answer.text
        told.append((f"{role} {method} {path} {more}", answer.text))
        return answer

    for method, path, _ in addresses():
        if method == "GET":
            ask(method, path.replace("/1", f"/{id}"))
    secret = ("id_number", "bank_account")
    for field in secret:
        for query in (
            {"select": [field]},
            {"select": ["name"], "where": {"field": field, "op": "eq", "value": ID_NUMBER[:-1] + "9"}},
            {"select": ["name"], "where": {"field": field, "op": "starts_with", "value": "1101"}},
            {"select": ["name"], "sort": [{"field": field}]},
        ):
            if role in READERS and "select" in query and field in query["select"]:
                continue
            ask("POST", "/records/customer/query", json=query)
        measures = [{"op": op, "field": field} for op in ("min", "max")]
        ask("POST", "/records/customer/aggregate", json={"group": [{"field": field}], "measures": measures})
    ask("POST", "/records/customer/query", json={"select": ["name"], "search": CORE[0]})
    ask("GET", f"/search?q={ID_NUMBER}")
    ask("POST", "/duplicates/customer", json={"name": "张伟", "mobile": "13912345678"})
    ask("PATCH", f"/records/customer/{id}", json={"id_number": "110108200401220011"}, headers={"If-Match": '"1"'})
    ask("PATCH", f"/records/customer/{id}", json={"id_number": "1"})
    ask("POST", "/records/customer/bulk", json={"ids": [id], "set": {"id_number": "x"}, "preview": True})
    export = ask("POST", "/exports", json={"entity": "customer", "format": "csv"})
    if export.status_code == 202:
        town.server.runner.run_all()
        ask("GET", f"/exports/{export.json()['id']}/file")
    for item in ask("GET", "/changesets?limit=100").json()["items"]:
        ask("GET", f"/changesets/{item['changeset']}")
        ask("POST", f"/changesets/{item['changeset']}/undo", json={"preview": True})
    return told


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_r84_nobody_gets_a_secret_who_may_not(town: Town) -> None:
    id = _plant(town)
    for role in OTHERS + READERS:  # readers too, as long as they do not name it
        for what, text in _asked(town, role, id):
            assert not _holds(text), what


def test_r84_readers_get_it_by_name_and_every_read_is_noted(town: Town) -> None:
    id = _plant(town)
    where = {"field": "id", "op": "eq", "value": id}
    for role in READERS:
        before = _reads(town)
        answer = town.ask(role, "POST", "/records/customer/query", json={"select": ["id_number"], "where": where})
        assert answer.json()["rows"][0][2] == ID_NUMBER
        noted = _reads(town)[len(before) :]
        assert [(n.actor, n.entity, n.record, n.field) for n in noted] == [(f"{role}者", "customer", id, "id_number")]
    masked = town.ask("sales", "POST", "/records/customer/query", json={"select": ["id_number"], "where": where})
    assert "•" in masked.json()["rows"][0][2]
    assert len(_reads(town)) == len(READERS)


def _reads(town: Town) -> list[Any]:
    with town.runtime.dialect.read() as connection:
        return list(connection.execute(sa.select(system.secret_read).order_by(system.secret_read.c.id)))


def test_r84_the_mask_tells_neither_length_nor_middle(town: Town) -> None:
    masks = set()
    for account in ("6217000010023445", "6222020200112233445", "62284800100200303445"):
        body = {"name": "李想", "kind": "person", "mobile": "13700137000", "bank_account": account}
        made = town.ask("sales", "POST", "/records/customer", json=body).json()["record"]
        masks.add(made["bank_account"])
    assert len(masks) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_r84_no_plain_secret_on_disk_or_in_the_log(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with caplog.at_level(logging.DEBUG):
        id = _plant(town)
        _asked(town, "sales", id)
        town.ask("admin", "POST", "/exports", json={"entity": "customer", "format": "csv", "select": ["id_number"]})
        town.server.runner.run_all()
        key = {"Idempotency-Key": "planted-again"}
        body = {"name": "王蕾", "kind": "person", "mobile": "13600136000", "id_number": ID_NUMBER}
        assert town.ask("sales", "POST", "/records/customer", json=body, headers=key).status_code == 201
    ours = [record for record in caplog.records if not record.name.startswith("http")]  # the test's own client logs too
    assert not _holds("\n".join(record.getMessage() for record in ours))
    looked = 0
    for folder in (town.runtime.settings.data, scratch):
        for file in folder.rglob("*"):
            if file.is_file():
                looked += 1
                raw = file.read_bytes()
                for core in (ID_NUMBER, ACCOUNT, *CORE):
                    assert core.encode() not in raw, file
                    assert core.encode("utf-16-le") not in raw, file
    assert looked >= 3


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_tokens_and_cookies_are_kept_as_digests(town: Town) -> None:
    """Whoever reads the database gets no key to it."""
    raw = b"".join(f.read_bytes() for f in town.runtime.settings.data.rglob("ledger.db*"))
    assert raw
    for token in town.tokens.values():
        assert token.encode() not in raw
    with town.runtime.dialect.read() as connection:
        stored = connection.execute(sa.select(system.token.c.hash)).scalars().all()
    assert not set(town.tokens.values()) & set(stored)
    assert orjson.dumps(list(town.tokens)).decode()
