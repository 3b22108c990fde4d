"""Which columns are of the second contact, which of another address: by headings and their order."""

from __future__ import annotations

import pytest

from kehu.features.importing.beside import role_of, side_by_side
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.reader.cells import column_letters
from kehu.features.importing.synonyms import normal_title, synonyms

WORDS = synonyms("customer") | {"联系人邮箱": "contacts.email", "联系人微信": "contacts.wechat"}


def meaning(title: str) -> str | None:
    return WORDS.get(normal_title(title)) or WORDS.get(normal_title(title.rpartition("/")[2]))


def columns(headings: str, *, given: int | None = None) -> list[ColumnMap]:
    found = []
    for n, title in enumerate(headings.split()):
        target = meaning(title)
        found.append(
            ColumnMap(
                n, column_letters(n), title, target, 0.95 if target else 0.0,
                "given" if n == given else "synonym" if target else "none",
            )
        )  # fmt: skip
    return found


def targets(headings: str, *, given: int | None = None) -> str:
    """The targets behind the firm's name, with the short names c for contacts and a for addresses."""
    titles = headings.split()
    found = side_by_side(columns(headings, given=given), titles, meaning, "")
    said = [str(one.target).replace("contacts", "c").replace("addresses", "a") for one in found[1:]]
    return " ".join(said).replace("None", "-")


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        ("客户名称 联系人1 电话1 联系人2 电话2", "c.name c.mobile c2.name c2.mobile"),
        ("客户名称 联系人 电话 联系人2 电话2", "c.name c.mobile c2.name c2.mobile"),
        ("客户名称 电话 联系人 联系人2 电话2", "c.mobile c.name c2.name c2.mobile"),
        ("客户名称 联系人一 职务一 手机一 联系人二 职务二 手机二",
         "c.name c.position c.mobile c2.name c2.position c2.mobile"),
        ("客户名称 联系人 联系人电话 第二联系人 第二联系人电话", "c.name c.mobile c2.name c2.mobile"),
        ("客户名称 联系人(一) 电话(一) 联系人（二） 电话（二） 联系人（三） 电话（三）",
         "c.name c.mobile c2.name c2.mobile c3.name c3.mobile"),
        ("客户名称 联系人1姓名 联系人1手机 联系人1邮箱 联系人2姓名 联系人2手机 联系人2邮箱",
         "c.name c.mobile c.email c2.name c2.mobile c2.email"),
        ("客户名称 联系人1 联系人2 电话1 电话2 邮箱1 邮箱2", "c.name c2.name c.mobile c2.mobile c.email c2.email"),
        ("客户名称 联系人1/姓名 联系人1/电话 联系人2/姓名 联系人2/电话", "c.name c.mobile c2.name c2.mobile"),
        ("客户名称 联系人 电话 邮箱 联系人 电话 邮箱", "c.name c.mobile c.email c2.name c2.mobile c2.email"),
        ("客户名称 联系人 职务 手机 电话 备用联系人 备用联系人电话",
         "c.name c.position c.mobile c.office_phone c2.name c2.mobile"),
        ("客户名称 电话 采购联系人 采购电话 财务联系人 财务电话 备注",
         "mobile c.name c.mobile c2.name c2.mobile remark"),
        ("学员姓名 父亲姓名 父亲电话 母亲姓名 母亲电话", "c.name c.mobile c2.name c2.mobile"),
        ("Company Contact Tel Email Contact2 Tel2 Email2", "c.name c.mobile c.email c2.name c2.mobile c2.email"),
        ("业主 业主电话 配偶 配偶电话", "mobile c.name c.mobile"),
        ("客户名称 电话 财务联系人 财务电话", "mobile c.name c.mobile"),
        ("客户名称 Address1 Address2", "a.detail -"),
        # Our own people and third ones are nobody's contacts.
        ("客户名称 联系人 电话 我方联系人", "c.name mobile -"),
        ("客户名称 联系人 电话 销售对接人 客服对接人", "c.name mobile - -"),
        ("客户名称 联系人 电话 推荐联系人 推荐电话 供应商联系人", "c.name mobile - - -"),
        ("客户名称 联系人1 电话1 联系人2 电话2 我方/联系人", "c.name c.mobile c2.name c2.mobile c.name"),
        # The phone of the firm stays with it.
        ("客户名称 电话 备用电话 采购联系人 采购电话 财务联系人 财务电话",
         "mobile office_phone c.name c.mobile c2.name c2.mobile"),
        ("客户名称 主要联系人 主要联系人电话 财务联系人 财务电话", "c.name c.mobile c2.name c2.mobile"),
        ("客户名称 电话 地址 收货地址 收货人 收货电话",
         "mobile a.detail a2.detail a2.recipient a2.recipient_phone"),
        # One contact: as ever.
        ("客户名称 联系人 电话1 电话2", "c.name mobile office_phone"),
        ("客户名称 联系人 电话 邮箱", "c.name mobile email"),
        ("客户名称 电话 紧急联系人 紧急联系人电话", "mobile emergency_contact_name emergency_contact_phone"),
        ("学员姓名 联系人 电话 紧急联系人 紧急联系人电话",
         "c.name mobile emergency_contact_name emergency_contact_phone"),
        # Behind the last contact stands what may be the firm's.
        ("客户名称 联系人1 电话1 联系人2 电话2 邮箱 备注", "c.name c.mobile c2.name c2.mobile email remark"),
        ("客户名称 收货地址 开票地址 公司地址", "a.detail a2.detail a3.detail"),
        ("客户名称 地址1 地址2 地址3", "a.detail a2.detail a3.detail"),
        ("客户名称 地址", "a.detail"),
        ("客户名称 电话 公司地址 收货人 收货电话 收货地址",
         "mobile a.detail a2.recipient a2.recipient_phone a2.detail"),
        ("收货人 收货电话 收货地址", "mobile a.detail"),
    ],
)  # fmt: skip
def test_headings_tell_whose_a_column_is(headings: str, expected: str) -> None:
    assert targets(headings) == expected


def test_what_people_have_said_of_a_column_stays() -> None:
    assert targets("客户名称 联系人1 电话1 联系人2 电话2", given=4).endswith("c2.name office_phone")
    assert targets("客户名称 公司地址 收货地址", given=2) == "a2.detail a.detail"


@pytest.mark.parametrize(
    ("title", "role"),
    [("财务联系人", "财务"), ("母亲姓名", "母亲"), ("联系人", None), ("第二联系人", None), ("主要联系人", None),
     ("备用联系人", None), ("对接人（财务）", "财务"), ("联系人（二）", None), ("手机、联系人", None),
     ("客户联系人", None), ("联系人2", None)],
)  # fmt: skip
def test_a_heading_says_what_somebody_does(title: str, role: str | None) -> None:
    assert role_of(title) == role
