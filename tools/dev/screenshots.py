"""`dev.py screenshots`: a picture of every page, of a demo ledger that is made for it and thrown away.

Runs in the project's environment (`python -m tools.dev.screenshots FOLDER [NAME …]`): Chromium through Playwright, the
ledger through its command line and HTTP interface, as a person would. It must not be used as a test: it looks at
nothing and fails only when a page does not come.
"""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import xlsxwriter
from playwright.sync_api import APIRequestContext, Browser, FilePayload, Page, ViewportSize, sync_playwright

from tools.dev import chromium, python_env

ADMIN = "林晓岚"
PASSWORD = "山高水长-2026"
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PHONE_AGENT = (
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
)
"""Pages that tell what to do on this device tell it of a phone."""
QUALITY = 0.6
LONG = "上海宏远国际贸易与供应链管理（集团）股份有限公司华东区域运营中心浦东第二分公司"
PASTED = "丽泽云杉咖啡的店长 江映雪\n手机 199 0000 7745\n地址 苏州工业园区星桂街 66 号 1 层\n下周二上午送样，对花生过敏"

DARK = (
    "today",
    "list",
    "record",
    "record-side",
    "board",
    "quick-entry",
    "import-2-map",
    "designer",
    "changeset",
    "phone",
)
"""What is looked at in the dark unless pages are asked for by name: each part once, so that all pictures stay small."""
STEPS = ("sheet", "map", "check", "rehearse")
HEADS = ("客户名称", "客户类型", "联系人", "手机", "合作开始时间", "累计金额(万元)", "客户等级", "老王备注")
FIRMS: list[tuple[object, ...]] = [
    ("苏州木樨茶业有限公司", "企业", "唐疏影", "19900008101", "2021-03-05", 12.5, "A", "月结"),
    ("南京鹿鸣文具店", "企业", "何见山", "19900008102", "2022.6.18", 3.2, "B", ""),
    ("宁波青禾包装有限公司", "企业", "许知远", "19900008103", "2023年9月1日", 8, "B", "要开专票"),
]
MESSY: list[tuple[object, ...]] = [
    *((f"{name}", *rest) for name, *rest in FIRMS),
    ("绍兴禾木家具", "企业", "陆砚秋", "1990000810", "2018年2月30日", 1.8, "C", "手机少一位"),
    ("周予安", "个人", "", "19900008105", "2024/5/6", "", "", "朋友介绍"),
]


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    suffix: str
    phone: bool = False
    dark: bool = False
    english: bool = False


LOOKS = (Look(""), Look("-dark", dark=True), Look("-phone", phone=True), Look("-en", english=True))


def main(arguments: list[str]) -> int:
    """Take pictures into a folder: those whose names begin with one of the further words; all when there is none."""
    folder = Path(arguments[0])
    wanted = tuple(arguments[1:])
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(python_env.node().executable))
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.ensure(), args=chromium.SWITCHES)
        with _serving(Path(work) / "ledger", init=True) as (url, _):
            _shoot(browser, url, folder, wanted)
        with _serving(Path(work) / "nothing", init=False) as (url, code):
            for look in LOOKS:
                page = _window(browser, url, look)
                page.goto(f"/?code={code}")
                _picture(page, folder, "first-run" + look.suffix, wanted)
                page.context.close()
        browser.close()
    return 0


