"""Links between what one sees and what one does not: as if they were not there, and yet never broken by accident."""

from __future__ import annotations

from typing import Any

from tests.support.town import Town

PERSON = {"kind": "person", "mobile": "13912345678"}


def _record(town: Town, role: str, id: int) -> dict[str, Any]:
    answer = town.ask(role, "GET", f"/records/customer/{id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["record"]
    return found


def test_r36_a_hidden_child_is_not_in_the_way_of_undo_and_comes_back_with_it(town: Town) -> None:
    made = town.ask("sales", "POST", "/records/customer", json={"name": "母公司", **PERSON}).json()
    child = {"name": "子公司", "parent_customer": made["id"], "owner": town.people["manager"], **PERSON}
    hidden = town.ask("manager", "POST", "/records/customer", json=child).json()["id"]
    assert town.ask("sales", "GET", f"/records/customer/{hidden}").status_code == 404

    path = f"/changesets/{made['changeset']}/undo"
    preview = town.ask("sales", "POST", path, json={"preview": True}).json()
    done = town.ask("sales", "POST", path, json={}).json()
    assert (preview["deleted"], preview["conflicts"]) == (done["deleted"], done["conflicts"]) == (1, [])
    assert _record(town, "manager", hidden)["parent_customer"] is None

    again = town.ask("sales", "POST", f"/changesets/{done['changeset']}/undo", json={})
    assert again.status_code == 200, again.text
    assert _record(town, "sales", made["id"])["name"] == "母公司"


def test_r36_a_child_that_one_sees_stays_in_the_way(town: Town) -> None:
    made = town.ask("sales", "POST", "/records/customer", json={"name": "母公司", **PERSON}).json()
    child = {"name": "子公司", "parent_customer": made["id"], **PERSON}
    assert town.ask("sales", "POST", "/records/customer", json=child).status_code == 201
    done = town.ask("sales", "POST", f"/changesets/{made['changeset']}/undo", json={}).json()
    assert (done["deleted"], [c["reason"] for c in done["conflicts"]]) == (0, ["has_children"])


def test_r36_emptying_a_link_that_one_does_not_see_keeps_it(town: Town) -> None:
    mine, other = town.ids["mine"], town.ids["other"]
    linked = town.ask("manager", "PATCH", f"/records/customer/{mine}", json={"parent_customer": other})
    assert linked.status_code == 200, linked.text
    assert _record(town, "sales", mine)["parent_customer"] is None

    answer = town.ask("sales", "PATCH", f"/records/customer/{mine}", json={"parent_customer": None, "remark": "看过"})
    assert answer.status_code == 200, answer.text
    assert _record(town, "manager", mine)["parent_customer"] == {"id": other, "label": "other客户"}
    cleared = town.ask("manager", "PATCH", f"/records/customer/{mine}", json={"parent_customer": None})
    assert cleared.status_code == 200, cleared.text
    assert _record(town, "manager", mine)["parent_customer"] is None


def test_r36_a_guess_of_a_secret_tells_nothing(town: Town) -> None:
    """Right and wrong guesses of who may not read it are both a change; of a reader, the right one is none."""
    mine = town.ids["mine"]
    right, wrong = "110105197001010011", "110108199404300011"
    town.ask("manager", "PATCH", f"/records/customer/{mine}", json={"id_number": right})
    before = _record(town, "manager", mine)["revision"]
    guess = town.ask("sales", "PATCH", f"/records/customer/{mine}", json={"id_number": right}).json()
    assert guess["revision"] > before
    miss = town.ask("sales", "PATCH", f"/records/customer/{mine}", json={"id_number": wrong}).json()
    assert miss["revision"] > guess["revision"]
    same = town.ask("manager", "PATCH", f"/records/customer/{mine}", json={"id_number": wrong}).json()
    assert same["revision"] == miss["revision"]
