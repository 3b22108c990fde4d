"""The encrypted connection of `kehu serve --tls`: which names the certificate carries, and its renewal while serving.

Must not be asked on plain HTTP. Whoever wants a certificate of a public authority puts a reverse proxy in front.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

from kehu.base.common.clock import Clock
from kehu.base.crypto.certificates import Certificates, keep_certificates
from kehu.entry.api.security.hosts import EVERYWHERE, LOOPBACK, own_names


class Tls:
    """The certificates of one server, and the context that new connections begin with."""

    def __init__(self, folder: Path, *, bind: str, hosts: Iterable[str], clock: Clock) -> None:
        self._folder = folder
        self._bind = bind
        self._asked = {name.lower() for name in hosts} | LOOPBACK | (set() if bind in EVERYWHERE else {bind.lower()})
        self._clock = clock
        self.certificates = self._keep()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._use()

    def renew(self) -> bool:
        """Make the certificate anew if it ages or a name came; open connections keep the old one. True if it was."""
        before = self.certificates.server
        self.certificates = self._keep()
        if self.certificates.server == before:
            return False
        self._use()
        return True

    def _keep(self) -> Certificates:
        names = own_names() if self._bind in EVERYWHERE else set()
        return keep_certificates(self._folder, names, asked=self._asked, now=self._clock.now())

    def _use(self) -> None:
        self.context.load_cert_chain(self.certificates.server_file, self.certificates.server_key_file)
