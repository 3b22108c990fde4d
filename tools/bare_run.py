"""Starts `dev.py run`, waits for the address it prints, asks the server for its health, and stops it.

Part of tools/bare.sh; fails when the address does not come or the server does not answer.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Return 0 when the program came up, served its page, and went down."""
    start = time.monotonic()
    command = [sys.executable, "dev.py", "run", "--no-browser"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        url = ""
        for line in process.stdout:
            print(line, end="", flush=True)
            found = re.search(r"https?://[\w.:]+", line)
            if found:
                url = found[0]
                break
        if not url:
            print("no address was printed")
            return 1
        print(f"up after {time.monotonic() - start:.1f} s", flush=True)
        with urllib.request.urlopen(f"{url}/api/v1/health", timeout=30) as answer:
            health = json.load(answer)
        with urllib.request.urlopen(url, timeout=30) as answer:
            page = answer.read().decode()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    print(health, f"page of {len(page)} characters", flush=True)
    return 0 if health.get("status") == "ok" and "<script" in page else 1


if __name__ == "__main__":
    sys.exit(main())
