"""The process that reads one workbook: sets its own limits, writes blocks and a manifest into its folder, ends.

Started by `parent`, once per file, with a job on standard input. Everything it says is in the manifest; a process
that dies without one has said enough. It must stay light (no polars, no database) and never open sockets.
"""

import gc
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from kehu.base.common import registry
from kehu.base.errors import BadInput
from kehu.features.importing.base import Importer, Limits, Notes
from kehu.features.importing.reader.blocks import BlockWriter
from kehu.features.importing.reader.header import title

MANIFEST = "manifest.json"
HEAD_BYTES = 8192


def restrict(limits: Limits) -> None:
    """Set the hard limits of this process; Windows has none, there the parent watches memory alone."""
    if sys.platform == "win32":
        return
    import resource

    for what, value in (
        (resource.RLIMIT_AS, limits.address_space),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.output_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _, hard = resource.getrlimit(what)
        wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(what, (wanted, wanted))
        except (ValueError, OSError):
            if sys.platform != "darwin":  # macOS knows RLIMIT_AS but does not let it be set
                raise


def read(
    path: Path,
    filename: str,
    workdir: Path,
    limits: Limits,
    package: str,
    others: Sequence[tuple[str, str]],
    encoding: str | None,
) -> dict[str, object]:
    """Find the importer by content, write all sheets as blocks, return the manifest."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head.strip():
        raise BadInput("import.empty")
    importers = registry.load(package, Importer, others=others)
    chosen = next((i for i in sorted(importers.values(), key=lambda i: i.order) if i.sniff(head, filename)), None)
    if chosen is None and head.count(0) * 2 > len(head):
        raise BadInput("import.unreadable")  # zeros: a file that was never written to its end
    if chosen is None:
        raise BadInput("import.unsupported", kind=Path(filename).suffix.lstrip(".") or "?")
    notes = Notes(wanted=encoding)
    named = Path(filename).suffix.lower().lstrip(".")
    if named and named not in chosen.extensions and any(named in other.extensions for other in importers.values()):
        notes.add("import.extension", named=named, kind=chosen.name)
    writer = BlockWriter(workdir, limits)
    sheets = [part for n, sheet in enumerate(chosen.read(path, limits, notes)) for part in writer.write(n, sheet)]
    if not any(sheet["n_rows"] for sheet in sheets):
        raise BadInput("import.empty")
    findings = [{"code": code, "data": data} for code, data in notes.findings]
    return {
        "kind": chosen.name,
        "encoding": notes.encoding,
        "date1904": notes.date1904,
        "sheets": sheets,
        "findings": findings + writer.findings,
    }


def main() -> int:
    """Do the job on standard input within its limits."""
    order = orjson.loads(sys.stdin.buffer.read())
    restrict(Limits(**order["limits"]))
    gc.disable()  # millions of short-lived rows without cycles; the process ends with the file
    work(order)
    return 0


def work(job: Mapping[str, Any]) -> None:
    """Read the workbook of a job and write the manifest; a refusal is a manifest too."""
    limits = Limits(**job["limits"])
    workdir = Path(job["workdir"])
    manifest: dict[str, object]
    try:
        manifest = read(
            Path(job["path"]), job["filename"], workdir, limits, job["package"], job["others"], job["encoding"]
        )
    except BadInput as error:
        manifest = {"error": {"code": error.code, "data": error.data}}
    except MemoryError:
        manifest = {"error": {"code": "import.too_large.memory", "data": {}}}
    except OverflowError:
        # calamine hands times beyond Python's calendar on as this
        manifest = {"error": {"code": "import.unreadable", "data": {}}}
    (workdir / MANIFEST).write_bytes(orjson.dumps(manifest))


def job(path: Path, filename: str, workdir: Path, limits: Limits, package: str, encoding: str | None) -> bytes:
    """Return what the parent sends on standard input."""
    return orjson.dumps(
        {
            "path": str(path),
            "filename": title(filename),
            "workdir": str(workdir),
            "limits": asdict(limits),
            "package": package,
            "others": registry.installed("kehu.importers"),
            "encoding": encoding,
        }
    )


if __name__ == "__main__":
    sys.exit(main())
