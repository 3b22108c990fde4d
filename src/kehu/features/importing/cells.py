"""One cell → one value: what offices write in cells beyond what a field type reads, and what Excel has done to them.

Two phones in a cell, a name with its phone, serial numbers of days, numbers cut after the 15th digit. Knows the field
and the text, no record; each distinct text of a column comes here once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from kehu.base.common import phones
from kehu.base.common.dates import excel_date, in_order, in_year
from kehu.base.common.problems import Unreadable
from kehu.base.common.text import narrow
from kehu.base.fields.base import FieldType, Parsed, ParseEnv, Problem, Unresolved, Value
from kehu.base.fields.codes import HIDDEN
from kehu.base.schema.model import Field
from kehu.features.importing import asides
from kehu.features.importing.headings import option_of
from kehu.features.importing.targets import NO_CHILD, is_contact

EMPTY_WORDS = frozenset(
    {
        "无", "/", "//", "\\", "-", "--", "—", "——", "－", "n/a", "N/A", "null", "NULL", "None", "暂无",
        "待补充", "(无)", "（无）", "(空)", "（空）", "(空白)", "（空白）", "未填写",
    }
)  # fmt: skip
"""Words that offices write where there is nothing. For a yes-or-no field 无 means no."""

DITTO = frozenset({"同上", "同前", "〃", "″", "”", '"', "''", "ditto"})
"""What is written below a text that holds again; nobody's name."""

NOBODY = frozenset({"空置", "空房", "空铺", "空户", "闲置", "未售", "待售", "未租", "待租", "未入住"})
"""What is written for the owner or tenant of a place that has none; nobody's name."""

KEPT_ASIDE = frozenset({"phone.several"})
"""Warnings whose cell goes into the error workbook too: not all of its text has found a place."""

_CUT_NUMBER = re.compile(r"-?\d{16,}")
_EXPONENT = re.compile(r"\d(\.\d+)?[eE]\+?1[4-9]")
_CUT_TEXT = re.compile(r"\d{15}0{1,4}")
_QUOTED = re.compile('[“"]([^“”"]+)[”"]')
_MARKED = re.compile(r"\s*\+?\d[\d-]{4,}\s*", re.ASCII)
_SERIAL = re.compile(r"\d{4,5}(?:\.\d+)?", re.ASCII)
_FIRST_SERIAL, _LAST_SERIAL = 3_654, 80_000  # 1910 to 2119: smaller numbers are years or counts
_NUMBERS = frozenset({"number", "integer", "money", "percent"})
_PHONES = frozenset({"cn_mobile", "phone"})
_PARTED = re.compile(r"\s*(?:[/、,，;；|\n\r]|\s{2,}|和|或)\s*|(?<=\d{7}) (?=1[3-9]\d{9}|0\d{2,3}-?\d{7})")
_PHONE = (
    r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|400-?\d{3}-?\d{4}"
    r"|(?:\(0\d{2,3}\)|0\d{2,3})[- ]?\d{7,8}(?: ?(?:-|转|转分机|分机) ?\d{1,6})?"
)
_NAME = r"[^\d\s,，:：/、;；|()（）]{2,30}"
_POST = r"(?:[(（]([^\d\s()（）]{1,12})[)）])?"  # 王芳(老板娘)13800138000
_NAME_PHONE = re.compile(rf"\s*({_NAME}){_POST}[\s,，:：/、;；|(（]*({_PHONE})[)）]?\s*", re.ASCII)
_WITH_PHONES = re.compile(
    rf"({_NAME}){_POST}[\s,，:：/、;；|(（]*((?:{_PHONE})(?:[\s,，/、;；|]*(?:{_PHONE}))*)[)）]?", re.ASCII
)
_BETWEEN = " \t\r\n　,，/、;；|"
_PHONE_NAME = re.compile(rf"\s*({_PHONE})[\s,，:：/、;；|(（]*({_NAME})[)）]?\s*", re.ASCII)
_LANDLINE = re.compile(r"(?:(?:010|02\d|0[3-9]\d\d)-)?[2-9]\d{6,7}(?:-\d{1,6})?|400-\d{3}-\d{4}(?:-\d{1,6})?", re.ASCII)

