"""`dev.py run`: makes a demo ledger when there is none, serves it, opens the browser.

Uses only the command line that every administrator has; knows nothing of the program's inside.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import webbrowser
from pathlib import Path

from tools.dev import python_env, web_build
from tools.dev.shell import CACHE, ROOT, WINDOWS, Trouble, say

DEMO = ROOT / ".demo"
PORT = 8086
ADMIN = "admin"


def run(*, data: Path | None, port: int | None, browser: bool) -> int:
    """Install, make the demo ledger, serve until Ctrl-C. Returns the server's exit code."""
    python_env.ensure("run")
    if web_build.exists() and not web_build.fresh():
        web_build.build(python_env.node())
    folder = (data or DEMO).resolve()
    env = {key: value for key, value in os.environ.items() if key != "KEHU_DATABASE_URL"}
    env |= {"KEHU_DATA": str(folder), "PYTHONUNBUFFERED": "1"}
    env.setdefault("KEHU_CONFIG", str(CACHE / "config"))  # the demo's recovery key must not pass for a real one
    password = None if _holds_something(folder) else _make_ledger(folder, env)
    return _serve(port if port is not None else _usual_or_free_port(), env, password, browser)


def _holds_something(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _make_ledger(folder: Path, env: dict[str, str]) -> str:
    """Make a ledger with samples; returns the administrator's new password."""
    say("正在准备示例台账……  / making the demo ledger")
    password = secrets.token_urlsafe(9)
    command = [str(python_env.executable("kehu")), "init", "--kit", "general", "--samples"]
    command = [*command, "--admin", ADMIN, "--password-stdin"]
    done = subprocess.run(command, env=env, cwd=ROOT, input=password + "\n", text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)  # a half-made ledger would look like a finished one
        raise Trouble(f"kehu init ended with {done.returncode}")
    return password


def _usual_or_free_port() -> int:
    """Return 8086, or 0 (any free port) when another program listens there."""
    with socket.socket() as probe:
        if not WINDOWS:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return 0
    return PORT


def _serve(port: int, env: dict[str, str], password: str | None, browser: bool) -> int:
    command = [str(python_env.executable("kehu")), "serve", "--port", str(port), "--json"]
    signal.signal(signal.SIGTERM, _interrupt)
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            url = _address(server.stdout.readline())
            if url:
                _welcome(url, password)
                if browser and _has_display():
                    webbrowser.open(url)
            for line in server.stdout:
                say(line.rstrip())
            return server.wait()
        except KeyboardInterrupt:
            server.terminate()
            server.wait(20)
            return 0


def _address(line: str) -> str | None:
    try:
        return str(json.loads(line)["url"])
    except (ValueError, KeyError, TypeError):
        return None  # the server ended before it was ready and has said why


def _welcome(url: str, password: str | None) -> None:
    say("")
    say(f"  客户台账 / Kehu:     {url}")
    say(f"  用户名 / name:       {ADMIN}")
    if password:
        say(f"  密码 / password:     {password}      (只显示这一次 / shown only now)")
    else:
        say("  密码 / password:     第一次启动时显示过，忘了就删掉 .demo 重来")
        say("                       shown at the first start; forgotten? delete the folder .demo")
    say("  按 Ctrl-C 停止 / Ctrl-C stops")
    say("")


def _has_display() -> bool:
    """False on servers, where webbrowser would start a text browser in this terminal."""
    return sys.platform in {"win32", "darwin"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
