"""A ledger with one person of every role, asked over HTTP in this process."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import httpx
import sqlalchemy as sa

from kehu.core.access.roles import ROLES
from kehu.core.accounts.service import add_account
from kehu.core.accounts.tokens import add_token
from kehu.core.context import Actor
from kehu.core.records import write
from kehu.entry.api.app import make_app
from kehu.runtime import Runtime

SYSTEM = Actor("system", None, "测试")


class Town:
    """The ledger, its people and what they ask."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.people: dict[str, int] = {}
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, int] = {}
        app = make_app(runtime, jobs=False)
        self.server = app.state.kehu
        self.loop = asyncio.new_event_loop()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://localhost")
        self._watch = runtime.dialect.engine.raw_connection() if runtime.dialect.name == "sqlite" else None
        self._digest: tuple[int, str] | None = None
        with runtime.write(SYSTEM) as ctx:
            for role in ROLES:
                account = add_account(ctx, f"{role}者", [role], password=None)
                self.people[role], self.tokens[role] = account.id, add_token(ctx, account)[0]

    def ask(self, role: str | None, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request as somebody of a role; None is a stranger."""
        headers = dict(more.pop("headers", None) or {})
        if role is not None:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        address = path if path.startswith("/api") else f"/api/v1{path}"
        return self.loop.run_until_complete(self.client.request(method, address, headers=headers, **more))

    def add(self, name: str, entity: str, values: dict[str, Any]) -> int:
        """Put a record in, as the system."""
        with self.runtime.write(SYSTEM) as ctx:
            made = write.create(ctx, entity, values)
        self.ids[name], self.ids[f"{name} set"] = made.ids[0], made.changeset
        return made.ids[0]

    def content(self) -> str:
        """A digest of everything that the database holds."""
        # SQLite counts what others have committed since: while the number stays, so does the content.
        number = self._commits()
        if self._digest is None or number is None or self._digest[0] != number:
            self._digest = (number or 0, self._read())
        return self._digest[1]

    def _commits(self) -> int | None:
        """A number that another's commit changes, None where the database has none."""
        if self._watch is None:
            return None
        cursor = self._watch.cursor()
        (number,) = cursor.execute("pragma data_version").fetchone()
        return int(number)

    def _read(self) -> str:
        digest = hashlib.sha256()
        with self.runtime.dialect.read() as connection:
            for table in sorted(sa.inspect(connection).get_table_names()):
                if "_data" in table or "_idx" in table or "_docsize" in table or "_config" in table:
                    continue  # the inside of search tables
                rows = connection.exec_driver_sql(f'select * from "{table}"').all()
                digest.update(table.encode() + b"\n".join(sorted(repr(tuple(row)).encode() for row in rows)))
        return digest.hexdigest()

    def close(self) -> None:
        """Give threads and sockets back."""
        if self._watch is not None:
            self._watch.close()
        self.loop.run_until_complete(self.client.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.server.close()


def peopled(runtime: Runtime) -> Town:
    """A town with one customer of the sales person, one of somebody else, and what hangs on them."""
    made = Town(runtime)
    for name, owner in (("mine", "sales"), ("other", "manager")):
        person = {"name": f"{name}客户", "kind": "person", "mobile": "13800138000", "owner": made.people[owner]}
        made.add(name, "customer", person)
        customer = made.ids[name]
        made.add(f"{name} order", "order", {"customer": customer, "ordered_on": "2026-03-01", "status": "draft"})
        made.add(f"{name} payment", "payment", {"customer": customer, "amount": "88"})
        ticket = {"customer": customer, "type": "inquiry", "subject": "保修", "received_at": "2026-03-01"}
        made.add(f"{name} ticket", "ticket", ticket)
    return made
