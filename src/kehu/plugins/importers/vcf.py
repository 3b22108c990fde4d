"""Address books (.vcf, vCard 2.1, 3.0 and 4.0) as a table: one row a card, headings that the mapping knows.

A card with a company is a customer with a contact, one without is a person. Numbers, mails and notes that find no
column stay in 备注, so that nothing is lost.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from kehu.base.common import phones, vcards
from kehu.base.errors import BadInput
from kehu.features.importing.base import Importer, Limits, Notes, RawSheet

_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN[ \t]*:[ \t]*VCARD", re.IGNORECASE)
_WIDE = (b"\xff\xfeB\x00E\x00G\x00I\x00N\x00", b"\xfe\xff\x00B\x00E\x00G\x00I\x00N")
_HAN = re.compile("[\u3400-\u9fff]")
HEAD = ("客户名称", "客户性质", "手机", "办公电话", "邮箱", "微信", "出生日期", "联系人姓名", "联系人职位",
        "联系人部门", "联系人手机", "联系人办公电话", "联系人邮箱", "联系人微信", "联系人生日", "地址", "网址",
        "标签", "备注")  # fmt: skip
_SAID = {"fax": "传真", "pager": "寻呼"}


class Vcf(Importer):
    name = "vcf"
    extensions = ("vcf", "vcard")
    order = 80

    def sniff(self, head: bytes, filename: str) -> bool:
        return _BEGIN.match(head) is not None or head.startswith(_WIDE)

    def read(self, path: Path, limits: Limits, notes: Notes) -> Iterator[RawSheet]:
        yield RawSheet(name=path.stem, rows=_rows(path.read_bytes(), limits))


def _rows(data: bytes, limits: Limits) -> Iterator[tuple[str, ...]]:
    yield HEAD
    count = 0
    for card in vcards.parse(data):
        row = row_of(card)
        if not row["客户名称"]:
            continue
        count += 1
        if count >= limits.rows:
            raise BadInput("import.too_large.rows", limit=limits.rows)
        yield tuple(row.get(title, "") for title in HEAD)


def row_of(card: vcards.Card) -> dict[str, str]:
    """The cells of a card by heading. Without a name it is called by its mail or number."""
    row = dict.fromkeys(HEAD, "")
    company, *units = (card.all("ORG") or [vcards.Line("ORG", "")])[0].parts
    notes: list[str] = []
    mobiles, offices = _numbers(card, notes)
    mails = list(dict.fromkeys(one.text for one in card.all("EMAIL")))
    name = _name(card)
    before = "联系人" if company else ""
    row["客户名称"] = company or name or next(iter([*mails, *mobiles, *offices]), "")
    row["客户性质"] = "企业" if company else "个人"
    if company and name != company:
        row["联系人姓名"] = name
    if company and not row["联系人姓名"]:
        before = ""  # the company's own card
    row[f"{before}手机"] = mobiles[0] if mobiles else ""
    row[f"{before}办公电话"] = offices[0] if offices else ""
    row[f"{before}邮箱"] = mails[0] if mails else ""
    row[f"{before}微信"] = next((card.text(n) for n in ("X-WECHAT", "X-WEIXIN") if card.text(n)), "")
    row["联系人生日" if before else "出生日期"] = _birthday(card.text("BDAY"))
    if before:
        row["联系人职位"] = card.text("TITLE") or card.text("ROLE")
        row["联系人部门"] = "/".join(unit for unit in units if unit)
    elif title := card.text("TITLE"):
        notes.append(f"职位：{title}")
    places = [place for one in card.all("ADR") if (place := _address(one.parts))]
    row["地址"] = places[0] if places else ""
    row["网址"] = card.text("URL")
    row["标签"] = "、".join(word for one in card.all("CATEGORIES") for word in _words(one.value))
    notes += [f"手机：{one}" for one in mobiles[1:]] + [f"电话：{one}" for one in offices[1:]]
    notes += [f"邮箱：{one}" for one in mails[1:]] + [f"地址：{one}" for one in places[1:]]
    if nick := card.text("NICKNAME"):
        notes.append(f"昵称：{nick}")
    row["备注"] = "\n".join([*(one.text for one in card.all("NOTE")), *notes])
    return row


def _words(value: str) -> list[str]:
    return [word for part in vcards.split(value, ",") if (word := vcards.unescape(part).strip())]


def _name(card: vcards.Card) -> str:
    if full := card.text("FN"):
        return full
    for one in card.all("N"):
        family, given, middle, *_ = [*one.parts, "", "", ""]
        together = f"{family}{given}{middle}"
        return together if _HAN.search(together) else " ".join(p for p in (given, middle, family) if p)
    return ""


def _numbers(card: vcards.Card, notes: list[str]) -> tuple[list[str], list[str]]:
    """Mobiles and other numbers, each once; of faxes and pagers a note."""
    mobiles: list[str] = []
    others: list[str] = []
    for one in sorted(card.all("TEL"), key=lambda one: "home" in one.types):
        number, _, more = one.text.removeprefix("tel:").partition(";")
        number = number + more.lower().replace("ext=", "-") if more.lower().startswith("ext=") else number
        odd = next((_SAID[kind] for kind in _SAID if kind in one.types), None)
        if odd is not None:
            notes.append(f"{odd}：{number}")
        elif phones.mobile(number).ok or "cell" in one.types:
            mobiles += [number] if number not in mobiles else []
        else:
            others += [number] if number not in others else []
    return mobiles, others


def _birthday(text: str) -> str:
    digits = re.sub(r"[^\d]", "", text.partition("T")[0])
    if text.startswith("--") and len(digits) == 4:
        return f"{digits[:2]}-{digits[2:]}"
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 else text


def _address(parts: list[str]) -> str:
    """The parts of ADR as people here write an address: from the large to the small, in Chinese without gaps."""
    box, more, street, city, region, code, country = [*parts, *[""] * 7][:7]
    if _HAN.search("".join(parts)):
        country = "" if country in ("中国", "中华人民共和国", "China") else country
        city = "" if city == region else city
        return "".join(one for one in (country, region, city, street, more, box) if one)
    return ", ".join(one for one in (box, more, street, city, region, code, country) if one)


VCF = Vcf()
