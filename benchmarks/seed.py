"""A ledger made up deterministically: customers with the skew of real ones, their contacts, follow-ups and orders; and
a workbook of further customers.

Loaded through the write door in large portions, so that history and codes are those of a real ledger. Only an empty
ledger may be loaded like this: without indexes, and with everything derived made at the end.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
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
from kehu.core.context import Actor, Ctx
from kehu.core.derived.service import recompute_all
from kehu.core.records.mirrors import put_mirror
from kehu.core.records.write import insert_values
from kehu.core.search.index import rebuild
from kehu.runtime import Runtime

SEED = 20260305
PORTION = 5_000
DAYS = 30  # how long the tokens of a ledger that is kept can be used
CLERKS = 20
SMALL_CLERKS = {"sales_40": 18, "sales_400": 19}  # places among the clerks; "sales" has about a fiftieth of all
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
CONTENTS = (
    "电话沟通报价，客户要比较三家",
    "上门拜访，谈了明年的年框合同",
    "微信回访，货已收到，包装完好",
    "没有接通，明天再打",
)
REGIONS = ("310115", "110105", "440106", "440305", "330106", "320508", "510107", "420111", None)
PRODUCTS = ("办公椅", "打印纸", "硒鼓", "文件柜", "会议桌", "笔记本", "订书机", "显示器")
FIRST_DAY, DAYS = date(2023, 1, 1), 1_150
LOADED = ("customer", "contact", "interaction", "order", "order_line")
INDUSTRIES = ("retail",) * 3 + ("manufacturing",) * 2 + ("business_services", "hospitality", "other")


def company(rng: random.Random) -> str:
    """A name such as 上海宏远恒通贸易有限公司; the commonest word is in an eighth of all names."""
    first, second = (WORDS[int(len(WORDS) * rng.random() ** 1.7)] for _ in range(2))
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
            "owner": _owner(number, rng, owners),
            "region": rng.choice(REGIONS),
            "tags": ("重点",) if rng.random() < 0.1 else None,
            "remark": "老客户介绍，月底回访" if rng.random() < 0.2 else None,
        }


def _owner(number: int, rng: random.Random, owners: list[int]) -> int | None:
    """Few clerks have most customers; two have one in 25,000 and one in 2,500; some customers have none."""
    if number % 25_000 == 7:
        return owners[SMALL_CLERKS["sales_40"]]
    if number % 2_500 == 11:
        return owners[SMALL_CLERKS["sales_400"]]
    usual = len(owners) - len(SMALL_CLERKS)
    return owners[min(int(rng.paretovariate(0.8)) - 1, usual - 1)] if rng.random() < 0.95 else None


def contacts(ids: range, rng: random.Random) -> Iterator[dict[str, Any]]:
    """One contact of each customer."""
    for id in ids:
        yield {
            "customer": id, "name": person(rng), "mobile": mobile(rng), "status": "employed", "is_primary": True,
            "position": rng.choice(("采购", "经理", "财务", None)),
        }  # fmt: skip


def interactions(ids: range, rng: random.Random, owners: list[int]) -> Iterator[dict[str, Any]]:
    """One follow-up with each customer."""
    for id in ids:
        day = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
        yield {
            "customer": id, "occurred_at": f"{day.isoformat()}T0{rng.randrange(10)}:30:00.000Z",
            "user": rng.choice(owners), "channel": rng.choice(("phone", "wechat", "visit")),
            "content": rng.choice(CONTENTS), "result": rng.choice(("effective_contact", "interested", "not_reached")),
        }  # fmt: skip


def orders(n: int, rows: int, rng: random.Random, owners: list[int]) -> Iterator[dict[str, Any]]:
    """`n` orders: customer 1 (散客) has a twentieth, a fifth of the customers four fifths of the rest."""
    fifth = max(1, rows // 5)
    for number in range(n):
        draw = rng.random()
        customer = 1 if draw < 0.05 else 1 + rng.randrange(fifth if draw < 0.81 else rows)
        day = FIRST_DAY + timedelta(days=min(DAYS - 1, int(DAYS * rng.random() ** 0.7)))
        yield {
            "code": f"{day:%Y%m%d}{number:07d}", "customer": customer, "owner": owners[customer % len(owners)],
            "ordered_on": f"{day.isoformat()}T0{rng.randrange(10)}:00:00.000Z",
            "status": rng.choice(("completed", "completed", "completed", "in_progress", "cancelled")),
            "channel": rng.choice(("store", "ecommerce", "phone")), "business_type": "product_sales",
            "invoice_status": "not_invoiced",
        }  # fmt: skip


def lines(ids: range, rng: random.Random) -> Iterator[dict[str, Any]]:
    """One line of each order."""
    for id in ids:
        yield {"order": id, "description": rng.choice(PRODUCTS), "quantity": 1_000 * rng.randrange(1, 9),
               "unit_price": int(rng.paretovariate(1.1) * 3_000) % 10**8}  # fmt: skip


def make(runtime: Runtime, rows: int, n_orders: int | None = None) -> dict[str, str]:
    """Fill a ledger; return tokens by user name ("admin", and clerks with about 40, 400 and 40,000 of a million).

    Records go through the write door, with history and digests, into tables without indexes; what is derived from them
    (roll-ups, mirrors of lists, tokens) is then made for all at once.
    """
    n_orders = rows if n_orders is None else n_orders
    rng = random.Random(SEED + 3)
    with runtime.write(SYSTEM) as ctx:
        people = [add_account(ctx, f"销售{number:02d}", ["sales"], password=None) for number in range(CLERKS)]
        boss = add_account(ctx, "bench", ["admin"], password=None)
        tokens = {"admin": add_token(ctx, boss, days=DAYS)[0], "sales": add_token(ctx, people[5], days=DAYS)[0]}
        for name, place in SMALL_CLERKS.items():
            tokens[name] = add_token(ctx, people[place], days=DAYS)[0]
        found = [index for key in LOADED for index, state in declared(ctx.tx, key) if state == "ready"]
        for index in found:
            drop_index(ctx.tx, index.name)
        for key in LOADED:
            runtime.dialect.drop_search(ctx.tx, ctx.tables[key].search)
    loading, owners = _Loading(runtime, boss.id), [one.id for one in people]
    made = loading.load("customer", rows, values(rows, owners=owners))
    loading.load("contact", rows, contacts(made, rng))
    loading.load("interaction", rows, interactions(made, rng, owners))
    ordered = loading.load("order", n_orders, orders(n_orders, rows, rng, owners))
    loading.load("order_line", n_orders, lines(ordered, rng))
    with runtime.write(SYSTEM, bulk=True) as ctx:
        for index in found:
            create_index(ctx.tx, index)
    _analyze(runtime)  # roll-ups read by these indexes
    with runtime.write(SYSTEM, bulk=True) as ctx:
        recompute_all(ctx)
        for key in LOADED:
            _mirror(ctx, key)
            runtime.dialect.create_search(ctx.tx, ctx.tables[key].search)
            rebuild(ctx, key)
    _analyze(runtime)
    return tokens


class _Loading:
    """Loads records of one change-set, portion by portion, leaving out what observers would do with each."""

    def __init__(self, runtime: Runtime, boss: int) -> None:
        self._runtime, self._boss = runtime, boss
        self._changeset: int | None = None

    def load(self, entity: str, n: int, stream: Iterator[dict[str, Any]]) -> range:
        """Insert `n` records; return their ids, which follow each other in a new ledger."""
        ids: list[int] = []
        while len(ids) < n:
            portion = list(islice(stream, PORTION))
            with self._runtime.write(lambda connection: actor_of(connection, self._boss), bulk=True) as ctx:
                ctx.memo[door.OBSERVERS] = ()
                writing = door.begin(ctx, Title(text="Benchmark"), origin="setup", changeset=self._changeset)
                self._changeset = writing.changeset
                ids += insert_values(ctx, ctx.catalog.entities[entity], portion)
        return range(ids[0], ids[-1] + 1) if ids else range(0)


def _mirror(ctx: Ctx, entity: str) -> None:
    tables = ctx.tables[entity]
    ids = ctx.tx.execute(sa.select(tables.table.c.id)).scalars().all() if tables.lists else []
    for key in tables.lists:
        for start in range(0, len(ids), PORTION):
            put_mirror(ctx, tables, key, ids[start : start + PORTION])


def _analyze(runtime: Runtime) -> None:
    """Statistics, and on PostgreSQL what autovacuum does within minutes of a load: indexes then answer alone."""
    vacuum = "vacuum " if runtime.settings.database == "postgres" else ""
    with runtime.dialect.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text(f"{vacuum}analyze"))


TITLES = (
    "客户名称", "客户性质", "所属行业", "手机", "邮箱", "微信", "办公电话", "简称", "主营业务", "法定代表人",
    "信用额度(元)", "期初金额(元)", "开户行", "开票抬头", "方便联系时间", "备注",
)  # fmt: skip
FURTHER = {
    "企业规模": ("微型", "小型", "中型", "大型"),
    "客户来源": ("门店到访", "转介绍", "电话", "官网"),
    "网址": ("https://www.example.cn/",),
    "社交媒体账号": ("抖音", "小红书", "微博"),
    "紧急联系人": ("王芳", "李强", "张敏", "陈伟"),
    "紧急联系人电话": ("010-66661111", "0571-88882222"),
    "渠道角色": ("终端客户", "经销商", "中介", "合作伙伴"),
    "生命周期": ("潜在", "成交"),
    "消费能力": ("高", "中", "低"),
    "购买意向": ("高", "中", "低", "暂无"),
    "需求类型": ("基本功能", "定制化服务", "其他"),
    "标签": ("重点客户", "高频合作", "转介绍达人、关注售后"),
    "业务需求": ("每月补一次货，价格要提前一周谈好", "新店开业前要全套设备和安装"),
    "业务类型": ("产品销售", "服务提供", "产品销售、服务提供"),
    "合作起始时间": ("2019-03-05", "2021年11月2日", "2023.6.18"),
    "支付习惯": ("现款现货", "预付款", "月结", "分期"),
    "账期(天)": (30, 45, 60, 90),
    "期初购买次数": (0, 1, 3, 12),
    "沟通方式偏好": ("电话", "微信", "电话、邮件"),
    "服务需求偏好": ("上门服务", "定期巡检", "快速交付"),
    "关注重点": ("价格", "交期", "产品质量、售后服务"),
    "购买频率": ("每周", "每月", "每季度"),
    "购买习惯": ("先问同行再下单，喜欢看样品", "月底集中采购，付款干脆"),
    "特殊要求": ("送货须提前电话，周末不收", "发票随货，抬头不要简称"),
}
"""24 more columns of a workbook, and what may stand in them."""
WORKBOOK_INDUSTRIES = ("批发零售", "制造业", "商务服务", "住宿餐饮", "其他")


def workbook(path: Path, rows: int, *, wide: bool = False) -> int:
    """Write a workbook of `rows` further customers × 16 columns, or 40 of them; return the number of columns."""
    further = FURTHER if wide else {}
    rng = random.Random(SEED + 1)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_urls": False})
    sheet = book.add_worksheet("客户")
    sheet.write_row(0, 0, (*TITLES, *further))
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
                *(rng.choice(texts) for texts in further.values()),
            ),
        )  # fmt: skip
    book.close()
    return len(TITLES) + len(further)
