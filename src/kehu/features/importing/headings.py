"""What the headings of a sheet may say: by labels, keys and synonyms of fields, of one kind of record or, in a sheet of
orders, of several. And what single headings say of the cells below them. Proposes no mapping (see `mapping`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kehu.base.common.later import Later
from kehu.base.fields.choices import find_option
from kehu.base.schema.model import Catalog, Entity, Field
from kehu.features.importing.columns import ColumnMap, Reason
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.synonyms import normal_title, synonyms
from kehu.features.importing.targets import BROUGHT, joined, target, targets

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")


def words_of(catalog: Catalog, entity: Entity, sheet: Sheet) -> Words:
    """What the headings of a sheet may say: those of a sheet of orders also tell of customers, lines and products."""
    if entity.key not in SPLIT or not tells_of_orders(catalog, sheet):
        return Words(catalog, entity)
    of = {key: Words(catalog, catalog.entities[key]) for key in SPLIT[entity.key]}
    titles = [column.title for column in sheet.columns if column.title]
    numbered = any(_is_number(of["order"], title) for title in titles)
    goods = [title for title in titles if of["product"].exact(title)[0] == "code" and _GOODS.search(title)]
    counted = any(of["order_line"].exact(title)[0] == "quantity" for title in titles)
    if entity.key != "order_line" and numbered and not goods and not counted:
        of = {key: of[key] for key in ("customer", "order")}
    return OrderWords(catalog, entity, of, _days(of["order"], titles), numbered=numbered)


def tells_of_orders(catalog: Catalog, sheet: Sheet) -> bool:
    """Whether each row of a sheet names an order and its customer, so that it may hold several kinds of records; an
    order without a number is named by its day and what was sold."""
    if not {"customer", "order", "order_line", "product", "ticket"} <= catalog.entities.keys():
        return False
    order, customer = (Words(catalog, catalog.entities[key]) for key in ("order", "customer"))
    titles = [column.title for column in sheet.columns if column.title]
    numbers = [title for title in titles if _is_number(order, title)]
    others = [title for title in titles if title not in numbers]
    known = [t for t in others if order.exact(t)[0] == "customer" or customer.exact(t)[0] in ("code", "name")]
    return bool(known) and (bool(numbers) or _tells_of_sales(catalog, order, sheet, known))


def _tells_of_sales(catalog: Catalog, order: Words, sheet: Sheet, known: Sequence[str]) -> bool:
    """Whether a sheet without order numbers says on which day what was sold to whom and for how much (日期, 品种, 斤数,
    金额): with the customer and the day each row has its order. Where nothing says how much of it was sold, only what
    comes up in a list of sales tells it from one of customers: the same customer again, on another day or with other
    goods, or the number of a repair."""
    titles = [column.title for column in sheet.columns if column.title and column.title not in known]
    line, product = (Words(catalog, catalog.entities[key]) for key in ("order_line", "product"))
    said = {line.exact(title)[0] for title in titles}
    goods = [title for title in titles if product.exact(title)[0] in ("code", "name")]
    days = _days(order, titles)
    priced = not said.isdisjoint(("unit_price", "amount")) or any(order.exact(t)[0] == "amount" for t in titles)
    if not (days and goods and priced):
        return False
    tickets = Words(catalog, catalog.entities["ticket"])
    numbered = any(tickets.exact(title)[0] == "code" for title in titles)
    return "quantity" in said or numbered or _sells_again(sheet, known[0], days[0], goods[0])


def _days(order: Words, titles: Sequence[str]) -> list[str]:
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
    words = Words(catalog, catalog.entities["order"])
    said = [words.exact(column.source)[0] for column in columns]
    return any(_is_number(words, column.source) for column in columns) and sum(key is not None for key in said) > 1


def _is_number(order: Words, title: str) -> bool:
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


class Words:
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


class OrderWords(Words):
    """What the headings of a sheet of orders may say: of the order, its customer, its lines, their products."""

    def __init__(
        self, catalog: Catalog, entity: Entity, of: Mapping[str, Words], days: Sequence[str], *, numbered: bool
    ) -> None:
        super().__init__(catalog, entity)
        self._of, self._days, self._numbered = of, days, numbered
        self._tickets = Words(catalog, catalog.entities["ticket"])
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
    "m³": "立方米", "m3": "立方米", "立方": "立方米", "节": "课时", "次课": "课时",
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


_LEVEL = (
    re.compile(r"^(所在)?(省|省份|省自治区|省市自治区|省直辖市|province|state)$"),
    re.compile(r"^(所在)?(市|城市|地市|地级市|city)$"),
    re.compile(r"^(所在)?(区|县|区县|县区|市区县|district|county)$"),
)


def level_of(title: str) -> int | None:
    """Which level of a place a heading names: 0 for 省, 1 for 市, 2 for 区; None for none."""
    names = (normal_title(title), normal_title(title.rpartition("/")[2]))
    return next((n for n, pattern in enumerate(_LEVEL) if any(map(pattern.match, names))), None)