_DAYS = re.compile(r"(?:月结|账期|开票后|票到|货到|收货后)?(\d{1,3})天(?:内)?(?:付款|结清|结算)?")
_MEASURED = re.compile(
    r"(-?\d+(?:\.\d+)?)((?![万千百亿元折半多余左])[一-鿿](?:(?![半多余])[一-鿿])?|kg|g|ml|l|pcs)",
    re.ASCII | re.IGNORECASE,
)
_STARRED = re.compile(r"[\d()\-\s]{7,}\s*\*\s*\d{1,6}", re.ASCII)  # 0574-87001234*801

MORE_PHONES = "其他电话："
"""What stands before the numbers in the remark for which a record has no field."""
_MORE = {
    "mobile": MORE_PHONES,
    "office_phone": MORE_PHONES,
    "name": "其他联系人：",
    "wechat": "其他微信：",
    "position": "其他职位：",
}
"""What stands in the remark before what a cell gives beside its own value, where its place is taken already."""
_SAME_WECHAT = re.compile(r"(?:微信|wx|vx)(?:号|同号|同步|同)?|同?微信号?|同号", re.IGNORECASE)
"""What stands beside a number that is the WeChat number too, and is nobody's name."""

_NO_NAME = re.compile(
    r"(?:已|现|可能)?(?:停机|空号|关机|换号|停用|不用|错号|打不通|无人接|不接)了?|(?:新|旧|老|备用|常用|工作|私人|家里|家庭|办公|公司)的?(?:号码?|电话|手机)?"
    r"|号码|电话|手机|座机|传真|财务|仓库|前台|门卫|办公室|采购部?|销售部?"
)
"""What stands beside a number and says something of it, but is nobody's name."""


@dataclass(frozen=True, slots=True)
class Read(Parsed):
    """A cell that gives more than its own value: group of the record, field and value, taken where nothing stands."""

    more: tuple[tuple[str, str, Value], ...] = ()


def read_cell(
    one: Field, kind: FieldType, text: str, cell: str, env: ParseEnv, *,
    path: str = "", date1904: bool = False, order: str | None = None, year: int | None = None, of: str = "",
) -> Parsed:  # fmt: skip
    """Read the text of a cell of a record `of` an entity; `cell` is its kind (t text, n number, d date, b boolean, e
    error). `order` is how dates like 5/3/23 are to be read (dmy, mdy, ymd); None: somebody has to say it. `year` is
    that of dates like 9.12."""
    stripped = text.strip()
    if not stripped or HIDDEN in stripped or (path.rpartition(".")[2], stripped) in NO_CHILD:
        return Parsed()  # a mask that went out says nothing when it comes back
    if stripped in EMPTY_WORDS and not (one.value_type == "boolean" and stripped == "无"):
        return Parsed()
    if one.key == "name" and (stripped in DITTO or stripped.strip("()（）") in NOBODY):
        return Parsed()
    if cell == "e":
        return _refused("value.invalid", text)
    if stripped[0] in "'’" and _MARKED.fullmatch(stripped[1:]):
        stripped = stripped[1:].strip()  # shops write '1234567890123456 so that Excel leaves the number alone
    if one.key == "customer_feedback" and (quoted := _QUOTED.fullmatch(stripped)):
        stripped = quoted[1]  # the printed sheet quotes what a customer has said
    if (stripped[0].isdecimal() or stripped[0] == "-") and one.value_type not in _NUMBERS and _is_cut(stripped, cell):
        exact = cell == "t" and _CUT_TEXT.fullmatch(stripped) and not kind.parse(one, stripped, env).problems
        # Excel keeps 15 digits: the rest is lost in the file already, whatever stands there.
        return kind.parse(one, stripped, env) if exact else _refused("number.cut", text)
    if cell == "n" and one.value_type in ("date", "datetime") and _SERIAL.fullmatch(stripped):
        if (day := _serial(stripped, date1904)) is not None:
            return kind.parse(one, day, env)
    parsed = kind.parse(one, stripped, env)
    if order and asks_order(parsed) and (day := in_order(stripped, order)):
        parsed = kind.parse(one, day, env)
    if year and parsed.refused and cell == "t" and one.value_type in ("date", "datetime"):
        # Of a number 10.3 nobody knows whether it was 10.30.
        if (day := in_year(stripped, year)) and not (said := kind.parse(one, day, env)).refused:
            return Parsed(said.value, (*said.problems, Problem("date.year", "warn", {"year": year})))
    lax = bool(parsed.problems) and one.settings.get("severity", {}).get("format") == "warn"
    if parsed.refused or lax:  # what the field would let in as it stands may still be two numbers, or one with a name
        mended = _mended(_strict(one) if lax else one, kind, stripped, env, path)
        if lax and mended is not None and mended.value is None:
            return parsed
        return mended if mended is not None else parsed if lax else Parsed(None, parsed.problems)
    if one.key == "name" and one.value_type == "text" and not parsed.refused:
        return _named(stripped, text, path) or _with_aside(parsed, stripped, path, of)
    return parsed


