"""How a phone comes here: addresses in the network, and the authority's certificate to install.

Both say where the server stands and nothing of the ledger. The certificate is public: a phone needs it before anybody
can sign in safely.
"""

from __future__ import annotations

from starlette.responses import Response

from kehu.entry.api.caller import reply
from kehu.entry.api.doors import PUBLIC, SIGNED_IN, Doors, Who
from kehu.entry.api.problems import NotHere
from kehu.entry.api.security.hosts import phone_names

doors = Doors("phone")


@doors.add("GET", "/phone", SIGNED_IN)
def phone_access(caller: Who) -> Response:
    """The addresses for a phone in the same network, and the certificate to install, if the connection has one."""
    with caller.read():
        here = caller.server.listening
        names = phone_names(here.bind, caller.server.runtime.settings.hosts) if here is not None else []
        tls = here.tls if here is not None else None
        scheme, port = ("https" if tls else "http"), here.port if here is not None else 0
        kept = tls.certificates if tls is not None else None
        return reply(
            {
                "addresses": [f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}/" for name in names],
                "certificate": {
                    "name": kept.title,
                    "fingerprint": kept.fingerprint,
                    "until": kept.authority.not_valid_after_utc.date().isoformat(),
                }
                if kept is not None
                else None,
            }
        )


@doors.add("GET", "/certificate.crt", PUBLIC)
def authority_certificate(caller: Who) -> Response:
    """The certificate of the authority, to be installed on phones and computers."""
    here = caller.server.listening
    if here is None or here.tls is None:
        raise NotHere("tls.off")
    return Response(
        here.tls.certificates.authority_der,
        media_type="application/x-x509-ca-cert",
        headers={"Content-Disposition": 'attachment; filename="kehu-ca.crt"'},
    )
