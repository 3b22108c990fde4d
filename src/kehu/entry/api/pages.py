"""The built web app: files with compressed twins, and the one page that answers every other address.

The page carries a fresh nonce for its styles and names the files that its address will need, so that the browser
fetches them while the first ones run; scripts are files of this server only.
"""

from __future__ import annotations

import mimetypes
import secrets
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from kehu.base.common.messages import message
from kehu.base.errors import KehuError
from kehu.core.context import Lang
from kehu.entry.api.caller import COOKIE
from kehu.entry.api.doors import MARK, PUBLIC
from kehu.entry.api.language import language_of
from kehu.entry.api.problems import NotHere, WrongMethod, problem_of

NONCE = b"__CSP_NONCE__"
SESSION = b"__SESSION__"  # tells first.js whether somebody may be signed in
TWINS = (("br", ".br"), ("gzip", ".gz"))
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
FILES = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
WATCHED = "require-trusted-types-for 'script'"
HASHED = "public, max-age=31536000, immutable"
FOR_A_DAY = "public, max-age=86400"
MANIFEST = ".vite/manifest.json"
ENTRY = "index.html"
FIRST = {
    "": "src/features/today/today-page.tsx",
    "today": "src/features/today/today-page.tsx",
    "list": "src/records/list/list-page.tsx",
    "record": "src/records/detail/record-page.tsx",
}
"""Pages that people open first, by the first part of their address, as the manifest of the build calls them."""

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("application/manifest+json", ".webmanifest")


class Pages:
    """Answers everything that is not an address of the API. Knows all its files from the start, so that no request
    can become a path."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(str(files("kehu") / "static"))
        found = [one for one in self.folder.rglob("*") if one.is_file()] if self.folder.is_dir() else []
        self._files = {one.relative_to(self.folder).as_posix(): one for one in found}
        page = self._files.pop(ENTRY, None)
        self._page = page.read_bytes() if page is not None else None
        self._contents: dict[str, bytes] = {}
        self._ahead = self._links(self._files.get(MANIFEST))

    async def answer(self, request: Request) -> Response:
        """A file, the page, or a problem document."""
        lang = language_of(request.headers)
        path = request.url.path.lstrip("/")
        error: KehuError | None = None
        if path == "api" or path.startswith("api/"):
            known = any(route.matches(request.scope)[0] is Match.PARTIAL for route in request.app.routes)
            error = WrongMethod("http.wrong_method", method=request.method) if known else NotHere("http.not_found")
        elif request.method not in ("GET", "HEAD"):
            error = WrongMethod("http.wrong_method", method=request.method)
        elif path in self._files and not path.endswith((".br", ".gz")):
            return self._file(path, request.headers.get("accept-encoding", ""))
        elif path.rsplit("/", 1)[-1].count(".") and "text/html" not in request.headers.get("accept", ""):
            error = NotHere("http.not_found")
        return (
            problem_of(error, lang)
            if error is not None
            else self._index(lang, path.partition("/")[0], COOKIE in request.cookies)
        )

    def _file(self, path: str, accepts: str) -> Response:
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        # Chromium asks for the icon of the page anew with every record that is opened.
        keep = HASHED if path.startswith("assets/") else FOR_A_DAY if kind.startswith("image/") else "no-cache"
        headers = {
            "Vary": "Accept-Encoding",
            "Cache-Control": keep,
            "Content-Security-Policy": FILES,
        }
        wanted = {part.partition(";")[0].strip() for part in accepts.split(",")}
        for encoding, ending in TWINS:
            if encoding in wanted and path + ending in self._files:
                return Response(self._content(path + ending), 200, {**headers, "Content-Encoding": encoding}, kind)
        return Response(self._content(path), 200, headers, kind)

    def _content(self, path: str) -> bytes:
        """A file, kept from its first use on: all together take 3 MB, and a first page asks for two dozen at once."""
        if path not in self._contents:
            self._contents[path] = self._files[path].read_bytes()
        return self._contents[path]

    @staticmethod
    def _links(manifest: Path | None) -> dict[tuple[str, str], bytes]:
        """Of each page in `FIRST` and language, the links to the files that come with it and not with the entry."""
        if manifest is None:
            return {}
        built = orjson.loads(manifest.read_bytes())
        entry = _needed(built, [ENTRY])
        found = {}
        for place, page in FIRST.items():
            for lang in get_args(Lang):
                texts = f"src/i18n/{lang}.ts"
                files = [one for one in _needed(built, [page, texts]) if one not in entry]
                links = [
                    f'<link rel="stylesheet" crossorigin href="/{one}">'
                    if one.endswith(".css")
                    else f'<link rel="modulepreload" crossorigin href="/{one}">'
                    for one in files
                ]
                found[place, lang] = "\n".join(links).encode()
        return found

    def _index(self, lang: str, place: str, signed_in: bool) -> Response:
        if self._page is None:
            text = message("web.not_built", lang)
            body = f'<!doctype html><meta charset="utf-8"><title>Kehu</title><p>{text}</p>'.encode()
            return Response(body, 200, {"Cache-Control": "no-store"}, "text/html")
        nonce = secrets.token_urlsafe(16)
        headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": POLICY.format(nonce=nonce),
            "Content-Security-Policy-Report-Only": WATCHED,
        }
        ahead = self._ahead.get((place, lang), b"")
        page = self._page.replace(NONCE, nonce.encode()).replace(SESSION, b"yes" if signed_in else b"no")
        page = page.replace(b"</head>", ahead + b"</head>", 1)
        return Response(page, 200, headers, "text/html")


def _needed(built: dict[str, Any], keys: Iterable[str]) -> list[str]:
    """All files that come with some parts of a build, each after what it needs."""
    files: dict[str, None] = {}
    seen: set[str] = set()

    def add(key: str) -> None:
        if key in seen or key not in built:
            return
        seen.add(key)
        for one in built[key].get("imports", ()):
            add(one)
        files.update(dict.fromkeys((*built[key].get("css", ()), built[key]["file"])))

    for key in keys:
        add(key)
    return list(files)


setattr(Pages.answer, MARK, PUBLIC)
