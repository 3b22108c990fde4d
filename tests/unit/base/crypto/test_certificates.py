"""The machine's own authority: kept, bounded, renewed when names or the years ask for it."""

from __future__ import annotations

import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from kehu.base.crypto.certificates import Certificates, keep_certificates, names_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAMES = {"qiantai-pc", "qiantai-pc.local", "192.168.1.20", "2408:8207::17", "qiantai_pc"}


def keep(folder: Path, *, names: set[str] = NAMES, asked: tuple[str, ...] = (), days: float = 0) -> Certificates:
    return keep_certificates(folder, names, asked=("localhost", "127.0.0.1", *asked), now=NOW + timedelta(days=days))


def test_names_of_the_machine_stand_in_the_certificate_and_changing_public_addresses_do_not(tmp_path: Path) -> None:
    made = keep(tmp_path / "tls")
    assert names_of(made.server) == {"qiantai-pc", "qiantai-pc.local", "192.168.1.20", "localhost", "127.0.0.1"}
    made.server.verify_directly_issued_by(made.authority)
    assert "qiantai-pc" in made.title
    assert len(made.fingerprint.split(":")) == 32


def test_the_authority_may_sign_for_this_machine_and_private_networks_only(tmp_path: Path) -> None:
    made = keep(tmp_path)
    bounds = made.authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    names = {one.value for one in bounds if isinstance(one, x509.DNSName)}
    assert names == {"qiantai-pc", "qiantai-pc.local", "localhost", "local", "lan", "internal", "home.arpa"}
    assert all(one.value.is_private for one in bounds if isinstance(one, x509.IPAddress))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights in another way")
def test_everything_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    keep(tmp_path / "tls")
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    kept = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "tls").iterdir()}
    assert kept == dict.fromkeys(("authority.crt", "authority.key", "server.crt", "server.key"), 0o600)


def test_nothing_is_made_anew_while_names_and_age_hold(tmp_path: Path) -> None:
    first = keep(tmp_path)
    assert keep(tmp_path, days=200) == first
    assert keep(tmp_path, names=NAMES - {"192.168.1.20"}) == first


def test_a_new_address_or_age_renews_the_server_and_leaves_what_phones_installed(tmp_path: Path) -> None:
    first = keep(tmp_path)
    moved = keep(tmp_path, names={*NAMES, "10.0.0.7"})
    aged = keep(tmp_path, days=370)
    assert "10.0.0.7" in names_of(moved.server)
    assert aged.server.not_valid_after_utc > NOW + timedelta(days=760)
    assert first.authority == moved.authority == aged.authority


def test_only_a_chosen_name_outside_the_bounds_or_its_own_age_makes_a_new_authority(tmp_path: Path) -> None:
    first = keep(tmp_path)
    left_out = keep(tmp_path, names={*NAMES, "pc.hotel.example"})
    assert left_out == first
    chosen = keep(tmp_path, asked=("kehu.hongyuan.example", "名字 不行"))
    assert "kehu.hongyuan.example" in names_of(chosen.server)
    assert chosen.authority != first.authority
    assert keep(tmp_path, asked=("kehu.hongyuan.example", "名字 不行")) == chosen
    assert keep(tmp_path, days=3600).authority != chosen.authority


def test_a_broken_or_foreign_pair_is_made_anew(tmp_path: Path) -> None:
    first = keep(tmp_path)
    (tmp_path / "server.key").write_text("半截", encoding="utf-8")
    second = keep(tmp_path)
    assert second.server != first.server
    (tmp_path / "authority.key").unlink()
    third = keep(tmp_path)
    assert third.authority != first.authority
    third.server.verify_directly_issued_by(third.authority)
