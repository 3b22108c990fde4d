"""Puts sample customers together from the words of a trade: who comes, what is bought, what is said, with days that
lead up to today.

The words are written by hand (`plugins/kits/NAME.samples.toml`), the way in which they come together is the same each
time: the n-th customer has the n-th name, stories and talks go round. It makes plain records and writes nothing.

In a story a text may stand for something else: `DAY` the day on which the customer was seen last, `TODAY`; both with
days and a time behind (`DAY-3`, `TODAY+20 14:30`); `STAFF` the customer's own clerk, `FIRM` a firm among the customers,
`CUSTOMER` and `CONTACT` the customer and a colleague of the contact (in `then` only). `{ any = [...] }` takes turns,
`{n}` is the number of the customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

Words = Mapping[str, Any]
Record = dict[str, Any]

_DAY = re.compile(r"(DAY|TODAY)([+-]\d+)?(?: (\d\d:\d\d))?")
_ROLES = {  # by a word in the position, the first that fits
    "采购": "purchasing",
    "财务": "finance",
    "会计": "finance",
    "技术": "technical",
    "工程": "technical",
    "信息": "technical",
    "质量": "technical",
    "总": "decision_maker",
    "负责人": "decision_maker",
    "厂长": "decision_maker",
    "老板": "decision_maker",
    "经理": "influencer",
}


def build(words: Words, today: date) -> list[Record]:
    """Return the records in the order in which they must be made: products and the like, firms, then people."""
    records: list[Record] = [{"entity": "product", "ref": ref, "values": v} for ref, v in words["products"].items()]
    firms, colleagues = words.get("firms", []), iter(words.get("colleagues", []))
    for n, who in enumerate([*firms, *words.get("people", [])]):
        one = _Customer(words, today, n, firm=n < len(firms))
        records += one.records(who, colleagues)
    plain = _Customer(words, today, 0, firm=False)
    records += [{"entity": "care_plan", "values": plain.filled(v)} for v in words.get("plans", [])]
    return [*({**r, "values": plain.filled(r["values"])} for r in words.get("records", [])), *records]


class _Customer:
    """The n-th customer of a trade: his story, his clerk and his days."""

    def __init__(self, words: Words, today: date, n: int, *, firm: bool) -> None:
        self.words, self.today, self.n, self.firm = words, today, n, firm
        self.stories = words["firm_stories" if firm else "stories"] if firm or words.get("stories") else []
        self.story: Words = self.stories[n % len(self.stories)] if self.stories else {}
        self.talks = words.get("firm_talks" if firm else "talks", [])
        self.clerk = {"user": words["staff"][n % len(words["staff"])]}
        self.last = today - timedelta(days=(7 * n) % 75 + 1 + self.story.get("away", 0))

    def filled(self, value: Any) -> Any:
        """Words of a story with what they stand for."""
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if isinstance(value, Mapping):
            if set(value) == {"any"}:
                return self.filled(value["any"][self.n // len(self.stories) % len(value["any"])])
            return {key: self.filled(one) for key, one in value.items()}
        if value == "STAFF":
            return self.clerk
        if value == "FIRM":
            return {"ref": f"customer-{self.n % len(self.words['firms'])}"}
        if value in ("CUSTOMER", "CONTACT"):
            return {"ref": f"customer-{self.n}" if value == "CUSTOMER" else f"contact-{self.n}-0"}
        if isinstance(value, str) and (found := _DAY.fullmatch(value)):
            day = (self.last if found[1] == "DAY" else self.today) + timedelta(days=int(found[2] or 0))
            return f"{day.isoformat()}T{found[3]}:00+08:00" if found[3] else day.isoformat()
        return value.replace("{n}", f"{self.n:02d}") if isinstance(value, str) else value

    def records(self, who: list[str], colleagues: Iterator[list[str]]) -> Iterator[Record]:
        """The customer with all that hangs on him, colleagues of his contact, and what a story makes afterwards."""
        n, ref = self.n, f"customer-{self.n}"
        yield {"entity": "customer", "ref": ref, "values": self._values(who)}
        more = self.story.get("colleagues", (n % 2 == 0) + (n % 10 == 0)) if self.firm else 0
        for place, (name, gender, position) in enumerate(islice(colleagues, more)):
            values = {"customer": {"ref": ref}, **_contact(name, gender, position, self._phone(place + 1))}
            yield {"entity": "contact", "ref": f"contact-{n}-{place}", "values": values}
        for made in self.story.get("then", []):
            yield {"entity": made["entity"], "values": self.filled(made["values"])}

    def _values(self, who: list[str]) -> Record:
        words, story, n = self.words, self.story, self.n
        bought = story.get("buys", [])
        values: Record = {"name": who[0], "source": words["sources"][n % len(words["sources"])], "owner": self.clerk}
        if self.firm:
            _, contact, gender, position, remark = who
            values |= {"kind": "enterprise", "contacts": [_contact(contact, gender, position, self._phone())]}
        else:
            _, gender, born, remark = who
            values |= {"kind": "person", "gender": gender, "mobile": self._phone()}
            values |= {"birth_date": born} if born else {}
        values |= {"remark": remark, "stage": "customer" if bought else "potential"}
        if bought:
            values["cooperation_start"] = (self.last - timedelta(days=200 + (n * 37) % 600)).isoformat()
        values |= {words["staff_field"]: self.clerk} if "staff_field" in words else {}
        values |= self.filled(story.get("values", {}))
        places = words.get("firm_places" if self.firm else "places") or words["places"]
        values["addresses"] = [{"detail": places[n % len(places)].format(n=n % 28 + 1)}]
        values["interactions"] = [self._talk(31, n), self._talk(0, n * 3 + 1)]
        values["orders"] = [self._order(place, lines) for place, lines in enumerate(bought)]
        values["safety_notes"] = [
            {**self.filled(note), "noted_on": (self.last - timedelta(days=90)).isoformat(), "noted_by": self.clerk}
            for note in story.get("safety", [])
        ]
        values |= {key: self.filled(rows) for key, rows in story.get("more", {}).items()}
        due = self.today + timedelta(days=n % 14 + 1)
        task = {"type": "callback" if bought else "follow_up", "due_at": _at(due, 10), "assignee": self.clerk}
        values["tasks"] = [{"title": story["task"], **task}]
        return {key: value for key, value in values.items() if value != []}

    def _phone(self, series: int = 0) -> str:
        return f"139{series:04d}{1000 + self.words['number'] * 100 + self.n:04d}"

    def _talk(self, back: int, n: int) -> Record:
        said = self.talks[n % len(self.talks)]
        day = self.last - timedelta(days=back)
        return {"occurred_at": _at(day, 10 + self.n % 8), "user": self.clerk, **said}

    def _order(self, place: int, lines: str) -> Record:
        """An order of `product`, or of several: `latte*2 + bagel`, or one that came back: `shoes!`; the latest first.
        Every third firm owes the latest."""
        words, n = self.words, self.n
        returned, extra = lines.endswith("!"), words.get("lines", {})
        day = self.last - timedelta(days=self.story.get("every", words.get("every", 40)) * place)
        methods = words.get("payments", ["bank_transfer"] if self.firm else ["wechat_pay", "alipay", "cash", "card"])
        parted = [line.partition("*") for line in lines.rstrip("!").split(" + ")]
        bought = [(ref, int(number or 1)) for ref, _, number in parted]
        amount = sum(Decimal(words["products"][ref]["list_price"]) * number for ref, number in bought)
        owed = self.firm and place == 0 and n % 3 == 0
        method = methods[(n + place) % len(methods)]
        paid = {"amount": str(amount), "paid_on": day.isoformat(), "payment_method": method, "handled_by": self.clerk}
        return {
            "ordered_on": _at(day, 11 + n % 7),
            "channel": words.get("channel", "store"),
            "status": "returned" if returned else "in_progress" if owed else "completed",
            "payment_method": method,
            "owner": self.clerk,
            "lines": [{"product": {"ref": ref}, "quantity": number, **extra.get(ref, {})} for ref, number in bought],
            **({} if owed or returned else {"payments": [paid]}),
        }


def _contact(name: str, gender: str, position: str, mobile: str) -> Record:
    role = next((role for word, role in _ROLES.items() if word in position), "user")
    return {"name": name, "gender": gender, "position": position, "mobile": mobile, "decision_role": role}


def _at(day: date, hour: int) -> str:
    """An instant in the clock of the firm."""
    return f"{day.isoformat()}T{hour:02d}:30:00+08:00"
