"""The printed sheet of a customer, 客户档案维护表 (F1 of the catalog): one sheet each, ten columns, A4 upright, in the
words of the form. The form reader of imports reads it back.

Reads through the read door only: what the caller may not see stays an empty cell, what is masked for him a mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from kehu.base.common.later import Later
from kehu.base.common.workbook_writer import LONGEST_TEXT
from kehu.base.db.query.handles import Handle
from kehu.base.errors import BadInput
from kehu.core.context import Ctx
from kehu.core.records import read

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet
else:
    xlsxwriter = Later("xlsxwriter")

MOST_SHEETS = 200
LAST_INTERACTIONS = 10
TITLE = "客户档案维护表"
COLUMNS = 10
_TRADE = ("cooperation_start", "last_cooperation_on", "cooperation_products", "total_amount", "order_summary")
_LIKES = ("communication_preference", "service_preference", "focus")
_HEAD = ("code", "name", "stage", "industry", "grade", "kind")
_PERSON = ("occupation", "office_phone", "mobile", "email", "id_number",
           "emergency_contact_name", "emergency_contact_phone")  # fmt: skip
_CONTACT = ("name", "position", "office_phone", "mobile", "email")
_DONE = ("occurred_at", "user", "content", "customer_feedback", "next_follow_up")
_BOXES = (("follow_up_due", "待跟进"), ("needs_escalation", "需升级"), ("lost", "流失"))
_BAD_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", "-"))

Made = Callable[[Ctx, Handle], Any]
Row = list[tuple[int, str]]  # how many columns each cell takes, and its text


def write_forms(ctx: Ctx, query: Mapping[str, Any], path: Path, made: Made) -> int:
    """Write a sheet for each customer of a query; return how many. `made` turns JSON values of a field into values.

    Raises BadInput `export.too_many_forms` for more than 200 customers.
    """
    ids = [row[0] for row in read.rows(ctx, "customer", {**query, "select": []})]
    if len(ids) > MOST_SHEETS:
        raise BadInput("export.too_many_forms", limit=MOST_SHEETS)
    zone = ZoneInfo(ctx.catalog.timezone)
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        looks = {
            "title": book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}),
            "block": book.add_format({"bold": True, "border": 1, "bg_color": "#D9D9D9", "align": "center"}),
            "head": book.add_format({"border": 1, "bg_color": "#EDEDED", "align": "center", "text_wrap": True}),
            "value": book.add_format({"border": 1, "num_format": "@", "text_wrap": True, "valign": "top"}),
        }
        names: set[str] = set()
        for id in ids:
            told = _Told(ctx, id, made, zone)
            sheet = book.add_worksheet(_name(told.own.get("name") or str(id), names))
            _write(sheet, told, looks)
        if not ids:
            book.add_worksheet(TITLE)
    return len(ids)


class _Told:
    """What the sheet of one customer says, as texts."""

    def __init__(self, ctx: Ctx, id: int, made: Made, zone: ZoneInfo) -> None:
        self._ctx, self._made, self._zone = ctx, made, zone
        of = {"field": "id", "op": "eq", "value": id}
        mine = {"field": "customer", "op": "eq", "value": id}
        self.own = next(self._rows("customer", (*_HEAD, *_PERSON, *_TRADE, *_LIKES), of), {})
        shown = read.get(ctx, "customer", id)
        self.person = shown.get("kind") == "person"
        self.own["id_number"] = str(shown.get("id_number") or "")  # masked, whoever prints it
        self.flags = {str(flag) for flag in shown.get("flags") or ()} | set(self._open_flags(mine))
        working = {"and": [mine, {"not": {"field": "status", "op": "eq", "value": "left"}}]}
        first = [{"field": "is_primary", "order": "desc"}, {"field": "id"}]
        self.contacts = list(self._rows("contact", _CONTACT, working, first))
        self.places = {
            kind: [row["detail"] for row in self._rows("address", ("detail",), self._of_type(mine, kind))]
            for kind in ("head_office", "branch", "home", "delivery")
        }
        last = [{"field": "occurred_at", "order": "desc"}, {"field": "id", "order": "desc"}]
        done = self._rows("interaction", _DONE, mine, last)
        self.done = [row for row, _ in zip(done, range(LAST_INTERACTIONS), strict=False)][::-1]

    def _open_flags(self, mine: Mapping[str, Any]) -> Iterator[str]:
        """The sorts of flags that nobody has taken away yet."""
        where = {"and": [mine, {"not": {"field": "status", "op": "eq", "value": "cleared"}}]}
        if "flag" in self._ctx.catalog.entities and _may_ask(self._ctx, "flag", where):
            yield from (str(row[2]) for row in read.rows(self._ctx, "flag", {"select": ["type"], "where": where}))

    @staticmethod
    def _of_type(mine: Mapping[str, Any], kind: str) -> dict[str, Any]:
        return {"and": [mine, {"field": "type", "op": "eq", "value": kind}]}

    def _rows(
        self, entity: str, names: Sequence[str], where: Mapping[str, Any], sort: Sequence[Mapping[str, Any]] = ()
    ) -> Iterator[dict[str, str]]:
        """Records with the fields that the caller may see; the others are empty."""
        ctx = self._ctx
        if entity not in ctx.catalog.entities or not _may_ask(ctx, entity, where):
            return
        open_ = [name for name in names if name != "id_number" and _may_see(ctx, entity, name)]
        query: dict[str, Any] = {"select": open_, "where": where, **({"sort": list(sort)} if sort else {})}
        if sort and not _may_ask(ctx, entity, where, sort):
            del query["sort"]
        makers = [self._made(ctx, handle) for handle in read.columns(ctx, entity, query)]
        for row in read.rows(ctx, entity, query):
            cells = [None if cell is None else make(cell) for make, cell in zip(makers, row[2:], strict=True)]
            yield dict.fromkeys(names, "") | {name: self._text(cell) for name, cell in zip(open_, cells, strict=True)}

    def _text(self, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, datetime):
            return f"{value.astimezone(self._zone):%Y-%m-%d}" if value.tzinfo else f"{value:%Y-%m-%d}"
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Decimal):
            return f"{value:,f}" if value % 1 else f"{value:,.0f}"
        return str(value)[: LONGEST_TEXT // 2]


def _may_see(ctx: Ctx, entity: str, name: str) -> bool:
    try:
        read.columns(ctx, entity, {"select": [name]})
    except BadInput:
        return False
    return True


def _may_ask(ctx: Ctx, entity: str, where: Mapping[str, Any], sort: Sequence[Mapping[str, Any]] = ()) -> bool:
    try:
        read.columns(ctx, entity, {"select": [], "where": where, **({"sort": list(sort)} if sort else {})})
    except BadInput:
        return False
    return True


def _lines(told: _Told) -> Iterator[tuple[str, Row]]:
    """The rows of the form: title, block, head or value, and their cells."""
    own = told.own
    stage = own.get("stage", "")
    yield "title", [(10, TITLE)]
    yield "head", [(2, "客户编号"), (2, "客户名称(全称)"), (2, "客户类型"), (2, "所属行业"), (2, "客户等级")]
    kind = f"{stage.removesuffix('客户')}客户" if stage else ""
    values = (own.get("code", ""), own.get("name", ""), kind, own.get("industry", ""), own.get("grade", ""))
    yield "value", [(2, text) for text in values]
    yield "block", [(10, "联系人信息")]
    yield "head", [(2, text) for text in ("姓名", "职位", "办公电话", "手机", "邮箱")]
    for one in told.contacts or [dict.fromkeys(_CONTACT, "")]:
        yield "value", [(2, one[name]) for name in _CONTACT]
    if told.person:
        yield "block", [(10, "个人信息")]
        yield "head", [(2, text) for text in ("职业", "办公电话", "手机", "邮箱", "证件号码")]
        yield "value", [(2, own.get(name, "")) for name in _PERSON[:5]]
        yield "block", [(10, "紧急联系")]
        yield "head", [(5, "紧急联系人"), (5, "紧急联系人电话")]
        yield "value", [(5, own.get(name, "")) for name in _PERSON[5:]]
    yield "block", [(10, "地址信息")]
    titles, sorts = (("居住地址", "收货地址"), ("home", "delivery")) if told.person else (
        ("总部地址", "分支机构地址"), ("head_office", "branch"))  # fmt: skip
    yield "head", [(5, text) for text in titles]
    left, right = (told.places[sort] for sort in sorts)
    for n in range(max(len(left), len(right), 1)):
        yield "value", [(5, places[n] if n < len(places) else "") for places in (left, right)]
    yield "block", [(10, "业务往来信息")]
    heads = ("合作起始时间", "最近合作时间", "合作产品/服务", "累计合作金额(元)", "订单记录摘要")
    yield "head", [(2, text) for text in heads]
    yield "value", [(2, own.get(name, "")) for name in _TRADE]
    yield "block", [(10, "客户偏好")]
    yield "head", [(3, "沟通方式偏好"), (3, "服务需求偏好"), (4, "关注重点")]
    yield "value", [(span, own.get(name, "")) for span, name in zip((3, 3, 4), _LIKES, strict=True)]
    yield "block", [(10, "维护记录")]
    spans = (2, 1, 3, 2, 2)
    heads = ("维护日期", "维护人", "维护内容/跟进事项", "客户反馈", "下次跟进时间")
    yield "head", list(zip(spans, heads, strict=True))
    for one in told.done or [dict.fromkeys(_DONE, "")]:
        said = one["customer_feedback"].strip('“”"')
        one = {**one, "customer_feedback": f"“{said}”" if said else ""}
        yield "value", [(span, one[name]) for span, name in zip(spans, _DONE, strict=True)]
    yield "block", [(10, "状态标识")]
    open_ = told.flags - {"normal"}
    boxes = [("" if open_ else "☑", "正常"), *(("☑" if key in open_ else "", label) for key, label in _BOXES)]
    yield "value", [(span, f"{mark or '□'}{label}") for span, (mark, label) in zip((2, 3, 3, 2), boxes, strict=True)]


def _write(sheet: Worksheet, told: _Told, looks: Mapping[str, Any]) -> None:
    sheet.set_paper(9)
    sheet.set_portrait()
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, COLUMNS - 1, 9)
    for number, (look, cells) in enumerate(_lines(told)):
        column = 0
        longest = 1
        for span, text in cells:
            if span > 1:
                sheet.merge_range(number, column, number, column + span - 1, "", looks[look])
            sheet.write_string(number, column, text, looks[look])
            longest = max(longest, -(-sum(2 if letter > "\u2e80" else 1 for letter in text) // (span * 9)))
            column += span
        sheet.set_row(number, 28 if look == "title" else 18 * min(longest, 20))
        if look == "head" and cells[0][1] == "维护日期":
            sheet.repeat_rows(number)


def _name(name: str, taken: set[str]) -> str:
    clean = name.translate(_BAD_IN_NAMES).strip()[:28] or TITLE
    found, number = clean, 2
    while found.lower() in taken:
        found, number = f"{clean[:26]}_{number}", number + 1
    taken.add(found.lower())
    return found
