"""Kept files: encrypted, whole or refused, readable by their author and administrators."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.crypto.keys import Keyring
from kehu.base.errors import BadInput, NotFound
from kehu.core.accounts.service import add_account
from kehu.core.context import Actor
from kehu.core.files import service
from kehu.core.files.storage import FRAME, Storage
from kehu.runtime import Runtime

SYSTEM = Actor("system", None, "test")
CANARY = "身份证 11010519491231002X".encode()


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME])
def test_what_goes_in_comes_out(tmp_path: Path, size: int) -> None:
    storage = Storage(tmp_path, Keyring.new())
    content = bytes(n % 251 for n in range(size))
    kept = storage.put(io.BytesIO(content))
    assert kept.size == size
    assert b"".join(storage.read(kept.name)) == content


def test_nothing_of_the_content_stands_on_the_disk(tmp_path: Path) -> None:
    storage = Storage(tmp_path, Keyring.new())
    kept = storage.put(io.BytesIO(CANARY * 1000))
    assert CANARY[:8] not in storage.path(kept.name).read_bytes()


def test_a_cut_altered_or_foreign_file_is_refused(tmp_path: Path) -> None:
    storage = Storage(tmp_path, Keyring.new())
    kept = storage.put(io.BytesIO(CANARY * 20_000))
    file = storage.path(kept.name)
    whole = file.read_bytes()
    frames_end = len(whole) - 100
    for broken in (
        whole[:frames_end],
        whole[: 18 + 4 + FRAME + 16],  # exactly the first frame: cut at its border
        whole[:10],
        b"",
        whole[:40] + bytes([whole[40] ^ 1]) + whole[41:],
        whole + whole[18:60],
    ):
        file.write_bytes(broken)
        with pytest.raises(BadInput, match=r"file\.damaged"):
            b"".join(storage.read(kept.name))
    file.write_bytes(whole)
    with pytest.raises(BadInput, match=r"file\.damaged"):
        b"".join(Storage(tmp_path, Keyring.new()).read(kept.name))


def test_too_large_a_file_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"file\.too_large"):
        Storage(tmp_path, Keyring.new()).put(io.BytesIO(bytes(2 * FRAME)), most=FRAME)
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


@given(st.text(max_size=40))
def test_no_name_becomes_a_path(name: str) -> None:
    with pytest.raises(BadInput, match=r"file\.missing"):
        Storage(Path("/nowhere"), Keyring.new()).path(name)
    shown = service.clean_name(name)
    assert shown
    assert not set(shown) & set('/\\:\x00\n"')


def test_only_author_and_administrator_read_a_file(runtime: Runtime) -> None:
    with runtime.write(SYSTEM) as ctx:
        people = [add_account(ctx, name, [role], password=None) for name, role in
                  (("周以宁", "sales"), ("李想", "manager"), ("陈露", "admin"))]  # fmt: skip
    author, other, admin = (Actor("user", one.id, one.name, one.roles) for one in people)
    with runtime.write(author) as ctx:
        kept = service.save_file(ctx, CANARY, name="../客户\n名单.xlsx", kind="import")
    assert kept.name == "客户_名单.xlsx"
    for who in (author, admin, SYSTEM):
        with runtime.read(who) as ctx:
            assert b"".join(service.read_file(ctx, kept.id)) == CANARY
    with runtime.read(other) as ctx, pytest.raises(NotFound, match=r"file\.missing"):
        service.get_file(ctx, kept.id)
