"""R87: a backup that was cut, changed, lengthened, mixed with another or is none at all does not open."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.errors import BadInput
from kehu.features.backup.format import BackupReader, BackupWriter, read_header
from kehu.features.backup.recovery import SealKey, new_key, seal_key

KEY = new_key()
SEAL = seal_key(KEY)
ROWS = [[number, f"上海宏远{number}", None, "2026-03-05T01:02:03.004Z"] for number in range(3000)]


def write(path: Path, seal: SealKey = SEAL, ledger: str = "0a0b0c0d") -> str:
    with BackupWriter(path, seal, ledger=ledger, made_at="2026-03-05T01:02:03.004Z", program="0.1") as out:
        out.add_rows("ledger", {"schema": 1}, ())
        assert out.add_rows("table", {"name": "customer"}, ROWS) == len(ROWS)
        assert out.add_bytes("file", {"name": "a"}, [b"\x00" * 1000, b"\xff"]) == 1001
        return out.close()


def content(path: Path, seal: SealKey = SEAL) -> list[object]:
    return [(part.kind, list(blocks)) for part, blocks in BackupReader(path, seal).parts()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "a.kehu"
    write(path)
    return path


def refused(path: Path, seal: SealKey = SEAL) -> str:
    with pytest.raises(BadInput) as told:
        BackupReader(path, seal).check()
    assert told.value.exit_code == 3
    return told.value.code


def test_what_goes_in_comes_out(whole: Path) -> None:
    (ledger, nothing), (table, blocks), (file, pieces) = content(whole)  # type: ignore[misc]
    assert (ledger, nothing) == ("ledger", [])
    assert (table, [row for rows in blocks for row in rows]) == ("table", ROWS)
    assert (file, b"".join(pieces)) == ("file", b"\x00" * 1000 + b"\xff")
    assert BackupReader(whole, SEAL).check() == {"schema": 1}


@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_any_changed_byte_is_noticed(whole: Path, tmp_path: Path, place: float, flip: int) -> None:
    raw = bytearray(whole.read_bytes())
    raw[int(place * len(raw))] ^= flip
    (tmp_path / "b.kehu").write_bytes(raw)
    assert refused(tmp_path / "b.kehu") in {"backup.damaged", "backup.foreign", "backup.newer", "backup.wrong_key"}


def test_every_byte_of_the_beginning_counts(whole: Path, tmp_path: Path) -> None:
    raw = whole.read_bytes()
    for place in range(len(read_header(whole).raw()) + 8):
        changed = bytearray(raw)
        changed[place] ^= 1
        (tmp_path / "b.kehu").write_bytes(changed)
        refused(tmp_path / "b.kehu")


def test_cut_and_lengthened_files_are_noticed(whole: Path, tmp_path: Path) -> None:
    raw = whole.read_bytes()
    some = random.Random(1).sample(range(len(raw)), 60)
    for length in (0, 1, 5, 9, len(raw) - 1, *some):
        (tmp_path / "b.kehu").write_bytes(raw[:length])
        refused(tmp_path / "b.kehu")
    for more in (b"\x00", b"\x00\x00\x00\x00", b"\x00\x00\x00\x10" + b"x" * 16, raw):
        (tmp_path / "b.kehu").write_bytes(raw + more)
        assert refused(tmp_path / "b.kehu") == "backup.damaged"


def test_frames_neither_move_nor_come_from_another_backup(whole: Path, tmp_path: Path) -> None:
    write(tmp_path / "other.kehu")
    here, there = frames(whole), frames(tmp_path / "other.kehu")
    head = read_header(whole).raw()
    for made in (
        [here[1], here[0], *here[2:]],
        [*here[:2], here[1], *here[2:]],
        [*here[:1], there[1], *here[2:]],
        [*here[:-2], here[-1]],
        here[:-1],
        there,
    ):
        (tmp_path / "b.kehu").write_bytes(head + b"".join(made))
        assert refused(tmp_path / "b.kehu") == "backup.damaged"


def frames(path: Path) -> list[bytes]:
    raw, at = path.read_bytes(), len(read_header(path).raw())
    found = []
    while at < len(raw):
        length = 4 + int.from_bytes(raw[at : at + 4], "big")
        found.append(raw[at : at + length])
        at += length
    return found


def test_other_files_and_other_keys_are_told_apart(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "订单.xlsx").write_bytes(b"PK\x03\x04" + b"x" * 500)
    assert refused(tmp_path / "订单.xlsx") == "backup.foreign"
    assert refused(tmp_path / "nowhere.kehu") == "backup.unreadable"
    assert refused(whole, seal_key(new_key())) == "backup.wrong_key"
    forged = SealKey(SEAL.id, seal_key(new_key()).key)
    assert refused(whole, forged) == "backup.damaged"
    newer = whole.read_bytes()
    (tmp_path / "newer.kehu").write_bytes(newer[:5] + b"\x02" + newer[6:])
    assert refused(tmp_path / "newer.kehu") == "backup.newer"


def test_a_backup_that_fails_leaves_the_older_one_alone(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.kehu"
    write(path)
    before = path.read_bytes()

    def broken() -> Iterator[list[int]]:
        yield [1]
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError), BackupWriter(path, SEAL, ledger="00", made_at="", program="") as out:
        out.add_rows("table", {}, broken())
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.kehu"]
    with pytest.raises(BadInput) as told:
        BackupWriter(tmp_path / "no" / "such" / "a.kehu", SEAL, ledger="00", made_at="", program="")
    assert told.value.code == "backup.unwritable"


def test_memory_does_not_grow_with_the_number_of_rows(tmp_path: Path) -> None:
    def rows() -> Iterator[list[object]]:
        for number in range(40_000):
            yield [number, "上海宏远贸易有限公司" * 4, "x" * 200]

    tracemalloc.start()
    try:
        with BackupWriter(tmp_path / "a.kehu", SEAL, ledger="00", made_at="", program="") as out:
            out.add_rows("table", {}, rows())  # type: ignore[arg-type]
            out.close()
        BackupReader(tmp_path / "a.kehu", SEAL).check()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000  # 40,000 rows are 13 MB as text, several times that as Python values


@given(st.binary(min_size=20, max_size=20))
def test_a_recovery_key_survives_copying_by_hand(secret: bytes) -> None:
    from kehu.features.backup.recovery import _written

    text = _written(secret)
    assert seal_key(text) == seal_key(text.lower().replace("-", "")) == seal_key(f"  {text.replace('-', ' - ')}\n")
    letters = text.removeprefix("KEHU-")
    swapped = letters[1] + letters[0] + letters[2:]
    if swapped != letters:
        with pytest.raises(BadInput):
            seal_key(swapped)


def test_two_ledgers_never_share_a_key() -> None:
    keys = [new_key() for _ in range(50)]
    assert len(set(keys)) == len({seal_key(key).key for key in keys}) == 50
