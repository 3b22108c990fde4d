"""Rows that name records of their own file: who introduced somebody, the firm above a firm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kehu.base.errors import BadInput
from kehu.core.jobs import pace
from kehu.features.importing import jobs, service
from kehu.features.importing.loading import linking
from kehu.runtime import Runtime
from tests.integration.importing.test_beside import comes_in_once
from tests.integration.importing.test_import import findings, run
from tests.integration.importing.test_offices import rows_of
from tests.support.ledger_state import BOSS
from tests.support.sheets import write_sheets

GRID = [
    ["客户名称", "电话", "介绍人", "上级单位"],
    ["王芳", "13800000001", "李娜", ""],
    ["李娜", "13800000002", "", ""],
    ["宏远物流有限公司杭州分公司", "13800000003", "周先生", "宏远物流有限公司"],
    ["宏远物流有限公司（张师傅）", "13800000004", "王芳", ""],
]
LINKED = [
    ["王芳", "李娜", None],
    ["李娜", None, None],
    ["宏远物流有限公司杭州分公司", None, "宏远物流有限公司"],
    ["宏远物流有限公司", "王芳", None],
]


def linked(runtime: Runtime) -> list[list[Any]]:
    return rows_of(runtime, "customer", "name", "referrer.name", "parent_customer.name")


@pytest.mark.parametrize("apart", [False, True])
def test_a_customer_is_linked_to_those_that_the_file_brings_above_or_below(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, apart: bool
) -> None:
    """They were told as unknown, and linked only when the same file came a second time."""
    if apart:
        for name in ("FIRST", "FEWEST", "MOST"):
            monkeypatch.setattr(pace, name, 1)
        monkeypatch.setattr(linking, "PORTION", 1)
    done = comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": GRID}))
    assert linked(runtime) == LINKED
    (told,) = [one for one in done["findings"] if one["code"] == "relation.unmatched"]
    assert [(one["cell"], one["text"]) for one in told["examples"]] == [("C4", "周先生")]


def test_the_rehearsal_calls_only_those_unknown_that_the_file_does_not_bring(runtime: Runtime, tmp_path: Path) -> None:
    dry = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": GRID}), entity="customer", dry=True)
    assert findings(dry)["relation.unmatched"] == 1


@pytest.mark.parametrize("existing", ["overwrite", "keep"])
def test_known_customers_are_linked_to_new_ones_as_people_decide(
    runtime: Runtime, tmp_path: Path, existing: str
) -> None:
    first = [GRID[0], ["周伟", "13800000009", "", ""], ["王芳", "13800000001", "周伟", ""]]
    first.append(["林晓岚", "13800000008", "", ""])
    run(runtime, write_sheets(tmp_path / "a.xlsx", {"客户": first}), entity="customer")
    assert linked(runtime) == [["周伟", None, None], ["王芳", "周伟", None], ["林晓岚", None, None]]
    grid = [GRID[0], [*GRID[1]], ["林晓岚", "13800000008", "李娜", ""], GRID[2]]
    path = write_sheets(tmp_path / "b.xlsx", {"客户": grid})
    dry = run(runtime, path, entity="customer", dry=True, existing={"介绍人": existing})
    takes = existing == "overwrite"
    with runtime.read(BOSS) as ctx:
        (one,) = service.conflicts_page(ctx, dry["id"])["items"]
    assert (one["cell"], one["ours"]["label"], one["theirs"]) == ("C2", "周伟", {"id": None, "label": "李娜"})
    assert one["outcome"] == ("take" if takes else "keep")
    done = comes_in_once(runtime, path, existing={"介绍人": existing})
    assert linked(runtime) == [
        ["周伟", None, None],
        ["王芳", "李娜" if takes else "周伟", None],
        ["林晓岚", "李娜", None],
        ["李娜", None, None],
    ]
    assert findings(done)["conflict.take" if takes else "conflict.keep"] == 1
    assert (done["rows"]["created"], done["rows"]["updated"]) == (1, 2 if takes else 1)
    assert done["error_workbook"] is None, "nothing is left to be mended"


def test_two_of_one_name_stay_unknown(runtime: Runtime, tmp_path: Path) -> None:
    grid = [
        GRID[0],
        ["王芳", "13800000001", "李娜", ""],
        ["李娜", "13800000002", "", ""],
        ["李娜", "13800000003", "", ""],
    ]
    done = comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert (linked(runtime)[0], findings(done)["relation.unmatched"]) == (["王芳", None, None], 1)
    assert done["error_workbook"] is not None


def test_an_import_that_failed_while_linking_goes_on_there(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "PORTION", 1)
    whole, calls = jobs.link, list[int]()

    def breaks(*args: Any) -> bool:
        calls.append(1)
        if len(calls) == 2:
            raise BadInput("value.invalid", field="x", value="y")
        return whole(*args)

    monkeypatch.setattr(jobs, "link", breaks)
    with runtime.write(BOSS) as ctx:
        id = service.create(
            ctx, write_sheets(tmp_path / "客户.xlsx", {"客户": GRID}).read_bytes(), "客户.xlsx", {"entity": "customer"}
        )
    runtime.runner().run_all()
    for state in ("failed", "applied"):
        with runtime.write(BOSS) as ctx:
            service.apply(ctx, id)
        runtime.runner().run_all()
        with runtime.read(BOSS) as ctx:
            assert service.status(ctx, id)["state"] == state
    assert linked(runtime) == LINKED
    assert len(calls) == 5, "each of three cells once, the second one twice, and nothing is left"
