"""Proposes where each column of a sheet goes: by heading, by synonym, by content; with confidence and reason.

Only proposes; people or a mapping file may overrule every line. Reads no record.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from kehu.base.common.later import Later
from kehu.base.fields.choices import find_option
from kehu.base.schema.model import Catalog, Entity, Field
from kehu.features.importing.asides import is_somebody
from kehu.features.importing.beside import side_by_side
from kehu.features.importing.columns import ColumnMap, Existing, Reason
from kehu.features.importing.kinds import FIRM
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.synonyms import (
    factor_of,
    names_foreign_money,
    normal_title,
    numbered_title,
    synonyms,
    unit_factor,
)
from kehu.features.importing.targets import BROUGHT, Target, joined, target, targets

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")

SAMPLE_ROWS = 200
Said = TypeVar("Said")


def propose(
    catalog: Catalog,
    entity: Entity,
    sheet: Sheet,
    given: Mapping[str, str | None] | None = None,
    remembered: Mapping[str, str | None] | None = None,
) -> list[ColumnMap]:
    """Map the columns of a sheet. `given` overrules by heading (or column letters); its None means: leave out.

    `remembered` is what was applied for these headings before; it goes before what the headings say.
    """
    words = _words(catalog, entity, sheet)
    after = sheet.header_row or 0
    rows = [
        texts
        for number, texts in sheet.head(after + SAMPLE_ROWS // 4)
        if number > after and number not in sheet.left_out
    ]
    samples = _samples(rows, sheet.n_cols)
    asked = _once(sheet, _asked(sheet, given or {}), given or {})
    titles = _people_alone(sheet)
    year = _year(sheet)
    proposals: list[ColumnMap] = []
    met: Counter[str] = Counter()
    for column in sheet.columns:
        cells = samples[column.index]
        met[column.title] += 1
        chosen: tuple[str | None, float, Reason] = (None, 0.0, "none")
        if column.index in asked:
            chosen = (asked[column.index], 1.0, "given")
        elif remembered and column.title in remembered and _still_there(catalog, entity, remembered[column.title]):
            chosen = (remembered[column.title], 0.99, "remembered")
        elif column.title:
            again = words.exact(numbered_title(column.title, met[column.title]))
            chosen = words.by_title(titles[column.index], cells)
            chosen = again if met[column.title] > 1 and again[2] == "label" else chosen
        if chosen[0] is None and chosen[2] == "none":
            chosen = words.by_content(cells)
        if chosen[0] is None and chosen[2] == "none" and _numbers_rows(column.title, cells):
            chosen = (None, 0.0, "row_number")
        place = target(catalog, entity, chosen[0]) if chosen[0] else None
        if place is not None and chosen[2] not in ("given", "remembered") and _foreign(catalog, place, column.title):
            chosen, place = (None, 0.0, "none"), None
        if chosen[0] is not None and place is None:
            chosen = (None, chosen[1], "derived")
        proposals.append(
            ColumnMap(
                index=column.index,
                letters=column.letters,
                source=column.title or column.letters,
                target=place.key if place else None,
                confidence=chosen[1],
                reason=chosen[2],
                factor=unit_factor(column.title) or (factor_of(sheet.unit) if sheet.unit else None),
                samples=tuple(cells[:3]),
                places=column.places,
                date1904=sheet.date1904,
                year=year,
                existing="fill" if chosen[2] == "filed" else "overwrite",
            )
        )
    proposals = _named_by_content(entity, proposals, samples)
    proposals = _with_firm(catalog, entity, proposals, samples, titles)
    if (path := SPLIT.get(entity.key, {}).get("customer")) is not None:
        order = SPLIT[entity.key].get("order") if isinstance(words, _OrderWords) else None
        proposals = _with_sender(proposals, samples, path, order)
        proposals = side_by_side(proposals, titles, words.of_customer, path)
        proposals = _with_contract(catalog, proposals, titles, path)
    proposals = _second_phone(_beside(catalog, entity, proposals))
    return without_doubles(catalog, entity, [_next_as_task(catalog, entity, one, proposals) for one in proposals])


def _year(sheet: Sheet) -> int | None:
    """The year that the title above a table or the name of its sheet says; None when they name none, or several."""
    above = (sheet.header_row or 0) - sheet.header_rows
    rows = sheet.head(above) if above > 0 else []
    texts = [sheet.sheet, *(text for row, texts in rows if row <= above for text in texts if text)]
    years = {int(year) for text in texts for year in _YEAR.findall(text)}
    return years.pop() if len(years) == 1 else None


_YEAR = re.compile(r"(?<!\d)20[0-4]\d(?!\d)")


def _foreign(catalog: Catalog, place: Target, title: str) -> bool:
    """Whether a heading says that its amounts are in another currency: the ledger keeps one."""
    return catalog.entities[place.entity].fields[place.field].value_type == "money" and names_foreign_money(title)


def _people_alone(sheet: Sheet) -> list[str]:
    """The headings of the columns by index; one that asks for a person with his phone (联系人/电话, 手机及姓名) counts
    as that of the person, unless he has a column of his own: the phone is found beside the name."""
    known = {normal_title(column.title) for column in sheet.columns}
    titles = []
    for column in sheet.columns:
        # Of headings in several rows the slash is ours: 联系人 above 电话 is a column of phones.
        above, _, title = column.title.rpartition("/") if sheet.header_rows > 1 else ("", "", column.title)
        found = _PERSON_PHONE.fullmatch(title) or _PHONE_PERSON.fullmatch(title)
        if above and (_SOMEBODYS.fullmatch(above) or (_WHOSE.fullmatch(title) and _PHONES.fullmatch(above))):
            titles.append(f"{above}{title}" if _SOMEBODYS.fullmatch(above) else f"{title}{above}")
        else:
            titles.append(found["who"] if found and normal_title(found["who"]) not in known else column.title)
    return titles


_SOMEBODYS = re.compile("父亲|母亲|爸爸|妈妈|爷爷|奶奶|外公|外婆|配偶|家长|监护人|家属")
"""Headings above others that say of whom these are: 父亲 above 姓名 and 电话."""
_WHOSE = re.compile(f"本人|业主|学员|客户|{_SOMEBODYS.pattern}")
_PHONES = re.compile("(?:联系)?(?:电话|手机|方式)(?:号码?)?|手机号码?")
"""Headings above others that say whose the phones are: 联系电话 above 本人 and 家属."""
_AND = r"\s*(?:[/、,，&＆+＋]|及其?|和|与)\s*"
_NUMBER = r"[(（]?[1-9一二三四五]?[)）]?"
_WHO = rf"(?P<who>[^/、,，&＆+＋]{{0,6}}(?:联系人|对接人|负责人|经办人|收货人|收件人|姓名|名字|业主|家长){_NUMBER})"
_ITS_PHONE = r"(?:联系)?(?:电话|手机|方式|座机)(?:号码?)?"
_PERSON_PHONE, _PHONE_PERSON = re.compile(f"{_WHO}{_AND}{_ITS_PHONE}"), re.compile(f"{_ITS_PHONE}{_AND}{_WHO}")


def _numbers_rows(title: str, cells: Sequence[str]) -> bool:
    """Whether a column only numbers its rows: 序号, below it 1, 2, 3."""
    numbers = [int(cell) for cell in cells if cell.strip().isascii() and cell.strip().isdecimal()]
    return (
        normal_title(title) in NUMBERING
        and len(numbers) * 10 >= len(cells) * 9
        and all(a < b for a, b in pairwise(numbers))
    )


NUMBERING = frozenset({"序号", "序", "no", "行号", "项次", "项号"})


def _named_by_content(entity: Entity, columns: list[ColumnMap], samples: Sequence[Sequence[str]]) -> list[ColumnMap]:
    """Of a list with phones and no known heading of names, the names are where people or firms stand left of the
    phone: 宝妈, 订花人. Our own people stand in many rows."""
    phone = next((one for one in columns if one.target == "mobile"), None)
    if entity.key != "customer" or phone is None or any(one.target in ("name", "code") for one in columns):
        return columns
    left = [one for one in reversed(columns) if one.index < phone.index and one.target is None and one.reason == "none"]
    for one in left:
        cells = [cell.strip() for cell in samples[one.index]]
        named = {cell for cell in cells if is_somebody(cell) or FIRM.search(cell)}
        if cells and len(named) * 5 >= len(cells) * 3 and not _OURS.search(one.source):
            found = replace(one, target="name", confidence=0.6, reason="content")
            return [found if it is one else it for it in columns]
    return columns


_OURS = re.compile("员$|顾问|教练|经办|经手|设计师|接待|客服|律师|介绍|推荐|对方|供应商|班主任")


def _with_firm(
    catalog: Catalog, entity: Entity, columns: list[ColumnMap], samples: Sequence[Sequence[str]], titles: Sequence[str]
) -> list[ColumnMap]:
    """Of a list with 姓名 and 单位 the firm is the customer and the person its contact; where many rows name no firm,
    the person is the customer and the firm where he works."""
    named = [one for one in columns if one.target == "name" and one.reason == "synonym"]
    people = [one for one in named if _PERSON.search(normal_title(titles[one.index] or one.source))]
    firms = [one for one in named if _FIRM.search(normal_title(one.source))]
    known = {one.target for one in columns}
    if entity.key == "customer" and "contacts.name" not in known and not firms:
        beside = [one for one in named if titles[one.index] != one.source]
        if beside and any(one.target == "name" and one not in beside for one in columns):
            return [replace(one, target="contacts.name") if one is beside[0] else one for one in columns]
    if entity.key != "customer" or len(people) != 1 or len(firms) != 1 or "contacts.name" in known:
        return columns
    person, firm = people[0], firms[0]
    said = samples[firm.index]
    whole = len(said) * 10 >= len(samples[person.index]) * 9 and 2 * sum(map(bool, map(FIRM.search, said))) >= len(said)
    moved, key = (person, "contacts.name") if whole else (firm, "employer")
    if key in known or target(catalog, entity, key) is None:
        return columns
    return [replace(one, target=key, confidence=0.85) if one is moved else one for one in columns]


_PERSON = re.compile(r"(姓名|名字)$")
_FIRM = re.compile(r"^(单位|单位名称?|公司|公司名称?|公司全称|企业名称|企业全称|单位全称)$")


def _with_sender(
    columns: list[ColumnMap], samples: Sequence[Sequence[str]], path: str, order: str | None
) -> list[ColumnMap]:
    """Of a list of transports with 发货单位 and 收货单位 who sends is the customer, with 发货人 and his phone; where
    all is sent by the same, that is oneself, and who gets it is the customer. `order`: where the orders of the sheet
    stand, whose remark says who gets what another firm has sent."""
    free = [one for one in columns if one.reason not in ("given", "remembered")]
    named = [one for one in free if one.target == joined(path, "name")]
    sender = next((one for one in named if _SENDER.fullmatch(normal_title(one.source))), None)
    receiver = next((one for one in named if _RECEIVER.fullmatch(normal_title(one.source))), None)
    customer = sender or receiver
    if customer is None:
        return columns
    sent, got = (frozenset(samples[one.index]) if one is not None else frozenset() for one in (sender, receiver))
    ours = len(sent) == 1 and len(got) > 1
    moved: dict[int, str | None] = {
        one.index: None for one in named if one is not customer and _OF_TRANSPORT.match(normal_title(one.source))
    }
    if sender is not None and receiver is not None and ours:
        moved = {one.index: None for one in free if _SENT.match(normal_title(one.source))}
    elif sender is not None:
        taken = {one.target for one in columns}
        if receiver is not None and order is not None and joined(order, "remark") not in taken:
            moved[receiver.index] = joined(order, "remark")
        for one in free:
            found = _SENDS.fullmatch(normal_title(one.source))
            if found is None:
                continue
            key = joined(path, "contacts.name" if found["who"] else "contacts.mobile")
            if key not in taken:
                moved[one.index] = key
                taken.add(key)
    return [
        replace(one, target=key, confidence=0.85, reason="synonym" if key else "double") if one.index in moved else one
        for one in columns
        for key in [moved.get(one.index)]
    ]


_SENDER = re.compile("(?:发货|托运|寄件)(?:单位|单位名称|方|客户|公司)")
_RECEIVER = re.compile("(?:收货|收件)(?:单位|单位名称|方|客户|公司)")
_OF_TRANSPORT = re.compile("收货|收件|发货|托运|寄件")
_SENT = re.compile("(?:发货|托运|寄件)(?!日期|时间|日)")
_SENDS = re.compile("(?:发货|托运|寄件)(?:(?P<who>人|人姓名|联系人)|人?(?:联系)?(?:电话|手机|手机号))")


def _with_contract(catalog: Catalog, columns: list[ColumnMap], titles: Sequence[str], path: str) -> list[ColumnMap]:
    """Of a list of customers with the number of a contract all that is said of the contract is its own: 合同金额,
    签订日期, 到期日期. Without the number nothing tells which contract it is."""
    contract = joined(path, "contracts")
    free = [one for one in columns if one.reason not in ("given", "remembered")]
    if not any(one.target == f"{contract}.code" for one in columns):
        lost = {one.index for one in free if one.target and one.target.startswith(f"{contract}.")}
        return [
            replace(one, target=None, confidence=0.0, reason="none") if one.index in lost else one for one in columns
        ]
    words = _Words(catalog, catalog.entities["contract"])
    taken = {one.target for one in columns}
    moved: dict[int, str] = {}
    for one in free:
        name = words.exact(titles[one.index] or one.source)[0]
        key = f"{contract}.{name}"
        signed = name == "signed_on" and one.target == joined(path, "cooperation_start")
        if (one.target is None or signed) and key not in taken and name in BROUGHT["customer"]["contracts"].fields:
            moved[one.index] = key
            taken.add(key)
    return [
        replace(one, target=moved[one.index], confidence=0.9, reason="synonym") if one.index in moved else one
        for one in columns
    ]


def _beside(catalog: Catalog, entity: Entity, columns: list[ColumnMap]) -> list[ColumnMap]:
    """What short headings mean by the columns that they stand with: of two phones the one right of a contact is his,
    and 日期 and 结果 of a list of visits are those of the visit."""
    if entity.key != "customer":
        return columns
    known = {one.target for one in columns}
    visits = {str(key) for key in known if key and key.startswith("interactions.")} - {_NEXT}
    said = synonyms("interaction") if visits else {}
    out: list[ColumnMap] = []
    for one in columns:
        key = None
        if one.reason == "none" and one.target is None and (name := said.get(normal_title(one.source))):
            key = f"interactions.{name}"
        elif one.target == "mobile" and one.reason not in ("given", "remembered") and out:
            second = any(other.target == "mobile" for other in out)
            key = "contacts.mobile" if second and out[-1].target == "contacts.name" else None
        if key is not None and key not in known and target(catalog, entity, key) is not None:
            one = replace(one, target=key, confidence=0.7, reason="similar")
            known.add(key)
        out.append(one)
    return out


def _second_phone(columns: list[ColumnMap]) -> list[ColumnMap]:
    """Of 手机 and 电话 the second is where one is reached besides, as the second number of a cell is."""
    phones = [one for one in columns if one.target == "mobile"]
    if len(phones) < 2 or any(one.target == "office_phone" for one in columns):
        return columns
    best = max(phones, key=lambda one: one.confidence)
    free = (one for one in phones if one is not best and one.reason not in ("given", "remembered"))
    second = next(free, None)
    return [
        replace(one, target="office_phone", confidence=0.7, reason="similar") if one is second else one
        for one in columns
    ]


_NEXT = "interactions.next_follow_up"


def _next_as_task(catalog: Catalog, entity: Entity, one: ColumnMap, columns: Sequence[ColumnMap]) -> ColumnMap:
    """The day of the next follow-up without a follow-up in the row is a task: an interaction needs a day or content."""
    path, _, name = (one.target or "").rpartition(".")
    above, _, step = path.rpartition(".")
    if step != "interactions" or name != "next_follow_up":
        return one
    if {joined(path, "occurred_at"), joined(path, "content")} & {other.target for other in columns}:
        return one
    place = target(catalog, entity, joined(above, "tasks.due_at"))
    return replace(one, target=place.key) if place else one


def with_existing(
    columns: Sequence[ColumnMap],
    sheet: Sheet,
    asked: Mapping[str, Existing],
    remembered: Mapping[str, Existing] | None = None,
) -> list[ColumnMap]:
    """The columns with what each does to known records: as somebody says now, else as at the last time."""
    said = _asked(sheet, asked)
    earlier = remembered or {}
    return [replace(one, existing=said.get(one.index) or earlier.get(one.source) or one.existing) for one in columns]


def _still_there(catalog: Catalog, entity: Entity, key: str | None) -> bool:
    """Whether a field that was chosen before takes input today; None (leave out) holds for ever."""
    return key is None or target(catalog, entity, key) is not None


def _once(sheet: Sheet, asked: dict[int, str | None], given: Mapping[str, str | None]) -> dict[int, str | None]:
    """Of two columns with one heading only the first is what a mapping says of it; the other is recognised as usual."""
    met: set[str] = set()
    for column in sheet.columns:
        said = asked.get(column.index)
        if said is None or f"#{column.index}" in given or column.title not in given:
            continue
        if column.title in met:
            del asked[column.index]
        met.add(column.title)
    return asked


def _asked(sheet: Sheet, given: Mapping[str, Said]) -> dict[int, Said]:
    """What a mapping says about the columns: by place (`#3`), heading, its last part where that is unique, letters."""
    parts = Counter(column.title.rpartition("/")[2] for column in sheet.columns)
    found: dict[int, Said] = {}
    for column in sheet.columns:
        last = column.title.rpartition("/")[2]
        for name in (f"#{column.index}", column.title, column.letters, last if parts[last] == 1 else ""):
            if name and name in given:
                found[column.index] = given[name]
                break
    return found


def propose_entities(catalog: Catalog, sheet: Sheet) -> list[tuple[str, list[ColumnMap]]]:
    """Entities that a sheet may hold with the mapping for each, the one that takes most first; customers win a tie."""
    found: list[tuple[float, str, list[ColumnMap]]] = []
    for entity in catalog.entities.values():
        if entity.system or entity.hidden:
            continue
        columns = propose(catalog, entity, sheet)
        sure = {c.target: c.confidence for c in columns if c.target and (c.reason != "content" or c.target == "name")}
        if any(key in sure for key in {*entity.title, "name", "code"} - {"remark"}):
            score = sum(sure.values()) + (0.5 if entity.key == "customer" else 0.0)
            found.append((score, entity.key, columns))
    found.sort(key=lambda one: -one[0])
    return [(key, columns) for _, key, columns in found]


def _words(catalog: Catalog, entity: Entity, sheet: Sheet) -> _Words:
    """What the headings of a sheet may say: those of a sheet of orders also tell of customers, lines and products."""
    if entity.key not in SPLIT or not tells_of_orders(catalog, sheet):
        return _Words(catalog, entity)
    of = {key: _Words(catalog, catalog.entities[key]) for key in SPLIT[entity.key]}
    titles = [column.title for column in sheet.columns if column.title]
    numbered = any(_is_number(of["order"], title) for title in titles)
    goods = [title for title in titles if of["product"].exact(title)[0] == "code" and _GOODS.search(title)]
    counted = any(of["order_line"].exact(title)[0] == "quantity" for title in titles)
    if entity.key != "order_line" and numbered and not goods and not counted:
        of = {key: of[key] for key in ("customer", "order")}
    return _OrderWords(catalog, entity, of, _days(of["order"], titles), numbered=numbered)


def tells_of_orders(catalog: Catalog, sheet: Sheet) -> bool:
    """Whether each row of a sheet names an order and its customer, so that it may hold several kinds of records; an
    order without a number is named by its day and what was sold."""
    if not {"customer", "order", "order_line", "product", "ticket"} <= catalog.entities.keys():
        return False
    order, customer = (_Words(catalog, catalog.entities[key]) for key in ("order", "customer"))
    titles = [column.title for column in sheet.columns if column.title]
    numbers = [title for title in titles if _is_number(order, title)]
    others = [title for title in titles if title not in numbers]
    known = [t for t in others if order.exact(t)[0] == "customer" or customer.exact(t)[0] in ("code", "name")]
    return bool(known) and (bool(numbers) or _tells_of_sales(catalog, order, sheet, known))


def _tells_of_sales(catalog: Catalog, order: _Words, sheet: Sheet, known: Sequence[str]) -> bool:
    """Whether a sheet without order numbers says on which day what was sold to whom and for how much (日期, 品种, 斤数,
    金额): with the customer and the day each row has its order. Where nothing says how much of it was sold, only what
    comes up in a list of sales tells it from one of customers: the same customer again, on another day or with other
    goods, or the number of a repair."""
    titles = [column.title for column in sheet.columns if column.title and column.title not in known]
    line, product = (_Words(catalog, catalog.entities[key]) for key in ("order_line", "product"))
    said = {line.exact(title)[0] for title in titles}
    goods = [title for title in titles if product.exact(title)[0] in ("code", "name")]
    days = _days(order, titles)
    priced = not said.isdisjoint(("unit_price", "amount")) or any(order.exact(t)[0] == "amount" for t in titles)
    if not (days and goods and priced):
        return False
    tickets = _Words(catalog, catalog.entities["ticket"])
    numbered = any(tickets.exact(title)[0] == "code" for title in titles)
    return "quantity" in said or numbered or _sells_again(sheet, known[0], days[0], goods[0])


def _days(order: _Words, titles: Sequence[str]) -> list[str]:
    """The headings that say on which day an order was made: where none does, the day on which the goods went out."""
    ordered = [title for title in titles if order.exact(title)[0] == "ordered_on"]
    return ordered or [t for t in titles if order.exact(t)[0] == "delivered_on" and _WENT_OUT.search(normal_title(t))]


_WENT_OUT = re.compile(r"发货|送货|出库|出货|配送|提货|ship", re.IGNORECASE)


def _sells_again(sheet: Sheet, customer: str, day: str, goods: str) -> bool:
    """Whether a good part of the rows name a customer of another row, with another day or other goods."""
    index = {column.title: column.index for column in reversed(sheet.columns)}
    who, when, what = (pl.col(f"c{index[title]}") for title in (customer, day, goods))
    frames = [frame.select(who=who, when=when, what=what) for frame in sheet.blocks()]
    if not frames:
        return False
    rows = pl.concat(frames).with_columns(pl.col("who", "when").forward_fill()).drop_nulls()
    return (rows.n_unique() - rows["who"].n_unique()) * 5 >= rows.height > 1


def names_order(catalog: Catalog, columns: Sequence[ColumnMap]) -> bool:
    """Whether one of these columns holds the number of an order and another something about it."""
    if "order" not in catalog.entities:
        return False
    words = _Words(catalog, catalog.entities["order"])
    said = [words.exact(column.source)[0] for column in columns]
    return any(_is_number(words, column.source) for column in columns) and sum(key is not None for key in said) > 1


def _is_number(order: _Words, title: str) -> bool:
    """Whether a heading surely means the number of an order; 流水号 may number anything."""
    return order.exact(title)[0] in ("code", "external_code") and _ORDERS.search(title) is not None


_ORDERS = re.compile(r"订单|单号|单据|案号|案件编号|工作号|order|invoice", re.IGNORECASE)
_GOODS = re.compile(r"产品|商品|物料|货|sku|stock|product|item", re.IGNORECASE)
# Of a sheet of orders: where its kinds of records stand, seen from the entity that the sheet is imported as.
SPLIT: dict[str, dict[str, str]] = {
    "customer": {"customer": "", "order": "orders", "order_line": "orders.lines", "product": "orders.lines.product"},
    "order": {"customer": "customer", "order": "", "order_line": "lines", "product": "lines.product"},
    "order_line": {"customer": "order.customer", "order": "order", "order_line": "", "product": "product"},
}


FILED = frozenset(
    {"建档日期", "建档时间", "建卡日期", "创建日期", "创建时间", "录入日期", "录入时间", "登记日期", "登记时间",
     "注册日期", "注册时间", "开户日期", "createddate", "createdat", "createdon", "datecreated", "filedon"}
)  # fmt: skip
"""When a customer was taken into another book: since then one knows him, unless a column says it better. Those of our
own exports name the hour: when a record came into this ledger is no input."""
_HOUR = re.compile(r"\d\d?:\d\d")


class _Words:
    """What the headings of a sheet of one entity may say."""

    def __init__(self, catalog: Catalog, entity: Entity) -> None:
        self._catalog = catalog
        self._entity = entity
        self._names = _names(catalog, entity)
        self._synonyms = synonyms(entity.key)
        self._near = {word: key for word, key in {**self._synonyms, **self._names}.items() if len(word) >= 2}

    def by_title(self, title: str, cells: Sequence[str]) -> tuple[str | None, float, Reason]:
        """Find the target of a heading; one of several rows (联系方式/电话) is tried whole, then by its parts."""
        last = normal_title(title.rpartition("/")[2])
        if self._entity.key == "customer" and last in ("客户类型", "类型", "客户类别"):
            return self._customer_type(cells)
        if (
            self._entity.key == "customer"
            and last == "单位"
            and cells
            and all(len(cell.strip()) <= 2 for cell in cells)
        ):
            return None, 0.0, "none"  # 个, 盒, 公斤: what goods are counted in, nobody's firm
        if self._entity.key == "customer" and last in FILED:
            ours = last in self._names and bool(cells) and all(map(_HOUR.search, cells))
            return (None, 0.0, "derived") if ours else ("cooperation_start", 0.7, "filed")
        found = self.exact(title)
        if found[2] == "synonym" and cells and not self._takes(str(found[0]), title, cells):
            return None, 0.0, "none"
        return found if found[0] is not None else self._similar(normal_title(title.rpartition("/")[2]))

    def _takes(self, name: str, title: str, cells: Sequence[str]) -> bool:
        """Whether a field takes something of a column: 会员等级 with 金卡 and 银卡 is none of the grades A to D."""
        place = target(self._catalog, self._entity, name)
        one = self._catalog.entities[place.entity].fields[place.field] if place else None
        return one is None or place is None or one.value_type != "select" or _fits(place.entity, one, title, cells)

    def of_customer(self, title: str) -> str | None:
        """What a heading means of a customer: where a value goes, not the derived field that shows it."""
        name = self.exact(title)[0] if self._entity.key == "customer" else None
        place = target(self._catalog, self._entity, name) if name else None
        return place.key if place else name

    def by_content(self, cells: Sequence[str]) -> tuple[str | None, float, Reason]:
        """Find the target of a column by what stands in it."""
        return _by_content(self._entity.key, cells)

    def exact(self, title: str) -> tuple[str | None, float, Reason]:
        """Find the target of a heading that says nothing else."""
        found = self._exact(normal_title(title))
        group, slash, rest = title.partition("/")
        if found[0] is None and slash:
            found = self._of_child(group, rest)
            for part in (rest, title.rpartition("/")[2]):
                found = self._exact(normal_title(part)) if found[0] is None else found
        return found

    def _exact(self, title: str) -> tuple[str | None, float, Reason]:
        if title in self._names:
            return self._names[title], 1.0, "label"
        if title in self._synonyms:
            return self._synonyms[title], 0.95, "synonym"
        return None, 0.0, "none"

    def _of_child(self, group: str, rest: str) -> tuple[str | None, float, Reason]:
        """A heading under the name of a kind of record: 联系人信息/姓名 is the contact's name."""
        for reverse, child in BROUGHT.get(self._entity.key, {}).items():
            link = self._catalog.reverses.get(self._entity.key, {}).get(reverse)
            if link is None or not any(word in group for word in child.words):
                continue
            own = self._catalog.entities[link.entity]
            title = normal_title(rest)
            fields = [own.fields[key] for key in child.fields if key in own.fields]
            labels = {normal_title(text): f.key for f in fields for text in (f.label.zh, f.label.en)}
            key = labels.get(title) or synonyms(link.entity).get(title)
            if key in child.fields:
                return f"{reverse}.{key}", 0.98, "label" if title in labels else "synonym"
        return None, 0.0, "none"

    def _customer_type(self, cells: Sequence[str]) -> tuple[str | None, float, Reason]:
        """客户类型 means three things in offices; its values tell which (企业 or 个人, 成交, 新 or 老)."""
        best: tuple[str | None, int] = ("stage", 0)
        for key in ("kind", "stage", "tenure_class", "customer_role"):
            one = self._entity.fields.get(key)
            known = sum(option_of(one, cell) is not None for cell in cells) if one is not None else 0
            if cells and known == len(cells):
                return key, 0.9, "content"
            best = (key, known) if known > best[1] else best
        return best[0], 0.6 if best[1] * 2 >= len(cells) else 0.5, "content" if best[1] else "similar"

    def _similar(self, title: str) -> tuple[str | None, float, Reason]:
        if _SOMEBODY_ELSE.match(title):
            return None, 0.0, "none"
        near = [(len(word), key) for word, key in self._near.items() if word in title]
        if near:
            length, key = max(near)
            if length * 4 >= len(title) * 3:  # 客户手机号 is 手机号, 销售额 is no 销售
                return key, 0.6, "similar"
        return None, 0.0, "none"


