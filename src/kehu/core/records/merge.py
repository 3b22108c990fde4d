"""Use case: make one record of several that stand for the same, as one change-set that can be taken back.

One record is kept and completed from the others; what hangs on the others moves to it; the others go to 回收站, which
names the kept one. Contacts of them that are the same person (name and a phone) become one as well. It works in several
transactions of the change-set: links first, then the records themselves, so that a large undo, which goes backwards,
has the records there before their links return.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kehu.base.common.text import normalize_name
from kehu.base.errors import BadInput, Conflict, FieldError, NotAllowed, NotFound
from kehu.base.fields.base import Stored, Value, layout
from kehu.base.schema.model import Entity, Field
from kehu.core.access.permissions import may, readable_fields, writable_fields
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Row, Title
from kehu.core.context import Ctx
from kehu.core.derived import paths
from kehu.core.records import comparing, numbering, read, requirements
from kehu.core.records.children import child_ids, delete_with_children, relations_to
from kehu.core.records.values import load_value
from kehu.core.records.write import changed_columns, demanded_by, entity_for, settle
from kehu.core.search.tokens import phone_numbers

MOST = 20  # records at once
MOST_MOVED = 20_000  # rows below them: they move while others wait for the write lock
MOST_COMPARED = 2_000  # contacts of the merged records that are looked at
CONTACT = "contact"
PHONES = ("cn_mobile", "phone")
LISTS = frozenset({"tags", "multi_select", "file"})
Rule = Literal["keep", "all", "sum", "max", "min", "any"]
# Which record's value a field takes; of a list those whose entries stay together.
Take = Mapping[str, int | Sequence[int]]


@dataclass(frozen=True, slots=True)
class _Moved:
    """Rows of an entity that point by a field at records which go."""

    entity: Entity
    field: Field
    ids: list[int]


def merge(
    ctx: Ctx,
    entity_key: str,
    keep: int,
    others: Sequence[int],
    *,
    take: Take | None = None,
    reason: str | None = None,
    preview: bool = False,
) -> dict[str, Any]:
    """Merge `others` into the record `keep`.

    Without `take` the kept record's value stands and an empty one is filled from the others in their order; lists are
    laid together, and what figures of the ledger are added to (opening amounts) is added up. Fields that the actor may
    not write stay as the kept record has them.

    Returns `{"changeset", "id", "revision", "merged", "moved", "joined"}`; with `preview` writes nothing and returns
    `{"keep", "records", "fields", "related", "same"}`. Raises BadInput, NotFound for a record out of sight, NotAllowed,
    Conflict `merge.too_many`.
    """
    entity = entity_for(ctx, entity_key, "update")
    entity_for(ctx, entity_key, "delete")
    ids = [keep, *others]
    if not others or len(ids) > MOST or len(set(ids)) != len(ids):
        raise BadInput("merge.records", field="others", most=MOST)
    lost = set(ids) - read.visible(ctx, entity_key, ids)
    if lost:
        raise NotFound("record.not_found", entity=entity_key, id=min(lost))
    chosen = _read_take(ctx, entity, ids, take or {})
    if preview:
        return _preview(ctx, entity, ids, list(_below(ctx, entity, ids)))

    title = Title(code="title.merge", data={"entity": entity_key})
    writing = door.begin(ctx, title, origin="merge", reason=reason)
    moved = list(_below(ctx, entity, ids))
    same = _same_people(ctx, entity, ids)
    if _move(ctx, entity, ids, moved):
        _next_transaction(ctx, title)
    for people in same:
        one = ctx.catalog.entities[CONTACT]
        if _move(ctx, one, people, list(_below(ctx, one, people))):
            _next_transaction(ctx, title)
        _unite(ctx, one, people, {})
    if same:
        _next_transaction(ctx, title)
    _unite(ctx, entity, ids, chosen)
    told = sum(len(_seen(ctx, one)) for one in moved)
    result = {"entity": entity_key, "kept": keep, "merged": list(others), "moved": told}
    door.set_state(ctx, writing.changeset, "applied", result)
    revision = door.lock_rows(ctx, entity_key, [keep], ["rev"])[keep]["rev"]
    return {
        "changeset": writing.changeset,
        "id": keep,
        "revision": int(revision or 0),
        "merged": len(others),
        "moved": told,
        "joined": sum(len(people) - 1 for people in same),
    }


def _next_transaction(ctx: Ctx, title: Title) -> None:
    writing = door.current(ctx)
    assert writing is not None
    settle(ctx)
    door.finish(ctx)
    door.begin(ctx, title, origin="merge", changeset=writing.changeset)


def _unite(ctx: Ctx, entity: Entity, ids: Sequence[int], chosen: Mapping[str, Sequence[int]]) -> None:
    """Complete the first record from the others and delete these; nothing that is to stay hangs on them any more."""
    keep, others = ids[0], ids[1:]
    names = [column.name for column in ctx.tables[entity.key].base]
    live = door.lock_rows(ctx, entity.key, ids, names)
    if len(live) != len(ids):
        raise NotFound("record.not_found", entity=entity.key, id=min(set(ids) - live.keys()))
    values, secrets = _decide(ctx, entity, ids, live, chosen)
    gaps = requirements.missing(ctx, entity, [keep]).get(keep, [])
    row = changed_columns(ctx, entity, keep, values, live[keep])
    for one, of in secrets:
        row.update(_secret(ctx, entity, one, live[of], of, keep))
    numbering.note(ctx, entity, [values])
    delete_with_children(ctx, entity.key, others)  # before the kept one takes over what is unique
    door.update(ctx, entity.key, {keep: row})
    settle(ctx)
    requirements.check(ctx, entity, [keep], only=demanded_by(entity, values), but=gaps)
    comparing.refuse(ctx, entity, [keep], values.keys())


# --- people who are the same ---------------------------------------------------------------------------------------


def _same_people(ctx: Ctx, entity: Entity, ids: Sequence[int]) -> list[list[int]]:
    """Contacts of different ones of these records with the same name and a phone in common, the one to keep first:
    that of the kept record, else the oldest. Nothing where the actor may not see, change and delete contacts."""
    found = next(((o, f) for o, f in relations_to(ctx, entity.key) if o.key == CONTACT and not f.hidden), None)
    if found is None or not (may(ctx, CONTACT, "update") and may(ctx, CONTACT, "delete")):
        return []
    contact, link = found
    readable = readable_fields(ctx, CONTACT)
    phones = [one for one in contact.visible if one.type in PHONES and one.key in readable]
    phones = [one for one in phones if one.sensitive != "secret"]
    if link.key not in writable_fields(ctx, CONTACT) or "name" not in readable:
        return []
    of = layout(link, ctx.types).value[0].name
    columns = [of, *(layout(one, ctx.types).value[0].name for one in (contact.fields["name"], *phones))]
    people = read.visible(ctx, CONTACT, child_ids(ctx, contact, link, ids, MOST_COMPARED))
    groups: list[tuple[set[tuple[str, str]], list[int], set[object]]] = []
    rows = read.stored(ctx, CONTACT, people, columns)
    for id in sorted(rows, key=lambda id: (rows[id][of] != ids[0], id)):
        name = normalize_name(str(rows[id][columns[1]] or ""))
        marks = {(name, number) for key in columns[2:] if rows[id][key] for number in phone_numbers(str(rows[id][key]))}
        known = next((group for group in groups if marks & group[0] and rows[id][of] not in group[2]), None)
        if known is None or not name:
            groups.append((marks, [id], {rows[id][of]}))
        else:
            known[0].update(marks)
            known[1].append(id)
            known[2].add(rows[id][of])
    return [members for _, members, _ in groups if len(members) > 1 and _may_join(ctx, contact, members)]


def _may_join(ctx: Ctx, contact: Entity, members: Sequence[int]) -> bool:
    """Whether what hangs on the contacts may move; two contacts that stay are no reason to refuse the whole merge."""
    try:
        list(_below(ctx, contact, members))
    except (Conflict, NotAllowed):
        return False
    return True


# --- which value stands ----------------------------------------------------------------------------------------------


def _fields(ctx: Ctx, entity: Entity) -> list[Field]:
    """Fields that a merge may write for the actor."""
    allowed = writable_fields(ctx, entity.key) & readable_fields(ctx, entity.key)
    return [one for one in entity.visible if one.key in allowed and not one.read_only]


def _rules(ctx: Ctx, entity: Entity) -> dict[str, Rule]:
    """How the values of several records become one, by field."""
    added: dict[str, set[str]] = {}
    for one in entity.fields.values():
        if one.derived is not None and one.derived.kind == "rollup":
            for key in paths.plus(one):
                added.setdefault(key, set()).add(str(one.derived.settings.get("function")))
    rules: dict[str, Rule] = {}
    for one in entity.visible:
        functions = added.get(one.key, set())
        if one.value_type in LISTS:
            rules[one.key] = "all"
        elif isinstance(one.settings.get("exclusive"), str):
            rules[one.key] = "any"
        elif functions & {"sum", "count"}:
            rules[one.key] = "sum"
        elif "max" in functions:
            rules[one.key] = "max"
        elif "min" in functions:
            rules[one.key] = "min"
        else:
            rules[one.key] = "keep"
    return rules


def _read_take(ctx: Ctx, entity: Entity, ids: Sequence[int], take: Take) -> dict[str, list[int]]:
    """The records whose values were asked for, by field. Raises BadInput naming the field."""
    fields = {one.key: one for one in _fields(ctx, entity)}
    chosen: dict[str, list[int]] = {}
    errors: list[FieldError] = []
    for key, of in take.items():
        wanted = [of] if isinstance(of, int) else list(of)
        if key not in fields:
            errors.append(FieldError(key, "field.unknown", {"field": key}))
        elif not set(wanted) <= set(ids) or (len(wanted) != 1 and fields[key].value_type not in LISTS):
            errors.append(FieldError(key, "merge.take", {"field": key}))
        chosen[key] = wanted
    if errors:
        raise BadInput("input.invalid", errors=errors)
    return chosen


def _decide(
    ctx: Ctx, entity: Entity, ids: Sequence[int], live: Mapping[int, Row], chosen: Mapping[str, Sequence[int]]
) -> tuple[dict[str, Value], list[tuple[Field, int]]]:
    """New values of the kept record, and secret fields with the record from which they come."""
    keep, rules = ids[0], _rules(ctx, entity)
    values: dict[str, Value] = {}
    secrets: list[tuple[Field, int]] = []
    for one in _fields(ctx, entity):
        held = {id: _held(ctx, entity, one, live[id], ids) for id in ids}
        wanted = chosen.get(one.key)
        rule = "keep" if wanted is not None and one.value_type not in LISTS else rules[one.key]
        if rule == "keep":
            of = wanted[0] if wanted is not None else next((id for id in ids if held[id] is not None), keep)
            if of != keep and one.sensitive == "secret":
                secrets.append((one, of))
            elif of != keep:
                values[one.key] = held[of]
            continue
        made = _together(rule, [held[id] for id in (wanted if wanted is not None else ids)])
        if made != held[keep]:
            values[one.key] = made
    return values, secrets


def _together(rule: Rule, values: Sequence[Value]) -> Value:
    """One value of several: entries of lists once each, numbers added, the latest or earliest date, any mark."""
    filled: list[Any] = [value for value in values if value is not None]
    if rule == "all":
        return tuple(dict.fromkeys(entry for value in filled for entry in value)) or None
    if not filled:
        return None
    if rule == "sum":
        total = filled[0]
        for value in filled[1:]:
            total += value
        return total  # type: ignore[no-any-return]
    return max(filled) if rule in ("max", "any") else min(filled)  # type: ignore[no-any-return]


def _held(ctx: Ctx, entity: Entity, one: Field, row: Row, ids: Sequence[int]) -> Value:
    """The value of a field as far as it counts: links among the merged, and to what is out of sight, are empty."""
    value = load_value(ctx, one, row)
    if value in ("", ()):
        return None
    if one.target is None or not isinstance(value, int):
        return value
    if one.target == entity.key and value in ids:
        return None
    if read.sees_all_rows(ctx, one.target) or ctx.catalog.entities[one.target].system:
        return value
    return value if value in read.visible(ctx, one.target, [value]) else None


def _secret(ctx: Ctx, entity: Entity, one: Field, row: Row, of: int, keep: int) -> dict[str, Stored]:
    """The secret of another record, sealed for the kept one; its search key and mask are the same."""
    enc, idx, mask = (column.name for column in layout(one, ctx.types).secret)
    sealed = row[enc]
    if sealed is None:
        return {enc: None, idx: None, mask: None}
    plain = ctx.keys.decrypt(str(sealed), aad=f"{entity.key}|{enc}|{of}")
    return {enc: ctx.keys.encrypt(plain, aad=f"{entity.key}|{enc}|{keep}"), idx: row[idx], mask: row[mask]}


# --- what hangs on them ----------------------------------------------------------------------------------------------


def _below(ctx: Ctx, entity: Entity, ids: Sequence[int]) -> Iterator[_Moved]:
    """Rows that point at the records which go (all but the first), relation by relation. Raises Conflict when they are
    too many, NotAllowed when the actor sees some that he may not change: undo would not bring their links back."""
    left = MOST_MOVED
    for other, field in relations_to(ctx, entity.key):
        points = child_ids(ctx, other, field, ids[1:], left + 1)
        found = [id for id in points if other.key != entity.key or id not in ids]
        left -= len(found)
        if left < 0:
            raise Conflict("merge.too_many", most=MOST_MOVED)
        if not found:
            continue
        one = _Moved(other, field, found)
        if _seen(ctx, one) and not (may(ctx, other.key, "update") and field.key in writable_fields(ctx, other.key)):
            raise NotAllowed("merge.children", entity=other.label.of(ctx.lang))
        yield one


def _seen(ctx: Ctx, one: _Moved) -> set[int]:
    """Those of the moved rows whose link the actor sees."""
    if one.field.key not in readable_fields(ctx, one.entity.key):
        return set()
    return read.visible(ctx, one.entity.key, one.ids)


def _move(ctx: Ctx, entity: Entity, ids: Sequence[int], moved: Sequence[_Moved]) -> bool:
    """Point the rows at the kept record; of "exactly one" marks that of the kept record's own rows stays."""
    keep, written = ids[0], False
    for one in moved:
        column = layout(one.field, ctx.types).value[0].name
        row: dict[str, Stored] = {column: keep}
        has_own = bool(child_ids(ctx, one.entity, one.field, [keep], 1))
        for mark in one.entity.fields.values():
            if has_own and mark.settings.get("exclusive") == one.field.key and not mark.hidden:
                row[layout(mark, ctx.types).value[0].name] = 0
        written |= bool(door.update(ctx, one.entity.key, dict.fromkeys(one.ids, row)))
    # The kept record itself may point at one that goes.
    own = [layout(field, ctx.types).value[0].name for other, field in relations_to(ctx, entity.key) if other is entity]
    for name, target in door.lock_rows(ctx, entity.key, [keep], own)[keep].items() if own else ():
        if name in own and target in ids:
            written |= bool(door.update(ctx, entity.key, {keep: {name: None}}))
    return written


