"""The one file that wires things: settings → database → keys → catalog → registries, and the order of the pipeline.

Hands out units of work (`read`, `write`) and knows nothing of HTTP or the terminal. Observers, features and job kinds
are named here and nowhere else.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import orjson
import sqlalchemy as sa

from kehu.base.common import scratch
from kehu.base.common.clock import Clock, SystemClock
from kehu.base.common.lockfile import FileLock
from kehu.base.common.registry import installed, load
from kehu.base.crypto.keys import Keyring
from kehu.base.db import migrations, system
from kehu.base.db.dialects import Dialect, open_dialect
from kehu.base.db.locks import FairQueue
from kehu.base.db.query.run import standing
from kehu.base.db.types import instant_text
from kehu.base.errors import BadInput, Conflict, KehuError, TooSlow, Unreachable
from kehu.base.fields.base import FieldType
from kehu.base.settings import Settings
from kehu.core.access.masking import log_reads, reads
from kehu.core.accounts.service import actor_of, add_account
from kehu.core.catalog import indexes
from kehu.core.catalog.proposals import enter_missing
from kehu.core.catalog.store import CatalogStore
from kehu.core.catalog.system_entities import SYSTEM_FIELDS
from kehu.core.changesets.observers import Observer
from kehu.core.changesets.write import OBSERVERS, finish
from kehu.core.context import Actor, Asking, Ctx, Lang
from kehu.core.derived import service as derived
from kehu.core.derived.day import known_day
from kehu.core.derived.tick import tick
from kehu.core.files.service import STORAGE
from kehu.core.files.storage import Storage
from kehu.core.jobs.run import Runner, Who
from kehu.core.jobs.table import Job, Kind, Reading, StepResult, add_job, due_now, ensure_schedule
from kehu.core.records import bulk, undo
from kehu.core.records.mirrors import mirror_lists
from kehu.core.records.slow import note_slow
from kehu.core.search import index as search
from kehu.features.backup import jobs as backups
from kehu.features.backup.recovery import create_recovery
from kehu.features.backup.service import backup_before_migration
from kehu.features.exporting import expiry
from kehu.features.exporting import service as exporting
from kehu.features.importing import desk
from kehu.features.importing import jobs as import_jobs
from kehu.features.importing.layout import open_layout
from kehu.features.kits.samples import add_samples
from kehu.features.kits.service import apply_kit
from kehu.features.verification.service import verify

log = logging.getLogger("kehu")

# How many people read at once in one process, the others wait their turn. More threads only fight for the interpreter
# lock, with SQLite row by row; with PostgreSQL more connections than that drive each other's data out of the
# processors' caches, and a page costs the server twice as much.
SQLITE_READERS, POSTGRES_READERS = 3, 8
DEAD_AFTER = timedelta(minutes=10)
TICK = "tick"
ENTERED = "entered"  # how far a job that builds indexes has come
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LEDGER = "ledger"  # row of kehu_meta that exists once the ledger is set up
SEARCH = "search"  # row of kehu_meta that a migration leaves when tokens of a ledger must be made again
RENEWED = {"old": "p"}  # what it says → the behaviours of texts (`core.search.tokens`) whose tokens are different now


def observers() -> tuple[Observer, ...]:
    """What runs inside every writing transaction after the base changes, in this order."""
    return (derived.recompute, mirror_lists, search.refresh)


def job_kinds() -> Mapping[str, Kind]:
    """What jobs can do, by kind."""
    return {
        **import_jobs.KINDS,
        **exporting.KINDS,
        **expiry.KINDS,
        **backups.KINDS,
        "bulk": Kind(bulk.step, failed=bulk.failed),
        "undo": Kind(undo.step, failed=undo.failed),
        TICK: Kind(_tick),
        "indexes": Kind(_enter_indexes, before=_build_indexes),
    }


def _tick(ctx: Ctx, _job: Job) -> StepResult:
    """A day has passed: roll-ups that compare dates with today move, and what follows them."""
    moved = tick(ctx)
    for follow in observers()[1:]:
        follow(ctx, moved)
    zone = ZoneInfo(ctx.catalog.timezone)
    now = ctx.now_at().astimezone(zone)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), zone)
    return StepResult(finished=True, again_in=(midnight - now).total_seconds() + 5)


def _enter_indexes(ctx: Ctx, job: Job) -> StepResult:
    """Enter the indexes that saved views miss; the second step finds everything built."""
    return StepResult(cursor=ENTERED, finished=job.cursor == ENTERED or not enter_missing(ctx))


def _build_indexes(reading: Reading, _job: Job) -> object:
    """Build what is waiting to be built, outside any transaction."""
    with reading() as ctx:
        dialect = ctx.dialect
    return indexes.build_pending(dialect)


@dataclass(frozen=True, slots=True)
class SetUpRequest:
    """What a new ledger needs to know."""

    kit: str
    admin: str
    password: str
    firm: str | None = None
    samples: bool = False
    lang: Lang | None = None


@dataclass(frozen=True, slots=True)
class SetUp:
    """What `Runtime.set_up` made. `recovery_key` is shown once and never again."""

    kit: str
    entities: int
    fields: int
    catalog_version: int
    recovery_key: str | None = None


class Runtime:
    """An open ledger. Made by `Runtime.open`, closed by `close`; safe to use from several threads."""

    def __init__(self, settings: Settings, dialect: Dialect, keys: Keyring, clock: Clock) -> None:
        self.settings = settings
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.dialect = dialect
        self.keys = keys
        self.clock = clock
        self.types: Mapping[str, FieldType] = load(
            "kehu.plugins.field_types", FieldType, others=installed("kehu.field_types")
        )
        self.store = CatalogStore(self.types)
        self.storage = Storage(settings.files, keys)
        self.kinds = job_kinds()
        self.on_commit: list[Callable[[int], None]] = []
        self._observers = observers()
        self._readers = FairQueue(POSTGRES_READERS if settings.database_url else SQLITE_READERS)

    # --- open and close ----------------------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        create: bool = False,
        clock: Clock | None = None,
        renewing: search.Told | None = None,
    ) -> Runtime:
        """Open the ledger of `settings` and bring its system tables up to date.

        create: make folder, keys and system tables when nothing is there; else BadInput `ledger.missing`.
        renewing: hears how many records have their search tokens, of how many, when these are made again.
        """
        if not create and not settings.database_url and not settings.ledger_file.exists():
            raise BadInput("ledger.missing", folder=str(settings.data))
        settings.make_folders()
        dialect = open_dialect(url=settings.database_url, file=settings.ledger_file)
        try:
            clock = clock or SystemClock()
            with _reachable(dialect):
                fresh = _migrate(dialect, settings, clock, create=create)
            if fresh and not settings.key_file.exists():
                Keyring.new().save(settings.key_file)
            keys = Keyring.load(settings.key_file)
            runtime = cls(settings, dialect, keys, clock)
            with runtime.dialect.read() as connection:
                _check_key(connection, keys, settings)
                old_tokens = _meta(connection, SEARCH) is not None
            if old_tokens:
                runtime._renew_tokens(renewing)
            return runtime
        except BaseException:
            dialect.close()
            raise

    def close(self) -> None:
        """Close all connections, and forget the workbooks that are being worked on."""
        self.dialect.close()
        desk.close_all(self.settings.files)
        scratch.leave(self.settings.tmp)

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _renew_tokens(self, told: search.Told | None) -> None:
        """Make search tokens again, once: those made by an older program lack some of today's."""
        with self.write(Actor("system", None, "upgrade"), bulk=True) as ctx:
            ctx.dialect.lock_catalog(ctx.tx)
            mark = _meta(ctx.tx, SEARCH)
            if mark is None:
                return  # another process has done it meanwhile
            entities = search.with_classes(ctx, RENEWED[mark])
            log.info("making search tokens of %s again, because this version finds more", ", ".join(entities))
            search.rebuild(ctx, entities, told)
            ctx.tx.execute(sa.delete(system.meta).where(system.meta.c.key == SEARCH))

    # --- units of work -----------------------------------------------------------------------------------------

    @contextmanager
    def read(self, who: Who, lang: Lang | None = None, bulk: bool = False) -> Iterator[Ctx]:
        """A unit of work that sees one state of the ledger. `who` may be found on the same connection.

        bulk: work in the background, which leaves the places of waiting people alone.
        """
        try:
            with _reachable(self.dialect), nullcontext() if bulk else self._readers.hold():
                with self.dialect.read() as connection:
                    ctx = self._ctx(connection, who, lang)
                    yield ctx
        except TooSlow as error:
            with self.write(Actor("system", None, "read"), lang) as writing:
                note_slow(writing, str(error.data.get("index", "")))
            raise
        if noted := reads(ctx):  # before the answer leaves: a revealed secret that left no trace must not exist
            with self.write(ctx.actor, lang) as writing:
                log_reads(writing, noted)

    @contextmanager
    def write(self, who: Who, lang: Lang | None = None, bulk: bool = False) -> Iterator[Ctx]:
        """A unit of work that writes; commits at the end of the block, or not at all. bulk: people go first."""
        seq: int | None = None
        with _reachable(self.dialect), self.dialect.write(bulk=bulk) as connection:
            ctx = self._ctx(connection, who, lang)
            yield ctx
            log_reads(ctx, reads(ctx))
            seq = finish(ctx)
        if seq is not None:
            for ring in tuple(self.on_commit):
                ring(seq)

    def _ctx(self, connection: sa.Connection, who: Who, lang: Lang | None) -> Ctx:
        if isinstance(who, Asking):
            version, *row = standing(self.dialect, who.statement).fetch(connection, who.values)[0]
            catalog, tables = self.store.of_version(connection, version)
            actor = who.found(None if row[0] is None else tuple(row))
        else:
            catalog, tables = self.store.snapshot(connection, self.dialect)
            actor = who if isinstance(who, Actor) else who(connection)
        return Ctx(
            tx=connection,
            dialect=self.dialect,
            catalog=catalog,
            tables=tables,
            types=self.types,
            actor=actor,
            clock=self.clock,
            keys=self.keys,
            lang=lang or self.settings.lang,
            memo=self._memo(),
        )

    def _memo(self) -> dict[object, object]:
        return {OBSERVERS: self._observers, STORAGE: self.storage, exporting.LAYOUTS: open_layout}

    # --- the first minutes of a ledger -------------------------------------------------------------------------

    def is_set_up(self) -> bool:
        """Whether the ledger has a kit and an administrator."""
        with _reachable(self.dialect), self.dialect.read() as connection:
            return _meta(connection, LEDGER) is not None

    def set_up(self, wanted: SetUpRequest) -> SetUp:
        """Make an empty ledger usable: kit, first administrator, recovery key. Raises Conflict `ledger.exists`."""
        setting_up = Actor("system", None, wanted.admin)
        with self.write(setting_up, wanted.lang) as ctx:
            ctx.dialect.lock_catalog(ctx.tx)
            if _meta(ctx.tx, LEDGER) is not None:
                raise Conflict("ledger.exists", folder=str(self.settings.data))
            admin = add_account(ctx, wanted.admin, ["admin"], password=wanted.password)
            applied = apply_kit(ctx, wanted.kit, firm=wanted.firm)
            if applied.get("indexes_pending"):
                add_job(ctx, "indexes", {})
            if wanted.samples:
                finish(ctx)  # samples are a change-set of their own, taken back without the kit
                sampling = replace(ctx, actor=actor_of(ctx.tx, admin.id), memo=self._memo())
                add_samples(sampling, wanted.kit)
                finish(sampling)
            about = {"kid": self.keys.kid, "kit": wanted.kit, "firm": wanted.firm, "created_at": ctx.now()}
            ctx.tx.execute(sa.insert(system.meta).values(key=LEDGER, value=orjson.dumps(about).decode()))
        recovery = create_recovery(self.settings.data, self.keys.kid)
        with self.read(setting_up, wanted.lang) as ctx:
            made = [e for e in ctx.catalog.entities.values() if not e.hidden and not e.system]
            # As the page that offers the kits counts: what every entity has anyway says nothing of a kit.
            always = {field.key for field in SYSTEM_FIELDS}
            fields = sum(field.key not in always for e in made for field in e.visible)
            return SetUp(wanted.kit, len(made), fields, ctx.catalog.version, recovery)

    # --- jobs --------------------------------------------------------------------------------------------------

    def begin_work(self) -> None:
        """See to it that scheduled work is there, and do what days have passed unattended; for servers and workers.

        Working files of processes that were killed go."""
        scratch.sweep(self.settings.tmp)
        if not self.is_set_up():
            return
        with self.write(Actor("system", None, "schedule")) as ctx:
            backups.schedule(ctx)
            expiry.schedule(ctx)
            ensure_schedule(ctx, TICK, {}, first=ctx.now_at())
            due_now(ctx, TICK)

    def beat(self) -> None:
        """Tell the other processes that this one lives and which catalog it knows; every 30 seconds."""
        with self.write(Actor("system", None, "heartbeat")) as ctx:
            table = system.process
            dead = instant_text(ctx.now_at() - DEAD_AFTER)
            ctx.tx.execute(sa.delete(table).where(table.c.id != self.name, table.c.heartbeat < dead))
            signs = {"version": ctx.catalog.version, "heartbeat": ctx.now()}
            if not ctx.tx.execute(sa.update(table).where(table.c.id == self.name).values(signs)).rowcount:
                ctx.tx.execute(sa.insert(table).values(id=self.name, **signs))
            known = known_day(ctx)
            if known is not None and known > ctx.parse_env().today:  # the clock was put back over a midnight
                due_now(ctx, TICK)

    def leave(self) -> None:
        """Take this process off the list of living ones."""
        with self.write(Actor("system", None, "heartbeat")) as ctx:
            ctx.tx.execute(sa.delete(system.process).where(system.process.c.id == self.name))

    def runner(self) -> Runner:
        """A runner of jobs in this process; the caller starts and stops it."""
        return Runner(read=self.read, write=self.write, kinds=self.kinds, account=actor_of)


