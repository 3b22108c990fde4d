"""Without a network the app opens with what this person saw, on a device that keeps it; signing out leaves nothing."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.support.browsing import Api, Grid, Windows

NAMES = "async () => (await caches.keys()).filter((name) => name.startsWith('kehu-'))"
CONTROLLED = (
    """async () => { while (!navigator.serviceWorker.controller) await new Promise(go => setTimeout(go, 20)) }"""
)
COUNT = "async () => (await (await caches.open('kehu-seen')).keys()).length"


def test_what_was_seen_opens_without_a_network_and_goes_at_sign_out(windows: Windows) -> None:
    page = windows.open()
    page.goto("/phone")
    expect(page.get_by_test_id("offline-switch")).not_to_be_checked()
    assert page.evaluate(NAMES) == []  # a browser that nobody asked keeps nothing
    page.get_by_test_id("offline-switch").click()
    page.evaluate(CONTROLLED)

    page.goto("/list/customer")
    expect(page.get_by_test_id("row-count")).to_contain_text("条")
    shown = page.get_by_test_id("row-count").inner_text()
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.reload(wait_until="commit")
    expect(page.get_by_test_id("row-count")).to_have_text(shown)
    expect(page.get_by_test_id("offline")).to_be_visible()
    page.context.set_offline(False)

    assert page.evaluate(COUNT) > 3
    page.evaluate("fetch('/api/v1/session', { method: 'DELETE' })")  # refused or not: what was seen goes
    assert not page.evaluate("() => caches.has('kehu-seen')")


def test_a_cell_opens_without_a_network_and_code_that_does_not_come_leaves_the_list(page: Page, api: Api) -> None:
    api.add_customer(name="断网甲")
    lost: list[str] = []

    def refuse(route: Route) -> None:
        lost.append(route.request.url)
        route.abort()

    choices = "**/assets/choice-input-*.js"
    page.route(choices, refuse)
    grid = Grid.open(page, "断网甲")
    page.wait_for_load_state("networkidle")
    assert lost, "it was fetched ahead"
    grid.select("industry", 0)
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("cell-editor")).to_contain_text("没有载入")
    expect(page.get_by_test_id("row-count")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("cell-editor")).to_be_hidden()
    expect(page.get_by_test_id("grid-ime")).to_be_focused()

    page.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("cell-editor")).to_contain_text("没有载入")
    page.unroute(choices)
    page.get_by_test_id("cell-editor").get_by_role("button", name="再试一次").click()
    expect(page.locator(".ant-select-item-option").filter(has_text="制造业")).to_be_visible()


def test_what_cells_are_changed_with_is_there_before_the_network_goes(page: Page, api: Api) -> None:
    api.add_customer(name="断网乙")
    with page.expect_response("**/assets/choice-input-*.js"):
        grid = Grid.open(page, "断网乙")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    grid.select("industry", 0)
    page.keyboard.press("Enter")
    expect(page.locator(".ant-select-item-option").filter(has_text="制造业")).to_be_visible()
    page.context.set_offline(False)


def test_a_page_whose_code_does_not_come_says_so_and_comes_with_the_network(page: Page) -> None:
    code = "**/assets/trash-page-*.js"
    page.route(code, lambda route: route.abort())
    page.goto("/today")
    expect(page.get_by_test_id("today-page")).to_be_visible()
    page.get_by_test_id("nav-trash").click()
    expect(page.get_by_test_id("empty")).to_contain_text("连不上服务器，这一页还没有载入")
    page.evaluate("window.stays = true")

    # Another page is there still, and the network brings this one without a reload.
    page.get_by_test_id("nav-today").click()
    expect(page.get_by_test_id("today-page")).to_be_visible()
    page.get_by_test_id("nav-trash").click()
    again = page.get_by_role("button", name="再试一次")
    expect(again).to_be_visible()
    asked: list[Route] = []

    def hold_the_second(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.abort()
        elif len(asked) > 2:
            route.continue_()

    page.unroute(code)
    page.route(code, hold_the_second)
    page.context.set_offline(True)
    again.click()
    while len(asked) < 2:  # once for the press, once for showing the page anew
        page.wait_for_timeout(50)
    # The network is back before the last attempt without it has failed.
    page.context.set_offline(False)
    page.wait_for_timeout(300)
    asked[1].abort()
    expect(page.get_by_test_id("trash-page")).to_be_visible()
    assert page.evaluate("window.stays")
