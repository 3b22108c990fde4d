"""新建字段: columns that no field takes become own fields of the ledger when people ask for it.

Chooses key and type from heading and cells; the catalog does the rest, as a change-set of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from kehu.base.common import phones
from kehu.base.common.dates import parse_date
from kehu.base.common.money import parse_money, parse_scaled
from kehu.base.common.problems import Unreadable
from kehu.base.schema.naming import suggest_key
from kehu.core.catalog.service import apply_changes
from kehu.core.context import Ctx
from kehu.features.importing.cells import EMPTY_WORDS
from kehu.features.importing.reader.workbook import Sheet, Workbook
from kehu.features.importing.synonyms import (
    names_foreign_money,
    normal_title,
    numbered_title,
    unit_factor,
    without_unit,
)
from kehu.features.importing.targets import joined

LOOKED_AT = 400  # cells of a column that are looked at
LONG = 60  # characters of a cell from which a text is long
MOST_OPTIONS = 12
LONGEST_OPTION = 12
_MONEY_TITLE = re.compile(
    r"((?<!名)额|额度|(?<!评)价|价格|费用?|款|租|工资|薪资?|收入|成本|利润|预算|产值|货值|消费|充值|储值|金|[应已实未待][收付]"
    r"|amount|price|cost|fee|rent|deposit)(合计|总计|小计)?$",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"-?\d{1,15}")
_CODE_TITLE = re.compile(r"编[号码]|代码|单号|卡号|账号|号$|id$|code$|no\.?$", re.IGNORECASE)
_PHONE_TITLE = re.compile(r"电话|座机|传真|手机|tel|phone|fax", re.IGNORECASE)
_YES_NO = frozenset({"是", "否", "有", "无", "√", "×", "✓", "✗", "Y", "N", "TRUE", "FALSE", "true", "false"})
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_HOUR = re.compile(r"(?<!\d)(?!0?0[:：]00)\d{1,2}[:：]\d\d|\d点|\d时")
_LINK = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)


def proposals(book: Workbook, sheets: Sequence[dict[str, Any]], asked: object) -> None:
    """Mark columns that nothing takes with type and name of the field they could become (`new_field`, `new_name`), in
    place.

    asked: those that shall become one (`create`): True for all that nobody has left out, or headings. A list of
    choices among these also gets its words (`new_options`), which takes a look at every row.
    """
    by_name = {sheet.name: sheet for sheet in book.sheets}
    for stored in sheets:
        sheet = by_name[stored["name"]]
        cells: list[list[str]] | None = None
        names = _names(stored["columns"])
        for n, (column, found) in enumerate(zip(stored["columns"], sheet.columns, strict=True)):
            free = column["field"] is None and column["reason"] in ("none", "double")
            create = found.title in asked if isinstance(asked, list) else bool(asked) and free
            if not (free or create) or column["field"] is not None or not found.title or not set(found.kinds) - {"0"}:
                continue
            cells = cells if cells is not None else _cells(sheet)
            kind, options = field_type(found.title, cells[found.index], set(found.kinds) - {"0"})
            if create and kind == "select":
                options = _all_words(sheet, found.index)
                kind = "select" if options else "text"
            if (often := column.get("several")) is not None:  # several rows of one record: all of it has to stand
                kind = {"text": "long_text", "select": "multi_select"}.get(kind, "long_text" if often else kind)
            column |= {"new_field": kind, "new_name": _label(names[n], kind)}
            if create:
                column["create"] = True
                if options:
                    column["new_options"] = options


def create(ctx: Ctx, sheets: Sequence[dict[str, Any]]) -> int:
    """Add the proposed fields and map their columns to them, in place; return how many. Raises NotAllowed.

    A field is made of the records that its column tells something about: `part` of the column.
    """
    made: dict[tuple[str, str], str] = {}
    changes: list[Mapping[str, Any]] = []
    taken: dict[str, set[str]] = {}
    for stored in sheets:
        entities = {part["path"]: part["entity"] for part in stored["parts"]}
        for column, title in zip(stored["columns"], _names(stored["columns"]), strict=True):
            if not column.pop("create", False):
                continue
            kind, path = column["new_field"], str(column.get("part") or "")
            entity = entities[path]
            if (entity, title) not in made:
                own = ctx.catalog.entities[entity].fields
                keys = taken.setdefault(entity, {*own, *ctx.catalog.reverses.get(entity, {})})
                key = made[entity, title] = suggest_key(title, keys)
                keys.add(key)
                change: dict[str, Any] = {"op": "field.add", "entity": entity, "key": key, "type": kind}
                if options := column.get("new_options"):
                    change["options"] = _options(options)
                name = _label(title, kind)
                changes.append({**change, "label": {"zh-CN": name, "en": name}})
            column |= {"field": joined(path, made[entity, title]), "reason": "given", "confidence": 1.0}
    if changes:
        apply_changes(ctx, changes)
    return len(changes)


def _names(columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """What tells the columns of a sheet apart: their headings, the second of one heading with its number."""
    met: Counter[str] = Counter()
    names = []
    for column in columns:
        met[column["source"]] += 1
        names.append(numbered_title(column["source"], met[column["source"]]))
    return names


def _label(title: str, kind: str) -> str:
    """What the field of a column is called."""
    name = title.rpartition("/")[2] or title
    return without_unit(name) if kind == "money" else name  # amounts are kept in 元, whatever the file has


def field_type(title: str, cells: Sequence[str], kinds: set[str]) -> tuple[str, list[str]]:
    """Choose the type of a field for these cells, and its options when it is a choice."""
    said = [cell.strip() for cell in cells if cell.strip()]
    filled = [cell for cell in said if cell not in EMPTY_WORDS]
    if not filled:
        return "text", []
    if kinds == {"d"} or _all(filled, _is_date):
        return ("datetime" if any(map(_HOUR.search, filled)) else "date"), []
    if kinds == {"b"} or set(said) - (EMPTY_WORDS - _YES_NO) <= _YES_NO:
        return "boolean", []
    if _all(filled, lambda text: phones.mobile(text).ok):
        return "cn_mobile", []
    if _all(filled, _MAIL.fullmatch):
        return "email", []
    if _all(filled, _LINK.fullmatch):
        return "url", []
    if _all(filled, lambda text: text.endswith(("%", "％")) and _is_number(text[:-1])):
        return "percent", []
    if _PHONE_TITLE.search(title) and _all(
        filled, lambda text: phones.phone(text).ok and not phones.phone(text).problems
    ):
        return "phone", []
    zeros = any(len(text) > 1 and text[0] == "0" and text.isdigit() for text in filled)
    if not _CODE_TITLE.search(title) and not zeros:
        named = (
            unit_factor(title) is not None or _MONEY_TITLE.search(normal_title(title.rpartition("/")[2])) is not None
        )
        if named and not names_foreign_money(title) and _all(filled, _is_money):
            return "money", []
        if _all(filled, _is_number):
            return ("integer" if _all(filled, _WHOLE.fullmatch) else "number"), []
    if any(len(text) > LONG or "\n" in text for text in filled):
        return "long_text", []
    words = Counter(filled)
    few = 2 <= len(words) <= MOST_OPTIONS and len(filled) >= 4 * len(words)
    if few and not _CODE_TITLE.search(title) and all(len(word) <= LONGEST_OPTION for word in words):
        return "select", [word for word, _ in words.most_common()]
    return "text", []


def _all(cells: Sequence[str], fits: Any) -> bool:
    return all(fits(cell) for cell in cells)


def _is_date(text: str) -> bool:
    try:
        parse_date(text)
    except Unreadable:
        return False
    return not text.isdigit()  # 20230305 may be a number of anything


def _is_money(text: str) -> bool:
    try:
        parse_money(text)
    except Unreadable:
        return False
    return True


def _is_number(text: str) -> bool:
    try:
        parse_scaled(text, 6)
    except Unreadable:
        return False
    return True


def _options(words: Sequence[str]) -> list[dict[str, Any]]:
    taken: set[str] = set()
    options = []
    for word in words:
        key = suggest_key(word, taken)
        taken.add(key)
        options.append({"key": key, "label": {"zh-CN": word, "en": word}})
    return options


def _all_words(sheet: Sheet, index: int) -> list[str]:
    """Every different word of a column, none when they are too many for a choice."""
    words: dict[str, None] = {}
    for frame in sheet.blocks():
        found = (text.strip() for text in frame[f"c{index}"].unique(maintain_order=True).to_list() if text)
        words |= dict.fromkeys(word for word in found if word and word not in EMPTY_WORDS)
        if len(words) > MOST_OPTIONS or any(len(word) > LONGEST_OPTION for word in words):
            return []
    return list(words)


def _cells(sheet: Sheet) -> list[list[str]]:
    """The first cells of each column, empty ones left out."""
    found: list[list[str]] = [[] for _ in range(sheet.n_cols)]
    left = LOOKED_AT
    for frame in sheet.blocks():
        part = frame.head(left)
        for index, cells in enumerate(found):
            cells += [text for text in part[f"c{index}"].to_list() if text]
        left -= part.height
        if left <= 0:
            break
    return found
