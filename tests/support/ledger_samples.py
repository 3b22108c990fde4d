"""A small ledger with something in every corner, made through the doors: for tests that must not lose anything."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.accounts.service import actor_of, require_account
from kehu.core.context import Actor
from kehu.core.files.service import save_file
from kehu.core.records import write
from kehu.runtime import Runtime

ID_NUMBER = "110105194912310021"


def admin(connection: sa.Connection) -> Actor:
    """The administrator of a test ledger."""
    return actor_of(connection, require_account(connection, "admin").id)


@dataclass(frozen=True)
class Filled:
    """Ids of two customers, and the change-set that deleted a third."""

    firm: int
    person: int
    deletion: int


def fill(runtime: Runtime) -> Filled:
    """Make customers with all that hangs on them, change some, delete one, keep a file."""
    with runtime.write(admin) as ctx:
        firm = write.create(
            ctx,
            "customer",
            {
                "name": "上海宏远贸易有限公司",
                "kind": "enterprise",
                "industry": "retail",
                "tags": ["重点", "华东"],
                "contacts": [{"name": "张伟", "mobile": "13800138000"}, {"name": "单雨桐", "email": "dan@hongyuan.cn"}],
                "addresses": [{"detail": "上海市浦东新区世纪大道100号"}],
            },
        ).ids[0]
    with runtime.write(admin) as ctx:
        person = write.create(
            ctx, "customer", {"name": "欧阳娜娜 😀", "kind": "person", "mobile": "13900139000", "id_number": ID_NUMBER}
        ).ids[0]
        gone = write.create(ctx, "customer", {"name": "要删的", "kind": "person", "mobile": "13700137000"}).ids[0]
    with runtime.write(admin) as ctx:
        product = write.create(ctx, "product", {"code": "LJ-001", "name": "明前龙井", "list_price": "268.00"}).ids[0]
        order = {
            "customer": firm,
            "ordered_on": "2026-03-05T10:00:00+08:00",
            "lines": [{"product": product, "quantity": "3"}],
        }
        write.create(ctx, "order", order)
        interaction = {
            "customer": firm,
            "occurred_at": "2026-03-05T11:00:00+08:00",
            "content": "谈了下季度的量，换行\n还有\t制表和 \\ 反斜杠",
            "result": "有意向",
        }
        write.create(ctx, "interaction", interaction)
    with runtime.write(admin) as ctx:
        write.update(ctx, "customer", firm, {"remark": "老客户", "tags": ["重点"]})
    with runtime.write(admin) as ctx:
        deletion = write.delete(ctx, "customer", [gone]).changeset
    with runtime.write(admin) as ctx:
        save_file(ctx, b"\x00\xff" * 70_000, name="客户台账.xlsx", kind="import")
        note = {"entity": "customer", "record": firm, "field": "birth_date", "text": "八月十五", "code": "date.invalid"}
        ctx.tx.execute(sa.insert(system.cell_note).values(**note))
    assert deletion is not None
    return Filled(firm, person, deletion)
