"""The index page of pip as real servers write it: relative links, hashes, withdrawn and preliminary files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tools.dev import pip_bootstrap
from tools.dev.shell import Trouble

HASH = "a" * 64
PAGE = f"""<!DOCTYPE html><html><body><h1>Links for pip</h1>
<a href="../../packages/pip-9.0.3-py2.py3-none-any.whl#sha256={HASH}">pip-9.0.3</a>
<a href="../../packages/pip-24.3.1-py3-none-any.whl#sha256={HASH}">pip-24.3.1</a>
<a href="../../packages/pip-26.1-py3-none-any.whl#sha256={HASH}">pip-26.1</a>
<a href="../../packages/pip-26.2b1-py3-none-any.whl#sha256={HASH}">pip-26.2b1</a>
<a href="../../packages/pip-26.3-py3-none-any.whl#sha256={HASH}" data-yanked="broken">pip-26.3</a>
<a href="../../packages/pip-27.0-py3-none-any.whl">pip-27.0 without hash</a>
<a href="../../packages/pip-26.1.tar.gz#sha256={HASH}">source</a>
</body></html>"""


def test_takes_the_newest_stable_wheel_with_a_hash() -> None:
    assert pip_bootstrap.newest_wheel(PAGE) == ("../../packages/pip-26.1-py3-none-any.whl", HASH)


def test_page_without_wheel_gives_nothing() -> None:
    assert pip_bootstrap.newest_wheel("<a href='pip-1.0.tar.gz'>pip</a>") is None


def _index(folder: Path, content: bytes, digest: str) -> None:
    (folder / "pip").mkdir()
    name = "pip-26.1-py3-none-any.whl"
    (folder / "pip" / name).write_bytes(content)
    (folder / "pip" / "index.html").write_text(f'<a href="{name}#sha256={digest}">{name}</a>', encoding="utf-8")


def test_download_checks_the_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"a wheel"
    _index(tmp_path, content, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(pip_bootstrap, "_fetch", lambda url: _read(url, tmp_path))
    target = tmp_path / "out"
    target.mkdir()
    assert pip_bootstrap.download(target).read_bytes() == content


def test_altered_download_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _index(tmp_path, b"altered", hashlib.sha256(b"a wheel").hexdigest())
    monkeypatch.setattr(pip_bootstrap, "_fetch", lambda url: _read(url, tmp_path))
    with pytest.raises(Trouble, match="hash"):
        pip_bootstrap.download(tmp_path)


def _read(url: str, folder: Path) -> bytes:
    path = url.removeprefix(pip_bootstrap.index_url().rstrip("/") + "/")
    return (folder / (path + "index.html" if path.endswith("/") else path)).read_bytes()
