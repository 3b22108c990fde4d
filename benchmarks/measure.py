"""Timing, percentiles and the form of a result. Knows nothing of what is measured."""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Numbers = Mapping[str, float]


@dataclass
class Result:
    """One line of the table. `ours` and `by_hand` hold p50_ms and p95_ms, or seconds, per_second, share."""

    name: str
    ours: Numbers
    by_hand: Numbers
    bar: str
    ok: bool
    memory_mb: float | None = None
    ratio: float | None = field(init=False)

    def __post_init__(self) -> None:
        key = next((k for k in ("p50_ms", "seconds", "mb") if k in self.ours and self.by_hand.get(k)), None)
        self.ratio = round(self.ours[key] / self.by_hand[key], 2) if key else None
        if "per_second" in self.ours and self.by_hand.get("per_second"):
            self.ratio = round(self.by_hand["per_second"] / self.ours["per_second"], 2)


def times(work: Callable[[int], object], n: int, *, warm: int = 3) -> list[float]:
    """Run `work(number)` so often; return milliseconds of each run after the warm-up."""
    for number in range(warm):
        work(number)
    found = []
    for number in range(n):
        started = time.perf_counter()
        work(number)
        found.append((time.perf_counter() - started) * 1000)
    return found


def in_turn(n: int, *works: Callable[[int], object]) -> list[dict[str, float]]:
    """The spreads of several works, run in turn: what else the machine does hits each of them alike."""
    found: list[list[float]] = [[] for _ in works]
    for number in range(n + 3):
        for work, milliseconds in zip(works, found, strict=True):
            started = time.perf_counter()
            work(number)
            milliseconds.append((time.perf_counter() - started) * 1000)
    return [spread(each[3:]) for each in found]


def spread(milliseconds: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    ordered = sorted(milliseconds)
    return {"p50_ms": round(_at(ordered, 0.5), 2), "p95_ms": round(_at(ordered, 0.95), 2)}


def plus(one: Numbers, other: Numbers) -> dict[str, float]:
    """Two spreads one after the other (the sum of their percentiles)."""
    return {key: round(one[key] + other[key], 2) for key in one}


def _at(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, max(0, math.ceil(len(ordered) * part) - 1))]


def memory_mb(process_id: int) -> float | None:
    """Resident memory of a process and what it started, where the system tells (Linux)."""
    try:
        pages = Path(f"/proc/{process_id}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return None
    return round(int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def machine() -> dict[str, object]:
    """What the numbers were measured on."""
    return {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "processor": platform.processor() or platform.machine(),
    }