def _shoot(browser: Browser, url: str, folder: Path, wanted: tuple[str, ...]) -> None:
    page = _window(browser, url, Look(""))
    page.goto("/")
    _picture(page, folder, "login", wanted)
    ids = _fill(page.request)
    pages: dict[str, Callable[[Page], object]] = {
        "today": lambda page: page.goto("/today"),
        "list": lambda page: page.goto("/list/customer"),
        "record-side": lambda page: page.goto(f"/list/customer?open=customer.{ids['main']}"),
        "calendar": lambda page: page.goto("/list/customer?view=0&as=calendar"),
        "board": lambda page: page.goto("/list/customer?view=0&as=board"),
        "notices": _notices,
        "record": lambda page: page.goto(f"/record/customer/{ids['main']}"),
        "record-long": lambda page: page.goto(f"/record/customer/{ids['long']}"),
        "palette": _palette,
        "quick-entry": _quick_entry,
        "keys": _keys,
        "filter": _filter,
        "grouped": lambda page: page.goto("/list/customer?view=0&group=grade"),
        "import": lambda page: page.goto("/import"),
        **{f"import-{at}-{step}": _step(ids["import"], step) for at, step in enumerate(STEPS, 1)},
        "import-5-result": lambda page: page.goto(f"/import/{ids['imported']}"),
        "changesets": lambda page: page.goto("/changesets"),
        "changeset": lambda page: page.goto(f"/changesets/{ids['changeset']}"),
        "merge": lambda page: page.goto("/merge/customer?ids=3,5"),
        "trash": lambda page: page.goto("/trash"),
        "settings": lambda page: page.goto("/settings"),
        "designer": lambda page: page.goto("/designer/customer"),
        "designer-new": _new_field,
        "backup": _backup,
        "phone": _phone,
        "empty": lambda page: page.goto("/list/survey"),
    }
    for look in LOOKS:
        page = _window(browser, url, look, signed_in=True)
        for name, go in pages.items():
            if wanted and not name.startswith(wanted):
                continue
            if (look.dark and not wanted and name not in DARK) or (look.phone and name == "keys"):
                continue
            go(page)
            _picture(page, folder, name + look.suffix, wanted)
        page.context.close()


def _window(browser: Browser, url: str, look: Look, *, signed_in: bool = False) -> Page:
    context = browser.new_context(
        base_url=url,
        viewport=PHONE if look.phone else DESKTOP,
        has_touch=look.phone,
        is_mobile=look.phone,
        user_agent=PHONE_AGENT if look.phone else None,
        locale="en" if look.english else "zh-CN",
        color_scheme="dark" if look.dark else "light",
    )
    if signed_in:
        context.request.post("/api/v1/session", data={"name": ADMIN, "password": PASSWORD})
    return context.new_page()


def _picture(page: Page, folder: Path, name: str, wanted: tuple[str, ...]) -> None:
    if wanted and not name.startswith(wanted):
        return
    _settled(page)
    file = folder / f"{name}.webp"
    file.write_bytes(_small(page.context.browser, page.screenshot(animations="disabled")))
    page.keyboard.press("Escape")
    print(file)


# What on a page still waits, as words; a list without rows and a record without history are half a page.
WAITING = """() => {
    const seen = (element) => element.getClientRects().length > 0;
    const some = (selector) => [...document.querySelectorAll(selector)].some(seen);
    const busy = ".skeleton, .grid-skeleton, .board-waiting, [aria-busy=true], .ant-spin-spinning, .ant-skeleton";
    const rows = "[data-testid^=glide-cell-1-]";
    if (!document.body.innerText.trim()) return "nothing is there";
    if (some(busy)) return "something is being read";
    if (some("[data-testid=grid]") && ![...document.querySelectorAll(rows)].some((cell) => cell.textContent))
        return "the sheet has no rows";
    if (some("[data-testid=record-page]") && !some("[data-testid=history] > li")) return "the record has no history";
    if ([...document.images].some((image) => !image.complete)) return "a picture is being read";
    return document.fonts.status === "loaded" ? "" : "a font is being read";
}"""
QUIET_LOOKS = 5


def _settled(page: Page) -> None:
    """Wait until a page shows all it has, and goes on showing it. Raises RuntimeError when it never does."""
    page.wait_for_load_state("networkidle")
    quiet, waiting = 0, ""
    for _ in range(300):
        waiting = page.evaluate(WAITING)
        quiet = 0 if waiting else quiet + 1
        if quiet == QUIET_LOOKS:
            return
        page.wait_for_timeout(200)
    raise RuntimeError(f"{page.url}: {waiting}")


def _small(browser: Browser | None, png: bytes) -> bytes:
    """The picture as WebP, drawn and written by the browser: a third of the size, good enough for documents."""
    assert browser is not None
    with browser.new_page() as blank:
        data: str = blank.evaluate(
            """async ([png, quality]) => {
                const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
                const canvas = new OffscreenCanvas(image.width, image.height);
                canvas.getContext("2d").drawImage(image, 0, 0);
                const blob = await canvas.convertToBlob({ type: "image/webp", quality });
                const bytes = new Uint8Array(await blob.arrayBuffer());
                return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
            }""",
            [base64.b64encode(png).decode(), QUALITY],
        )
    return base64.b64decode(data)


def _palette(page: Page) -> None:
    page.goto("/today")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette-input").fill("hymy")
    page.wait_for_timeout(400)


