"""One holder at a time, freed with its process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kehu.base.common.lockfile import FileLock, Held


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    with first:
        assert second.is_held()
        with pytest.raises(Held):
            second.acquire()
    assert not second.is_held()
    with second:
        assert first.is_held()


def test_a_killed_holder_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    code = "from pathlib import Path; from kehu.base.common.lockfile import FileLock; "
    code += f"FileLock(Path({str(file)!r})).acquire(); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert FileLock(file).is_held()
        holder.kill()
        holder.wait(10)
    assert not FileLock(file).is_held()
