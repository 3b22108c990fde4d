"""The kit `general` against the field dictionary, field by field. The dictionary is no part of the repository: the test
reads it where it lies beside the sample files, and ADR 0080 names where the kit departs from it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kehu.base.schema.model import Field
from kehu.features.kits.service import load_kit

SYSTEM = {"created_at", "created_by", "updated_at", "updated_by"}
# ADR 0080: asked in one state only, though the dictionary says so in its remarks.
REQUIRED = {
    "customer.industry": "no",  # the smallest customer of the contract has none
    "change_request.review_opinion": "at_stage:sent_back,rejected",
    "review_item.verified_on": "at_stage:result=correct,updated,to_verify,unreachable",
    "attachment.verified_by": "at_stage:verification_status=verified",
    "attachment.verified_on": "at_stage:verification_status=verified",
}

MORE_OPTIONS = {"product.unit"}  # ADR 0197: those of the dictionary stand first

LABELS = {"customer.region": "Region"}  # ADR 0080: no Chinese in an English page


@pytest.fixture(scope="module")
def dictionary(sample_files: Path) -> list[dict[str, str]]:
    """Rows of the dictionary."""
    file = sample_files.parent / "design" / "catalog.csv"
    if not file.is_file():
        pytest.skip(f"no field dictionary at {file}")
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def differences(row: dict[str, str], field: Field, stages: dict[str, str]) -> Iterator[tuple[str, Any, Any]]:
    """What a field of the kit has otherwise than its row."""
    name = f"{row['entity_key']}.{row['field_key']}"
    yield "label", (row["label_zh"], LABELS.get(name, row["label_en"])), (field.label.zh, field.label.en)
    for key, mine in (
        ("type", field.type), ("section", field.section), ("applies_to", field.applies_to),
        ("sensitive", field.sensitive), ("search", field.search),
    ):  # fmt: skip
        yield key, row[key], mine
    required = row["required"]
    if required.startswith("at_stage:"):
        required = "at_stage:" + stages[required.removeprefix("at_stage:")]
    yield "required", REQUIRED.get(name, required), field.required
    if row["typed"] == "yes":
        yield "typed", True, field.typed
    if "→" in row["options_zh"]:
        reverse = re.search(r"reverse: ([a-z_]+)", row["derived"])
        assert reverse is not None
        yield "target", row["options_zh"].removeprefix("→ "), field.settings.get("target")
        yield "reverse", reverse[1], field.settings.get("reverse")
    elif row["options_zh"]:
        labels = row["options_zh"].split("|")
        options = field.options[: len(labels)] if name in MORE_OPTIONS else field.options
        yield "options", [label.removeprefix("*") for label in labels], [o.label.zh for o in options]
        keys = [key.partition("=") for key in row["option_keys"].split("|")]
        yield "option keys", [key for key, _, _ in keys], [option.key for option in options]
        named = [(en, o.label.en) for (_, _, en), o in zip(keys, options, strict=True) if en]
        yield "option labels", [en for en, _ in named], [en for _, en in named]
        chosen = [o.key for o, label in zip(options, labels, strict=True) if label.startswith("*")]
        if chosen and name != "address.type":
            yield "default", chosen, field.default if isinstance(field.default, list) else [field.default]
    word = re.match(r"(formula|rollup|lookup) \(([a-z_]+)", row["derived"])
    if word is not None and field.derived is not None and field.derived.kind != "part":
        yield "value type", word[2], field.value_type
        yield "read time", ", read time" in row["derived"], field.derived.read_time


def test_every_field_of_the_dictionary_is_in_the_kit(dictionary: list[dict[str, str]]) -> None:
    """Issue 4, part 1: 37 entities and 589 fields."""
    kit = load_kit("general")
    assert len(dictionary) == 589
    assert set(kit.entities) == {row["entity_key"] for row in dictionary}
    stages = {
        label.removeprefix("*"): key.partition("=")[0]
        for row in dictionary
        if row["options_zh"] and "→" not in row["options_zh"]
        for label, key in zip(row["options_zh"].split("|"), row["option_keys"].split("|"), strict=True)
        if row["field_key"] in ("stage", "status", "verification_status")
    }
    wrong: list[str] = []
    for row in dictionary:
        entity, key = row["entity_key"], row["field_key"]
        if key in SYSTEM:
            continue
        field = kit.entities[entity].fields.get(key)
        if field is None:
            wrong.append(f"{entity}.{key} is missing")
            continue
        told = differences(row, field, stages)
        wrong += [f"{entity}.{key} {what}: {wants!r}, not {has!r}" for what, wants, has in told if wants != has]
    assert wrong == []
    own = [f"{e.key}.{f}" for e in kit.entities.values() for f in e.fields]
    known = {f"{row['entity_key']}.{row['field_key']}" for row in dictionary}
    # Where the goods of an order go when no address of the customer is named; grandchildren carry their customer.
    assert sorted(set(own) - known) == ["order.destination", "order_line.customer"]
