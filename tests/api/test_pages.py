"""The built web app: the page with its nonce, files with compressed twins, nothing that becomes a path."""

from __future__ import annotations

import gzip
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from kehu.core.context import Lang
from kehu.entry.api.caller import COOKIE
from kehu.entry.api.pages import FIRST, MANIFEST, Pages
from kehu.entry.api.security.hosts import allowed_hosts, host_name, is_foreign
from tools.dev.shell import ROOT


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("钥匙", encoding="utf-8")
    (tmp_path / "static" / "index.html").write_text('<meta name="csp-nonce" content="__CSP_NONCE__">', encoding="utf-8")
    for icon in ("favicon.svg", "assets/logo-3c4d.svg"):
        (tmp_path / "static" / icon).write_text("<svg/>", encoding="utf-8")
    (tmp_path / "static" / "assets" / "app-1a2b.js").write_text("let a = 1", encoding="utf-8")
    (tmp_path / "static" / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(b"let a = 1"))
    return tmp_path / "static"


async def get(folder: Path, path: str, **headers: str) -> httpx.Response:
    app = Starlette(routes=[Route("/{path:path}", Pages(folder).answer, methods=["GET", "POST"])])
    transport: Any = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get(path, headers={"accept-encoding": "identity", **headers})


@pytest.mark.anyio
async def test_every_page_has_a_nonce_of_its_own(built: Path) -> None:
    one, two = await get(built, "/"), await get(built, "/customers/7")
    for page in (one, two):
        assert page.headers["content-type"].startswith("text/html")
        nonce = page.text.split('content="')[1].split('"')[0]
        assert f"'nonce-{nonce}'" in page.headers["content-security-policy"]
        assert "'unsafe-eval'" not in page.headers["content-security-policy"]
        assert "script-src 'self';" in page.headers["content-security-policy"]
    assert one.text != two.text


@pytest.mark.anyio
async def test_files_come_compressed_to_whoever_takes_it_and_stay_for_ever(built: Path) -> None:
    plain = await get(built, "/assets/app-1a2b.js")
    assert (plain.text, "immutable" in plain.headers["cache-control"]) == ("let a = 1", True)
    icon = await get(built, "/favicon.svg")
    assert (icon.text, icon.headers["cache-control"]) == ("<svg/>", "public, max-age=86400")
    assert "immutable" in (await get(built, "/assets/logo-3c4d.svg")).headers["cache-control"]
    assert plain.headers["content-type"].startswith("text/javascript")
    twin = await get(built, "/assets/app-1a2b.js", **{"accept-encoding": "deflate, gzip;q=0.9"})
    assert (twin.headers["content-encoding"], twin.text) == ("gzip", "let a = 1")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt"]
)
async def test_no_request_becomes_a_path(built: Path, path: str) -> None:
    answer = await get(built, path)
    assert "钥匙" not in answer.text
    assert answer.status_code in (200, 404)


@pytest.mark.anyio
async def test_what_is_not_there_is_a_problem_not_a_page(built: Path) -> None:
    for path in ("/assets/gone.js", "/api", "/api/v2/me", "/assets/app-1a2b.js.gz"):
        answer = await get(built, path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_hosts_by_name_address_and_setting() -> None:
    assert {"127.0.0.1", "localhost", "::1"} <= allowed_hosts("127.0.0.1", ())
    assert "crm.example" in allowed_hosts("127.0.0.1", ("CRM.example",))
    assert len(allowed_hosts("0.0.0.0", ())) > len(allowed_hosts("127.0.0.1", ()))
    for header, name in (
        ("127.0.0.1:8086", "127.0.0.1"),
        ("[::1]:8086", "::1"),
        ("LocalHost.", "localhost"),
        ("a.example:80", "a.example"),
        ("", None),
        ("127.0.0.1@evil.example", None),
        ("127.0.0.1/evil", None),
        ("[::1", None),
    ):
        assert host_name(header) == name, header


def test_which_pages_are_foreign() -> None:
    from starlette.datastructures import Headers

    def foreign(**headers: str) -> bool:
        return is_foreign(Headers({name.replace("_", "-"): value for name, value in headers.items()}), "http")

    assert not foreign(host="a:80")
    assert not foreign(host="a:80", origin="http://a:80", sec_fetch_site="same-origin")
    assert foreign(host="a:80", origin="http://a:81")
    assert foreign(host="a:80", origin="https://a:80")
    assert foreign(host="a:80", origin="null")
    assert foreign(host="a:80", sec_fetch_site="same-site")


@pytest.mark.anyio
async def test_the_page_names_the_files_that_its_address_needs(built: Path) -> None:
    manifest = {
        "index.html": {"file": "assets/main.js", "imports": ["_base"], "css": ["assets/main.css"]},
        "_base": {"file": "assets/base.js"},
        "_grid": {"file": "assets/grid.js", "imports": ["_base"]},
        "src/records/list/list-page.tsx": {
            "file": "assets/list.js",
            "imports": ["_grid", "_base"],
            "css": ["assets/list.css"],
        },
        "src/i18n/zh-CN.ts": {"file": "assets/zh.js"},
        "src/i18n/en.ts": {"file": "assets/en.js"},
    }
    (built / ".vite").mkdir()
    (built / ".vite" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (built / "index.html").write_text("<head></head>", encoding="utf-8")
    page = (await get(built, "/list/customer", **{"accept-language": "en"})).text
    assert re.findall(r'rel="(\w+)" crossorigin href="/assets/([^"]+)"', page) == [
        ("modulepreload", "grid.js"),
        ("stylesheet", "list.css"),
        ("modulepreload", "list.js"),
        ("modulepreload", "en.js"),
    ]
    assert (await get(built, "/designer/customer")).text == "<head></head>"


@pytest.mark.anyio
async def test_the_page_knows_whether_somebody_may_be_signed_in(built: Path) -> None:
    (built / "index.html").write_text('<html data-session="__SESSION__">', encoding="utf-8")
    assert (await get(built, "/today")).text == '<html data-session="no">'
    assert (await get(built, "/today", cookie=f"{COOKIE}=abc")).text == '<html data-session="yes">'


def test_the_pages_that_are_opened_first_are_in_the_build_and_at_these_addresses() -> None:
    manifest = Path(str(files("kehu") / "static" / MANIFEST))
    if not manifest.exists():
        pytest.skip("NOT TESTED: the web app is not built")
    built = json.loads(manifest.read_bytes())
    assert {f"src/i18n/{lang}.ts" for lang in get_args(Lang)} <= set(built)
    router = (ROOT / "web" / "src" / "app" / "router.tsx").read_text(encoding="utf-8")
    for place, page in FIRST.items():
        assert built[page]["isDynamicEntry"]
        assert f'import("@/{page.removeprefix("src/").removesuffix(".tsx")}")' in router
        assert f'path: "/{place}' in router
