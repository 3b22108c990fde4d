"""Runs jobs until a signal says stop."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from kehu.runtime import Runtime

THREADS = 2


def run(runtime: Runtime) -> bool:
    """Take and run jobs; return whether it was the keyboard that ended it."""
    stop = threading.Event()
    interrupted = False

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = interrupted or number == signal.SIGINT
        stop.set()

    before = {one: signal.signal(one, end) for one in (signal.SIGINT, signal.SIGTERM)}
    runner = runtime.runner()
    runtime.begin_work()
    runner.start(THREADS)
    try:
        while not stop.wait(30.0):
            runtime.beat()
    finally:
        runner.stop()
        runtime.leave()
        for one, handler in before.items():
            signal.signal(one, handler)
    return interrupted