def server_lock(settings: Settings) -> FileLock:
    """The lock that a server holds on its data folder."""
    return FileLock(settings.lock_file)


def server_runs(settings: Settings) -> bool:
    """Whether a server has this data folder open right now."""
    return server_lock(settings).is_held()


def _migrate(dialect: Dialect, settings: Settings, clock: Clock, *, create: bool) -> bool:
    """Bring the system tables up to date, after a backup; return whether the database was empty."""
    with dialect.read() as connection:
        at = migrations.current(connection)
    if at > migrations.newest():
        raise BadInput("ledger.newer", found=at, known=migrations.newest())
    if at == 0 and not create:
        raise BadInput("ledger.missing", folder=str(settings.data))
    if at < migrations.newest():
        if at > 0:
            keys = Keyring.load(settings.key_file)
            backup_before_migration(dialect, data=settings.data, keys=keys, clock=clock)
        with dialect.write() as connection:
            dialect.lock_catalog(connection)
            migrations.migrate(connection, dialect)
    return at == 0


def _meta(connection: sa.Connection, key: str) -> str | None:
    found: str | None = connection.execute(sa.select(system.meta.c.value).where(system.meta.c.key == key)).scalar()
    return found


def _check_key(connection: sa.Connection, keys: Keyring, settings: Settings) -> None:
    """Refuse a key file that belongs to another ledger: what it wrote could never be read again."""
    about = _meta(connection, LEDGER)
    if about is not None and orjson.loads(about).get("kid") != keys.kid:
        raise BadInput("keys.foreign", file=str(settings.key_file))


