"""Working files go with whoever made them, and those of a killed process with the next start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kehu.base.common import scratch

LIVING = """
import sys, pathlib
from kehu.base.common import scratch
made = scratch.new_folder(pathlib.Path(sys.argv[1]))
(made / "客户.xlsx").write_bytes(b"138 0000 0000")
print(made, flush=True)
sys.stdin.read()
"""


def test_a_killed_process_leaves_nothing_for_long(tmp_path: Path) -> None:
    place = tmp_path / "tmp"
    (place / "import-of-an-older-version").mkdir(parents=True)
    with subprocess.Popen(
        [sys.executable, "-c", LIVING, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        mine = scratch.new_folder(place)
        assert theirs.parent != mine.parent
        scratch.sweep(place)
        assert (theirs / "客户.xlsx").exists(), "its process lives"
        assert mine.exists()
        other.kill()
    assert theirs.exists()
    scratch.sweep(place)
    assert not theirs.exists()
    scratch.leave(place)
    assert mine.exists(), "somebody works there"
    mine.rmdir()
    scratch.leave(place)
    assert [*place.iterdir()] == []


def test_a_folder_goes_with_its_block(tmp_path: Path) -> None:
    with scratch.folder(tmp_path) as made:
        (made / "导出.csv").write_text("客户")
        assert made.stat().st_mode & 0o077 == 0
    assert not made.exists()
    scratch.leave(tmp_path)
    with scratch.folder(tmp_path) as again:
        assert again.is_dir(), "a place can be taken again"
    scratch.leave(tmp_path)
