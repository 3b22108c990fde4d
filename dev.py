#!/usr/bin/env python3
"""The one command of a developer: `python3 dev.py run`, `python3 dev.py test`. See `python3 dev.py --help`.

Needs Python 3.11 and nothing else. The work is done in tools/dev/; this file only finds a Python for it.
"""

import os
import shutil
import subprocess
import sys

MINIMUM = (3, 11)


def newer_python():  # type: ignore[no-untyped-def]  # an old Python must be able to read this file
    """Return the path of a Python that is new enough, or None."""
    for minor in (14, 13, 12, 11):
        found = shutil.which("python3.%d" % minor)  # noqa: UP031 - must be readable by old Pythons
        if found:
            return found
    return None


if __name__ == "__main__":
    if sys.version_info < MINIMUM:
        other = newer_python()  # type: ignore[no-untyped-call]
        if other is None:
            sys.exit("Kehu 需要 Python 3.11 或更新版本。/ Kehu needs Python 3.11 or newer.")
        sys.exit(subprocess.call([other, *sys.argv]))
    sys.dont_write_bytecode = True  # a clone that belongs to another user stays clean
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from tools.dev.commands import main

    sys.exit(main(sys.argv[1:]))