def asks_order(parsed: Parsed) -> bool:
    """Whether a cell is a date that may be read in several ways."""
    return any(problem.data.get("reason") == "date.ambiguous" for problem in parsed.problems)


def rounding(text: str, factor: int, kept: str) -> Decimal | None:
    """How much more an amount is than what is kept of it, None when the text is no plain number."""
    try:
        return Decimal(narrow(text).replace(",", "").strip("¥￥ ")) * factor - Decimal(kept)
    except InvalidOperation:
        return None


def _is_cut(text: str, cell: str) -> bool:
    if cell == "n":
        return _CUT_NUMBER.fullmatch(text) is not None or _EXPONENT.fullmatch(text) is not None
    return cell == "t" and (_EXPONENT.fullmatch(text) is not None or _CUT_TEXT.fullmatch(text) is not None)


def _serial(text: str, date1904: bool) -> str | None:
    number = float(text)
    if not _FIRST_SERIAL <= number <= _LAST_SERIAL:
        return None
    try:
        return excel_date(int(number), date1904=date1904).isoformat()
    except Unreadable:
        return None


def _mended(one: Field, kind: FieldType, text: str, env: ParseEnv, path: str) -> Parsed | None:
    """Read what the field type has refused, where it is clear what is meant."""
    if one.value_type == "select" and (option := option_of(one, text)) is not None:
        return Parsed(option)
    if one.key == "credit_days" and (days := _DAYS.fullmatch(narrow(text).replace(" ", ""))):
        return kind.parse(one, days[1], env)
    if one.key == "quantity" and (measured := _MEASURED.fullmatch(narrow(text).replace(" ", ""))):
        own = kind.parse(one, measured[1], env)
        return replace(own, problems=(*own.problems, Problem("quantity.measured", "warn", {"unit": measured[2]})))
    if one.value_type == "email":
        return _several_mails(one, kind, text, env, path)
    if one.value_type not in _PHONES:
        return None
    post: str | None = None
    if found := _NAME_PHONE.fullmatch(text):
        name, post, number = found.groups()
    elif found := _PHONE_NAME.fullmatch(text):
        number, name = found.groups()
    elif (line := _landline(one, text)) is not None:
        return Read(None, (Problem("cell.parted", "warn", {"value": text}),), ((path, "office_phone", line),))
    elif people := _people(text):
        return _of_people(one, kind, text, env, path, people)
    else:
        return _several(one, kind, text, env, path)
    own = kind.parse(one, number, env)
    more: tuple[tuple[str, str, Value], ...] = ()
    if own.refused:
        if (line := _landline(one, number)) is None:
            return None
        own, more = Parsed(), ((path, "office_phone", line),)
    problem = Problem("cell.parted", "warn", {"value": text})
    if _SAME_WECHAT.fullmatch(name):
        more += ((path, "wechat", phones.phone(number).value),)
    elif _NO_NAME.fullmatch(name):
        more += ((path, "remark", narrow(text.strip())),)
    else:
        more += ((_contacts(path), "name", narrow(name)),)
        more += ((_contacts(path), "position", narrow(post)),) if post else ()
    return Read(own.value, (*own.problems, problem), more)


def _landline(one: Field, text: str) -> str | None:
    """The number of a fixed line, or of another country, that stands where a mobile is asked for: a column 联系电话
    holds all of them."""
    if one.key != "mobile":
        return None
    found = phones.phone(text.replace("*", "-") if _STARRED.fullmatch(text) else text)
    return found.value if found.ok and (_LANDLINE.fullmatch(found.value) or found.value[0] == "+") else None


def _strict(one: Field) -> Field:
    """The field with the usual severity of its rules."""
    return replace(one, settings={name: said for name, said in one.settings.items() if name != "severity"})


