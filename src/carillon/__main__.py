"""`python -m carillon`."""

from __future__ import annotations

import sys

from carillon.cli.app import main

sys.exit(main())
