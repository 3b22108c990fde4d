"""A ledger made up deterministically: customers with the skew of real ones, their contacts, follow-ups and orders; and
a workbook of further customers.

Loaded through the write door in large portions, so that history and codes are those of a real ledger. Only an empty
ledger may be loaded like this: without indexes, and with everything derived made at the end.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import xlsxwriter

from kehu.base.db.ddl import create_index, drop_index
from kehu.base.fields.base import Stored
from kehu.base.schema.model import Entity
from kehu.core.accounts.service import actor_of, add_account
from kehu.core.accounts.tokens import add_token
from kehu.core.catalog.indexes import declared
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Title
from kehu.core.context import Actor, Ctx
from kehu.core.derived.day import mark_day
from kehu.core.derived.first import first_values
from kehu.core.derived.service import portions, recompute_portion
from kehu.core.records.defaults import fill_defaults
from kehu.core.records.mirrors import put_mirror
from kehu.core.records.numbering import note
from kehu.core.records.values import store_rows
from kehu.core.records.write import insert_values
from kehu.core.search.index import rebuild_after
from kehu.runtime import Runtime

SEED = 20260305
PORTION = 5_000
TOGETHER = 20  # portions a transaction where nothing else wants to write
TOKEN_DAYS = 30  # how long the tokens of a ledger that is kept can be used
CLERKS = 20
SMALL_CLERKS = {"sales_40": 18, "sales_400": 19}  # places among the clerks; "sales" has about a fiftieth of all
SYSTEM = Actor("system", None, "bench")

WALK_IN = "散客"  # the first customer: whoever bought without leaving a name

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
CALENDAR = tuple((FIRST_DAY + timedelta(days=number)).isoformat() for number in range(DAYS))
LOADED = ("customer", "contact", "interaction", "order", "order_line")
INDUSTRIES = ("retail",) * 3 + ("manufacturing",) * 2 + ("business_services", "hospitality", "other")


Record = tuple[dict[str, Any], dict[str, Any]]
"""What many records have in common (one object for all of them), and what is this one's own."""


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


def values(n: int, *, owners: list[int]) -> Iterator[Record]:
    """Values of `n` customers, as parsed: money in fen."""
    rng = random.Random(SEED)
    for number in range(n):
        firm = rng.random() < 0.6 and number > 0
        yield (
            {},
            {
                "name": WALK_IN if number == 0 else company(rng) if firm else person(rng),
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
            },
        )


def _owner(number: int, rng: random.Random, owners: list[int]) -> int | None:
    """Few clerks have most customers; two have one in 25,000 and one in 2,500; some customers have none."""
    if number % 25_000 == 7:
        return owners[SMALL_CLERKS["sales_40"]]
    if number % 2_500 == 11:
        return owners[SMALL_CLERKS["sales_400"]]
    usual = len(owners) - len(SMALL_CLERKS)
    return owners[min(int(rng.paretovariate(0.8)) - 1, usual - 1)] if rng.random() < 0.95 else None


CONTACTS = tuple({"status": "employed", "position": position} for position in ("采购", "经理", "财务", None))
INTERACTIONS = tuple(
    {"channel": channel, "content": content, "result": result}
    for channel in ("phone", "wechat", "visit")
    for content in CONTENTS
    for result in ("effective_contact", "interested", "not_reached")
)
ORDERS = tuple(
    {"status": status, "channel": channel, "business_type": "product_sales", "invoice_status": "not_invoiced"}
    for status in ("completed", "completed", "completed", "in_progress", "cancelled")
    for channel in ("store", "ecommerce", "phone")
)
ITEMS = tuple(
    {"description": product, "quantity": 1_000 * quantity} for product in PRODUCTS for quantity in range(1, 9)
)


def _one(kinds: tuple[dict[str, Any], ...], rng: random.Random) -> dict[str, Any]:
    return kinds[int(len(kinds) * rng.random())]


