"""`python -m mnistlab` is the command line."""

import sys

from mnistlab.cli import main

sys.exit(main())
