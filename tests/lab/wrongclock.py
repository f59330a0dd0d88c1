"""`python -m tests.lab.wrongclock ARGUMENTS`: `carillon ARGUMENTS` by a wrong clock, which what it starts has, too.

The product starts its supervisor with an environment of its own, so that nothing of an administrator's gets there.
"""

from __future__ import annotations

import os
import sys

from carillon.cli.app import main
from carillon.supervision import start

OURS = ("LD_PRELOAD", "CARILLON_LAB_CLOCK")

if __name__ == "__main__":
    start._ENVIRONMENT.update({name: os.environ[name] for name in OURS})
    sys.exit(main(tuple(sys.argv[1:])))
