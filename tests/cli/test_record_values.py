"""`field=value` on the command line: ids of records and people are numbers."""

from __future__ import annotations

from tests.cli.conftest import Kehu


def test_an_id_names_a_person_and_a_record(kehu: Kehu) -> None:
    made = kehu("create", "customer", "name=陈一鸣", "kind=person", "mobile=13812345678", "owner=1", "--json").json
    found = kehu("query", "customer", "--select", "owner", "--json").json["rows"]
    assert [row[2]["id"] for row in found] == [1]
    child = kehu("create", "address", f"customer={made['id']}", "detail=浙江省宁波市中兴路 88 号", "--json")
    assert child.code == 0, child.out
    assert kehu("set", "customer", made["id"], "owner=99999", "--json").json["error"]["details"][0]["field"] == "owner"
