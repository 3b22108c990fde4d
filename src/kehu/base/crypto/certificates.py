"""A certificate authority of one machine, and the server's certificate that it signs.

For `kehu serve --tls`: phones of an office trust the authority once, the server's certificate may then change as often
as names do. The authority is bound to the names of this machine and to addresses of private networks, so that a stolen
key cannot stand for a bank. Knows no network; names and the time are given. Keys never leave their folder and are in no
backup.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397  # browsers refuse longer ones
RENEW_DAYS = 30  # before the end
BACK = timedelta(hours=1)  # clocks of phones differ a little
PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"),
            *("fc00::/7", "fe80::/10", "::1/128"),
        ),
    )
)
LOCAL_ENDINGS = ("localhost", "local", "lan", "internal", "home.arpa")


@dataclass(frozen=True, slots=True)
class Certificates:
    """What a server needs, and what people install."""

    authority: x509.Certificate
    server: x509.Certificate
    server_file: Path
    server_key_file: Path

    @property
    def authority_der(self) -> bytes:
        """The authority's certificate as phones and Windows install it."""
        return self.authority.public_bytes(Encoding.DER)

    @property
    def title(self) -> str:
        """The authority's name, as lists of certificates show it."""
        return str(self.authority.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the authority's certificate, in pairs, as phones show it."""
        return ":".join(f"{byte:02X}" for byte in self.authority.fingerprint(SHA256()))


def keep_certificates(folder: Path, names: Iterable[str], *, asked: Iterable[str], now: datetime) -> Certificates:
    """Read the certificates in `folder`; make or renew what is missing, too old, or lacks a name.

    Args:
        folder: Where they lie; made if need be, readable by its owner only.
        names: Names and addresses that the system says this machine has. Public addresses of IPv6 and what the
            authority may not sign for are left out: they change with the network.
        asked: Names that somebody chose. When the authority may not sign for one of them, a new authority is made, and
            phones must install it again.
        now: The time, with zone.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    chosen = {name for name in asked if _is_name(name) or _address(name) is not None}
    usual = {name for name in names if not (_is_public_address(name) and ":" in name)}
    authority = _load(folder, "authority")
    if (
        authority is None
        or authority[0].not_valid_after_utc < now + timedelta(days=SERVER_DAYS)
        or any(not _may_sign(authority[0], name) for name in chosen)
    ):
        authority = _make_authority(usual | chosen, now)
        _save(folder, "authority", *authority)
    wanted = chosen | {name for name in usual if _may_sign(authority[0], name)}
    server = _load(folder, "server")
    if (
        server is None
        or server[0].not_valid_after_utc < now + timedelta(days=RENEW_DAYS)
        or server[0].not_valid_before_utc > now
        or not _is_signed_by(server[0], authority[0])
        or not wanted <= names_of(server[0])
    ):
        server = _make_server(authority, wanted, now)
        _save(folder, "server", *server)
    return Certificates(authority[0], server[0], folder / "server.crt", folder / "server.key")


def names_of(certificate: x509.Certificate) -> set[str]:
    """The names and addresses that a server's certificate stands for."""
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}


Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _make_authority(names: set[str], now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    own = (name for name in names - {"localhost"} if _is_name(name) and "." not in name)
    host = min(own, key=len, default="")
    # The number keeps an old and a new authority of one machine apart in a phone's list.
    title = f"Kehu 客户台账 {host} {serial % 10000:04d}".replace("  ", " ")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
    permitted: list[x509.GeneralName] = [x509.IPAddress(net) for net in PRIVATE]
    permitted += [x509.IPAddress(ipaddress.ip_network(name)) for name in sorted(names) if _is_public_address(name)]
    permitted += [x509.DNSName(name) for name in sorted({*LOCAL_ENDINGS, *filter(_is_name, names)})]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - BACK)
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        # Not critical: who knows it keeps to it, and an old phone that does not know it still accepts the authority.
        .add_extension(x509.NameConstraints(permitted, None), critical=False)
        .sign(key, SHA256())
    )
    return made, key


def _make_server(authority: Pair, names: set[str], now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority[0]
    addresses = [one for name in sorted(names) if (one := _address(name)) is not None]
    known_by: list[x509.GeneralName] = [x509.DNSName(name) for name in sorted(filter(_is_name, names))]
    known_by += [x509.IPAddress(one) for one in addresses]
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kehu")]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACK)
        .not_valid_after(now + timedelta(days=SERVER_DAYS) - BACK)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(known_by), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority[1].public_key()),
            critical=False,
        )
        .sign(authority[1], SHA256())
    )
    return made, key


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _may_sign(authority: x509.Certificate, name: str) -> bool:
    """Whether the authority's own bounds let it stand for a name or an address."""
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    address = _address(name)
    if address is not None:
        return any(_is_in(address, one.value) for one in permitted if isinstance(one, x509.IPAddress))
    endings = [one.value for one in permitted if isinstance(one, x509.DNSName)]
    return _is_name(name) and any(name == one or name.endswith(f".{one}") for one in endings)


def _is_signed_by(server: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        server.verify_directly_issued_by(authority)
    except (ValueError, InvalidSignature):
        return False
    return True


def _address(name: str) -> Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_public_address(name: str) -> bool:
    address = _address(name)
    return address is not None and not any(_is_in(address, net) for net in PRIVATE)


def _is_in(address: Address, net: object) -> bool:
    return isinstance(net, (ipaddress.IPv4Network, ipaddress.IPv6Network)) and address in net


def _is_name(name: str) -> bool:
    """Whether this is a host name that a certificate can carry: letters, digits, hyphens, points."""
    return _address(name) is None and name.isascii() and name.replace("-", "").replace(".", "").isalnum()


def _load(folder: Path, what: str) -> Pair | None:
    """A certificate with its key; None when one of them is missing or unreadable, and then both are made anew."""
    try:
        certificate = x509.load_pem_x509_certificate((folder / f"{what}.crt").read_bytes())
        key = load_pem_private_key((folder / f"{what}.key").read_bytes(), None)
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return certificate, key


def _save(folder: Path, what: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    """Put both into the folder, the key first: a break in between leaves a pair that does not fit, made anew then."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name, data in ((f"{what}.key", pem), (f"{what}.crt", certificate.public_bytes(Encoding.PEM))):
        working = folder / f"{name}.new"
        working.unlink(missing_ok=True)
        with os.fdopen(os.open(working, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        working.replace(folder / name)
