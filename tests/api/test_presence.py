"""Who else has a record open: told to those who see it, of those they may know, while a connection lasts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.accounts.presence import SILENT
from kehu.core.context import Actor
from kehu.runtime import Runtime
from tests.api.conftest import SignIn
from tests.support.web import Site, served

LOOKING = Actor("system", None, "test")


class Tab:
    """A stream of events of somebody who has a record open, or a list where there is no id."""

    def __init__(self, client: httpx.Client, entity: str, id: int | None) -> None:
        self.people: list[str] = []
        self.crowd: dict[int, list[str]] = {}
        self.heard: list[dict[str, object]] = []
        self._begun = threading.Event()
        self._response: httpx.Response | None = None
        self._client = client
        asked = f"list={entity}" if id is None else f"open={entity}.{id}"
        self._thread = threading.Thread(target=self._run, args=(f"/api/v1/events?{asked}",))
        self._thread.start()
        assert self._begun.wait(20)

    def _run(self, address: str) -> None:
        try:
            with self._client.stream("GET", address, timeout=60) as self._response:
                event = ""
                for line in self._response.iter_lines():
                    self._begun.set()
                    if line.startswith("event: "):
                        event = line.removeprefix("event: ")
                    elif line.startswith("data: ") and event == "presence":
                        told = json.loads(line.removeprefix("data: "))
                        self.heard.append(told)
                        self.people = [one["label"] for one in told["people"]]
                    elif line.startswith("data: ") and event == "crowd":
                        told = json.loads(line.removeprefix("data: "))
                        self.heard.append(told)
                        self.crowd = {one["id"]: [who["label"] for who in one["people"]] for one in told["records"]}
        except (httpx.TransportError, httpx.StreamError):
            pass

    def close(self) -> None:
        """Close the tab: its connection ends, as a browser ends it."""
        assert self._response is not None
        stream = self._response.extensions["network_stream"]
        stream.get_extra_info("socket").shutdown(2)
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._client.close()


@pytest.fixture
def tab(sign_in: SignIn) -> Iterator[Callable[..., Tab]]:
    """Open a tab of somebody; closed at the end."""
    tabs: list[Tab] = []

    def open(who: str, id: int | None, *, entity: str = "customer", site: Site | None = None) -> Tab:
        client = site.sign_in(who) if site is not None else sign_in(who)
        tabs.append(Tab(client, entity, id))
        return tabs[-1]

    yield open
    for one in tabs:
        if one._thread.is_alive():
            one.close()


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


def customer(client: httpx.Client, name: str, **values: object) -> int:
    body = {"name": name, "kind": "person", "mobile": "13700000001", **values}
    made: int = client.post("/api/v1/records/customer", json=body).json()["id"]
    return made


def test_two_people_learn_of_each_other_until_one_leaves(
    admin: httpx.Client, people: Callable[..., str], tab: Callable[..., Tab]
) -> None:
    id, other = customer(admin, "上海宏远贸易"), customer(admin, "杭州云栖", mobile="13700000002")
    first = tab("admin", id)
    twice, elsewhere = tab("admin", id), tab("admin", other)
    second = tab(people("周以宁", "manager"), id)
    until(lambda: first.people == ["周以宁"] and second.people == ["admin"])
    assert first.heard[0]["entity"] == "customer"
    assert first.heard[0]["id"] == id
    assert len(first.heard) == 1, "another tab of one's own is nobody else"
    twice.close()
    third = tab("周以宁", other)
    until(lambda: elsewhere.people == ["周以宁"])
    assert second.people == ["admin"], "one of two tabs was closed"
    second.close()
    until(lambda: first.people == [])
    assert elsewhere.people == ["周以宁"]
    third.close()


def test_who_does_not_see_a_record_neither_tells_nor_learns(
    admin: httpx.Client, people: Callable[..., str], tab: Callable[..., Tab]
) -> None:
    id = customer(admin, "公司的客户")
    watcher = tab("admin", id)
    seller = tab(people("周以宁", "sales"), id)
    manager = tab(people("李想", "manager"), id)
    until(lambda: watcher.people == ["李想"] and manager.people == ["admin"])
    assert seller.heard == []
    nobody = tab(people("沈知", "auditor"), id)
    admin.patch(f"/api/v1/records/customer/{id}", json={"remark": "动一下"}, headers={"If-Match": '"0"'})
    time.sleep(1.5)
    assert nobody.heard == seller.heard == []
    assert watcher.people == ["李想"]


def test_who_loses_sight_of_a_record_is_no_longer_there(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str], tab: Callable[..., Tab]
) -> None:
    seller = sign_in(people("周以宁", "sales"))
    id = customer(seller, "先归我的客户")
    mine, watcher = tab("周以宁", id), tab("admin", id)
    until(lambda: watcher.people == ["周以宁"] and mine.people == ["admin"])
    revision = admin.get(f"/api/v1/records/customer/{id}").json()["revision"]
    boss = admin.get("/api/v1/me").json()["user"]["id"]
    moved = admin.patch(f"/api/v1/records/customer/{id}", json={"owner": boss}, headers={"If-Match": f'"{revision}"'})
    assert moved.status_code == 200, moved.text
    until(lambda: watcher.people == [] and mine.people == [])


def test_a_list_hears_which_of_its_records_others_have_open(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str], tab: Callable[..., Tab]
) -> None:
    seller = sign_in(people("周以宁", "sales"))
    hers, firms = customer(seller, "归她的客户"), customer(admin, "公司的客户", mobile="13700000002")
    listed, narrow, other = tab("admin", None), tab("周以宁", None), tab("admin", None, entity="contact")
    boss = tab("admin", firms)
    manager, mine = tab(people("李想", "manager"), firms), tab("周以宁", hers)
    also = tab("李想", hers)
    until(lambda: listed.crowd == {hers: ["周以宁", "李想"], firms: ["李想"]})
    # Her list tells neither of records out of her sight nor of herself.
    until(lambda: narrow.crowd == {hers: ["李想"]})
    assert other.crowd == {}
    for one in (boss, manager, mine, also):
        one.close()
    until(lambda: listed.crowd == narrow.crowd == {})


@pytest.mark.parametrize("list", ["", "customer.1", "Customer", "a b"])
def test_what_is_no_list_is_refused(admin: httpx.Client, list: str) -> None:
    assert admin.get("/api/v1/events", params={"list": list}).status_code == 422


@pytest.mark.parametrize("open", ["customer", "customer.", "customer.x", "Customer.1", "customer.1.2", "a.-1", ""])
def test_what_is_no_record_is_refused(admin: httpx.Client, open: str) -> None:
    assert admin.get("/api/v1/events", params={"open": open}).status_code == 422


def test_a_record_that_is_not_there_is_as_one_out_of_sight(tab: Callable[..., Tab], people: Callable[..., str]) -> None:
    one, other = tab("admin", 999_999), tab(people("周以宁", "manager"), 999_999)
    strange = tab("admin", 1, entity="nothing_such")
    time.sleep(1.5)
    assert one.heard == other.heard == strange.heard == []


@contextmanager
def second_process(runtime: Runtime) -> Iterator[Site]:
    """Another server on the same database."""
    with Runtime.open(runtime.settings) as other, served(other) as site:
        yield site


# SQLite: one folder is served by one process.
@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_servers_tell_each_other(
    runtime: Runtime, admin: httpx.Client, people: Callable[..., str], tab: Callable[..., Tab]
) -> None:
    id = customer(admin, "两台服务器上的客户")
    here = tab("admin", id)
    with second_process(runtime) as site:
        there = tab(people("周以宁", "manager"), id, site=site)
        until(lambda: here.people == ["周以宁"] and there.people == ["admin"])
        listed = tab("admin", None)
        until(lambda: listed.crowd == {id: ["周以宁"]})
        third = tab("周以宁", id)
        until(lambda: len(lines(runtime)) == 2)
        there.close()
        time.sleep(2.5)
        assert here.people == ["周以宁"], "she is still here, in the other process no longer"
        third.close()
        until(lambda: here.people == [])
    # A process that was killed leaves its line behind; nobody believes it for long.
    with runtime.write(LOOKING) as ctx:
        ghost, stale = f'[["customer",{id},1]]', ctx.now_at() - 2 * SILENT
        values = {"id": "gone:1:x", "version": 1, "open": ghost, "heartbeat": f"{stale:%Y-%m-%dT%H:%M:%S}.000Z"}
        ctx.tx.execute(sa.insert(system.process).values(values))
    fresh = tab("周以宁", id)
    until(lambda: fresh.people == ["admin"])
    here.close()
    until(lambda: fresh.people == [])


def lines(runtime: Runtime) -> list[str]:
    with runtime.read(LOOKING) as ctx:
        return [one for one in ctx.tx.execute(sa.select(system.process.c.open)).scalars() if one]


def test_alone_nothing_is_written(
    runtime: Runtime, admin: httpx.Client, people: Callable[..., str], tab: Callable[..., Tab]
) -> None:
    id = customer(admin, "只有一台服务器")
    one, other = tab("admin", id), tab(people("周以宁", "manager"), id)
    until(lambda: one.people == ["周以宁"] and other.people == ["admin"])
    assert lines(runtime) == []