_SOMEBODY_ELSE = re.compile("原|前(?!台)|对方|被告|卖家|卖方|介绍人|推荐人|转介绍人|供应商|供货商|担保人")
"""How headings begin that are about somebody else than the customer: 原车主电话 is not the number of the buyer."""


class _OrderWords(_Words):
    """What the headings of a sheet of orders may say: of the order, its customer, its lines, their products."""

    def __init__(
        self, catalog: Catalog, entity: Entity, of: Mapping[str, _Words], days: Sequence[str], *, numbered: bool
    ) -> None:
        super().__init__(catalog, entity)
        self._of, self._days, self._numbered = of, days, numbered
        self._tickets = _Words(catalog, catalog.entities["ticket"])
        self._paths = SPLIT[entity.key]

    def by_title(self, title: str, cells: Sequence[str]) -> tuple[str | None, float, Reason]:
        """Find the target of a heading; what several records might hold goes to one of them (`_first`)."""
        found: dict[str, tuple[str, float, Reason]] = {}
        brought: str | None = None
        strange = False  # a field of choices none of which stands in the cells
        for key, words in self._of.items():
            name, confidence, reason = words.exact(title)
            if name is None and key == "order" and self._tickets.exact(title)[0] == "code":
                name, confidence, reason = "code", 0.9, "synonym"  # of a repair that is sold like goods
            if name is None:
                continue
            name = _NAMES.get((key, name), name)
            if key == "order" and name == "delivered_on" and title in self._days:
                name = "ordered_on"
            if key == "order" and name == "amount" and not self._numbered:
                key = "order_line"  # the sum in a row without an order number is that of its own goods
            place = target(self._catalog, self._catalog.entities[key], name)
            if place is None:
                continue
            one = self._catalog.entities[place.entity].fields[place.field]
            if key == "customer":
                brought = place.entity
            elif one.target is not None and one.target in (brought, *self._of):
                continue  # names a record that the row brings along itself: the customer's contact, not one to look up
            if one.value_type == "select" and cells and not _fits(key, one, title, cells):
                strange = True
                continue
            found[key] = (place.key, confidence, reason)
        first = self._first(found)
        if first is None and strange:
            return None, 0.0, "none"
        if first is None:
            near = self._similar(normal_title(title.rpartition("/")[2]))
            link = self._entity.fields.get(near[0]) if near[0] else None
            return (None, 0.0, "none") if link is not None and link.target in self._of else near
        name, confidence, reason = found[first]
        return joined(self._paths[first], name), confidence, reason

    def of_customer(self, title: str) -> str | None:
        """What a heading means of the customer of an order."""
        return self._of["customer"].of_customer(title)

    def by_content(self, cells: Sequence[str]) -> tuple[str | None, float, Reason]:
        """A column of phones or numbers without a known heading is the customer's."""
        name, confidence, reason = _by_content("customer", cells)
        return (joined(self._paths["customer"], name) if name else None), confidence, reason

    def _first(self, found: Mapping[str, tuple[str, float, Reason]]) -> str | None:
        if not found:
            return None
        numbers = {"money", "number", "integer", "percent"}
        order = ("product", "order", "customer", "order_line")
        for key, (name, _, _) in found.items():
            one = self._catalog.entities[key].fields.get(name)
            if one is not None and one.value_type in numbers:
                order = ("order_line", "order", "product", "customer")
        if "order" in found and found["order"][0] in ("code", "external_code", "ordered_on"):
            return "order"
        return next(key for key in order if key in found)


