"""The four cells of a way: honest and hijacked, unpinned and pinned, and the verdict over them.

The attacker's bytes are those that it read inside TLS. What a protocol says in plaintext before
TLS is not counted.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.hard.clients import world
from tests.hard.clients.peers.host import Host
from tests.hard.clients.way import Way

ROOT = Path(__file__).parents[3]
DEADLINE = 90.0  # seconds for a way's four connections, on a busy machine
SERVED = "served"
STOPPED = "stopped"  # at the deadline
CASES = (
    ("unpinned", world.bank),
    ("unpinned", world.forged),
    ("pinned", world.bank),
    ("pinned", world.forged),
)
KEPT = ("PATH", "PYTHONPATH", "HOME", "TMPDIR")  # of the environment: no proxy, no trust store


@dataclass(frozen=True)
class Cell:
    """What came of a case.

    said: the client's words: served, or an error's type.
    calls, read: how often the server was called, and how many plaintext bytes it read.
    """

    said: str
    calls: int
    read: int

    @property
    def served(self) -> bool:
        """Did the client get its answer, and did it ask inside TLS?"""
        return self.said == SERVED and self.read > 0


@dataclass(frozen=True)
class Row:
    """A way and its cells. `complaint` is empty when all is as it should be."""

    way: Way
    honest: Cell
    hijacked: Cell
    pinned_honest: Cell
    pinned_hijacked: Cell
    stderr: str

    @property
    def complaint(self) -> str:
        """What is wrong, the worst first."""
        wrong = {
            f"LEAKS {self.pinned_hijacked.read} bytes": self.pinned_hijacked.read > 0,
            "SERVED by the attacker": self.pinned_hijacked.said == SERVED,
            "NEVER CALLED the attacker": not self.pinned_hijacked.calls,
            "FAILS when honest": not self.honest.served,
            "FAILS when honest and pinned": not self._as_promised(),
            "PROVES NOTHING: unpinned, it does not leak": not self.hijacked.read,
        }
        return next((words for words, true in wrong.items() if true), "")

    def _as_promised(self) -> bool:
        if self.way.refuses:
            return self.pinned_honest.said not in (SERVED, STOPPED) and not self.pinned_honest.read
        return self.pinned_honest.served


def run(way: Way) -> Row:
    """Take the way four times, in a process of its own, and to a server of its own each time."""
    with ExitStack() as opened:
        hosts = [opened.enter_context(Host(identity(), way.dialogue)) for _, identity in CASES]
        cases = [f"{pins}:{host.address[1]}" for (pins, _), host in zip(CASES, hosts, strict=True)]
        said, stderr = _child(way, cases)
    return Row(way, *map(_cell, said, hosts), stderr)


def _cell(said: str, host: Host) -> Cell:
    return Cell(said, len(host.connections), sum(len(one.received) for one in host.connections))


def _child(way: Way, cases: Sequence[str]) -> tuple[list[str], str]:
    """What the child said about each case, and its stderr."""
    command = [sys.executable, "-m", "tests.hard.clients.child", way.key, way.patched, *cases]
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=kept, text=True, **pipes) as child:
        try:
            out, err = child.communicate(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            child.kill()
            out, err = child.communicate()
    said = out.splitlines()
    return said + [STOPPED] * (len(cases) - len(said)), err