def _notices(page: Page) -> None:
    page.goto("/today")
    phone = page.get_by_test_id("phone-notices")
    page.wait_for_load_state("networkidle")
    (phone if phone.is_visible() else page.get_by_test_id("nav-notices")).click()


def _quick_entry(page: Page) -> None:
    page.goto("/today")
    page.wait_for_load_state("networkidle")
    bar = page.get_by_test_id("bottom-bar")
    (bar.get_by_role("button").first if bar.is_visible() else page.get_by_test_id("quick-entry")).click()
    page.get_by_test_id("quick-text").fill(PASTED)
    page.wait_for_timeout(600)


def _filter(page: Page) -> None:
    where = {
        "and": [{"field": "grade", "op": "in", "value": ["a", "b"]}, {"field": "name", "op": "contains", "value": "司"}]
    }
    page.goto("/list/customer?view=0&where=" + quote(json.dumps(where)))
    page.wait_for_load_state("networkidle")
    phone = page.get_by_test_id("phone-filter")
    (phone if phone.is_visible() else page.get_by_test_id("filter-button")).click()
    page.wait_for_timeout(600)


def _new_field(page: Page) -> None:
    page.goto("/designer/customer")
    page.get_by_test_id("add-field").click()
    page.wait_for_timeout(400)


def _backup(page: Page) -> None:
    # A demo has no days behind it, and its folder is nobody's.
    days = (datetime.now(UTC).replace(hour=19, minute=30) - timedelta(days=ago) for ago in (1, 2, 3))
    items = [{"name": f"kehu-{day:%Y%m%d-%H%M}.kehu", "size": 1_482_000, "at": day.isoformat()} for day in days]
    page.route("**/api/v1/backups", lambda route: route.fulfill(json={"items": items, "folder": "/srv/kehu/backups"}))
    page.goto("/settings")
    page.wait_for_load_state("networkidle")
    page.get_by_test_id("backup-button").scroll_into_view_if_needed()


def _phone(page: Page) -> None:
    # The demo listens on this machine only; the picture shows the page of an office.
    fingerprint = ":".join(f"{(7 * at + 59) % 256:02X}" for at in range(32))
    certificate = {"name": "Kehu 客户台账 qiantai 4821", "fingerprint": fingerprint, "until": "2036-11-25"}
    access = {"addresses": ["https://192.168.1.20:8086/"], "certificate": certificate}
    page.route("**/api/v1/phone", lambda route: route.fulfill(json=access))
    page.goto("/phone")


def _step(id: int, step: str) -> Callable[[Page], object]:
    return lambda page: page.goto(f"/import/{id}?step={step}")


def _keys(page: Page) -> None:
    page.goto("/today")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("?")