@contextmanager
def _reachable(dialect: Dialect) -> Iterator[None]:
    """Turn troubles of the database itself and of the disk into errors that say so; everything else passes.

    Hot statements and COPY run on the driver's own cursor, so its errors come here bare as well as wrapped.
    """
    driver = dialect.engine.dialect.loaded_dbapi
    try:
        yield
    except (sa.exc.DBAPIError, driver.OperationalError, driver.InterfaceError) as error:
        told = _trouble(error)
        if told is None:
            raise
        log.warning("database: %s", told.code)
        raise told from error
    except sa.exc.TimeoutError as error:  # no connection came free
        raise Unreachable("database.busy") from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise Unreachable("database.full") from error


def _trouble(error: Exception) -> KehuError | None:
    """What an error of the database means to a person; None for a bug."""
    wrapped = isinstance(error, sa.exc.DBAPIError)
    bare = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
        return Unreachable("database.unreachable")
    if wrapped and not isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        return None
    if state := getattr(bare, "sqlstate", None):  # PostgreSQL's words come in the language of the server
        return _state_trouble(str(state))
    text = str(bare).lower()
    if "locked" in text or "busy" in text:
        return Unreachable("database.busy")
    if "full" in text or "no space" in text:
        return Unreachable("database.full")
    if "disk i/o" in text:
        return Unreachable("database.disk")
    if "connect" in text or "terminat" in text or "unable to open" in text:
        return Unreachable("database.unreachable")
    return None


def _state_trouble(state: str) -> KehuError | None:
    """What a code of PostgreSQL means (its manual, appendix A)."""
    if state == "55P03":  # lock_not_available: only catalog changes do not wait
        return Conflict("catalog.busy")
    if state in ("40P01", "40001"):  # deadlock_detected, serialization_failure
        return Unreachable("database.again")
    if state == "53100":
        return Unreachable("database.full")
    if state == "58030":
        return Unreachable("database.disk")
    if state[:2] in ("08", "28", "3D", "53") or state.startswith("57P"):
        # No connection, no such user or database, no resources, shut down by its operator.
        return Unreachable("database.unreachable")
    return None


def finish_restore(settings: Settings) -> bool:
    """Make what a backup does not hold (search tokens) and verify the restored ledger; return whether all is well."""
    with Runtime.open(settings) as runtime:
        restoring = Actor("system", None, "restore")
        with runtime.write(restoring, bulk=True) as ctx:
            search.rebuild(ctx)
        with runtime.read(restoring, bulk=True) as ctx:
            return bool(verify(ctx)["ok"])
