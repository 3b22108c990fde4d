"""Customers and contacts as vCards for the address book of a phone: one card a person, one of a firm without any.

What is masked for the caller is left out: a masked number calls nobody. Reads through the read door only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kehu.base.common import vcards
from kehu.base.errors import BadInput
from kehu.core.context import Ctx
from kehu.core.records import read

_PERSON = ("name", "position", "department", "mobile", "office_phone", "email", "wechat", "birth_date", "remark")
_OWN = ("name", "kind", "mobile", "office_phone", "email", "wechat", "main_address", "website", "birth_date", "remark")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "contact": (*_PERSON, "customer.name", "customer.kind", "customer.main_address"),
    "customer": (*_OWN, *(f"primary_contact.{name}" for name in _PERSON)),
}
"""What a card is made of, by the kind of record that has one."""


def write_cards(ctx: Ctx, entity: str, query: Mapping[str, Any], path: Path) -> int:
    """Write a query to `path` as vCard 3.0 in UTF-8; return how many cards. BadInput for records without cards."""
    check(entity)
    shown = [one for one in FIELDS[entity] if _plain(ctx, entity, one)]
    count = 0
    with path.open("w", encoding="utf-8", errors="replace", newline="") as out:
        for row in read.rows(ctx, entity, {**query, "select": shown}):
            card = _card({name: str(cell) for name, cell in zip(shown, row[2:], strict=True) if cell}, entity)
            if card:
                out.write(card)
                count += 1
    return count


def check(entity: str) -> None:
    """Refuse records that no address book holds."""
    if entity not in FIELDS:
        raise BadInput("export.no_cards", field="format", entity=entity)


def _plain(ctx: Ctx, entity: str, path: str) -> bool:
    try:
        return all(one.mode == "plain" for one in read.columns(ctx, entity, {"select": [path]}))
    except BadInput:
        return False


def _card(row: Mapping[str, str], entity: str) -> str:
    """The card of a record. A firm's is that of its primary contact, with the firm's number where that one has none."""
    if entity == "contact":
        person, firm, kind = row, row.get("customer.name", ""), row.get("customer.kind", "")
        place = row.get("customer.main_address", "")
    else:
        kind, firm, place = row.get("kind", ""), row.get("name", ""), row.get("main_address", "")
        contact = {key.partition(".")[2]: value for key, value in row.items() if key.startswith("primary_contact.")}
        person = row if kind == "person" else {**row, **contact}
    if kind == "person":
        firm = firm if entity == "contact" and firm != person.get("name", "") else ""
    name = person.get("name") or firm
    if not name:
        return ""
    return vcards.dump(
        (
            ("N", (name, "", "", "", "")),
            ("FN", (name,)),
            ("ORG", (firm, person.get("department", "")) if person.get("department") else (firm,)),
            ("TITLE", (person.get("position", ""),)),
            ("TEL;TYPE=CELL", (person.get("mobile", ""),)),
            ("TEL;TYPE=WORK,VOICE", (person.get("office_phone", ""),)),
            ("EMAIL;TYPE=INTERNET", (person.get("email", ""),)),
            ("X-WECHAT", (person.get("wechat", ""),)),
            ("ADR;TYPE=WORK", ("", "", place, "", "", "", "") if place else ()),
            ("URL", (person.get("website", ""),)),
            ("BDAY", (_day(person.get("birth_date", "")),)),
            ("NOTE", (person.get("remark", ""),)),
        )
    )


def _day(text: str) -> str:
    """A solar birthday with its year; phones know no other."""
    return text if len(text) == 10 and text[4] == text[7] == "-" and text[:4].isdecimal() else ""
