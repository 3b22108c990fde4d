"""B3 and B4: who may do what, address by address and role by role; and what is refused has changed nothing."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from kehu.entry.api.app import openapi_bytes
from tests.support.town import Town

WHO = ("nobody", "admin", "owner", "manager", "sales", "service", "finance", "auditor")
CUSTOMER = {"name": "新客户", "kind": "person", "mobile": "13900139000"}
TICKET = {"customer": "@mine", "type": "inquiry", "subject": "新问题", "received_at": "2026-03-02"}
ALL = {"select": ["name"]}
XLSX = {"files": {"file": ("客户.csv", "客户名称\n王蕾\n".encode(), "text/csv")}}

# operation, method, path, body, then the status for each of WHO. "." is the one before.
TABLE = """
health           | GET    /health                                  |                      | 200 . . . . . . .
ready            | GET    /ready                                   |                      | 200 . . . . . . .
phone_access     | GET    /phone                                   |                      | 401 200 . . . . . .
authority_certificate | GET /certificate.crt                       |                      | 404 . . . . . . .
me               | GET    /me                                      |                      | 401 200 . . . . . .
change_me        | PATCH  /me                                      | {"locale": "en"}     | 401 200 . . . . . .
get_catalog      | GET    /catalog                                 |                      | 401 200 . . . . . .
list_versions    | GET    /catalog/versions                        |                      | 401 200 . 403 . . . .
change_catalog   | POST   /catalog/changes                         | CHANGE               | 401 200 . 403 . . . .
get_kit          | GET    /kits/beauty                             |                      | 401 200 . . . . . .
diff_kit         | GET    /kits/beauty/diff                        |                      | 401 200 . 403 . . . .
apply_kit        | POST   /kits/beauty/apply                       | {"preview": true}    | 401 200 . 403 . . . .
get_file         | GET    /records/interaction/77/files/files/77   |                      | 401 404 . . . . . .
query_records    | POST   /records/customer/query                  | ALL                  | 401 200 . . . . 404 .
query_records    | POST   /records/payment/query                   | {"select": []}       | 401 200 . . . 404 . .
aggregate_records| POST   /records/customer/aggregate              | {}                   | 401 422 . . . . 404 .
aggregate_records| POST   /records/payment/aggregate               | COUNT                | 401 200 . . . 404 . .
create_record    | POST   /records/customer                        | CUSTOMER             | 401 201 . . . 403 404 .
create_record    | POST   /records/ticket                          | TICKET               | 401 201 . . . . 404 .
create_record    | POST   /records/user                            | {"name": "自己人"}   | 401 404 . . . . . .
get_record       | GET    /records/customer/{mine}                 |                      | 401 200 . . . . 404 .
get_record       | GET    /records/customer/{other}                |                      | 401 200 . . 404 200 404 .
get_record       | GET    /records/payment/{mine payment}          |                      | 401 200 . . . 404 . .
get_record       | GET    /records/payment/{other payment}         |                      | 401 200 . . 404 . . .
update_record    | PATCH  /records/customer/{mine}                 | {"remark": "改"}     | 401 200 . . . 403 404 .
update_record    | PATCH  /records/customer/{other}                | {"remark": "改"}     | 401 200 . . 404 403 404 .
update_record    | PATCH  /records/ticket/{other ticket}           | {"priority": "urgent"} | 401 200 . . 404 200 404 .
update_record    | PATCH  /records/customer/{mine}                 | {"credit_limit": "1"} | 401 200 . . 422 403 404 .
delete_record    | DELETE /records/order/{mine order}              |                      | 401 - - - - 403 404 .
delete_record    | DELETE /records/order/{other order}             |                      | 401 - - - 404 403 404 .
restore_record   | POST   /records/customer/{other}/restore        |                      | 401 404 . . . 403 404 .
bulk_change      | POST   /records/customer/bulk                   | BULK                 | 401 200 . . . 403 404 .
record_history   | GET    /records/customer/{mine}/history         |                      | 401 200 . . . . 404 .
record_history   | GET    /records/customer/{other}/history        |                      | 401 200 . . 404 200 404 .
list_trash       | GET    /trash                                   |                      | 401 200 . . . . . .
list_trash       | GET    /trash?entity=payment                    |                      | 401 200 . . . 404 . .
list_changesets  | GET    /changesets                              |                      | 401 200 . . . . . .
get_changeset    | GET    /changesets/{mine set}                   |                      | 401 200 . . . . 404 .
get_changeset    | GET    /changesets/{other set}                  |                      | 401 200 . . 404 200 404 .
get_changeset    | GET    /changesets/{mine payment set}           |                      | 401 200 . . . 404 . .
undo_changeset   | POST   /changesets/{mine set}/undo              | {"preview": true}    | 401 200 . . 403 . 404 .
undo_changeset   | POST   /changesets/{other set}/undo             | {"preview": true}    | 401 200 . . 404 403 404 .
start_import     | POST   /imports                                 | XLSX                 | 401 201 . . . 403 . .
list_imports     | GET    /imports                                 |                      | 401 200 . . . . . .
import_preview   | GET    /imports/77/preview                      |                      | 401 404 . . . . . .
get_import       | GET    /imports/1                               |                      | 401 - - 404 . . . .
change_import    | PATCH  /imports/1                               | {"on_match": "skip"} | 401 - - 404 . . . .
import_report    | GET    /imports/77/report                       |                      | 401 404 . . . . . .
import_conflicts | GET    /imports/77/conflicts                    |                      | 401 404 . . . . . .
apply_import     | POST   /imports/77/apply                        |                      | 401 404 . . . . . .
import_errors    | GET    /imports/77/errors.xlsx                  |                      | 401 404 . . . . . .
import_findings  | GET    /imports/77/findings.xlsx                |                      | 401 404 . . . . . .
start_export     | POST   /exports                                 | {"entity": "customer"} | 401 202 . . . . 422 .
start_export     | POST   /exports                                 | {"entity": "payment"} | 401 202 . . . 422 . .
get_export       | GET    /exports/77                              |                      | 401 404 . . . . . .
export_file      | GET    /exports/77/file                         |                      | 401 404 . . . . . .
start_backup     | POST   /backups                                 | {}                   | 401 202 . 403 . . . .
get_backup       | GET    /backups/77                              |                      | 401 404 . 403 . . . .
backup_file      | GET    /backups/77/file                         |                      | 401 404 . 403 . . . .
list_views       | GET    /views                                   |                      | 401 200 . . . . . .
create_view      | POST   /views                                   | VIEW                 | 401 201 . . . . 404 .
create_view      | POST   /views                                   | SHARED               | 401 201 . . 403 . 404 .
get_view         | GET    /views/77                                |                      | 401 404 . . . . . .
change_view      | PATCH  /views/77                                | {"name": "改"}       | 401 404 . . . . . .
delete_view      | DELETE /views/77                                |                      | 401 404 . . . . . .
write_batch      | POST   /records/customer/batch                 | BATCH                | 401 200 . . . 403 404 .
write_batch      | POST   /records/customer/batch                 | OTHERS               | 401 200 . . 422 403 404 .
merge_records    | POST   /records/customer/merge                  | MERGED               | 401 200 . . 404 403 404 .
merge_records    | POST   /records/customer/merge                  | ALONE                | 401 422 . . . 403 404 .
list_related     | POST   /records/customer/{mine}/related         | CONTACTS             | 401 200 . . . . 404 .
list_related     | POST   /records/customer/{other}/related        | CONTACTS             | 401 200 . . 404 200 404 .
list_related     | POST   /records/customer/{mine}/related         | PAYMENTS             | 401 200 . . . 422 404 .
list_cell_notes  | POST   /records/customer/cell-notes            | {"ids": [1]}         | 401 200 . . . . 404 .
add_follow_up    | POST   /follow-ups                              | FOLLOWED             | 401 201 . . . . 404 .
add_follow_up    | POST   /follow-ups                              | OTHERS_FOLLOWED      | 401 201 . . 422 201 404 .
recognise_text   | POST   /quick-entry                             | {"text": "王蕾 13900139000"} | 401 200 . . . . . .
list_workdays    | GET    /workdays?first=2026-02-13&last=2026-03-01 |                    | 401 200 . . . . . .
show_kits        | GET    /kits                                    |                      | 200 . . . . . . .
list_people      | GET    /people                                  |                      | 401 200 . 403 . . . .
add_person       | POST   /people                                  | PERSON               | 401 201 409 403 . . . .
change_person    | PATCH  /people/77                               | {"state": "disabled"} | 401 404 . 403 . . . .
list_tokens      | GET    /tokens                                  |                      | 401 200 . . . . . .
add_token        | POST   /tokens                                  | {"label": "报表", "days": 7} | 401 403 . . . . . .
end_token        | DELETE /tokens/7777                             |                      | 401 404 . . . . . .
list_backups     | GET    /backups                                 |                      | 401 200 . 403 . . . .
report_crash     | POST   /crash-reports                           | CRASH                | 401 201 . . . . . .
search_everything| GET    /search?q=客户                           |                      | 401 200 . . . . . .
find_duplicates  | POST   /duplicates/customer                     | {"mobile": "13800138000"} | 401 200 . . . 422 404 .
"""
BODIES: dict[str, Any] = {
    "ALL": ALL,
    "CUSTOMER": CUSTOMER,
    "TICKET": TICKET,
    "COUNT": {"measures": [{"op": "count"}]},
    "CHANGE": {"changes": [{"op": "field.drop", "entity": "customer", "key": "website"}], "preview": True},
    "PERSON": {"name": "新人", "role": "sales", "password": "春风又绿江南岸吗"},
    "CRASH": {"path": "/", "name": "Error", "stack": ""},
    "CONTACTS": {"relations": {"contacts": ["name"]}},
    "PAYMENTS": {"relations": {"contacts": ["name"], "payments": []}},
    "BATCH": {"update": [{"id": "@mine", "set": {"remark": "一批"}}]},
    "OTHERS": {"update": [{"id": "@other", "set": {"remark": "一批"}}]},
    "MERGED": {"keep": "@mine", "others": ["@other"], "preview": True},
    "ALONE": {"keep": "@mine", "others": ["@mine"]},
    "FOLLOWED": {"customer": "@mine", "content": "来店看样", "result": "effective_contact"},
    "OTHERS_FOLLOWED": {"customer": "@other", "content": "来店看样", "result": "effective_contact"},
    "BULK": {"ids": ["@mine"], "set": {"remark": "批量"}},
    "VIEW": {"entity": "ticket", "name": "我的", "data": {"select": ["subject"]}},
    "SHARED": {"entity": "ticket", "name": "大家的", "data": {"select": ["subject"]}, "shared": True},
}
# Tested elsewhere in tests/api: signing in and out, own password, first run, the stream of events, uploads.
ELSEWHERE = {"sign_in", "sign_out", "change_password", "set_up", "stream_events", "send_file"}


def lines() -> list[tuple[str, str, str, str, list[str]]]:
    """The table as (operation, method, path, body, statuses)."""
    found = []
    for line in TABLE.strip().splitlines():
        operation, request, body, statuses = (part.strip() for part in line.split("|"))
        method, path = request.split(maxsplit=1)
        told: list[str] = []
        for one in statuses.split():
            told.append(told[-1] if one == "." else one)
        assert len(told) == len(WHO), line
        found.append((operation, method, path, body, told))
    return found


def filled(town: Town, value: Any) -> Any:
    """Names of records as their ids."""
    if isinstance(value, str) and value.startswith("@"):
        return town.ids[value[1:]]
    if isinstance(value, dict):
        return {key: filled(town, one) for key, one in value.items()}
    return [filled(town, one) for one in value] if isinstance(value, list) else value


def test_r36_every_operation_stands_in_the_table() -> None:
    document = orjson.loads(openapi_bytes())
    offered = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    listed = {line[0] for line in lines()} | ELSEWHERE
    assert offered - listed == set(), "say who may do this"
    assert listed & offered >= offered - ELSEWHERE


@pytest.mark.parametrize("database_kind", ["sqlite"])  # rights ask no database
def test_r36_every_role_at_every_address(town: Town) -> None:
    document = orjson.loads(openapi_bytes())
    offered = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    wrong: list[str] = []
    refused = 0
    before = town.content()
    for operation, method, path, name, told in lines():
        if operation not in offered:
            continue
        for who, status in zip(WHO, told, strict=True):
            if status == "-":
                continue
            address = path
            for key, id in town.ids.items():
                address = address.replace(f"{{{key}}}", str(id))
            more: dict[str, Any] = {}
            if name == "XLSX":
                more = XLSX
            elif name:
                more = {"json": filled(town, BODIES[name] if name in BODIES else orjson.loads(name))}
            got = town.ask(None if who == "nobody" else who, method, address, **more)
            if got.status_code != int(status):
                wrong.append(f"{who}: {method} {path} {name}: {got.status_code}, not {status}: {got.text[:200]}")
            if got.status_code < 400:
                before = town.content() if method != "GET" else before
                continue
            refused += 1
            after = town.content()
            if after != before:
                wrong.append(f"{who}: {method} {path} {name}: refused with {got.status_code}, yet something changed")
            before = after
    assert not wrong, "\n".join(wrong)
    assert refused > 200
