"""宏远物流有限公司（张师傅） and 李娜（妈妈）: who stands in brackets behind a name."""

from __future__ import annotations

from pathlib import Path

from kehu.core.records import write
from kehu.runtime import Runtime
from tests.integration.importing.test_beside import comes_in_once
from tests.integration.importing.test_import import findings, run
from tests.integration.importing.test_offices import rows_of
from tests.integration.importing.test_several_rows import told
from tests.support.ledger_state import BOSS
from tests.support.sheets import write_sheets

HEAD = ["客户名称", "电话", "备注"]
FIRM = "宏远物流有限公司"


def test_people_in_brackets_are_contacts_of_one_firm(runtime: Runtime, tmp_path: Path) -> None:
    """Each made a firm of its own."""
    grid = [
        HEAD,
        [FIRM, "13800000001", "月结"],
        [f"{FIRM}（张师傅）", "13800000002", "开大车"],
        [f"{FIRM}(王会计)", "13800000003", ""],
        ["杭州鸿图建材有限公司（李总）", "13800000004", ""],
        ["宏远（北京）贸易有限公司", "13800000005", ""],
        ["老周五金（个体）", "13800000006", ""],
        ["张记面馆（张伟）", "13800000007", ""],
    ]
    done = comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert rows_of(runtime, "customer", "name", "mobile", "remark") == [
        [FIRM, "13800000001", "月结\n开大车"],
        ["杭州鸿图建材有限公司", None, None],
        ["宏远（北京）贸易有限公司", "13800000005", None],
        ["老周五金（个体）", "13800000006", None],
        ["张记面馆（张伟）", "13800000007", None],
    ]
    assert rows_of(runtime, "contact", "customer.name", "name", "mobile") == [
        [FIRM, "张师傅", "13800000002"],
        [FIRM, "王会计", "13800000003"],
        ["杭州鸿图建材有限公司", "李总", "13800000004"],
    ]
    assert told(done, "name.parted")[0] == ("A3", f"{FIRM}（张师傅）", f"分成「{FIRM}」和「张师傅」")
    assert [cell for cell, _, _ in told(done, "name.aside")] == ["A8"]


def test_a_customer_of_the_ledger_with_brackets_stays_what_he_is(runtime: Runtime, tmp_path: Path) -> None:
    """Names that came in whole before are not parted by the next file."""
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD, [f"{FIRM}（张师傅）", "13800000002", "开大车"]]})
    run(runtime, path, entity="customer")
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", 1, {"name": f"{FIRM}（张师傅）", "mobile": "13800000002"})
    again = run(runtime, path, entity="customer")
    assert (again["created"], again["updated"], "name.parted" in findings(again)) == (0, 0, False)
    assert rows_of(runtime, "customer", "name", "mobile") == [[f"{FIRM}（张师傅）", "13800000002"]]


def test_a_phone_of_the_firm_stays_with_the_firm(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["客户名称", "公司电话"], [f"{FIRM}（张师傅）", "13800000002"]]
    comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert rows_of(runtime, "contact", "name", "mobile") == [["张师傅", None]]


def test_kin_in_brackets_is_the_position_of_the_contact(runtime: Runtime, tmp_path: Path) -> None:
    grid = [
        ["学员姓名", "家长", "家长电话", "备注"],
        ["周小伟", "周伟（爸爸）", "13800000002", ""],
        ["李一诺", "李娜(妈妈)", "13800000003", "怕黑"],
        ["陈晨（妈妈王芳）", "", "", ""],
        ["王强（外地）", "王建国", "13800000005", ""],
    ]
    comes_in_once(runtime, write_sheets(tmp_path / "学员.xlsx", {"学员": grid}))
    assert rows_of(runtime, "contact", "customer.name", "name", "position") == [
        ["周小伟", "周伟", "爸爸"],
        ["李一诺", "李娜", "妈妈"],
        ["陈晨", "王芳", "妈妈"],
        ["王强（外地）", "王建国", None],
    ]
    assert [row[0] for row in rows_of(runtime, "customer", "kind")] == ["person"] * 4


def test_a_person_with_kin_in_brackets_stays_and_is_told(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["姓名", "电话"], ["周伟（爸爸）", "13800000002"], ["李娜（妈妈）", "13800000003"]]
    done = comes_in_once(runtime, write_sheets(tmp_path / "名单.xlsx", {"名单": grid}))
    assert [row[0] for row in rows_of(runtime, "customer", "name")] == ["周伟（爸爸）", "李娜（妈妈）"]
    assert findings(done)["name.aside"] == 2
