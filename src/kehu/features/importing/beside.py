"""Several contacts and addresses side by side in one row: 联系人1, 电话1, 联系人2, 电话2; 收货地址, 开票地址.

Only proposes, from the headings and their order: which columns are of the second contact, which of the third. What
people have said of a column stays. Reads no cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kehu.base.common.text import narrow
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.synonyms import normal_title
from kehu.features.importing.targets import MOST_BESIDE, beside, joined

Meaning = Callable[[str], str | None]
"""What a heading means on a sheet of customers: `mobile`, `contacts.name`."""
Moved = dict[int, tuple[str, float]]
"""Where columns go instead, and how sure that is, by index."""
Tag = int | str | None
"""What tells one contact from another in a heading: his number, what he does (财务), or nothing."""

_DIGITS = {digit: n for n, digit in enumerate("一二三四五六七八九", 1)}
_ORDINAL = re.compile(r"第?\(?(?<!\d)([1-9一二三四五六七八九])(?!\d)\)?[个位]?")
_SECOND = re.compile(r"(?:备用|备选|次要|其他|其它|另一)(?=.)")
_ROLE = re.compile(r"([一-鿿]{1,4}?)(?:联系人|对接人|经办人)")
_ROLE_BEHIND = re.compile(r"(?:联系人|对接人|经办人)\(([一-鿿]{1,4})\)")
_FIRST = frozenset({"主要", "首要", "主", "常用"})
_NO_ROLE = frozenset(
    {
        "客户",
        "企业",
        "公司",
        "单位",
        "甲方",
        "乙方",
        "对方",
        "收货",
        "收件",
        "手机",
        "电话",
        "微信",
    }
)
_OTHERS = re.compile("我方|我司|本公司|内部|销售|客服|跟单|推荐|介绍|供应商")
"""Words of headings about our own people or those of somebody else, who are no contacts of the customer."""
_OTHERS_ABOVE = re.compile(f"(?:{_OTHERS.pattern})(?:信息|人员|资料)?")
_FAMILY = re.compile(r"(父亲|母亲|爸爸|妈妈|爷爷|奶奶|外公|外婆|配偶|租户|租客)(?:姓名|名字)?")
_TENANTS = re.compile(r"租户|租客")
_OWNERS = re.compile(r"业主|产权人|房东|户主")
_OWN = frozenset({"mobile", "office_phone", "email", "wechat", "gender", "birth_date", "remark"})
"""What a customer has as a contact has it, too: with a number or right of a contact it is his."""
_PHONES = frozenset({"mobile", "office_phone"})
_MOBILE = re.compile(r"手机|移动|mobile|cell", re.IGNORECASE)
_DELIVERY = re.compile(r"收货|收件|送货|配送|送花|卸货")
_RECIPIENTS = {
    "recipient": frozenset({"收货人", "收件人", "收货人姓名", "收件人姓名", "收花人", "收花人姓名"}),
    "recipient_phone": frozenset(
        {"收货电话", "收货人电话", "收货人手机", "收货手机", "收货联系电话", "收货人联系电话", "收件电话", "收件人电话",
         "收件人手机", "收件人联系电话", "收花人电话", "收花电话", "收花人手机"}
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Said:
    """A column of a contact or an address, as its heading says: which one, and the field there."""

    column: ColumnMap
    tag: Tag
    field: str
    free: bool


def side_by_side(columns: Sequence[ColumnMap], titles: Sequence[str], meaning: Meaning, path: str) -> list[ColumnMap]:
    """The columns with those of further contacts and addresses moved to them. `titles`: their headings by index;
    `path`: where the customer stands."""
    if any(one.target == joined(path, "name") and _OWNERS.search(titles[one.index]) for one in columns):
        columns = [_of_tenant(one) if _TENANTS.match(titles[one.index]) else one for one in columns]
        of_all = meaning

        def meaning(title: str) -> str | None:
            return None if _TENANTS.match(title) else of_all(title)

    said = [one for column in columns if (one := _said(column, titles[column.index], meaning)) is not None]
    known, roles = {one.column.index for one in said}, {str(one.tag) for one in said if isinstance(one.tag, str)}
    rest = [one for one in columns if one.index not in known] if roles else []
    said += [found for one in rest if (found := _of_role(one, titles[one.index], meaning, roles)) is not None]
    moved = _contacts(said, path) | _addresses(columns, said, path)
    return [_moved(one, *moved[one.index]) if one.index in moved else one for one in columns]


def _of_tenant(column: ColumnMap) -> ColumnMap:
    """A column of tenants beside the owner of a flat: they are his contacts, elsewhere the customer himself."""
    free = column.reason not in ("given", "remembered")
    return replace(column, target=None, confidence=0.0, reason="none") if free else column


def _moved(column: ColumnMap, target: str, sure: float) -> ColumnMap:
    return replace(column, target=target, confidence=sure, reason="synonym" if sure >= 0.9 else "similar")


def role_of(title: str) -> str | None:
    """What somebody does by the heading of his name: 财务 of 财务联系人, 母亲 of 母亲姓名."""
    above, _, last = title.rpartition("/")
    if family := _FAMILY.fullmatch(narrow(above.rpartition("/")[2]).replace(" ", "")):
        return family[1]
    plain = narrow(last).replace(" ", "")
    found = _FAMILY.fullmatch(plain) or _ROLE_BEHIND.fullmatch(plain) or _ROLE.match(plain)
    if found is None or found[1] in _NO_ROLE | _FIRST or _SECOND.match(plain) or _ORDINAL.search(found[1]):
        return None
    return found[1]


def _said(column: ColumnMap, title: str, meaning: Meaning) -> _Said | None:
    """What a heading says of a contact or an address; None when it is about something else."""
    free = column.reason not in ("given", "remembered")
    plain = narrow(title).replace(" ", "")
    above, _, last = plain.rpartition("/")
    if column.reason == "double" or _OTHERS.search(last) or _OTHERS_ABOVE.fullmatch(above):
        return None
    for found in _ORDINAL.finditer(plain):
        word = plain[: found.start()] + plain[found.end() :]
        field = _field(meaning(word))
        if field and not (word.isascii() and field == "detail"):  # Address 2 is the second line of one address
            return _Said(column, int(_DIGITS.get(found[1], found[1])), field, free)
    whole = meaning(title)
    if whole is not None and _field(whole) is None:
        return None  # 紧急联系人 has a field of its own
    if (second := _SECOND.match(plain)) and (field := _field(meaning(plain[second.end() :]))):
        return _Said(column, 2, field, free)
    if family := _FAMILY.fullmatch(plain):
        return _Said(column, family[1], "name", free)
    role = _ROLE.match(plain)
    if role and role[1] not in _NO_ROLE and (field := _field(meaning(plain[role.end(1) :]))):
        return _Said(column, 1 if role[1] in _FIRST else role[1], field, free)
    return _Said(column, None, field, free) if (field := _field(whole)) else None


def _of_role(column: ColumnMap, title: str, meaning: Meaning, roles: set[str]) -> _Said | None:
    """What a heading says of somebody who is named by what he does elsewhere: 财务电话 beside 财务联系人."""
    plain = normal_title(title)
    for role in roles:
        if plain.startswith(role) and (field := _field(meaning(plain.removeprefix(role)))):
            return _Said(column, role, field, column.reason not in ("given", "remembered"))
    return None


def _field(target: str | None) -> str | None:
    """The field of a contact that a target means, or `detail` of an address."""
    if target is None or target in _OWN:
        return target
    above, _, field = target.rpartition(".")
    return field if above == "contacts" or target == "addresses.detail" else None


def _contacts(said: Sequence[_Said], path: str) -> Moved:
    """What changes of the columns of contacts, by index."""
    names = [one for one in said if one.field == "name"]
    numbers = _numbered(names)
    if len(set(numbers.values())) < 2:  # of one alone only what his heading says: 母亲姓名, 母亲电话
        said = [one for one in said if isinstance(one.tag, str)]
        names = [one for one in said if one.field == "name" and one.column.target is None]
        numbers = {one.column.index: n for one, n in zip(names, (1,), strict=False)}
    who: dict[Tag, int] = {}
    for one in names:
        if one.column.index in numbers:
            who.setdefault(one.tag, numbers[one.column.index])
    taken = {str(one.column.target) for one in said if not one.free}
    moved: Moved = {}

    def move(one: _Said, n: int, sure: float) -> bool:
        field = one.field
        goal = joined(joined(path, beside("contacts", n)), field)
        if goal in taken and field in _PHONES:
            field = "office_phone" if field == "mobile" else "mobile"
            goal = joined(joined(path, beside("contacts", n)), field)
        if not one.free or goal in taken:
            return False
        taken.add(goal)
        moved[one.column.index] = goal, sure
        return True

    for one in names:
        if one.column.index in numbers:
            move(one, numbers[one.column.index], 0.95)
    details = [one for one in said if one.field not in ("name", "detail")]
    # 手机 beside 电话: the mobile is the one that says so.
    details.sort(key=lambda one: (one.field == "mobile" and not _MOBILE.search(one.column.source), one.column.index))
    told = {one.field for one in details if isinstance(one.tag, int) and one.tag > 1 and one.tag in who}
    if any(one.tag is not None and who.get(one.tag) == 1 and one.field in _PHONES for one in details):
        told -= _PHONES  # with a phone that is surely the first one's, 电话 is the firm's
    places = _places(said, numbers)
    of_several: set[str] = set()
    for one in sorted(details, key=lambda one: one.tag is None):
        if one.tag is not None and one.tag in who:
            move(one, who[one.tag], 0.9)
        elif one.tag is None and one.field in told:
            move(one, 1, 0.9)  # 电话 beside 电话2
    for one in details:
        n = places.get(one.column.index)
        if n is None or one.tag is not None or one.column.index in moved:
            continue
        last = n == max(numbers.values(), default=0)
        if one.field == "remark" or (last and one.field not in {*_PHONES, "position"} and one.field not in of_several):
            continue  # 邮箱 behind the last contact may be the firm's
        if move(one, n, 0.8):
            of_several.add(one.field)
    return moved


def _numbered(names: Sequence[_Said]) -> dict[int, int]:
    """Which contact each column of names is of, by index: by its number, the others in their order."""
    found: dict[int, int] = {}
    for one in names:
        if isinstance(one.tag, int) and one.tag not in found.values():
            found[one.column.index] = one.tag
    for one in names:
        free = next((n for n in range(1, MOST_BESIDE + 1) if n not in found.values()), None)
        if one.column.index not in found and free is not None:
            found[one.column.index] = free
    return found


def _places(said: Sequence[_Said], numbers: dict[int, int]) -> dict[int, int]:
    """Whose contact a column is right of, with nothing but his columns between them, by index."""
    at = {one.column.index: one for one in said}
    found: dict[int, int] = {}
    for index, n in numbers.items():
        place = index + 1
        while place in at and place not in numbers and at[place].field != "detail":
            found[place] = n
            place += 1
    return found


def _addresses(columns: Sequence[ColumnMap], said: Sequence[_Said], path: str) -> Moved:
    """What changes of the columns of addresses, by index: the surest stays the first, of a sheet of orders that to
    which they go; the others follow it."""
    found = [one for one in said if one.field == "detail"]
    own = joined(path, "addresses.detail")
    taken = {one.target for one in columns if one.reason in ("given", "remembered")}
    free = [one for one in found if one.free and (one.column.target == own or one.column.target is None)]
    likely = [one for one in free if one.column.target == own]
    if path:
        likely = [one for one in likely if _DELIVERY.search(one.column.source)] or likely
    sure = max(likely, key=lambda one: one.column.confidence, default=None)
    moved: Moved = {}
    where = {one.column.index: 1 for one in found if one.column.target == own and not one.free}
    if sure is not None and own not in taken:
        where[sure.column.index] = 1
        taken.add(own)
        free.remove(sure)
    goals = {n: joined(path, f"{beside('addresses', n)}.detail") for n in range(1, MOST_BESIDE + 1)}
    places = [n for n, goal in goals.items() if goal not in taken]
    for one, n in zip(free, places, strict=False):
        where[one.column.index] = n
        moved[one.column.index] = goals[n], 0.9
    return moved | _recipients(columns, found, where, path)


def _recipients(columns: Sequence[ColumnMap], addresses: Sequence[_Said], where: dict[int, int], path: str) -> Moved:
    """收货人 and 收货电话 beside a delivery address are its recipient, where the customer has a name of its own."""
    delivery = next(
        (n for one in addresses if (n := where.get(one.column.index)) and _DELIVERY.search(one.column.source)), None
    )
    words = frozenset[str]().union(*_RECIPIENTS.values())
    name = joined(path, "name")
    named = any(one.target == name and normal_title(one.source) not in words for one in columns)
    if delivery is None or not named:
        return {}
    moved: Moved = {}
    for field, headings in _RECIPIENTS.items():
        goal = joined(path, f"{beside('addresses', delivery)}.{field}")
        free = (
            one for one in columns if one.reason not in ("given", "remembered") and normal_title(one.source) in headings
        )
        one = next(free, None)
        if one is not None and all(other.target != goal for other in columns):
            moved[one.index] = goal, 0.9
    return moved
