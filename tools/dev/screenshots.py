"""`dev.py screenshots`: a picture of every page, of a demo ledger that is made for it and thrown away.

Runs in the project's environment (`python -m tools.dev.screenshots FOLDER [NAME …]`): Chromium through Playwright, the
ledger through its command line and HTTP interface, as a person would. It must not be used as a test: it looks at
nothing and fails only when a page does not come.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import APIRequestContext, Browser, Page, ViewportSize, sync_playwright

from tools.dev import chromium, python_env

ADMIN = "林晓岚"
PASSWORD = "山高水长-2026"
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
LONG = "上海宏远国际贸易与供应链管理（集团）股份有限公司华东区域运营中心浦东第二分公司"
PASTED = "丽泽云杉咖啡的店长 江映雪\n手机 199 0000 7745\n地址 苏州工业园区星桂街 66 号 1 层\n下周二上午送样，对花生过敏"


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
        browser = playwright.chromium.launch(executable_path=chromium.ensure())
        with _serving(Path(work) / "ledger", init=True) as (url, _):
            _shoot(browser, url, folder, wanted)
        with _serving(Path(work) / "nothing", init=False) as (url, code):
            page = _window(browser, url, Look(""))
            page.goto(f"/?code={code}")
            _picture(page, folder, "first-run", wanted)
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
        "import": lambda page: page.goto("/import"),
        "changesets": lambda page: page.goto("/changesets"),
        "changeset": lambda page: page.goto(f"/changesets/{ids['changeset']}"),
        "merge": lambda page: page.goto("/merge/customer?ids=3,5"),
        "trash": lambda page: page.goto("/trash"),
        "settings": lambda page: page.goto("/settings"),
        "designer": lambda page: page.goto("/designer/customer"),
        "empty": lambda page: page.goto("/list/opportunity"),
    }
    for look in LOOKS:
        page = _window(browser, url, look, signed_in=True)
        for name, go in pages.items():
            if wanted and not name.startswith(wanted):
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
        locale="en" if look.english else "zh-CN",
        color_scheme="dark" if look.dark else "light",
    )
    if signed_in:
        context.request.post("/api/v1/session", data={"name": ADMIN, "password": PASSWORD})
    return context.new_page()


def _picture(page: Page, folder: Path, name: str, wanted: tuple[str, ...]) -> None:
    if wanted and not name.startswith(wanted):
        return
    page.wait_for_load_state("networkidle")
    page.locator(".skeleton").first.wait_for(state="detached", timeout=60_000)
    page.wait_for_timeout(800)
    page.screenshot(path=folder / f"{name}.png", animations="disabled")
    page.keyboard.press("Escape")
    print(folder / f"{name}.png")


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
    page.get_by_test_id("quick-entry").click()
    page.get_by_test_id("quick-text").fill(PASTED)
    page.wait_for_timeout(600)


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

    now = datetime.now(UTC)
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
    return {"main": main, "long": long["id"], "changeset": changed["changeset"]}


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
