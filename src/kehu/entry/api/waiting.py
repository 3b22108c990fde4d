"""Waiting for work in the background, so that a client need not ask again and again. Up to 30 seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from kehu.core.context import Ctx
from kehu.entry.api.caller import Caller

WAIT_SECONDS = 30.0
PAUSE_SECONDS = 0.1
T = TypeVar("T")


def wait_for(caller: Caller, look: Callable[[Ctx], T | None]) -> T | None:
    """Look, each time with a fresh state of the ledger, until there is something; None when the time is over."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        with caller.read() as ctx:
            found = look(ctx)
        if found is not None or time.monotonic() > until:
            return found
        time.sleep(PAUSE_SECONDS)
