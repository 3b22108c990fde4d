"""`kehu serve --tls` with real handshakes: who installed the authority comes in, who did not is warned."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from kehu.base.common.clock import FixedClock
from kehu.base.crypto.certificates import names_of
from kehu.entry.api.security.hosts import phone_names
from kehu.entry.api.security.tls import Tls
from kehu.entry.api.serve import Serving
from kehu.runtime import Runtime
from tests.support.ledgers import ADMIN, PASSWORD

SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"])  # no database plays a part


@pytest.fixture
def serving(runtime: Runtime) -> Iterator[Serving]:
    """The ledger, served over an encrypted connection."""
    ready = threading.Event()
    serving = Serving(runtime, host="127.0.0.1", port=0, tls=True, ready=lambda _url, _code: ready.set())
    thread = threading.Thread(target=serving.run, name="test-tls-server")
    thread.start()
    try:
        assert ready.wait(30)
        yield serving
    finally:
        serving.stop()
        thread.join(20)
        assert not thread.is_alive()


def trusting(certificate: bytes) -> ssl.SSLContext:
    """What a phone does that installed this certificate and trusts nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=certificate)
    return context


def visitor(serving: Serving, verify: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(base_url=serving.url, verify=verify, trust_env=False, timeout=30)


@SQLITE
def test_a_phone_fetches_the_certificate_installs_it_and_signs_in(serving: Serving) -> None:
    assert serving.url.startswith("https://127.0.0.1:")
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    with visitor(serving, unchecked) as client:
        answer = client.get("/api/v1/certificate.crt")
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    assert "kehu-ca.crt" in answer.headers["content-disposition"]
    installed = x509.load_der_x509_certificate(answer.content)
    assert installed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with visitor(serving, trusting(answer.content)) as client:
        signed_in = client.post("/api/v1/session", json={"name": ADMIN, "password": PASSWORD})
        assert signed_in.status_code == 200
        assert "secure" in signed_in.headers["set-cookie"].lower()
        phone = client.get("/api/v1/phone").json()
        assert phone["addresses"] == []  # listens on this machine only
        assert phone["certificate"]["fingerprint"].count(":") == 31
        # The origin check knows that the page came over https.
        made = client.post(
            "/api/v1/records/customer",
            json={"name": "王蕾", "kind": "person", "mobile": "13900139000"},
            headers={"X-Kehu-CSRF": signed_in.json()["csrf"], "Origin": serving.url},
        )
        assert made.status_code == 201, made.text


@SQLITE
def test_who_did_not_install_it_or_comes_by_another_name_is_warned(serving: Serving) -> None:
    assert serving.tls is not None
    with visitor(serving, ssl.create_default_context()) as client:
        with pytest.raises(httpx.ConnectError, match="certificate"):
            client.get("/api/v1/health")
    wrong_name = f"https://127.0.0.2:{serving.url.rpartition(':')[2]}/api/v1/health"
    context = trusting(serving.tls.certificates.authority_der)
    with httpx.Client(verify=context, trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get(wrong_name)


@SQLITE
def test_a_running_server_takes_the_renewed_certificate(tmp_path: Path, serving: Serving) -> None:
    clock = FixedClock(serving.app.state.kehu.runtime.clock.now())
    tls = Tls(tmp_path, bind="127.0.0.1", hosts=(), clock=clock)
    assert not tls.renew()
    clock.at += timedelta(days=380)
    before = tls.certificates
    assert tls.renew()
    assert (tls.certificates.authority, names_of(tls.certificates.server)) == (
        before.authority,
        names_of(before.server),
    )


@SQLITE
def test_without_tls_there_is_no_certificate(http: httpx.Client) -> None:
    assert http.get("/api/v1/certificate.crt").status_code == 404
    signed_in = http.post("/api/v1/session", json={"name": ADMIN, "password": PASSWORD})
    assert "secure" not in signed_in.headers["set-cookie"].lower()
    assert http.get("/api/v1/phone").json() == {"addresses": [], "certificate": None}


def test_addresses_for_phones_are_those_of_the_network() -> None:
    assert phone_names("127.0.0.1", ("kehu.example",)) == []
    assert phone_names("192.168.1.20", ()) == ["192.168.1.20"]
    everywhere = phone_names("0.0.0.0", ("Kehu.example",))
    assert everywhere[-1] == "kehu.example"
    assert not any(name.startswith(("127.", "169.254.")) or ":" in name for name in everywhere)
