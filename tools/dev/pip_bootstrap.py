"""Fetches pip's wheel from the configured package index, for systems whose Python comes without ensurepip.

Reads the index page as HTML (PEP 503) and checks the hash that the page names. Installs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

from tools.dev.shell import Trouble

DEFAULT_INDEX = "https://pypi.org/simple"


def download(folder: Path) -> Path:
    """Put the newest stable pip wheel into `folder`, return its path. Raises Trouble when there is none."""
    page = index_url().rstrip("/") + "/pip/"
    found = newest_wheel(_fetch(page).decode("utf-8", "replace"))
    if found is None:
        raise Trouble(f"no pip wheel with a SHA-256 on {_without_password(page)}")
    address, wanted = found
    content = _fetch(urllib.parse.urljoin(page, address))
    if hashlib.sha256(content).hexdigest() != wanted:
        raise Trouble("the downloaded pip does not have the hash that the index names")
    wheel = folder / address.rsplit("/", 1)[-1]
    wheel.write_bytes(content)
    return wheel


def index_url() -> str:
    """Return the package index: PIP_INDEX_URL, else UV_INDEX_URL, else pypi.org."""
    for name in ("PIP_INDEX_URL", "UV_INDEX_URL"):
        if os.environ.get(name):
            return os.environ[name]
    return DEFAULT_INDEX


def newest_wheel(html: str) -> tuple[str, str] | None:
    """Return address and SHA-256 of the newest stable pip wheel on an index page."""
    links = _Links()
    links.feed(html)
    best: tuple[tuple[int, ...], str, str] | None = None
    for link in links.found:
        address, _, fragment = link.partition("#")
        match = re.search(r"/?pip-(\d+(?:\.\d+)*)-py3-none-any\.whl$", address)
        digest = re.fullmatch(r"sha256=([0-9a-f]{64})", fragment)
        if match and digest:
            version = tuple(int(part) for part in match[1].split("."))
            best = max(best, (version, address, digest[1])) if best else (version, address, digest[1])
    return (best[1], best[2]) if best else None


class _Links(HTMLParser):
    """Collects the links of a page, without those of withdrawn files (PEP 592)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and values.get("href") and "data-yanked" not in values:
            self.found.append(values["href"] or "")


def _fetch(url: str) -> bytes:
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(_without_password(url), headers={"Accept": "text/html, */*;q=0.5"})
    if parts.username:
        login = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    bundle = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    context = ssl.create_default_context(cafile=bundle) if parts.scheme == "https" else None
    try:
        with urllib.request.urlopen(request, timeout=120, context=context) as answer:
            content: bytes = answer.read()
            return content
    except (urllib.error.URLError, TimeoutError) as error:
        raise Trouble(f"cannot reach {_without_password(url)}: {error}") from error


def _without_password(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    return urllib.parse.urlunsplit(parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host))
