"""`import certpin_lab` in a fresh interpreter, against the two imports that no TLS lab in Python
can do without.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from .measure import Row, Sides, Target, timed
from .world import ENVIRONMENT, ROOT

OURS = "import certpin_lab"
SCENE = "from certpin_lab import Scene"  # the whole core
THEIRS = "import ssl, cryptography.x509"


def _python(code: str, *options: str) -> str:
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=ENVIRONMENT,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ).stdout


def whole_process(statement: str) -> Callable[[bool], AbstractContextManager[Sides]]:
    """From the start of the interpreter to its end."""

    @contextmanager
    def sides(_quick: bool) -> Iterator[Sides]:
        yield timed(lambda: _python(statement)), timed(lambda: _python(THEIRS))

    return sides


def report() -> str:
    """What `--profile` prints instead of a call profile: the costliest imports, cumulative, in
    microseconds.
    """
    lines = [
        line
        for line in _python(SCENE, "-X", "importtime").splitlines()
        if line.startswith("import time:")
    ]
    return "\n".join(sorted(lines[1:], key=lambda line: -int(line.split("|")[1]))[:40])


ROWS = (
    Row("import", OURS, THEIRS, "ms", Target(1.3), whole_process(OURS), 60),
    Row("import-scene", SCENE, THEIRS, "ms", Target(1.3), whole_process(SCENE), 60),
)
