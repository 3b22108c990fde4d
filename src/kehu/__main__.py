"""`python -m kehu` is `kehu`."""

import sys

from kehu.entry.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