def _contacts(path: str) -> str:
    """Whose name a phone may stand with: the contact's that it belongs to, or a contact of its customer."""
    if is_contact(path):
        return path
    return f"{path}.contacts" if path else "contacts"


def _several_mails(one: Field, kind: FieldType, text: str, env: ParseEnv, path: str) -> Parsed | None:
    """Several addresses in a cell: the first is the field's, the others go into the remark."""
    parts = [part for part in re.split(r"[\s,，、;；|/]+", text.strip()) if part]
    read = [kind.parse(one, part, env) for part in parts]
    if len(parts) < 2 or any(one.refused for one in read):
        return None
    more = (path, "remark", f"其他邮箱：{'、'.join(parts[1:])}")
    return Read(read[0].value, (Problem("cell.parted", "warn", {"value": text}),), (more,))


def _several(one: Field, kind: FieldType, text: str, env: ParseEnv, path: str) -> Parsed | None:
    """Several numbers in a cell: the first that fits is the field's, the second goes to the office phone, what is left
    into the remark."""
    parts, chat = [part for part in _PARTED.split(text) if part], None
    for n, part in enumerate(parts):
        if (found := _PHONE_NAME.fullmatch(part)) and _SAME_WECHAT.fullmatch(found[2]):
            parts[n] = found[1]
            chat = chat or phones.phone(found[1]).value
    if len(parts) < 2 or not all(phones.phone(part).ok for part in parts):
        return None
    own = next(((part, p) for part in parts if not (p := kind.parse(one, part, env)).refused), None)
    if own is None:
        if not all(_landline(one, part) for part in parts):
            return None
        own = (parts[0], Parsed())  # two fixed lines where a mobile is asked for
    rest = [phones.phone(part).value for part in parts if part is not own[0]]
    more: tuple[tuple[str, str, Value], ...] = ()
    if own[1].value is None:
        more = ((path, "office_phone", phones.phone(own[0]).value),)
    elif one.key == "mobile" or phones.mobile(rest[0]).ok:
        more = ((path, "office_phone" if one.key == "mobile" else "mobile", rest[0]),)
    left = rest[1:] if more and own[1].value is not None else rest
    if left and one.key in ("mobile", "office_phone"):
        more += ((path, "remark", f"{MORE_PHONES}{'、'.join(left)}"),)
    more += ((path, "wechat", chat),) if chat else ()
    return Read(own[1].value, (Problem("phone.several", "warn", {"value": text, "rest": "、".join(rest)}),), more)


Person = tuple[str, str | None, list[str]]
"""Somebody as a cell tells of him: his name, his position, his numbers."""


def _people(text: str) -> list[Person]:
    """The people that a cell names with their numbers, and nothing but them; none when it says anything else."""
    found: list[Person] = []
    end = 0
    for one in _WITH_PHONES.finditer(text):
        if text[end : one.start()].strip(_BETWEEN):
            return []
        found.append((narrow(one[1]), narrow(one[2]) if one[2] else None, re.findall(_PHONE, one[3])))
        end = one.end()
    return [] if text[end:].strip(_BETWEEN) else found


def _of_people(
    one: Field, kind: FieldType, text: str, env: ParseEnv, path: str, people: Sequence[Person]
) -> Parsed | None:
    """People in a column of phones: the first one's number is the field's, he and the others are contacts."""
    (name, post, numbers), *others = people
    own = next((said for number in numbers if not (said := kind.parse(one, number, env)).refused), Parsed())
    rest = [number for number in numbers if phones.phone(number).value != own.value]
    more = _numbers(path, rest, "office_phone" if own.value is not None else None)
    if own.value is None and one.key != "mobile":
        return None
    more += ((_contacts(path), "name", name), *(((_contacts(path), "position", post),) if post else ()))
    return Read(own.value, (Problem("cell.parted", "warn", {"value": text}),), (*more, *_others(path, others)))


