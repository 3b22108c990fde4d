"""Which names this server answers to, and from which pages a browser may write to it.

The Host check stops DNS rebinding on a server without a domain; the origin check stops foreign pages, beside the
CSRF token. Forwarded headers are never believed.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
EVERYWHERE = frozenset({"0.0.0.0", "::", ""})


def allowed_hosts(bind: str, extra: Iterable[str]) -> frozenset[str]:
    """Names and addresses for the Host header of a server bound to `bind`; `extra` come from KEHU_HOSTS."""
    found = set(LOOPBACK) | {name.lower() for name in extra}
    if bind in EVERYWHERE:
        found |= own_names()
    else:
        found.add(bind.lower())
    return frozenset(found)


def own_names() -> set[str]:
    """Names and addresses of this machine, as far as the system knows them."""
    found: set[str] = set()
    for name in {socket.gethostname(), socket.getfqdn()}:
        found |= {name.lower(), name.split(".")[0].lower(), f"{name.split('.')[0].lower()}.local"}
        try:
            found |= {str(info[4][0]).split("%")[0] for info in socket.getaddrinfo(name, None)}
        except OSError:
            continue
    for family, probe in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        # Connecting a datagram socket sends nothing; it only asks which address would be used.
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as one:
                one.connect((probe, 9))
                found.add(str(one.getsockname()[0]))
        except OSError:
            continue
    return found


def phone_names(bind: str, extra: Iterable[str]) -> list[str]:
    """What a phone in the same network may write into its browser to come here, the likeliest first.

    Empty when the server listens on this machine only.
    """
    if bind.lower() in LOOPBACK or bind.startswith("127."):
        return []
    if bind not in EVERYWHERE:
        return [bind.lower()]
    found = [one for one in (_outgoing(), *sorted(own_names())) if one and _is_of_network(one)]
    return list(dict.fromkeys([*found, *(name.lower() for name in extra)]))


def _outgoing() -> str | None:
    """The address that this machine uses towards other networks: of several the one that phones reach."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.connect(("192.0.2.1", 9))
            return str(one.getsockname()[0])
    except OSError:
        return None


def _is_of_network(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.version == 4 and not address.is_loopback and not address.is_link_local


def host_name(header: str) -> str | None:
    """The name in a Host header, lower case, without port; None when it is none."""
    try:
        name = urlsplit(f"//{header}").hostname
    except ValueError:
        return None
    if not name or any(c in header for c in "/@\\ ?#"):
        return None
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower().rstrip(".")


def is_foreign(headers: Headers, scheme: str) -> bool:
    """Whether a browser sent this from a page of another site."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and origin.lower() != f"{scheme}://{headers.get('host', '')}".lower()
