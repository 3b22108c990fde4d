"""Reports of bugs: where the program was, without what it was holding.

Messages of exceptions may carry values of records (drivers put parameters into theirs), so they never go into a log;
the frames and types are enough to find the place.
"""

from __future__ import annotations

import errno
import logging
import secrets
import sys
import traceback
from typing import Any

from kehu.base.common.messages import Told


def new_report_id() -> str:
    """A short id that a person can quote."""
    return secrets.token_hex(4)


def why(error: OSError) -> Told:
    """Why the system refused, for a sentence in the user's language."""
    name = errno.errorcode.get(error.errno or 0, "")
    return Told(f"os.{name}", error.strerror or str(error))


def trace_of(error: BaseException) -> str:
    """The stack of an error and of its causes: files, lines, functions and types, no messages."""
    lines: list[str] = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        for frame in traceback.extract_tb(at.__traceback__):
            lines.append(f"  {frame.filename}:{frame.lineno} {frame.name}")
        lines.append(f"{type(at).__module__}.{type(at).__qualname__}")
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\n".join(lines)


class SafeFormatter(logging.Formatter):
    """Log lines whose tracebacks hold no messages. `full` (KEHU_DEBUG=1) shows all, for development only."""

    def __init__(self, *, full: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.full = full

    def formatException(self, ei: Any) -> str:
        return super().formatException(ei) if self.full else trace_of(ei[1])


def set_up_logging(*, full: bool = False, level: int = logging.INFO) -> None:
    """Send the log of this process to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SafeFormatter(full=full))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