# A heading of a line that names the product is the product's; the line takes the name over as it was sold.
_NAMES = {("product", "description"): "name"}


def _fits(key: str, one: Field, title: str, cells: Sequence[str]) -> bool:
    """Whether some cells of a column are options of a field of choices."""
    return marked(key, one, title) is not None or any(option_of(one, cell) for cell in cells)


MARKS = {("order", "status"): {"退回": "returned", "退货": "returned", "是否退货": "returned", "是否退回": "returned",
                               "returned": "returned"}}  # fmt: skip


def marked(entity: str, one: Field, title: str) -> str | None:
    """The option that a heading itself says, its cells saying only yes or no: 退货, below it 是."""
    return MARKS.get((entity, one.key), {}).get(normal_title(title))


# What a heading says of the addresses below it, where no column of its own does; what none of these says, the ledger
# goes by whether the customer is a firm or a person.
_PLACES = (
    (
        "delivery",
        re.compile(r"收货|收件|送货|送花|发货|卸货|配送|寄送|寄件|邮寄|交货|delivery|shipping|ship to", re.IGNORECASE),
    ),
    ("office", re.compile(r"办公|经营|营业|office", re.IGNORECASE)),
    ("head_office", re.compile(r"总部|注册|开票|发票|registered|billing|head ?office", re.IGNORECASE)),
    ("branch", re.compile(r"分公司|分支|分店|门店|branch", re.IGNORECASE)),
    ("home", re.compile(r"居住|家庭|住址|住宅|home", re.IGNORECASE)),
    ("other", re.compile(r"安装|检测|施工|工地|工程|项目|装修|服务地址|仓库")),
)


