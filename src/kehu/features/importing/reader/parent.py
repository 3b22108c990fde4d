"""Has a workbook read by a child process and watches it: memory, time, how it ends. The server parses nothing.

Whatever happens to the child (refusal, crash, abort, kill, limit) becomes one BadInput with an `import.*` code;
but a full disk is no fault of the file.
"""

import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

import kehu
from kehu.base.errors import BadInput, Unreachable
from kehu.features.importing.base import ENCODINGS, Limits
from kehu.features.importing.reader import child
from kehu.features.importing.reader.memory import resident_bytes
from kehu.features.importing.reader.workbook import Workbook, from_manifest

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.05
_MODULE = "kehu.features.importing.reader.child"
_REFILL = "kehu.features.importing.reader.refill"
_LARGEST_MANIFEST = 64 << 20
_ROOM = 1 << 20  # bytes; a disk with less is full
_KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV")
_DEFAULT_LIMITS = Limits()


def read_workbook(
    path: Path,
    *,
    workdir: Path,
    limits: Limits = _DEFAULT_LIMITS,
    filename: str | None = None,
    encoding: str | None = None,
    package: str = "kehu.plugins.importers",
    cancelled: Callable[[], bool] | None = None,
) -> Workbook:
    """Read an uploaded file into blocks under `workdir` (empty, owned by the caller) and return what is in it.

    `filename` is the name the user gave, a hint for messages only. `encoding` (one of ENCODINGS)
    overrides what is recognised in a plain text table. `cancelled` is asked about twenty times a
    second. Raises BadInput with a code that begins with `import.`.
    """
    if encoding is not None and encoding not in ENCODINGS:
        raise BadInput("import.encoding", value=encoding, known=", ".join(ENCODINGS))
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise BadInput("import.too_large.file", limit=limits.file_bytes >> 20, size=-(-size >> 20))
    workdir = workdir.resolve()
    workdir.mkdir(parents=True, exist_ok=True)
    order = child.job(path.resolve(), filename or path.name, workdir, limits, package, encoding)
    manifest = _run(_MODULE, order, workdir, limits, cancelled)
    try:
        return from_manifest(manifest, workdir)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput("import.unreadable") from error


def refill(
    path: Path, out: Path, orders: Sequence[Mapping[str, Any]], *, workdir: Path, limits: Limits = _DEFAULT_LIMITS
) -> int:
    """Write a kept xlsx anew as `refill.Order`s say, into `out`; return the last row of its first sheet.

    Raises BadInput with a code that begins with `import.` or `export.`.
    """
    workdir = workdir.resolve()
    workdir.mkdir(parents=True, exist_ok=True)
    order = {
        "path": str(path.resolve()),
        "out": str(out.resolve()),
        "orders": orders,
        "workdir": str(workdir),
        "limits": asdict(limits),
    }
    manifest = _run(_REFILL, orjson.dumps(order), workdir, limits, None)
    rows = manifest.get("rows")
    if not isinstance(rows, int):
        raise BadInput("import.unreadable")
    return rows


def _run(
    module: str, order: bytes, workdir: Path, limits: Limits, cancelled: Callable[[], bool] | None
) -> dict[str, Any]:
    """Have a child do one job; return what it says in its manifest."""
    (workdir / child.MANIFEST).unlink(missing_ok=True)
    complaint = workdir / "child.err"
    with complaint.open("wb") as errors:
        with subprocess.Popen(
            [sys.executable, "-X", "utf8", "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=workdir,
            env=_environment(workdir),
            start_new_session=True,
        ) as process:
            try:
                _send(process, order)
                why = _watch(process, limits, cancelled)
            finally:
                process.kill()
    if why:
        raise BadInput(why)
    if process.returncode != 0:
        if _disk_is_full(workdir, complaint):
            raise Unreachable("database.full")  # the file may be in order: the job is tried again
        raise BadInput(_cause_of_death(process.returncode, complaint))
    return _result(workdir)


def _disk_is_full(workdir: Path, complaint: Path) -> bool:
    """Whether the child died for want of room; its complaint may itself have found none."""
    return shutil.disk_usage(workdir).free < _ROOM or b"[Errno 28]" in complaint.read_bytes()[-4096:]


def _environment(workdir: Path) -> dict[str, str]:
    """Return the child's environment: no secrets of ours, the same package, temporary files in its own folder."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    folder = str(workdir)
    source = str(Path(kehu.__file__).resolve().parent.parent)
    return kept | {"PYTHONPATH": source, "TMPDIR": folder, "TEMP": folder, "TMP": folder, "RUST_BACKTRACE": "0"}


def _send(process: subprocess.Popen[bytes], order: bytes) -> None:
    if process.stdin is None:
        raise RuntimeError("the child was started without standard input")
    try:
        process.stdin.write(order)
        process.stdin.close()
    except BrokenPipeError:
        process.wait()  # it died before it read its job: the return code tells


def _watch(process: subprocess.Popen[bytes], limits: Limits, cancelled: Callable[[], bool] | None) -> str | None:
    """Wait for the end; return the code of the limit that the child was stopped for."""
    deadline = time.monotonic() + limits.wall_seconds
    while True:
        try:
            process.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if resident_bytes(process.pid) > limits.resident_bytes:
                return "import.too_large.memory"
            if time.monotonic() > deadline:
                return "import.too_large.time"
            if cancelled and cancelled():
                return "import.cancelled"
        else:
            return None


def _cause_of_death(code: int, complaint: Path) -> str:
    """Choose the sentence for a child that ended without a manifest."""
    said = complaint.read_bytes()[-4096:]
    last = said.strip().rpartition(b"\n")[2].decode("utf-8", "replace")
    # Only the kind of the error: its text may quote cells.
    _log.warning("reader ended with %d: %s", code, last.partition(":")[0][:80])
    if b"memory allocation of" in said or b"MemoryError" in said or b"capacity overflow" in said:
        return "import.too_large.memory"
    if sys.platform != "win32":
        import signal

        if -code in (signal.SIGXCPU, signal.SIGKILL):  # without a kill of ours it is the limit on CPU time
            return "import.too_large.time"
        if -code == signal.SIGXFSZ:
            return "import.too_large.unpacked"
    return "import.unreadable"


def _result(workdir: Path) -> dict[str, Any]:
    file = workdir / child.MANIFEST
    try:
        if file.stat().st_size > _LARGEST_MANIFEST:
            raise ValueError("manifest too large")
        manifest: dict[str, Any] = orjson.loads(file.read_bytes())
        if "error" not in manifest:
            return manifest
        code, data = str(manifest["error"]["code"]), dict(manifest["error"]["data"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput("import.unreadable") from error
    data.pop("errors", None)
    raise BadInput(code if code.startswith(("import.", "export.")) else "import.unreadable", **data)