def contacts(ids: range, rng: random.Random) -> Iterator[Record]:
    """The first contact of each customer, and as many further ones, most of them of the fifth that buys."""
    first = {"is_primary": True}
    firsts = tuple(kind | first for kind in CONTACTS)
    for number, id in enumerate(chain(ids, _further(ids, rng))):
        kinds = firsts if number < len(ids) else CONTACTS
        yield _one(kinds, rng), {"customer": id, "name": person(rng), "mobile": mobile(rng)}


def interactions(ids: range, rng: random.Random, owners: list[int]) -> Iterator[Record]:
    """A follow-up with each customer, and as many further ones, most of them with the fifth that buys."""
    for id in chain(ids, _further(ids, rng)):
        day, hour = CALENDAR[int(DAYS * rng.random())], int(10 * rng.random())
        own = {"customer": id, "occurred_at": f"{day}T0{hour}:30:00.000Z", "user": rng.choice(owners)}
        yield _one(INTERACTIONS, rng), own


def _further(ids: range, rng: random.Random) -> Iterator[int]:
    """As many customers again, a fifth of them four fifths of the times."""
    fifth = max(1, len(ids) // 5)
    for _ in ids:
        yield ids[int((fifth if rng.random() < 0.75 else len(ids)) * rng.random())]


def orders(n: int, rows: int, rng: random.Random, owners: list[int]) -> Iterator[Record]:
    """`n` orders: customer 1 (散客) has a twentieth, he and a fifth of the customers together four fifths."""
    fifth = max(1, rows // 5)
    for number in range(n):
        draw = rng.random()
        customer = 1 if draw < 0.05 else 1 + int((fifth if draw < 0.75 else rows) * rng.random())
        day = CALENDAR[int(DAYS * rng.random() ** 0.7)]
        yield (
            _one(ORDERS, rng),
            {
                "code": f"{day.replace('-', '')}{number:07d}",
                "customer": customer,
                "owner": owners[customer % len(owners)],
                "ordered_on": f"{day}T0{int(10 * rng.random())}:00:00.000Z",
            },
        )


def lines(ids: range, rng: random.Random) -> Iterator[Record]:
    """One line of each order."""
    for id in ids:
        yield _one(ITEMS, rng), {"order": id, "unit_price": int(rng.paretovariate(1.1) * 3_000) % 10**8}


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
        tokens = {
            "admin": add_token(ctx, boss, days=TOKEN_DAYS)[0],
            "sales": add_token(ctx, people[5], days=TOKEN_DAYS)[0],
        }
        for name, place in SMALL_CLERKS.items():
            tokens[name] = add_token(ctx, people[place], days=TOKEN_DAYS)[0]
        found = [index for key in LOADED for index, state in declared(ctx.tx, key) if state == "ready"]
        for index in found:
            drop_index(ctx.tx, index.name)
    loading, owners = _Loading(runtime, boss.id), [one.id for one in people]
    made = loading.load("customer", rows, values(rows, owners=owners))
    loading.load("contact", 2 * rows, contacts(made, rng))
    loading.load("interaction", 2 * rows, interactions(made, rng, owners))
    ordered = loading.load("order", n_orders, orders(n_orders, rows, rng, owners))
    loading.load("order_line", n_orders, lines(ordered, rng))
    links = [index for index in found if index.columns[0].endswith("_id")]
    for index in links:
        with runtime.write(SYSTEM, bulk=True) as ctx:
            create_index(ctx.tx, index)
    _analyze(runtime)  # roll-ups read by these indexes; the others would only be written twice
    _derive(runtime)
    for index in found:
        if index not in links:
            with runtime.write(SYSTEM, bulk=True) as ctx:
                create_index(ctx.tx, index)
    for key in LOADED:
        with runtime.write(SYSTEM, bulk=True) as ctx:
            _mirror(ctx, key)
        last: int | None = 0
        while last is not None:
            with runtime.write(SYSTEM, bulk=True) as ctx:
                last = rebuild_after(ctx, key, last, most=TOGETHER * PORTION, empty=True)
    _analyze(runtime)
    return tokens


class _Loading:
    """Loads records of one change-set, portion by portion, leaving out what observers would do with each."""

    def __init__(self, runtime: Runtime, boss: int) -> None:
        self._runtime, self._boss = runtime, boss
        self._changeset: int | None = None

    def load(self, entity: str, n: int, stream: Iterator[Record]) -> range:
        """Insert `n` records; return their ids, which follow each other in a new ledger."""
        first = last = 0
        known: dict[int, _Like] = {}
        while last - first + bool(first) < n:
            portion = list(islice(stream, PORTION))
            with self._runtime.write(lambda connection: actor_of(connection, self._boss), bulk=True) as ctx:
                ctx.memo[door.OBSERVERS] = ()
                writing = door.begin(ctx, Title(text="Benchmark"), origin="setup", changeset=self._changeset)
                self._changeset = writing.changeset
                one = ctx.catalog.entities[entity]
                ids: Sequence[int]
                if portion[0][0]:
                    ids = _insert_alike(ctx, one, portion, known)
                else:
                    ids = insert_values(ctx, one, [own for _, own in portion])
            first, last = first or ids[0], ids[-1]
        return range(first, last + 1) if first else range(0)


@dataclass(frozen=True)
class _Like:
    """Stored and derived columns that records of one kind have in common."""

    stored: dict[str, Stored]
    derived: dict[str, Any]


def _insert_alike(ctx: Ctx, entity: Entity, portion: Sequence[Record], known: dict[int, _Like]) -> Sequence[int]:
    """`insert_values` for records of which many are alike: what they have in common is worked out once.

    Derived columns are those of the first of its kind; `_derive` puts right what is not common to them.
    """
    layouts = ctx.tables[entity.key].layouts
    own = {key: (layouts[key].value, ctx.types[entity.fields[key].value_type]) for key in portion[0][1]}
    for common, one in portion:
        if id(common) not in known:
            known[id(common)] = _like(ctx, entity, common, one)
    ids = ctx.dialect.allocate(ctx.tx, entity.table, len(portion))
    note(ctx, entity, [one for _, one in portion])
    stored, derived = [], []
    for common, one in portion:
        like = known[id(common)]
        row = like.stored.copy()
        for key, value in one.items():
            columns, kind = own[key]
            if len(columns) == 1:
                row[columns[0].name] = value
            else:
                row.update(zip((c.name for c in columns), kind.store(entity.fields[key], value), strict=True))
        stored.append(row)
        derived.append(like.derived)
    if entity.key == "contact":
        writing = door.current(ctx)
        assert writing is not None
        derived = first_values(ctx, entity.key, ids, stored, writing.at)
    door.insert(ctx, entity.key, stored, ids, derived=derived)
    return ids


def _like(ctx: Ctx, entity: Entity, common: dict[str, Any], one: dict[str, Any]) -> _Like:
    row = common | one
    fill_defaults(ctx, entity, [row])
    stored = store_rows(ctx, entity, [0], [row])
    derived = first_values(ctx, entity.key, [0], stored, ctx.now())[0]
    layouts = ctx.tables[entity.key].layouts
    not_common = {column.name for key in one for column in layouts[key].all}
    return _Like({name: value for name, value in stored[0].items() if name not in not_common}, derived)


def _derive(runtime: Runtime) -> None:
    """Compute all kept values, some portions a transaction: SQLite looks for each page in the log of the running one,
    which would come to hold the whole ledger."""
    with runtime.read(SYSTEM) as ctx:
        waiting = list(portions(ctx))
    for start in range(0, len(waiting), TOGETHER):
        with runtime.write(SYSTEM, bulk=True) as ctx:
            for portion in waiting[start : start + TOGETHER]:
                recompute_portion(ctx, portion)
    with runtime.write(SYSTEM) as ctx:
        mark_day(ctx)


def _mirror(ctx: Ctx, entity: str) -> None:
    tables = ctx.tables[entity]
    for key in tables.lists:
        ids = ctx.tx.execute(sa.select(tables.table.c.id)).scalars()
        for some in ids.partitions(PORTION):
            put_mirror(ctx, tables, key, list(some))


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
