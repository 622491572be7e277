"""`python -m dtlint`: the same as the command `dtlint`."""

import sys

from dtlint.cli import main

sys.exit(main())