def kind_of_place(one: Field, title: str) -> str | None:
    """The type of address that a heading itself says, of those in use: 收货地址 is where goods go."""
    known = {option.key for option in one.options if not option.hidden}
    return next((key for key, said in _PLACES if key in known and said.search(title)), None)


def option_of(one: Field, text: str) -> str | None:
    """The option that a cell means, 客户 at its end or start left aside: 成交客户 is 成交, 企业客户 is 企业. A letter
    is a grade with 级 or 类 behind it, too: A级, B类客户. Measures are written in several ways: kg, 公斤 and 千克."""
    plain = text.strip()
    words = [plain, plain.removesuffix("客户"), plain.removeprefix("客户"), f"{plain}客户"]
    words.append(_MEASURES.get(plain.lower(), ""))
    if found := _GRADED.fullmatch(plain):
        words.append(found[1])
    for word in words:
        if word and (option := find_option(one, word)) is not None:
            return option.key
    return None


_MEASURES = {
    "公斤": "千克", "kg": "千克", "市斤": "斤", "g": "克", "公吨": "吨", "t": "吨", "公升": "升", "l": "升",
    "公尺": "米", "m": "米", "㎡": "平方米", "m²": "平方米", "m2": "平方米", "平米": "平方米", "平方": "平方米",
    "m³": "立方米", "m3": "立方米", "立方": "立方米",
}  # fmt: skip
_GRADED = re.compile(r"([A-Za-zＡ-Ｚ][+＋]?)\s*[级類类等档](?:客户|会员)?")


