"""Every page at every size, with very long names and with no rows; keys alone; more contrast; the security policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.support.browsing import Api, Windows, go

SIZES: dict[str, ViewportSize] = {
    "laptop": {"width": 1280, "height": 720},
    "1920 at 125 %": {"width": 1536, "height": 864},
    "desktop": {"width": 1920, "height": 1080},
    "tablet": {"width": 820, "height": 1180},
    "phone": {"width": 390, "height": 844},
}
LONG = "上海宏远国际贸易与供应链管理（集团）股份有限公司华东区域运营中心浦东第二分公司"
OUTSIDE = """() => {
    const scrolls = (one) => one && (/auto|scroll/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
    const found = [...document.querySelectorAll("button, a[href], input, textarea, h1, h2")].filter((one) => {
        const { left, right, width } = one.getBoundingClientRect();
        const seen = width > 0 && one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        // The skip link waits outside until it has the focus; the sums move with the columns of the grid.
        if (one.matches(".skip, .sum-cell")) return false;
        return seen && (right > innerWidth + 1 || left < -1) && !scrolls(one.parentElement);
    });
    const wide = document.documentElement.scrollWidth > innerWidth ? ["the page itself"] : [];
    return [...wide, ...found.map((one) => one.outerHTML.slice(0, 160))];
}"""
RING = """() => {
    const one = document.activeElement;
    // In the grid the cursor of the cell is the ring.
    if (!one || one === document.body || one.matches(".ime-proxy")) return null;
    const shown = [one, one.parentElement, one.closest(".ant-input-affix-wrapper, .ant-select, label")].some((each) => {
        if (!each) return false;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
        return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
    });
    return [shown, one.outerHTML.slice(0, 160)];
}"""
TABS = 40


@pytest.fixture(scope="module")
def addresses() -> dict[str, str]:
    """Pages that need no record; those with records are added by the test."""
    return {
        "today": "/today",
        "list": "/list/customer",
        "no rows": "/list/survey_answer",
        "board": "/list/customer?view=0&as=board",
        "calendar": "/list/customer?view=0&as=calendar",
        "import": "/import",
        "change-sets": "/changesets",
        "trash": "/trash",
        "settings": "/settings",
    }


def test_nothing_stands_outside_the_window_at_any_size(windows: Windows, api: Api, addresses: dict[str, str]) -> None:
    note = {"type": "allergy", "items": ["花生", LONG]}
    made = api.add_customer(name=LONG, short_name=LONG, remark=LONG * 3, kind="person", safety_notes=[note])
    page = windows.open()
    found: list[str] = []
    for name, address in {**addresses, "long record": f"/record/customer/{made['id']}"}.items():
        page.set_viewport_size(SIZES["desktop"])
        go(page, address)
        page.wait_for_load_state("networkidle")
        for size, viewport in SIZES.items():
            page.set_viewport_size(viewport)
            page.wait_for_timeout(250)
            found += [f"{name}, {size}: {one}" for one in page.evaluate(OUTSIDE)]
    assert found == [], "\n".join(found)


def test_keys_alone_lead_everywhere_and_show_where_they_are(page: Page) -> None:
    page.goto("/today")
    expect(page.get_by_test_id("today-page")).to_be_visible()
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog")).to_contain_text("Ctrl")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    unseen: list[str] = []
    for letter, shown in (("l", "list-page"), ("i", "import-file"), ("c", "nav-changesets"), ("s", "people")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        expect(page.get_by_test_id(shown)).to_be_attached()
        places: set[str] = set()
        for _ in range(TABS):
            page.keyboard.press("Tab")
            told = page.evaluate(RING)
            if told is not None:
                places.add(told[1])
                unseen += [] if told[0] else [f"after g {letter}: {told[1]}"]
        assert len(places) > 15, f"Tab goes round in few places after g {letter}"
        page.evaluate("document.activeElement.blur()")
    assert unseen == [], "\n".join(unseen)


def test_the_table_of_keys_is_seen_whole(page: Page) -> None:
    page.set_viewport_size(SIZES["laptop"])
    page.goto("/today")
    expect(page.get_by_test_id("today-page")).to_be_visible()
    page.keyboard.press("Shift+?")
    box = page.get_by_test_id("keys-help").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= SIZES["laptop"]["height"]


def test_days_are_large_enough_for_a_thumb(windows: Windows, api: Api) -> None:
    made = api.add_customer(name="拇指上的客户")
    task = {"title": "拇指回访", "due_at": "2026-01-05T10:00:00+08:00", "customer": made["id"]}
    api.call("POST", "/records/task", task | {"assignee": api.call("GET", "/me")["user"]["id"]})
    page = windows.open()
    page.set_viewport_size(SIZES["phone"])
    page.goto("/today")
    row = page.get_by_test_id("task").filter(has_text="拇指上的客户")
    row.get_by_role("button", name="更多：拇指上的客户").click()
    row.get_by_test_id("task-postpone").click()
    page.get_by_role("menuitem", name="选日期…").click()
    page.wait_for_function("() => document.activeElement.dataset.day")
    small = """() => [...document.querySelectorAll(".day-picker :is(.day-button, .ant-select)")]
        .filter((one) => one.checkVisibility())
        .map((one) => one.getBoundingClientRect())
        .filter(({ width, height }) => Math.min(width, height) < 44)
        .map(({ width, height }) => [width, height])"""
    assert page.locator(".day-button").count() > 0
    assert page.evaluate(small) == []


THUMB = """(within) => {
    const some = `:is(${within}) :is(button, a[href]), button:is(${within})`;
    const all = [...document.querySelectorAll(some)].filter((one) =>
        one.checkVisibility({ opacityProperty: true, visibilityProperty: true }));
    const hits = all.map((one) => {
        const { x, y, width, height } = one.getBoundingClientRect();
        const after = getComputedStyle(one, "::after");
        const around = after.content !== "none" && after.position === "absolute";
        const [w, h] = [["width", width], ["height", height]].map(([side, own]) =>
            Math.max(own, around ? parseFloat(after[side]) || 0 : 0));
        return { name: one.dataset.testid ?? one.textContent, x: x + width / 2, y: y + height / 2, w, h };
    });
    const small = hits.filter(({ w, h }) => Math.min(w, h) < 43.5).map(({ name, w, h }) => `${name} is ${w} × ${h}`);
    const shared = hits.flatMap((one, at) => hits.slice(at + 1)
        .filter((two) => (one.w + two.w) / 2 - Math.abs(one.x - two.x) > 1
            && (one.h + two.h) / 2 - Math.abs(one.y - two.y) > 1)
        .map((two) => `${one.name} and ${two.name} share taps`));
    return [hits.length, [...small, ...shared]];
}"""


def test_a_thumb_hits_what_it_means(windows: Windows, api: Api) -> None:
    made = api.add_customer(name="拇指点的客户")
    changed = api.change(made["id"], short_name="拇指", credit_days=45)["changeset"]
    api.call("DELETE", f"/records/customer/{api.add_customer(name='拇指删的客户')['id']}")
    page = windows.open()
    page.set_viewport_size(SIZES["phone"])
    for address, within in (
        (f"/record/customer/{made['id']}", ".timeline, .composer-kinds, .record-tabs"),
        ("/designer/customer", ".designer li"),
        ("/list/customer?view=0&as=calendar", ".calendar-head"),
        ("/list/customer?view=0&group=grade", ".phone-group"),
        ("/changesets", ".changesets"),
        (f"/changesets/{changed}", ".changed-record .link-button"),
        ("/trash", ".trash-list a"),
    ):
        page.goto(address)
        page.locator(within).first.wait_for()
        page.wait_for_load_state("networkidle")
        assert page.evaluate(THUMB, within)[1] == [], address


def test_a_page_without_rows_has_one_thing_to_do_next(windows: Windows) -> None:
    page = windows.open()
    primary = page.locator(".ant-btn-primary:visible")
    for kind in ("grid", "board", "calendar"):
        page.goto(f"/list/survey?as={kind}")
        expect(page.get_by_test_id("empty")).to_be_visible()
        expect(primary).to_have_text("选文件…")
    page.goto("/list/customer?q=" + "查无此人查无此人")
    expect(page.get_by_test_id("empty")).to_be_visible()
    expect(primary).to_have_count(0)
    page.get_by_role("button", name="清空搜索").click()
    expect(primary).to_have_text("新建客户")


def test_records_are_merged_on_a_phone_without_scrolling_sideways(windows: Windows, api: Api) -> None:
    ids = [api.add_customer(name=name, opening_amount="1000.00")["id"] for name in (LONG, "合并在手机上")]
    page = windows.open()
    page.set_viewport_size(SIZES["phone"])
    page.goto(f"/merge/customer?ids={ids[0]},{ids[1]}")
    expect(page.get_by_test_id("merge-name")).to_be_visible()
    assert page.locator(".merge-scroll").evaluate("box => box.scrollWidth - box.clientWidth") <= 0
    # What comes of two values is told below them; one that was chosen stands there already.
    expect(page.get_by_test_id("merge-name").locator(".result")).to_be_hidden()
    page.get_by_role("button", name="相同的也列出来").click()
    expect(page.get_by_test_id("merge-opening_amount").locator(".result")).to_contain_text("2,000.00")


def test_the_days_of_a_follow_up_stand_in_one_line_beside_the_button(windows: Windows, api: Api) -> None:
    made = api.add_customer(name="一行日期的客户")["id"]
    page = windows.open()
    for size in ("laptop", "desktop"):
        page.set_viewport_size(SIZES[size])
        for address in (f"/record/customer/{made}", f"/list/customer?open=customer.{made}"):
            page.goto(address)
            days = page.locator(".composer-days > .date-chip")
            expect(days.last).to_be_visible()
            assert days.evaluate_all("days => new Set(days.map(day => day.offsetTop)).size") == 1, (size, address)


def test_flags_stand_beside_the_names_on_today_in_the_list_of_a_phone_and_on_cards(windows: Windows, api: Api) -> None:
    made = api.add_customer(name="挂着标识的客户", flags=["follow_up_due", "complaint"])
    task = {"title": "回访标识", "due_at": "2026-01-05T10:00:00+08:00", "customer": made["id"]}
    api.call("POST", "/records/task", task | {"assignee": api.call("GET", "/me")["user"]["id"]})
    page = windows.open()
    page.goto("/today")
    row = page.get_by_test_id("task").filter(has_text="挂着标识的客户")
    expect(row.locator(".flag")).to_have_text(["投诉"])
    page.set_viewport_size(SIZES["phone"])
    page.goto("/list/customer?q=" + "挂着标识")
    flags = page.get_by_test_id(f"phone-row-{made['id']}").locator(".flag")
    expect(flags).to_have_text(["待跟进", "投诉"])
    expect(flags.locator("svg")).to_have_count(2)
    page.set_viewport_size(SIZES["laptop"])
    page.goto("/list/customer?as=board&by=stage&q=" + "挂着标识")
    expect(page.get_by_test_id(f"card-{made['id']}").locator(".flag")).to_have_text(["待跟进", "投诉"])


def test_who_asks_for_more_contrast_gets_lines_that_are_seen(page: Page) -> None:
    page.goto("/today")
    expect(page.get_by_test_id("today-page")).to_be_visible()
    colour = "(name) => getComputedStyle(document.querySelector('[data-theme]')).getPropertyValue(name).trim()"
    plain = {name: page.evaluate(colour, name) for name in ("--line", "--line2", "--ctl")}
    page.emulate_media(contrast="more")
    page.wait_for_timeout(200)
    assert page.evaluate(colour, "--line") == plain["--line2"] != plain["--line"]
    assert page.evaluate(colour, "--line2") == plain["--ctl"] != plain["--line2"]


def test_buttons_have_the_colours_of_the_tokens_in_light_and_dark(page: Page) -> None:
    page.goto("/list/customer")
    expect(page.get_by_test_id("new-record")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(f'[data-theme="{scheme}"]')).to_be_attached()
        ours = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--acc').trim()")
        red, green, blue = (int(ours[at : at + 2], 16) for at in (1, 3, 5))
        expect(page.get_by_test_id("new-record")).to_have_css("background-color", f"rgb({red}, {green}, {blue})")


LISTEN = """document.addEventListener("securitypolicyviolation", ({ disposition, effectiveDirective, sample }) =>
    (window.breaches ??= []).push(`${disposition} ${effectiveDirective} ${sample}`))"""


def test_no_page_breaks_the_policy_and_a_breach_would_be_heard(
    windows: Windows, api: Api, addresses: dict[str, str]
) -> None:
    page = windows.open(own=True)
    page.add_init_script(LISTEN)
    made = api.add_customer(name="照章办事的客户")["id"]
    record, side = f"/record/customer/{made}", f"/list/customer?open=customer.{made}"
    found: list[str] = []
    for name, address in {**addresses, "record": record, "side": side}.items():
        page.goto(address)
        page.wait_for_load_state("networkidle")
        found += [f"{name}: {one}" for one in page.evaluate("window.breaches ?? []")]
    assert found == [], "\n".join(found)

    breaches = {
        "enforce script-src": "document.body.append(Object.assign(document.createElement('script'), { text: '1' }))",
        "enforce img-src": "document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.2:9/a.png' }))",
        "report require-trusted-types-for": "document.body.insertAdjacentHTML('beforeend', '<i></i>')",
    }
    for kind, breach in breaches.items():
        page.evaluate(f"window.breaches = []; {breach}")
        page.wait_for_timeout(500)
        assert [one for one in page.evaluate("window.breaches") if one.startswith(kind)], f"nobody heard of {kind}"
    windows.errors.clear()
