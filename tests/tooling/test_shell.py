"""Programs that dev.py starts: they end with it, and have the time to stop their own servers."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.dev.shell import ROOT, WINDOWS

CHILD = """
import sys, time
from pathlib import Path
from tools.dev.shell import leave_when_told
leave_when_told()
here = Path(sys.argv[1])
try:
    (here / "begun").touch()
    time.sleep(60)
finally:
    (here / "tidied").touch()
"""
PARENT = f"""
import sys
from tools.dev.shell import call, leave_when_told
leave_when_told()
call([sys.executable, "-c", {CHILD!r}, sys.argv[1]])
"""


@pytest.mark.skipif(WINDOWS, reason="Windows has no SIGTERM that a program could answer")
def test_what_was_started_tidies_up_when_dev_py_is_told_to_end(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT) as parent:
        until = time.monotonic() + 30
        while not (tmp_path / "begun").exists() and time.monotonic() < until:
            time.sleep(0.05)
        parent.send_signal(signal.SIGTERM)
    assert parent.returncode == 128 + signal.SIGTERM
    assert (tmp_path / "tidied").exists()
