"""`python -m certpin_lab` is `certpin-lab`."""

import sys

from .cli import main

sys.exit(main())
