"""Customers made up deterministically: Chinese names with the skew of real ones, and a workbook of further ones.

Loaded through the write door in large portions, so that history, codes, roll-ups and tokens are those of a real
ledger; the indexes of the empty table are dropped before and built afterwards.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import xlsxwriter

from kehu.base.db.ddl import create_index, drop_index
from kehu.core.accounts.service import actor_of, add_account
from kehu.core.accounts.tokens import add_token
from kehu.core.catalog.indexes import declared
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Title
from kehu.core.context import Actor
from kehu.core.records.write import insert_values
from kehu.runtime import Runtime

SEED = 20260305
PORTION = 5_000
CLERKS = 20
SYSTEM = Actor("system", None, "bench")

CITIES = (
    "上海",
    "北京",
    "广州",
    "深圳",
    "杭州",
    "苏州",
    "成都",
    "武汉",
    "南京",
    "重庆",
    "西安",
    "长沙",
    "青岛",
    "宁波",
)
WORDS = (
    "宏远 恒通 华信 金鼎 瑞丰 鑫达 天成 永盛 百川 东方 博雅 海纳 中联 兴业 安泰 佳禾 万隆 利民 德胜 广源 "
    "嘉豪 泰和 祥云 盛世 新锐 科创 优品 乐活 康健 绿源 明辉 启航 星辰 锦绣 龙腾 凤凰 长城 昆仑 泰山 黄河"
).split()
LINES = ("贸易", "科技", "实业", "餐饮", "服饰", "建材", "物流", "电子", "食品", "文化传媒", "医疗器械", "机械设备")
FORMS = ("有限公司",) * 8 + ("股份有限公司", "商行", "经营部", "工作室")
SURNAMES = (
    "王王王李李李张张张刘刘陈陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘"
    "杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文单仇"
)
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红雨桐子轩浩然梓涵欣怡思远嘉宁晨曦文博建国志强淑珍"
INDUSTRIES = ("retail",) * 3 + ("manufacturing",) * 2 + ("business_services", "hospitality", "other")


def company(rng: random.Random) -> str:
    """A name such as 上海宏远恒通贸易有限公司; common words are far more common than others."""
    first, second = (WORDS[min(int(rng.paretovariate(0.7)) - 1, len(WORDS) - 1)] for _ in range(2))
    return rng.choice(CITIES) + first + (second if second != first else "") + rng.choice(LINES) + rng.choice(FORMS)


def person(rng: random.Random) -> str:
    """A personal name."""
    return rng.choice(SURNAMES) + "".join(rng.choice(GIVEN) for _ in range(rng.choice((1, 2, 2, 2))))


def mobile(rng: random.Random) -> str:
    """A mobile number."""
    return rng.choice(("138", "139", "136", "158", "186", "133", "177")) + f"{rng.randrange(10**8):08d}"


def values(n: int, *, owners: list[int]) -> Iterator[dict[str, Any]]:
    """Values of `n` customers, as parsed: money in fen."""
    rng = random.Random(SEED)
    for number in range(n):
        firm = rng.random() < 0.6
        yield {
            "name": f"{company(rng)}" if firm else person(rng),
            "kind": "enterprise" if firm else "person",
            "industry": rng.choice(INDUSTRIES) if firm else None,
            "mobile": mobile(rng),
            "email": f"kh{number}@example.cn" if rng.random() < 0.4 else None,
            "wechat": f"wx_{rng.randrange(10**7)}" if rng.random() < 0.5 else None,
            "opening_amount": int(rng.paretovariate(0.9) * 10_000) % 10**10,
            "credit_limit": rng.randrange(0, 500) * 100_000 if firm else None,
            "owner": owners[min(int(rng.paretovariate(0.8)) - 1, len(owners) - 1)] if rng.random() < 0.95 else None,
            "tags": ("重点",) if rng.random() < 0.1 else None,
            "remark": "老客户介绍，月底回访" if rng.random() < 0.2 else None,
        }


def make(runtime: Runtime, rows: int) -> dict[str, str]:
    """Fill a ledger; return tokens by user name ("admin", "sales")."""
    tokens: dict[str, str] = {}
    with runtime.write(SYSTEM) as ctx:
        people = [add_account(ctx, f"销售{number:02d}", ["sales"], password=None) for number in range(CLERKS)]
        boss = add_account(ctx, "bench", ["admin"], password=None)
        tokens["admin"] = add_token(ctx, boss, days=1)[0]
        tokens["sales"] = add_token(ctx, people[5], days=1)[0]
        found = [index for index, state in declared(ctx.tx, "customer") if state == "ready"]
        for index in found:
            drop_index(ctx.tx, index.name)
    stream = values(rows, owners=[one.id for one in people])
    changeset: int | None = None
    done = 0
    while done < rows:
        portion = [next(stream) for _ in range(min(PORTION, rows - done))]
        with runtime.write(lambda connection: actor_of(connection, boss.id), bulk=True) as ctx:
            title = Title(text="Benchmark")
            writing = door.begin(ctx, title, origin="setup", changeset=changeset)
            changeset = writing.changeset
            insert_values(ctx, ctx.catalog.entities["customer"], portion)
        done += len(portion)
    with runtime.write(SYSTEM, bulk=True) as ctx:
        for index in found:
            create_index(ctx.tx, index)
    with runtime.dialect.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("analyze"))
    return tokens


TITLES = (
    "客户名称", "客户性质", "所属行业", "手机", "邮箱", "微信", "办公电话", "简称", "主营业务", "法定代表人",
    "信用额度(元)", "期初金额(元)", "开户行", "开票抬头", "方便联系时间", "备注",
)  # fmt: skip
WORKBOOK_INDUSTRIES = ("批发零售", "制造业", "商务服务", "住宿餐饮", "其他")


def workbook(path: Path, rows: int) -> int:
    """Write a workbook of `rows` further customers × 16 columns; return the number of columns."""
    rng = random.Random(SEED + 1)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("客户")
    sheet.write_row(0, 0, TITLES)
    for number in range(rows):
        name = f"{company(rng)}{number}店"
        sheet.write_row(
            number + 1,
            0,
            (
                name, "企业", rng.choice(WORKBOOK_INDUSTRIES), mobile(rng), f"dr{number}@example.cn",
                f"wx_{number}", f"021-{rng.randrange(10**7, 10**8)}", name[2:6], rng.choice(LINES), person(rng),
                rng.randrange(500) * 1000, rng.randrange(10**6) / 100, "工商银行" + rng.choice(CITIES) + "分行", name,
                rng.choice(("上午", "下午", "晚上")), "展会上认识的，下月寄样品",
            ),
        )  # fmt: skip
    book.close()
    return len(TITLES)