def _names(catalog: Catalog, entity: Entity) -> dict[str, str]:
    """Labels and keys of all targets, normalised."""
    out: dict[str, str] = {}
    for one in entity.visible:
        for text in (one.label.zh, one.label.en, one.key):
            out.setdefault(normal_title(text), one.key)
    for place, one in targets(catalog, entity):
        if place.path:
            child = catalog.entities[place.entity]
            for text in (f"{child.label.zh}{one.label.zh}", place.key):
                out.setdefault(normal_title(text), place.key)
    return out


_CONTENT: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("mobile", re.compile(r"(\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}")),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")),
    ("id_number", re.compile(r"[1-9]\d{16}[\dXx]")),
    ("credit_code", re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")),
)


def _by_content(entity: str, cells: Sequence[str]) -> tuple[str | None, float, Reason]:
    if entity not in ("customer", "contact") or len(cells) < 3:
        return None, 0.0, "none"
    for key, pattern in _CONTENT:
        share = sum(bool(pattern.fullmatch(cell.strip())) for cell in cells) / len(cells)
        if share >= 0.8:
            return key, round(0.5 + share * 0.3, 2), "content"
    return None, 0.0, "none"


def _samples(rows: Sequence[Sequence[str | None]], width: int) -> list[list[str]]:
    return [[text for row in rows if index < len(row) and (text := row[index])] for index in range(width)]


