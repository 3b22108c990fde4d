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
from kehu.base.schema.model import Catalog, Entity
from kehu.features.importing.asides import is_somebody
from kehu.features.importing.beside import side_by_side
from kehu.features.importing.columns import ColumnMap, Existing, Reason
from kehu.features.importing.headings import SPLIT, OrderWords, Words, level_of, words_of
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
from kehu.features.importing.targets import BROUGHT, Target, joined, target

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
    words = words_of(catalog, entity, sheet)
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
        order = SPLIT[entity.key].get("order") if isinstance(words, OrderWords) else None
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
    words = Words(catalog, catalog.entities["contract"])
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