def _fill(request: APIRequestContext) -> dict[str, int]:
    """Sample records that show what the pages can do."""
    me = request.post("/api/v1/session", data={"name": ADMIN, "password": PASSWORD}).json()
    headers = {"X-Kehu-CSRF": me["csrf"]}

    def send(method: str, path: str, body: object) -> Any:
        answer = request.fetch(f"/api/v1{path}", method=method, data=body, headers=headers)
        if not answer.ok:
            raise RuntimeError(f"{path}: {answer.status} {answer.text()}")
        return answer.json()

    # Ten in the morning of an office in China, whatever time it is when pictures are taken.
    now = datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=10, minute=0, second=0, microsecond=0)
    firm: dict[str, Any] = {
        "kind": "enterprise",
        "industry": "retail",
        "grade": "a",
        "stage": "customer",
        "cooperation_start": "2023-05-12",
        "owner": me["user"]["id"],
        "remark": "含税报价，冷链另计",
    }
    contact = {"name": "沈若川", "position": "采购经理", "mobile": "19900006621", "decision_role": "decision_maker"}
    address = {"detail": "上海市浦东新区云桥路 88 号 3 幢"}
    note = {"type": "allergy", "items": ["花生"], "instruction": "拜访不要带含坚果的礼品"}
    main = send(
        "POST",
        "/records/customer",
        firm | {"name": "上海宏远贸易有限公司", "contacts": [contact], "addresses": [address], "safety_notes": [note]},
    )["id"]
    long = send("POST", "/records/customer", firm | {"name": LONG, "contacts": [contact | {"mobile": "19900006622"}]})
    for content, days in (("看了新仓，明年预计增加 2 个门店的量", None), ("对方要含税价，答应周三前给新报价", -2)):
        at = (now + timedelta(days=days)).isoformat() if days else None
        send("POST", "/follow-ups", _follow_up(main, content) | {"next_at": at})
    for amount, summary in (("86000", "冷链乳制品 120 箱"), ("41250", "烘焙原料")):
        send("POST", "/records/order", {"customer": main, "amount": amount, "summary": summary, "status": "completed"})
    send("POST", "/follow-ups", _follow_up(long["id"], "谈年度框架合同") | {"next_at": (now).isoformat()})
    names = ("苏州澄光食品有限公司", "常州砚台文创", "无锡拓衡精密制造", "杭州予禾美容会所")
    for days, name in zip((-1, 0, 2, 6), names, strict=True):
        values = firm | {"name": name, "grade": "bcda"[names.index(name)]}
        values["contacts"] = [contact | {"mobile": f"1990000{days + 7000}"}]
        made = send("POST", "/records/customer", values)
        at = (now + timedelta(days=days)).isoformat()
        send("POST", "/follow-ups", _follow_up(made["id"], "回访 10 月批次的口味") | {"next_at": at})
    revision = request.get(f"/api/v1/records/customer/{main}").json()["revision"]
    changed = request.fetch(
        f"/api/v1/records/customer/{main}",
        method="PATCH",
        data={"short_name": "宏远贸易", "credit_days": 45, "remark": "含税报价，冷链另计，月结"},
        headers=headers | {"If-Match": f'"{revision}"'},
    ).json()
    gone = send(
        "POST", "/records/customer", firm | {"name": "已经不做的门店", "kind": "person", "mobile": "19900009999"}
    )
    request.fetch(f"/api/v1/records/customer/{gone['id']}", method="DELETE", headers=headers)
    imported = _upload(request, headers, _sheet([*FIRMS, *FIRMS[:1]], title=False), "老客户.xlsx")
    send("POST", f"/imports/{imported}/apply", {})
    while request.get(f"/api/v1/imports/{imported}").json()["state"] not in ("applied", "failed"):
        time.sleep(0.2)
    waiting = _upload(request, headers, _sheet(MESSY, title=True), "客户台账（老王版）.xlsx")
    return {
        "main": main,
        "long": long["id"],
        "changeset": changed["changeset"],
        "imported": imported,
        "import": waiting,
    }


def _upload(request: APIRequestContext, headers: dict[str, str], book: bytes, name: str) -> int:
    """Begin an import and wait until the file is read and checked."""
    file: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": book}
    answer = request.post("/api/v1/imports", multipart={"file": file}, headers=headers)
    if not answer.ok:
        raise RuntimeError(answer.text())
    id = int(answer.json()["id"])
    while request.get(f"/api/v1/imports/{id}").json()["state"] in ("queued", "reading"):
        time.sleep(0.2)
    return id


def _sheet(rows: list[tuple[object, ...]], *, title: bool) -> bytes:
    """A workbook as an office keeps it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet("客户")
        at = 0
        if title:
            page.write(0, 0, "云汀商贸 2026 年客户台账（老王版）")
            page.write(1, 0, "填表说明：手机必填，金额单位万元")
            at = 3
        for number, row in enumerate([HEADS, *rows]):
            page.write_row(at + number, 0, row)
        if title:
            page.write_row(at + 1 + len(rows), 0, ["合计", "", "", "", "", 25.5])
            page.write(at + 2 + len(rows), 0, "制表人：老王")
    return out.getvalue()


def _follow_up(customer: int, content: str) -> dict[str, Any]:
    return {"customer": customer, "content": content, "channel": "phone", "result": "effective_contact"}


@contextmanager
def _serving(data: Path, *, init: bool) -> Iterator[tuple[str, str]]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("KEHU_")}
    env |= {"KEHU_DATA": str(data), "KEHU_CONFIG": str(data.with_name("config")), "PYTHONUTF8": "1"}
    program = [sys.executable, "-m", "kehu"]
    if init:
        words = ["init", "--kit", "general", "--name", "云汀商贸", "--samples", "--admin", ADMIN, "--password-stdin"]
        subprocess.run([*program, *words], env=env, input=PASSWORD + "\n", text=True, check=True, capture_output=True)
    serve = [*program, "serve", "--port", "0", "--json"]
    with subprocess.Popen(serve, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        try:
            yield str(ready["url"]).rstrip("/"), str(ready.get("setup", ""))
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
