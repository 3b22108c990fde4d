"""Kits of trades: look into one, compare it with the ledger, apply it. `GET /kits` lists them, also before set-up."""

from __future__ import annotations

from starlette.responses import Response

from kehu.base.errors import NotAllowed
from kehu.core.access.permissions import may
from kehu.core.context import Ctx
from kehu.core.jobs.table import add_job
from kehu.entry.api.caller import reply
from kehu.entry.api.doors import SIGNED_IN, Body, Doors, Key, Who
from kehu.features.kits import service

doors = Doors("kits")


class ApplyIn(Body):
    """Whether only to say what would happen."""

    preview: bool = False


@doors.add("GET", "/kits/{kit}", SIGNED_IN)
def get_kit(caller: Who, kit: Key) -> Response:
    """A kit with its entities and fields."""
    with caller.read():
        return reply(service.show_kit(kit))


@doors.add("GET", "/kits/{kit}/diff", SIGNED_IN)
def diff_kit(caller: Who, kit: Key) -> Response:
    """What applying the kit would add or move, and what stays the firm's own."""
    with caller.read() as ctx:
        _may(ctx)
        return reply(service.diff_kit(ctx, kit))


@doors.add("POST", "/kits/{kit}/apply", SIGNED_IN)
def apply_kit(caller: Who, kit: Key, body: ApplyIn) -> Response:
    """Bring a kit, or a newer version of it, into the ledger as one change-set; or preview it."""
    with caller.write() as ctx:
        _may(ctx)
        made = service.apply_kit(ctx, kit, preview=body.preview)
        if made.get("indexes_pending"):
            add_job(ctx, "indexes", {})
        answer = caller.answer(ctx, made)
    caller.server.runner.wake()
    return answer


def _may(ctx: Ctx) -> None:
    if not may(ctx, None, "catalog"):
        raise NotAllowed("catalog.not_allowed")
