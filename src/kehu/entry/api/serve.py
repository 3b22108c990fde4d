"""Running the application until a signal. Ends within ten seconds: streams first, then requests, then jobs."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from kehu.base.common import regions
from kehu.base.errors import Conflict, Unreachable
from kehu.entry.api.app import make_app
from kehu.entry.api.security.connections import GuardedProtocol
from kehu.entry.api.state import Listening
from kehu.runtime import Runtime

if TYPE_CHECKING:
    from kehu.entry.api.security.tls import Tls

GRACE_SECONDS = 4
SWITCH_SECONDS = 0.001
LOOK_SECONDS = 6 * 3600.0  # how often a running server looks at its certificate

log = logging.getLogger("kehu.http")


class _Server(uvicorn.Server):
    """Tells when it is ready, ends streams before it waits for them, and leaves the exit code to us."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], ending: Callable[[], None], tls: Tls | None
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._ending = ending
        self._tls = tls
        self._renewing: asyncio.Task[None] | None = None
        self.interrupted = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._tls is not None:
            self._renewing = asyncio.create_task(_renew(self._tls))
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
        self._ending()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, _frame: FrameType | None) -> None:
            self.interrupted = self.interrupted or number == signal.SIGINT
            self.should_exit = True

        names = [signal.SIGINT, signal.SIGTERM]
        before = {one: signal.signal(one, stop) for one in names}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


async def _renew(tls: Tls) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await asyncio.to_thread(tls.renew)
        except OSError as error:  # a full disk: the present certificate still serves, and the next look tries again
            log.warning("certificate not renewed: %s", error)


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket. Raises Conflict `port.taken` or Unreachable `host.unusable`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)
        sock.set_inheritable(True)
    except OSError as error:
        sock.close()
        if error.errno is not None and port:
            raise Conflict("port.taken", host=host, port=port) from error
        raise Unreachable("host.unusable", host=host) from error
    return sock


class Serving:
    """A server that is about to run, listening already. `run` blocks until a signal or `stop`."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        host: str,
        port: int,
        tls: bool = False,
        ready: Callable[[str, str | None], None] | None = None,
    ) -> None:
        """`ready` gets the address, and the set-up code if one is due, when requests are answered.

        With `tls` the connection is encrypted by a certificate of this machine's own authority.
        """
        settings = runtime.settings
        self.tls: Tls | None = None
        if tls:
            from kehu.entry.api.security.tls import Tls  # certificates take a while to import

            self.tls = Tls(settings.certificates, bind=host, hosts=settings.hosts, clock=runtime.clock)
        self._sock = listen(host, port)
        self.app = make_app(runtime, bind=host)
        port = self._sock.getsockname()[1]
        self.app.state.kehu.listening = Listening(host, port, self.tls)
        shown = "127.0.0.1" if host in ("0.0.0.0", "") else "::1" if host == "::" else host
        self.url = f"{'https' if tls else 'http'}://{f'[{shown}]' if ':' in shown else shown}:{port}"
        context = self.tls.context if self.tls is not None else None
        config = uvicorn.Config(
            self.app,
            http=GuardedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=65,
            timeout_graceful_shutdown=GRACE_SECONDS,
            h11_max_incomplete_event_size=65536,
            ssl_context_factory=(lambda _config, _usual: context) if context is not None else None,
        )

        def now_ready() -> None:
            if ready is not None:
                ready(self.url, self.app.state.kehu.setup_code)
            threading.Thread(target=regions.load, name="kehu-regions", daemon=True).start()

        def end_streams() -> None:
            self.app.state.watch.close()

        self._server = _Server(config, ready=now_ready, ending=end_streams, tls=self.tls)

    def run(self) -> bool:
        """Serve; return whether it was the keyboard that ended it."""
        switching = sys.getswitchinterval()
        # A thread gives up the interpreter at each statement. With Python's own 5 ms it waits as long for a job that
        # computes to hand it back, every time: a save of 60 statements took 0.3 s longer during an import.
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            self._server.run(sockets=[self._sock])
        finally:
            sys.setswitchinterval(switching)
            self._sock.close()
        return self._server.interrupted

    def stop(self) -> None:
        """Ask a running server in another thread to end."""
        self._server.should_exit = True


def serve(runtime: Runtime, *, host: str, port: int, tls: bool, ready: Callable[[str, str | None], None]) -> bool:
    """Serve until a signal comes; return whether it was the keyboard that ended it."""
    return Serving(runtime, host=host, port=port, tls=tls, ready=ready).run()
