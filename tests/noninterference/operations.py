"""Everything a role may ask, as requests with names in place of ids, by operation of the OpenAPI document.

Each operation has a generator here or a reason in `EXEMPT`; `test_operations` fails for one that has neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.noninterference.compare import Answer, Session

EXEMPT = {
    "health": "says nothing of the ledger's content",
    "ready": "says nothing of the ledger's content",
    "phone_access": "addresses of this machine and the certificate that everybody installs",
    "authority_certificate": "the certificate that everybody installs",
    "sign_in": "the observer acts by token; what a session is told equals GET /me",
    "sign_out": "ends a session, the observer acts by token",
    "change_password": "about the caller's own password only",
    "show_kits": "a part of the program, the same for everybody",
    "report_crash": "an id made by chance; nothing of the ledger is read",
    "list_tokens": "the caller's own tokens; those of others are never asked for",
    "add_token": "a secret made by chance; the observer acts by token and is refused",
    "set_up": "answers 404 for ever once the ledger is set up",
    "stream_events": "an endless stream of ids; that they are visible ones is tested in tests/api",
    "get_kit": "packaged data, the same for everybody",
    "diff_kit": "for administrators only, who see the whole catalog",
    "apply_kit": "for administrators only, who see the whole catalog",
    "send_file": "files of the caller himself; tests/api/test_files.py tells who may fetch them",
    "start_import": "files of the caller himself; reading a workbook per example would take minutes",
}
TERMS = ("宏远", "hongyuan", "张", "13800138000", "茅台", "HT-TAKEN", "6217", "长江", "8888")
Wheres = Iterator[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Op:
    """One request. `{name}` in the path and "@name" in the body are ids by name; `{changesets:2}` the third of those
    that the last list gave."""

    operation: str
    method: str
    path: str
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    follows: bool = False  # take the cursor of the last list
    remember: str = ""  # name for the id of the answer

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.body if self.body is not None else ''}"[:300]

    def send(self, session: Session) -> Answer | None:
        """Ask; None when the request needs something that is not there."""
        try:
            path = re.sub(r"\{([a-z0-9.]+)(?::(\d+|last))?\}", lambda m: str(_id(session, m[1], m[2])), self.path)
            body = _filled(session, self.body)
        except LookupError:
            return None
        if self.follows:
            if session.next is None:
                return None
            body = {**body, "after": session.next}
        if self.operation == "get_export" or self.operation == "export_file":
            session.run_jobs()
        answer = session.call(self.method, path, body, dict(self.headers) or None)
        found = answer.body if isinstance(answer.body, dict) else {}
        if self.operation == "query_records":
            session.next = found.get("next")
        if answer.status < 300:
            self._note(session, found)
        return answer

    def _note(self, session: Session, found: Mapping[str, Any]) -> None:
        if self.remember:
            session.made[self.remember] = session.made[f"{self.remember} {len(session.made)}"] = found["id"]
        if self.operation == "list_changesets":
            session.changesets = [item["changeset"] for item in found["items"]]
        if self.operation == "start_export":
            session.exports.append(found["id"])
            session.made[f"export {len(session.exports)}"] = found["id"]
        if self.operation == "list_views":
            session.views = [item["id"] for item in found["items"]]


def _id(session: Session, name: str, place: str | None) -> int:
    if place is not None:
        kept: list[int] = getattr(session, name)
        return kept[-1 if place == "last" else int(place)]
    return session.made[name] if name in session.made else session.ledger.ids[name]


def _filled(session: Session, value: Any) -> Any:
    if isinstance(value, str) and value.startswith("@"):
        return _id(session, value[1:], None)
    if isinstance(value, str) and value.startswith("customer:@"):
        return f"customer:{_id(session, value[10:], None)}"
    if isinstance(value, dict):
        return {key: _filled(session, one) for key, one in value.items()}
    return [_filled(session, one) for one in value] if isinstance(value, list) else value


@dataclass
class Shape:
    """What operations are made from: the role's catalog, the administrator's, ids that tell nothing."""

    role: str
    shown: list[dict[str, Any]]  # entities of the role's catalog
    hidden: dict[str, list[str]]  # hidden fields by entity; all of an entity that is not shown
    absent: dict[str, list[int]]  # ids that are hidden, or not there, in both worlds
    visible: dict[str, list[str]]  # names of visible records by entity
    people: dict[str, int]
    offered: frozenset[str]  # operations of the OpenAPI document
    seed: int = 1


MAKERS: dict[str, Callable[[Shape], Iterator[Op]]] = {}


def makes(*operations: str) -> Callable[[Callable[[Shape], Iterator[Op]]], Callable[[Shape], Iterator[Op]]]:
    """Name the operations that a generator makes requests for."""

    def note(maker: Callable[[Shape], Iterator[Op]]) -> Callable[[Shape], Iterator[Op]]:
        for one in operations:
            MAKERS[one] = maker
        return maker

    return note


def reads(shape: Shape) -> list[Op]:
    """All requests that change nothing, or are refused."""
    return [op for maker in dict.fromkeys(MAKERS.values()) for op in maker(shape) if op.operation in shape.offered]


# --- small things ----------------------------------------------------------------------------------------------------


@makes("me", "get_catalog", "list_versions", "list_views", "get_view", "change_catalog", "change_me")
def _own(shape: Shape) -> Iterator[Op]:
    yield Op("me", "GET", "/me")
    yield Op("change_me", "PATCH", "/me", {"locale": "zh-CN"})
    yield Op("get_catalog", "GET", "/catalog")
    yield Op("list_versions", "GET", "/catalog/versions")
    yield Op("change_catalog", "POST", "/catalog/changes", {"changes": [{"op": "drop_field"}], "preview": True})
    yield Op("list_views", "GET", "/views")
    yield Op("list_views", "GET", "/views?entity=customer")
    yield Op("get_view", "GET", "/views/{views:0}")
    for id in (7, 8, 9):
        yield Op("get_view", "GET", f"/views/{id}00")


@makes("get_import", "change_import", "import_report", "apply_import", "import_errors", "start_backup", "get_backup")
@makes("list_imports", "import_preview", "import_conflicts", "import_findings")
def _others(shape: Shape) -> Iterator[Op]:
    yield Op("list_imports", "GET", "/imports")
    yield Op("import_preview", "GET", "/imports/1/preview")
    yield Op("get_import", "GET", "/imports/1")
    yield Op("change_import", "PATCH", "/imports/1", {"on_match": "skip"})
    yield Op("import_report", "GET", "/imports/1/report")
    yield Op("import_conflicts", "GET", "/imports/1/conflicts?outcome=take&after=0")
    yield Op("apply_import", "POST", "/imports/1/apply")
    yield Op("import_errors", "GET", "/imports/1/errors.xlsx")
    yield Op("import_findings", "GET", "/imports/1/findings.xlsx")
    yield Op("start_backup", "POST", "/backups", {})
    yield Op("get_backup", "GET", "/backups/1")


@makes("backup_file", "change_view", "delete_view", "create_view")
def _files(shape: Shape) -> Iterator[Op]:
    yield Op("backup_file", "GET", "/backups/1/file")
    yield Op("change_view", "PATCH", "/views/1", {"name": "改名"})
    yield Op("delete_view", "DELETE", "/views/1")
    for entity, keys in sorted(shape.hidden.items()):
        for key in keys[:2]:
            where = {"field": key, "op": "empty"}
            yield Op("create_view", "POST", "/views", {"entity": entity, "name": "试", "data": {"where": where}})


# --- records, one at a time ------------------------------------------------------------------------------------------


@makes("get_record", "record_history", "list_related")
def _records(shape: Shape) -> Iterator[Op]:
    for entity, names in shape.visible.items():
        for name in names:
            yield Op("get_record", "GET", f"/records/{entity}/{{{name}}}")
            yield Op("record_history", "GET", f"/records/{entity}/{{{name}}}/history")
    for name in ("c1", "c2", "late"):
        for key in ("contacts", "orders", "payments", "referred_customers", "interactions"):
            yield Op("list_related", "POST", f"/records/customer/{{{name}}}/related", {"relations": {key: []}})
        yield Op("get_record", "GET", f"/records/customer/{{{name}}}?as_of=2026-03-04T12:00:00Z")
        yield Op("record_history", "GET", f"/records/customer/{{{name}}}/history?limit=2")
    for entity, ids in shape.absent.items():
        for id in ids[:4]:
            yield Op("get_record", "GET", f"/records/{entity}/{id}")
            yield Op("list_related", "POST", f"/records/{entity}/{id}/related", {"relations": {"contacts": []}})
            yield Op("record_history", "GET", f"/records/{entity}/{id}/history")
            yield Op("get_record", "GET", f"/records/{entity}/{id}?as_of=2026-03-04T12:00:00Z")


@makes("update_record", "delete_record", "restore_record", "create_record", "bulk_change")
def _refused(shape: Shape) -> Iterator[Op]:
    """Writes that are refused: old revisions, taken values, hidden rows and fields."""
    old = (("If-Match", '"1"'),)
    yield Op("update_record", "PATCH", "/records/customer/{c1}", {"remark": "别的", "parent_customer": None}, old)
    yield Op("update_record", "PATCH", "/records/customer/{c2}", {"remark": "别的", "referrer": "@c1"}, old)
    yield Op("update_record", "PATCH", "/records/customer/{c3}", {"id_number": "110105197001010011"}, old)
    yield Op("update_record", "PATCH", "/records/ticket/{he.ticket}", {"progress": "别的"}, old)
    values = {"name": "合同", "customer": "@c1", "start_on": "2026-01-01"}
    yield Op("create_record", "POST", "/records/contract", {**values, "code": "HT-TAKEN"})
    yield Op("update_record", "PATCH", "/records/contract/{c1.contract}", {"code": "HT-TAKEN"})
    for entity, ids in shape.absent.items():
        for id in ids[:4]:
            yield Op("update_record", "PATCH", f"/records/{entity}/{id}", {"remark": "看看"})
            yield Op("update_record", "PATCH", f"/records/{entity}/{id}", {"name": "看看"}, old)
            yield Op("delete_record", "DELETE", f"/records/{entity}/{id}")
            yield Op("restore_record", "POST", f"/records/{entity}/{id}/restore")
            yield Op(
                "bulk_change", "POST", f"/records/{entity}/bulk", {"ids": [id], "set": {"remark": "?"}, "preview": True}
            )
    for id in shape.absent["customer"][:5]:
        yield Op("update_record", "PATCH", "/records/customer/{c3}", {"parent_customer": id})
        yield Op("create_record", "POST", "/records/ticket", {"customer": id, "type": "inquiry", "subject": "?"})
        yield Op("create_record", "POST", "/records/order", {"customer": id, "ordered_on": "2026-03-01"})
    for entity, keys in sorted(shape.hidden.items()):
        for key in keys[:3]:
            yield Op("create_record", "POST", f"/records/{entity}", {key: "1"})
            yield Op(
                "bulk_change",
                "POST",
                f"/records/{entity}/bulk",
                {"where": {"field": key, "op": "gt", "value": "5"}, "set": {"remark": "?"}, "preview": True},
            )
    yield Op(
        "bulk_change",
        "POST",
        "/records/customer/bulk",
        {"where": {"field": "name", "op": "not_empty"}, "set": {"remark": "?"}, "preview": True},
    )
    yield Op("bulk_change", "POST", "/records/customer/bulk", {"search": "宏", "delete": True, "preview": True})


@makes("list_changesets", "get_changeset", "undo_changeset", "list_trash")
def _past(shape: Shape) -> Iterator[Op]:
    yield Op("list_trash", "GET", "/trash")
    for entity in [e["key"] for e in shape.shown] + ["payment"]:
        yield Op("list_trash", "GET", f"/trash?entity={entity}&limit=2")
    yield Op("list_changesets", "GET", "/changesets?limit=3")
    for entity in [e["key"] for e in shape.shown] + ["payment"]:
        yield Op("list_changesets", "GET", f"/changesets?entity={entity}&origin=form&actor=1")
    yield Op("list_changesets", "GET", "/changesets?limit=200")  # the last: it names those that are asked for below
    for n in range(45):
        yield Op("get_changeset", "GET", f"/changesets/{{changesets:{n}}}")
    yield Op("get_changeset", "GET", "/changesets/{changesets:0}?limit=1")
    for n in range(45):
        yield Op("undo_changeset", "POST", f"/changesets/{{changesets:{n}}}/undo", {"preview": True})
        forced = {"preview": True, "take_back": True}
        yield Op("undo_changeset", "POST", f"/changesets/{{changesets:{n}}}/undo", forced)
    for n in range(0, 45, 9):
        for id in shape.absent["customer"][:2]:
            yield Op(
                "undo_changeset",
                "POST",
                f"/changesets/{{changesets:{n}}}/undo",
                {"preview": True, "record": f"customer:{id}"},
            )
        yield Op(
            "undo_changeset",
            "POST",
            f"/changesets/{{changesets:{n}}}/undo",
            {"preview": True, "record": "customer:@c1"},
        )


# --- lists -----------------------------------------------------------------------------------------------------------


def _orders(field: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"field": field["key"], "order": order} for order in ("asc", "desc")] if field["sortable"] else []


def _operand(field: Mapping[str, Any], op: str, random: Random) -> Any:
    kind = field["value_type"]
    one: Any = random.choice(("1", "50", "8888", "2026", "王", "宏"))
    if kind in ("select", "multi_select"):
        one = random.choice([o["key"] for o in field["options"]] or ["x"])
    elif kind in ("date", "datetime"):
        one = random.choice(("2026-02-01", "2026-03-01", "2026-03-04"))
    elif kind in ("money", "number", "percent"):
        one = random.choice(("0", "50", "100", "8888"))
    elif kind in ("integer", "rating"):
        one = random.choice((0, 1, 5, 30))
    elif kind == "boolean":
        one = random.choice((True, False))
    elif kind in ("relation", "user"):
        one = random.choice((1, 2, 3, 4, 5))
    if op in ("in", "not_in", "any_of", "all_of", "none_of"):
        return [one]
    if op == "between":
        return [one, one]
    return {"period": "this", "unit": "month"} if op == "within" else one


def _tests(field: Mapping[str, Any], random: Random) -> Iterator[dict[str, Any]]:
    for op in field["operators"]:
        if op in ("empty", "not_empty", "is_me"):
            yield {"field": field["key"], "op": op}
        else:
            yield {"field": field["key"], "op": op, "value": _operand(field, op, random)}


@makes("query_records")
def _queries(shape: Shape) -> Iterator[Op]:
    random = Random(shape.seed)
    for entity in shape.shown:
        path, key, fields = f"/records/{entity['key']}/query", entity["key"], entity["fields"]
        plain = [f["key"] for f in fields]
        yield Op("query_records", "POST", path, {"select": plain[:150], "count": "exact", "limit": 2})
        yield Op("query_records", "POST", path, {"select": plain[:150], "count": "exact", "limit": 2}, follows=True)
        title = entity["title"][:1]
        for term in TERMS:
            yield Op("query_records", "POST", path, {"select": title, "search": term, "count": "capped"})
        for field in fields:
            for order in _orders(field):
                yield Op("query_records", "POST", path, {"select": title, "sort": [order], "limit": 3})
                yield Op("query_records", "POST", path, {"select": title, "sort": [order], "limit": 3}, follows=True)
            for test in _tests(field, random):
                yield Op("query_records", "POST", path, {"select": title, "where": test, **_counted(random)})
            if field["value_type"] in ("relation", "user"):
                for end in ("name", "code", "remark", "owner.name", "customer.name", "created_by"):
                    over = f"{field['key']}.{end}"
                    yield Op("query_records", "POST", path, {"select": [over, field["key"]], "sort": [{"field": over}]})
                    yield Op(
                        "query_records", "POST", path, {"select": [], "where": {"not": {"field": over, "op": "empty"}}}
                    )
        for relation in [*entity["relations"], {"key": "payments"}, {"key": "referred_customers"}]:
            for kind in ("some", "none"):
                inner = random.choice([None, {"field": "created_at", "op": "not_empty"}])
                where = {kind: {"relation": relation["key"], **({"where": inner} if inner else {})}}
                yield Op("query_records", "POST", path, {"select": title, "where": where, **_counted(random)})
        for hidden in shape.hidden.get(key, []):
            yield from _named(path, hidden)
    for hidden in shape.hidden.get("customer", [])[:8]:
        for start in ("customer.", "order.customer.", "customer.parent_customer."):
            for entity in ("order", "order_line", "contact", "customer", "ticket"):
                yield from _named(f"/records/{entity}/query", start + hidden)


def _counted(random: Random) -> dict[str, Any]:
    """A page with its count, which is asked for by itself where the page does not hold all."""
    return {"count": "exact", "limit": random.choice([1, 50])}


def _named(path: str, name: str) -> Iterator[Op]:
    """A hidden field in every place where a field can be named."""
    yield Op("query_records", "POST", path, {"select": [name]})
    yield Op("query_records", "POST", path, {"select": [], "sort": [{"field": name}]})
    for test in (
        {"op": "gt", "value": "100"},
        {"op": "eq", "value": "8888"},
        {"op": "contains", "value": "宏"},
        {"op": "starts_with", "value": "6217"},
        {"op": "not_empty"},
    ):
        yield Op("query_records", "POST", path, {"select": [], "where": {"field": name, **test}, "count": "exact"})


@makes("aggregate_records")
def _figures(shape: Shape) -> Iterator[Op]:
    for entity in shape.shown:
        path = f"/records/{entity['key']}/aggregate"
        yield Op("aggregate_records", "POST", path, {"measures": [{"op": "count"}]})
        for term in TERMS:
            yield Op("aggregate_records", "POST", path, {"measures": [{"op": "count"}], "search": term})
        for field in entity["fields"]:
            key, kind = field["key"], field["value_type"]
            if kind in ("select", "relation", "user", "boolean", "text", "date", "datetime", "region"):
                group = {"field": key, **({"by": "month"} if kind in ("date", "datetime") else {})}
                yield Op("aggregate_records", "POST", path, {"group": [group], "measures": [{"op": "count"}]})
            if kind in ("money", "number", "percent", "integer", "date", "datetime", "rating"):
                measures = [{"op": op, "field": key} for op in ("min", "max", "distinct")]
                yield Op("aggregate_records", "POST", path, {"measures": measures})
            if kind in ("relation", "user"):
                group = {"field": f"{key}.name"}
                yield Op(
                    "aggregate_records",
                    "POST",
                    path,
                    {"group": [group], "measures": [{"op": "distinct", "field": key}]},
                )
        for hidden in shape.hidden.get(entity["key"], []):
            for measure in (
                {"op": "max", "field": hidden},
                {"op": "sum", "field": hidden},
                {"op": "distinct", "field": hidden},
            ):
                yield Op("aggregate_records", "POST", path, {"measures": [measure]})
            yield Op("aggregate_records", "POST", path, {"group": [{"field": hidden}], "measures": [{"op": "count"}]})
    yield Op("aggregate_records", "POST", "/records/payment/aggregate", {"measures": [{"op": "count"}]})


@makes("add_follow_up", "recognise_text", "list_workdays")
def _follow_ups(shape: Shape) -> Iterator[Op]:
    for id in shape.absent["customer"][:3]:
        yield Op("add_follow_up", "POST", "/follow-ups", {"customer": id, "content": "?", "result": "interested"})
    for id in shape.absent.get("task", [])[:3]:
        body = {"customer": "@c3", "content": "?", "result": "interested", "task": id}
        yield Op("add_follow_up", "POST", "/follow-ups", body)
    yield Op("recognise_text", "POST", "/quick-entry", {"text": "宏远贸易 13800138000 张伟 对花生过敏，下周二见"})
    yield Op("list_workdays", "GET", "/workdays?first=2026-02-01&last=2026-03-01")


@makes("merge_records")
def _merges(shape: Shape) -> Iterator[Op]:
    for entity, ids in shape.absent.items():
        for id in ids[:2]:
            body = {"keep": id, "others": [ids[-1] if ids[-1] != id else 1], "preview": True}
            yield Op("merge_records", "POST", f"/records/{entity}/merge", body)
    for id in shape.absent["customer"][:2]:
        yield Op("merge_records", "POST", "/records/customer/merge", {"keep": "@c1", "others": [id]})
    for entity, keys in sorted(shape.hidden.items()):
        body = {"keep": "@c1", "others": ["@c2"], "take": dict.fromkeys(keys[:3], "@c1"), "preview": True}
        yield Op("merge_records", "POST", f"/records/{entity}/merge", body)


@makes("write_batch", "list_cell_notes")
def _batches(shape: Shape) -> Iterator[Op]:
    for entity, ids in shape.absent.items():
        for id in ids[:2]:
            body = {"update": [{"id": id, "set": {"remark": "?"}}]}
            yield Op("write_batch", "POST", f"/records/{entity}/batch", body)
    yield Op("write_batch", "POST", "/records/customer/batch", {"create": [{"name": "?", "parent_customer": 99999}]})
    ids = [1, 2, 3, *shape.absent["customer"][:3]]
    yield Op("list_cell_notes", "POST", "/records/customer/cell-notes", {"ids": ids})


@makes("list_people", "add_person", "change_person", "end_token", "list_backups")
def _people(shape: Shape) -> Iterator[Op]:
    yield Op("list_people", "GET", "/people")
    yield Op("add_person", "POST", "/people", {"name": "新人", "role": "sales", "password": "春风又绿江南岸吗"})
    for id in (1, 2, 99):
        yield Op("change_person", "PATCH", f"/people/{id}", {"state": "disabled"})
    yield Op("end_token", "DELETE", "/tokens/9999")
    yield Op("list_backups", "GET", "/backups")


@makes("search_everything")
def _search(shape: Shape) -> Iterator[Op]:
    for term in TERMS:
        yield Op("search_everything", "GET", f"/search?q={term}")
        yield Op("search_everything", "GET", f"/search?q={term}&limit=2")


@makes("find_duplicates")
def _duplicates(shape: Shape) -> Iterator[Op]:
    yield Op("find_duplicates", "POST", "/duplicates/customer", {"mobile": "13800138000", "name": "张伟工作室"})
    yield Op("find_duplicates", "POST", "/duplicates/customer", {"name": "长江新客户"})
    yield Op("find_duplicates", "POST", "/duplicates/ticket", {"code": "GD-c1"})
    yield Op("find_duplicates", "POST", "/duplicates/payment", {"code": "SK-c1.payment"})


@makes("get_file")
def _attached(shape: Shape) -> Iterator[Op]:
    yield Op("get_file", "GET", "/records/customer/1/files/files/1")
    yield Op("get_file", "GET", "/records/contract/1/files/files/1")


@makes("start_export", "get_export", "export_file")
def _exports(shape: Shape) -> Iterator[Op]:
    # The rest of the entities come through the same door as the lists above.
    mine = [e["key"] for e in shape.shown if e["key"] in ("customer", "order", "task", "contract")]
    bodies: list[dict[str, Any]] = [{"entity": key, "format": "csv"} for key in mine]
    over = ["name", "parent_customer.name", "referrer"]
    bodies.append({"entity": "customer", "format": "csv", "select": over, "search": "宏"})
    bodies.append({"entity": "payment", "format": "csv"})
    bodies += [{"entity": key, "format": "vcf"} for key in ("customer", "contact")]
    for n, body in enumerate(bodies):
        yield Op("start_export", "POST", "/exports", body)
        yield Op("get_export", "GET", f"/exports/{{exports:{n}}}")
        yield Op("export_file", "GET", f"/exports/{{exports:{n}}}/file")
    for entity, keys in sorted(shape.hidden.items()):
        for key in keys[:4]:
            yield Op("start_export", "POST", "/exports", {"entity": entity, "format": "csv", "select": [key]})
            yield Op("export_file", "GET", "/exports/{exports:last}/file")
    yield Op("start_export", "POST", "/exports", {"entity": "customer", "layout": 1})
    yield Op("get_export", "GET", "/exports/1")
    yield Op("export_file", "GET", "/exports/1/file")


# --- writes that go through ------------------------------------------------------------------------------------------


_VIEW = {"entity": "ticket", "name": "我的", "data": {"select": ["subject"]}}


def changes(shape: Shape) -> list[Op]:
    """Requests that the role may make and that change the ledger; in the order in which they make sense."""
    number = "2026-03-05T09:00:00Z"
    if shape.role == "service":
        ticket = {"customer": "@c1", "type": "inquiry", "subject": "怎么保修", "code": "GD-new", "received_at": number}
        turned = {"progress": "已转"}
        tickets = {"keep": "@c1.ticket", "others": ["@c2.ticket", "@w1.ticket"]}
        return [
            Op("create_record", "POST", "/records/ticket", ticket, remember="new.ticket"),
            Op("update_record", "PATCH", "/records/ticket/{new.ticket}", {"progress": "已回电"}),
            Op("update_record", "PATCH", "/records/ticket/{w1.ticket}", {"priority": "urgent"}),
            Op("write_batch", "POST", "/records/ticket/batch", {"update": [{"id": "@w1.ticket", "set": turned}]}),
            Op("add_follow_up", "POST", "/follow-ups", {"customer": "@c1", "content": "回访", "result": "interested"}),
            Op("list_changesets", "GET", "/changesets"),
            Op("undo_changeset", "POST", "/changesets/{changesets:0}/undo", {}),
            Op("merge_records", "POST", "/records/ticket/merge", {**tickets, "preview": True}),
            Op("merge_records", "POST", "/records/ticket/merge", tickets),
            Op("list_changesets", "GET", "/changesets"),
            Op("get_changeset", "GET", "/changesets/{changesets:0}"),
            Op("undo_changeset", "POST", "/changesets/{changesets:0}/undo", {}),
            Op("delete_record", "DELETE", "/records/ticket/{c2.ticket}"),
            Op("list_trash", "GET", "/trash"),
            Op("restore_record", "POST", "/records/ticket/{c2.ticket}/restore", {}),
            Op("delete_record", "DELETE", "/records/interaction/{w1.interaction}"),
            Op("create_view", "POST", "/views", _VIEW, remember="new.view"),
            Op("list_views", "GET", "/views"),
        ]
    person = {"name": "宏远老板", "kind": "person", "mobile": "13500135000", "code": "KH-new"}
    return [
        Op("create_record", "POST", "/records/customer", person, remember="new"),
        Op("update_record", "PATCH", "/records/customer/{new}", {"parent_customer": "@c1"}),
        Op("update_record", "PATCH", "/records/customer/{c1}", {"remark": "又拜访了", "parent_customer": "@c2"}),
        Op("update_record", "PATCH", "/records/customer/{c3}", {"parent_customer": None}),
        Op("write_batch", "POST", "/records/customer/batch", {"update": [{"id": "@c1", "set": {"remark": "一批"}}]}),
        Op("add_follow_up", "POST", "/follow-ups", {"customer": "@c1", "content": "回访", "result": "interested"}),
        Op("list_changesets", "GET", "/changesets"),
        Op("undo_changeset", "POST", "/changesets/{changesets:0}/undo", {}),
        Op("undo_changeset", "POST", "/changesets/{changesets:1}/undo", {}),
        Op(
            "bulk_change",
            "POST",
            "/records/customer/bulk",
            {"where": {"field": "name", "op": "not_empty"}, "set": {"main_business": "酒"}},
        ),
        Op("merge_records", "POST", "/records/customer/merge", {"keep": "@c3", "others": ["@c1"], "preview": True}),
        Op("merge_records", "POST", "/records/customer/merge", {"keep": "@c3", "others": ["@c1", "@c2"]}),
        Op("get_record", "GET", "/records/customer/{c3}"),
        Op("list_changesets", "GET", "/changesets"),
        Op("get_changeset", "GET", "/changesets/{changesets:0}"),
        Op("list_trash", "GET", "/trash?entity=customer"),
        Op("undo_changeset", "POST", "/changesets/{changesets:0}/undo", {}),
        Op("delete_record", "DELETE", "/records/customer/{late}"),
        Op("delete_record", "DELETE", "/records/customer/{c3}"),
        Op("list_trash", "GET", "/trash?entity=customer"),
        Op("restore_record", "POST", "/records/customer/{c3}/restore", {}),
        Op("delete_record", "DELETE", "/records/customer/{c1}"),
        Op("delete_record", "DELETE", "/records/payment/{c1.payment}"),
        Op("delete_record", "DELETE", "/records/order/{c1.order}"),
        Op("update_record", "PATCH", "/records/task/{chen.task}", {"status": "completed"}),
        Op("create_view", "POST", "/views", _VIEW, remember="new.view"),
        Op("list_views", "GET", "/views"),
    ]
