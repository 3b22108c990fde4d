"""The outermost layer: Host check, security headers on every answer, and the last net for bugs.

Plain ASGI, so that it costs little on the hot routes and never touches bodies.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kehu.entry.api.language import language_of
from kehu.entry.api.problems import BadRequest, crash_of, problem_of
from kehu.entry.api.security.hosts import host_name

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
# For everything but the page itself, which brings its own: answers of the API are data, never a document.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


class Guard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                out = MutableHeaders(scope=message)
                for name, value in FIXED.items():
                    out.setdefault(name, value)
                out.setdefault("Content-Security-Policy", DATA_POLICY)
                if scope["path"].startswith("/api/"):
                    out.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    out.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        name = host_name(headers.get("host", ""))
        if name is None or name not in self.hosts:
            refused = problem_of(BadRequest("host.unknown", host=name or ""), language_of(headers))
            await refused(scope, receive, sending)
            return
        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            if begun:
                raise
            await crash_of(error, language_of(headers))(scope, receive, sending)
