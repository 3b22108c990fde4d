"""Writes src/kehu/plugins/kits/NAME.samples.toml from the words of a trade in tools/data/kits/NAME.toml.

The words are written by hand: who comes, what is bought, what is said. This puts them together in the same way each
time: the n-th customer has the n-th name, the stories go round. People, firms and numbers are invented (139 0000 ....).
"""

import argparse
import sys
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 20)
CUSTOMERS = 60


def toml(value: object) -> str:
    """Write a value as TOML on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    raise TypeError(type(value))


def record(entity: str, values: dict[str, Any], ref: str | None = None) -> str:
    """Write one record."""
    lines = ["[[record]]", f'entity = "{entity}"', *([f'ref = "{ref}"'] if ref else []), "[record.values]"]
    for key, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"{key} = [", *(f"  {toml(each)}," for each in value), "]"]
        else:
            lines.append(f"{key} = {toml(value)}")
    return "\n".join(lines)


def at(day: date, hour: int) -> str:
    """An instant in the clock of the shop."""
    return f"{day.isoformat()}T{hour:02d}:30:00+08:00"


def customer(words: dict[str, Any], n: int) -> dict[str, Any]:
    """The n-th customer with what hangs on him."""
    name, born, about = words["people"][n]
    story = words["stories"][n % len(words["stories"])]
    staff = words["staff"][n % len(words["staff"])]
    last = TODAY - timedelta(days=(7 * n) % 75 + 1)
    values: dict[str, Any] = {
        "name": name,
        "kind": "person",
        "gender": words.get("gender", "female"),
        "birth_date": born,
        "mobile": f"1390000{1000 + words['number'] * 100 + n:04d}",
        "source": words["sources"][n % len(words["sources"])],
        "owner": {"user": staff},
        "remark": about,
        **story["values"],
    }
    if user := words.get("staff_field"):
        values[user] = {"user": staff}
    bought = story["buys"]
    values["stage"] = "customer" if bought else "potential"
    if bought:
        values["cooperation_start"] = (TODAY - timedelta(days=200 + (n * 37) % 600)).isoformat()
    values["addresses"] = [{"detail": words["places"][n % len(words["places"])].format(n=n % 28 + 1)}]
    values["interactions"] = [
        {
            "occurred_at": at(last - timedelta(days=back), 10 + n % 8),
            "channel": said["channel"],
            "purpose": said["purpose"],
            "content": said["content"],
            "customer_feedback": said["feedback"],
            "result": said["result"],
            "user": {"user": staff},
        }
        for back, said in (
            (31, words["talks"][n % len(words["talks"])]),
            (0, words["talks"][(n * 3 + 1) % len(words["talks"])]),
        )
    ]
    values["orders"] = [
        {
            "ordered_on": at(last - timedelta(days=40 * place), 11 + n % 7),
            "status": "completed",
            "payment_method": ("wechat_pay", "alipay", "cash", "card")[(n + place) % 4],
            "owner": {"user": staff},
            "summary": words["products"][ref]["name"],
            "lines": [{"product": {"ref": ref}, "quantity": 1, "unit_price": words["products"][ref]["list_price"]}],
        }
        for place, ref in enumerate(bought)
    ]
    if notes := story.get("safety"):
        values["safety_notes"] = [
            {**note, "noted_on": (last - timedelta(days=90)).isoformat(), "noted_by": {"user": staff}} for note in notes
        ]
    for key, rows in story.get("more", {}).items():
        values[key] = [
            {
                field: (last - timedelta(days=28 * place)).isoformat()
                if cell == "DAY"
                else {"user": staff}
                if cell == "STAFF"
                else cell
                for field, cell in row.items()
            }
            for place, row in enumerate(rows)
        ]
    ahead = story.get("ahead", {})
    values.update({key: (TODAY + timedelta(days=days + n % 20)).isoformat() for key, days in ahead.items()})
    values["tasks"] = [
        {
            "title": story["task"],
            "type": "callback" if bought else "follow_up",
            "due_at": at(TODAY + timedelta(days=n % 14 + 1), 10),
            "assignee": {"user": staff},
        }
    ]
    return values


def build(words: dict[str, Any]) -> str:
    """Return the contents of the sample file."""
    if len(words["people"]) != CUSTOMERS:
        raise SystemExit(f"{len(words['people'])} people, not {CUSTOMERS}")
    head = f'# Sample records of the kit "{words["kit"]}", made by tools/data/make_kit_samples.py . All is invented.'
    products = [record("product", values, ref) for ref, values in words["products"].items()]
    people = [record("customer", customer(words, n)) for n in range(CUSTOMERS)]
    return "\n\n".join([head, *products, *people]) + "\n"


def main() -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kits", nargs="*", help="names; all without any")
    names = parser.parse_args().kits or [file.stem for file in sorted((Path(__file__).parent / "kits").glob("*.toml"))]
    for name in names:
        words = tomllib.loads((Path(__file__).parent / "kits" / f"{name}.toml").read_text(encoding="utf-8"))
        target = ROOT / "src" / "kehu" / "plugins" / "kits" / f"{name}.samples.toml"
        target.write_text(build(words), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
