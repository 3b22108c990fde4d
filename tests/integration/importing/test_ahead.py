"""Large files are converted by a process of their own; what comes of it is what the server itself would have made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kehu.core.records import undo
from kehu.features.importing import ahead, convert, desk
from kehu.features.verification.service import verify
from kehu.runtime import Runtime
from tests.integration.importing.test_import import HEAD, ROWS, findings, run, write_csv
from tests.support.ledger_state import BOSS, content_of

MORE = [[f"杭州澜屿{n}号店", f"1390000{n:04d}", "", "", f"{n}.5", "重点、外贸", "展会上认识的"] for n in range(40)]

OTHERWISE = {"id", "created_at", "code"}


def held(runtime: Runtime) -> dict[str, list[dict[str, Any]]]:
    """What the ledger holds without what differs from import to import: ids, instants and numbers."""
    out = {}
    for entity, records in content_of(runtime).items():
        rows = [
            {k: v for k, v in r.items() if k not in ("id", "created_at", "code") and k[-3:] != "_id"}
            for r in records.values()
        ]
        out[entity] = sorted(rows, key=str)
    return out


def test_core_29_rows_converted_ahead_are_the_rows_that_the_server_converts(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv(tmp_path / "客户.csv", [*ROWS, *MORE])
    plainly = run(runtime, path, entity="customer")
    expected = held(runtime)
    with runtime.write(BOSS) as ctx:
        undo.undo(ctx, plainly["changeset"])

    monkeypatch.setattr(desk, "MANY_ROWS", 1)

    def nobody(*_: object) -> None:
        raise AssertionError("the server has converted cells itself")

    monkeypatch.setattr(convert.Converter, "rows", nobody)
    second = run(runtime, path, entity="customer")
    assert held(runtime) == expected
    assert findings(second) == findings(plainly)
    assert second["by_entity"] == plainly["by_entity"]
    with runtime.read(BOSS) as ctx:
        found = verify(ctx)
    assert found["ok"], [check for check in found["checks"] if check["faults"]]


def test_a_process_that_dies_costs_time_and_nothing_else(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MANY_ROWS", 1)
    start = ahead.Ahead.__init__

    def dying(self: ahead.Ahead, *given: Any) -> None:
        start(self, *given)
        self._process.kill()

    monkeypatch.setattr(ahead.Ahead, "__init__", dying)
    path = write_csv(tmp_path / "客户.csv", [*ROWS, *MORE])
    result = run(runtime, path, entity="customer")
    assert (result["read"], result["rejected"]) == (len(ROWS) + len(MORE), 1)


def test_rows_that_wait_for_their_application_lie_sealed(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MANY_ROWS", 1)
    rows = [["独一无二商贸", "13800009999", "", "", "", "", "canary-7f3a"]]
    run(runtime, write_csv(tmp_path / "客户.csv", rows, HEAD), entity="customer", dry=True)
    waiting = [file for file in (runtime.settings.data / "tmp").rglob("*") if file.is_file()]
    assert [file.name for file in waiting if file.name.startswith("rows")], "the rows are kept for the application"
    for file in waiting:
        assert b"canary-7f3a" not in file.read_bytes(), file.name
    runtime.close()
    assert [*(runtime.settings.data / "tmp").iterdir()] == []
