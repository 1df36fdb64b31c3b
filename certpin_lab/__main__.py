"""`python -m certpin_lab` is `certpin-lab`."""

import sys

from .app.command import main

sys.exit(main())
