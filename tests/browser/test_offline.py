"""Without a network the app opens with what this person saw, on a device that keeps it; signing out leaves nothing."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.support.browsing import Windows

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