def without_doubles(catalog: Catalog, entity: Entity, proposals: Sequence[ColumnMap]) -> list[ColumnMap]:
    """Of several columns for one target the surest stays, of equals the first; levels of a region are laid together."""
    best: dict[str, ColumnMap] = {}
    for one in proposals:
        if one.target and (one.target not in best or one.confidence > best[one.target].confidence):
            best[one.target] = one
    levels = _levels(catalog, entity, proposals)
    out = []
    for one in proposals:
        together = levels.get(one.target or "")
        if together and one.index in together:
            last = one.index == together[-1]
            one = replace(one, after=tuple(together[:-1])) if last else replace(one, reason="joined", after=())
        elif one.target and (together or best[one.target] is not one):
            one = replace(one, target=None, confidence=0.0, reason="double")
        out.append(one)
    return out


_LEVEL = (
    re.compile(r"^(所在)?(省|省份|省自治区|省市自治区|省直辖市|province|state)$"),
    re.compile(r"^(所在)?(市|城市|地市|地级市|city)$"),
    re.compile(r"^(所在)?(区|县|区县|县区|市区县|district|county)$"),
)


def level_of(title: str) -> int | None:
    """Which level of a place a heading names: 0 for 省, 1 for 市, 2 for 区; None for none."""
    names = (normal_title(title), normal_title(title.rpartition("/")[2]))
    return next((n for n, pattern in enumerate(_LEVEL) if any(map(pattern.match, names))), None)


def _levels(catalog: Catalog, entity: Entity, proposals: Sequence[ColumnMap]) -> dict[str, list[int]]:
    """Columns that are levels of one place, by target: 省, 市 and 区 in this order."""
    found: dict[str, dict[int, int]] = {}
    for one in proposals:
        place = target(catalog, entity, one.target) if one.target else None
        if place is None or catalog.entities[place.entity].fields[place.field].value_type not in ("region", "address"):
            continue
        level = level_of(one.source)
        if level is not None:
            found.setdefault(str(one.target), {}).setdefault(level, one.index)
    return {key: [index for _, index in sorted(of.items())] for key, of in found.items() if len(of) > 1}


def chosen_targets(catalog: Catalog, entity: Entity, columns: Sequence[ColumnMap]) -> list[tuple[ColumnMap, Target]]:
    """The columns that are taken, with their targets."""
    found = []
    for column in columns:
        place = target(catalog, entity, column.target) if column.target and column.reason != "joined" else None
        if place is not None:
            found.append((column, place))
    return found
