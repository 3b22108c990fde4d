"""`python -m benchmarks`, called by `python3 dev.py bench`: seed, serve, measure, print a table, write JSON.

A bar that is missed is shown and does not fail the command; what breaks does.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks import house as houses
from benchmarks import reading, seed, web, writing
from benchmarks.house import ByHand, House
from benchmarks.measure import Result, machine, memory_mb
from kehu.base.settings import Settings
from tools.dev.shell import leave_when_told

LIBRARIES = "import fastapi, uvicorn, sqlalchemy, orjson, cryptography, click"
NAMES = ("start_up", "disk", "list", "growth", "count", "groups", "search", "record", "crowd", "memory", "several",
         "save", "order_line", "edit", "bulk", "wide")  # fmt: skip
SMALL = 10_000  # up to so many customers a run is short
WORKBOOK_ROWS = 100_000
EDITED_ROWS = 50_000
KEPT = "bench.json"  # beside a kept ledger: its database, how many customers, and the tokens to sign in with
PEOPLE, PEOPLE_SECONDS = 1_000, 60.0
NOT_BUILT = {"regrade": "≤ 30 s SQLite, ≤ 20 s PostgreSQL for 1,000,000 customers over 10,000,000 orders"}


def main(arguments: list[str]) -> int:
    """Run the benchmarks; return the exit code."""
    parser = argparse.ArgumentParser(prog="dev.py bench")
    parser.add_argument(
        "--rows", type=int, default=100_000, help="customers in the ledger, and rows of the workbook (at most 100,000)"
    )
    parser.add_argument("--orders", type=int, help="orders in the ledger (as many as customers)")
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--web", action="store_true", help=f"the web app in Chromium instead: {','.join(web.NAMES)}")
    parser.add_argument("--only", metavar="NAME", help=f"some of {','.join(NAMES)}, or beginnings of results")
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument(
        "--folder", metavar="DIR", type=Path, help="keep the ledger there, or use the one that was kept"
    )
    options = parser.parse_args(arguments)
    results: list[Result] = []
    with _folder(options.folder) as folder:
        os.environ["KEHU_CONFIG"] = str(folder / "config")
        settings = Settings(data=folder / "ledger", database_url=_database(options.db))
        house = _kept(settings) or _made(settings, options.rows, options.orders)
        for result in _in_browser(house, options.only) if options.web else _all(house, options.only):
            results.append(result)
            print(_line(result), flush=True)
    for name, bar in NOT_BUILT.items() if options.only is None and not options.web else ():
        print(f"· {name:26}{'未实现':>19}{'':>36}  {bar}")
    missed = [result.name for result in results if not result.ok]
    print(
        f"\n{len(results) - len(missed)} of {len(results)} bars held"
        + (f"; missed: {', '.join(missed)}" if missed else "")
    )
    told = {"rows": house.rows, "db": options.db, "machine": machine(), "results": [asdict(one) for one in results]}
    if options.json is not None:
        options.json.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if not results:
        print(f"nothing is called {options.only}", file=sys.stderr)
        return 2
    return 0


def _database(kind: str) -> str | None:
    if kind == "sqlite":
        return None
    url = os.environ.get("KEHU_BENCH_POSTGRES")
    if not url:
        sys.exit("dev.py bench --db postgres starts a server and names it in KEHU_BENCH_POSTGRES")
    return url


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="kehu-bench-") as folder:
        yield Path(folder)


def _made(settings: Settings, rows: int, orders: int | None) -> House:
    runtime = houses.new_ledger(settings)
    started = time.perf_counter()
    tokens = seed.make(runtime, rows, orders)
    runtime.close()
    seconds = time.perf_counter() - started
    print(f"{rows:,} customers on {settings.database} in {seconds:.1f} s", flush=True)
    settings.data.with_name(KEPT).write_text(
        json.dumps({"rows": rows, "db": settings.database, "tokens": tokens}), encoding="utf-8"
    )
    return House(settings, tokens, rows)


def _kept(settings: Settings) -> House | None:
    """The ledger of an earlier run, whose writing measurements have added to it."""
    told = settings.data.with_name(KEPT)
    if not told.exists():
        return None
    kept = json.loads(told.read_text(encoding="utf-8"))
    if kept.get("db", "sqlite") != settings.database:
        sys.exit(f"{told.parent} holds a ledger on {kept.get('db', 'sqlite')}: name another folder")
    return House(settings, kept["tokens"], kept["rows"])


def _all(house: House, only: str | None) -> Iterator[Result]:
    rows = house.rows
    print(f"\n{_HEAD}", flush=True)
    if _wanted("start_up", only):
        yield from _start_up(house)
    n = 8 if rows <= SMALL else 200 if rows <= WORKBOOK_ROWS else 40  # by hand a search reads a whole table
    with houses.serving(house):
        hand = ByHand(house)
        try:
            groups: tuple[tuple[str, Callable[[], Iterator[Result]]], ...] = (
                ("disk", lambda: reading.disk(house, hand)),
                ("list", lambda: reading.pages(house, hand, n)),
                ("growth", lambda: _growth(house, hand, n // 2)),
                ("count", lambda: reading.counts(house, hand, n // 4)),
                ("groups", lambda: reading.groups(house, hand, max(3, n // 20))),
                ("search", lambda: reading.search(house, hand, n // 2)),
                ("search", lambda: reading.everywhere(house, hand, n // 2)),
                ("record", lambda: reading.record(house, hand, n // 2)),
                ("crowd", lambda: reading.crowd(house, hand, 1.0 if rows <= SMALL else 5.0)),
                ("memory", lambda: reading.memory(house, hand, min(20_000, max(200, rows // 10)))),
                ("several", lambda: _several(house)),
                ("save", lambda: writing.save(house, hand, n)),
                ("order_line", lambda: reading.order_line(house, hand, n)),
                ("edit", lambda: writing.edit(house, hand, min(rows, EDITED_ROWS))),
                ("bulk", lambda: writing.bulk(house, hand, min(rows, WORKBOOK_ROWS))),
                ("wide", lambda: writing.wide(house, hand, min(rows, WORKBOOK_ROWS))),
            )
            for name, work in groups:
                if _wanted(name, only, rows):
                    for result in work():
                        result.memory_mb = result.memory_mb or memory_mb(house.process_id)
                        yield result
        finally:
            hand.close()


def _growth(house: House, hand: ByHand, n: int) -> Iterator[Result]:
    """The pages of a list beside those of a small ledger, which a second server serves in the same run."""
    url = house.settings.database_url
    with tempfile.TemporaryDirectory(prefix="kehu-bench-") as folder:
        settings = Settings(data=Path(folder) / "ledger", database_url=None if url is None else hand.database("growth"))
        small = _made(settings, min(SMALL, house.rows), None)
        with houses.serving(small):
            beside = ByHand(small)
            try:
                yield from reading.growth(house, hand, small, beside, n)
            finally:
                beside.close()


def _several(house: House) -> Iterator[Result]:
    """A second server over the ledger; only PostgreSQL has several."""
    if house.settings.database_url is None:
        return
    second = replace(house)
    with houses.serving(second):
        few = house.rows <= SMALL
        yield from reading.several(house, second, PEOPLE // 10 if few else PEOPLE, 5.0 if few else PEOPLE_SECONDS)


def _in_browser(house: House, only: str | None) -> Iterator[Result]:
    print(f"\n{_HEAD.replace('by hand', '   idle')}", flush=True)
    with houses.serving(house), web.desk(house) as desk:
        for result in web.measure(desk, only, 18 if house.rows <= SMALL else 40):
            result.memory_mb = memory_mb(house.process_id)
            yield result


def _wanted(group: str, only: str | None, rows: int = 0) -> bool:
    if only is None:
        return group not in ("wide", "growth") or rows > SMALL  # a minute that no test run has
    starts = {
        "crowd": ("8_",), "several": ("people_", "two_"),
        "bulk": ("import_xlsx", "undo_import", "export"), "wide": ("import_wide",),
        "edit": ("bulk_edit", "undo_bulk_edit"),
        "record": ("duplicate", "history", "as_of"),
        "groups": ("group", "count_asked"), "order_line": ("save_order_line",),
    }.get(group, (group,))  # fmt: skip
    return any(one == group or one.startswith(starts) for one in only.split(","))


def _start_up(house: House) -> Iterator[Result]:
    found = []
    times = 1 if house.rows <= SMALL else 3
    for _ in range(times):
        with houses.serving(house) as seconds:
            found.append(seconds)
    by_hand = []
    for _ in range(times):
        started = time.perf_counter()
        os.system(f'"{sys.executable}" -c "import fastapi, uvicorn, sqlalchemy, orjson, cryptography, click"')
        by_hand.append(time.perf_counter() - started)
    ours, bare = round(sorted(found)[times // 2], 2), round(sorted(by_hand)[times // 2], 2)
    bar = "≤ 2 s to the first page (by hand: Python and the libraries)"
    yield Result("start_up", {"seconds": ours}, {"seconds": bare}, bar, ours <= 2)


_HEAD = f"{'':2}{'name':26}{'ours':>22}{'by hand':>22}{'ratio':>7}{'MB':>7}  bar"


def _line(result: Result) -> str:
    ratio = f"{result.ratio:.2f}" if result.ratio is not None else ""
    memory = f"{result.memory_mb:.0f}" if result.memory_mb is not None else ""
    mark = "✓" if result.ok else "✗"
    return (
        f"{mark} {result.name:26}{_numbers(result.ours):>22}{_numbers(result.by_hand):>22}{ratio:>7}{memory:>7}"
        f"  {result.bar}"
    )


def _numbers(found: object) -> str:
    assert isinstance(found, dict)
    if not found:
        return ""
    if "p50_ms" in found:
        return f"{found['p50_ms']:.1f} / {found['p95_ms']:.1f} ms"
    if "share" in found:
        return f"{found['share'] * 100:.2f} %"
    if "seconds" in found:
        return f"{found['seconds']:.2f} s"
    return f"{found['mb']:.0f} MB" if "mb" in found else f"{found['per_second']:.0f} /s"


if __name__ == "__main__":
    leave_when_told()
    sys.exit(main(sys.argv[1:]))
