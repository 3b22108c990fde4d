"""`dev.py bench --web` measures what it says: each figure moves with what it stands for."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, Route

from benchmarks import web
from benchmarks.house import House
from kehu.base.settings import Settings
from tests.support.browsing import Api
from tests.support.server import LedgerServer

LATE = 0.4


class SlowDesk(web.Desk):
    """Its answers to questions for records come late."""

    def window(self) -> web.BrowserContext:
        """As usual, behind a slow line."""

        def late(route: Route) -> None:
            time.sleep(LATE)
            route.continue_()

        context = super().window()
        context.route("**/api/v1/records/customer/**", late)
        return context


@pytest.mark.parametrize(("kind", "names"), [(web.Desk, "web_record,web_cell"), (SlowDesk, "web_load,web_cell")])
def test_the_bench_of_the_web_app_sees_a_slow_line(
    browser: Browser, ledger: LedgerServer, api: Api, kind: type[web.Desk], names: str
) -> None:
    api.add_customer(name="量快慢用的客户")
    house = House(Settings(data=ledger.data), {}, 1, ledger.url, ledger.process_id)
    found = {one.name: one for one in web.measure(kind(browser, house), names, 2)}
    for name in names.split(","):
        ours, idle = found[name].ours["p50_ms"], found[name].by_hand["p50_ms"]
        assert 0 < idle < ours
        assert (ours > LATE * 1000) or kind is web.Desk