# --- beforehand ------------------------------------------------------------------------------------------------------


def _preview(ctx: Ctx, entity: Entity, ids: Sequence[int], moved: Sequence[_Moved]) -> dict[str, Any]:
    """Side by side: the values of each record and which would stand; how many rows of what would move."""
    names = [column.name for column in ctx.tables[entity.key].base]
    live: dict[int, Row] = dict(read.stored(ctx, entity.key, ids, names))
    titles = read.titles(ctx, entity.key, ids)
    shown = {id: read.get(ctx, entity.key, id) for id in ids}
    rules = _rules(ctx, entity)
    fields = []
    for one in _fields(ctx, entity):
        held = [id for id in ids if _held(ctx, entity, one, live[id], ids) is not None]
        if not held:
            continue
        rule = rules[one.key]
        take = held if rule == "all" else [ids[0] if ids[0] in held else held[0]] if rule == "keep" else []
        values = [shown[id].get(one.key) if id in held else None for id in ids]
        told: dict[str, Any] = {"field": one.key, "values": values, "rule": rule, "take": take}
        if not take:
            made = _together(rule, [_held(ctx, entity, one, live[id], ids) for id in ids])
            told["result"] = ctx.types[one.value_type].dump(one, made)
        fields.append(told)
    related: dict[str, int] = {}
    for rows in moved:
        if seen := _seen(ctx, rows):
            related[rows.entity.key] = related.get(rows.entity.key, 0) + len(seen)
    return {
        "keep": ids[0],
        "records": [{"id": id, "label": titles.get(id, ""), "revision": shown[id]["revision"]} for id in ids],
        "fields": fields,
        "related": [{"entity": key, "count": count} for key, count in related.items()],
        "same": _told_people(ctx, _same_people(ctx, entity, ids)),
    }


def _told_people(ctx: Ctx, same: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    names = read.titles(ctx, CONTACT, [people[0] for people in same]) if same else {}
    return [{"entity": CONTACT, "ids": list(people), "label": names.get(people[0], "")} for people in same]
