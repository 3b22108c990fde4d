"""The look for duplicates before saving."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from kehu.entry.api.caller import reply
from kehu.entry.api.doors import SIGNED_IN, Doors, Key, Who
from kehu.features.dedupe import service as dedupe

doors = Doors("duplicates")


@doors.add("POST", "/duplicates/{entity}", SIGNED_IN)
def find_duplicates(caller: Who, entity: Key, body: dict[str, Any]) -> Response:
    """Records that look like the one about to be saved."""
    with caller.read() as ctx:
        return reply({"candidates": dedupe.candidates(ctx, entity, body)})