def _named(stripped: str, text: str, path: str) -> Parsed | None:
    """A name with its phone, several people with theirs, or a phone where a contact's name is asked for."""
    contact = is_contact(path)
    told = (Problem("cell.parted", "warn", {"value": text}),)
    if contact and re.fullmatch(_PHONE, stripped):  # nobody's name: the number is the firm's
        return Read(None, told, _numbers(path.rpartition(".")[0], [stripped]))
    people = _people(stripped)
    if not people or (not contact and (people[0][1] or len(people) > 1)):
        return None
    (name, post, numbers), *others = people
    if contact and not others and _NO_NAME.fullmatch(name):  # 办公室 0571-88001234
        above = path.rpartition(".")[0]
        return Read(None, told, (*_numbers(above, numbers), (above, "remark", narrow(stripped))))
    more = (*_numbers(path, numbers), *(((path, "position", post),) if post else ()), *_others(path, others))
    return Read(name, told, more)


def _with_aside(parsed: Parsed, text: str, path: str, of: str) -> Parsed:
    """A name without the person or position that stands in brackets behind it; what may be somebody is only told."""
    if of not in ("customer", "contact"):
        return parsed
    found = asides.of_contact(text) if of == "contact" else asides.of_customer(text)
    if found is None:
        return parsed
    who = found.person or found.position
    if not found.sure:
        told = Problem("name.aside", "warn", {"value": who})
        return Parsed(parsed.value, (*parsed.problems, told))
    told = Problem("name.parted", "warn", {"value": str(parsed.value), "name": found.name, "who": who})
    person = path if of == "contact" else _contacts(path)
    more = [(person, key, value) for key, value in (("name", found.person), ("position", found.position)) if value]
    return Read(narrow(found.name), (*parsed.problems, told), tuple(more))


def _numbers(path: str, numbers: Sequence[str], first: str | None = None) -> tuple[tuple[str, str, Value], ...]:
    """Where further numbers of a record go: a mobile and a fixed line to their fields, others into the remark.
    `first` is the field that the next of them gets, whatever it is."""
    more: list[tuple[str, str, Value]] = []
    for number in numbers:
        mobile = phones.mobile(number)
        field = first or ("mobile" if mobile.ok else "office_phone")
        value = str(mobile.value if mobile.ok else phones.phone(number).value)
        more.append((path, field, value))
        first = None
    return tuple(more)


def _others(path: str, people: Sequence[Person]) -> tuple[tuple[str, str, Value], ...]:
    """The people beside the first one, in the remark of the contact."""
    said = [f"{name}{f'({post})' if post else ''} {'、'.join(numbers)}" for name, post, numbers in people]
    return ((_contacts(path), "remark", f"{_MORE['name']}{'；'.join(said)}"),) if said else ()


def _refused(code: str, text: str) -> Parsed:
    return Parsed(None, (Problem(code, "refuse", {"value": text}),))


def with_factor(env: ParseEnv, one: Field, factor: int | None) -> ParseEnv:
    """The environment of a column whose heading names a unit of money."""
    return replace(env, factor=factor) if factor is not None and one.value_type == "money" else env


def more_values(values: dict[str, dict[str, Value | Unresolved]], parsed: Read) -> bool:
    """Put what a cell gives beside its own value where nothing else stands, what is for the remark or finds another
    value in its place below the rest of the remark; tell whether all of it found a place."""
    for path, field, value in parsed.more:
        above = path.rpartition(".")[0]
        if is_contact(path) and field == "name" and values.get(above, {}).get("name") == value:
            continue  # a person's own name beside the phone is no contact
        group = values.setdefault(path, {})
        if field != "remark":
            if group.setdefault(field, value) == value:
                continue
            value = f"{_MORE[field]}{value}"
        said = group.get("remark")
        if not isinstance(said, str):
            group["remark"] = value
        elif str(value) not in said:
            group["remark"] = f"{said}\n{value}"
    return bool(parsed.more) or not any(p.code in KEPT_ASIDE for p in parsed.problems)


_OF_FIRM = re.compile("公司|单位|企业|总机|座机|固话|办公")


def is_of_firm(title: str) -> bool:
    """Whether a heading says that the phones below it are those of the firm, whoever stands beside."""
    return _OF_FIRM.search(title) is not None


def give_phone(values: dict[str, dict[str, Value | Unresolved]], path: str, person: str) -> None:
    """Give the mobile of a row to the person in brackets behind the name of its firm: it is 张师傅 who answers."""
    own, theirs = values.get(path, {}), values.get(_contacts(path), {})
    if theirs.get("name") == person and "mobile" not in theirs and "mobile" in own:
        theirs["mobile"] = own.pop("mobile")
