"""Following a job from the terminal: run it here, or watch the server run it, with progress on stderr."""

from __future__ import annotations

import time

from kehu.base.errors import BadInput, Conflict, KehuError, NotAllowed, Unreachable
from kehu.core.jobs.table import Job, get_job
from kehu.entry.cli.shell import Progress, Shell
from kehu.runtime import server_runs

PAUSE = 0.1


class _Crashed(KehuError):
    """A job that ended by a bug."""


CLASSES: dict[int, type[KehuError]] = {3: BadInput, 4: NotAllowed, 5: Conflict, 7: Unreachable}


def follow(shell: Shell, id: int) -> Job:
    """Wait until a job has ended; run it in this process when no server does. Raises its error when it failed."""
    runtime = shell.runtime
    runner = runtime.runner()
    ours = not server_runs(shell.settings)
    with Progress(shell) as progress:
        while True:
            if ours:
                runner.run_job(id)
            with runtime.read(shell.who, shell.lang) as ctx:
                job = get_job(ctx, id)
            if job is None:
                raise BadInput("job.gone")
            progress.show(job.done, job.total)
            if job.state == "done":
                return job
            if job.state == "failed":
                raise error_of(job)
            time.sleep(PAUSE)
            if not ours and not server_runs(shell.settings):
                ours = True  # the server went away; the job goes on here


def error_of(job: Job) -> KehuError:
    """What a failed job failed of, as an error of this process."""
    told = job.error or {"code": "job.crashed", "data": {}}
    kind = CLASSES.get(int(told.get("exit", 1)), _Crashed)
    return kind(str(told["code"]), **{str(k): v for k, v in (told.get("data") or {}).items() if k != "errors"})
