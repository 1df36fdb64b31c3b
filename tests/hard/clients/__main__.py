"""Every way into TLS, with and without pins: `python -m tests.hard.clients [--explain] [way ...]`.

Prints a row for each way; the hijacked columns have the plaintext bytes that the attacker read.
Exits 1 when a pinned client leaks a byte, when an honest one is not served, or when an unpinned
one does not leak: its row proves nothing. `requirements.txt` has the libraries; exits 2 without.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.hard.clients.cells import Cell, Row, run
from tests.hard.clients.way import Way
from tests.hard.clients.ways import WAYS

AT_ONCE = 4  # processes: each of them waits half of its time
ROW = "{:<24} | {:<34} | {:<15} | {:>8} | {:<15} | {:>8} | {}"
HEADER = ROW.format("library", "way", "honest", "hijacked", "pinned, honest", "hijacked", "verdict")


def main(arguments: Sequence[str]) -> int:
    """Print the table. Answers 0 when every row is as it should be, otherwise 1."""
    words = argparse.ArgumentParser(
        prog="python -m tests.hard.clients",
        description="Take every way into TLS, with and without pins.",
    )
    explain = "print what the client of a wrong row wrote to stderr"
    words.add_argument("--explain", action="store_true", help=explain)
    words.add_argument("way", nargs="*", help="a part of a way's name or its library's (all)")
    chosen = words.parse_args(arguments)
    parts = chosen.way or [""]
    ways = [way for key, way in WAYS.items() if any(part in key for part in parts)]
    if not ways:
        words.error("no way has such a name")
    if missing := {way.library for way in ways if not way.installed}:
        names = ", ".join(sorted(missing))
        words.error(f"not installed: {names}. Run make clients, which installs them")
    return report(ways, explain=chosen.explain)


def report(ways: Sequence[Way], *, explain: bool) -> int:
    """Print a row for each way, in their order, and what they come to."""
    print(HEADER)
    wrong = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for row in pool.map(run, ways):
            print_row(row)
            wrong += bool(row.complaint)
            if explain and row.complaint:
                print(row.stderr)
    libraries = len({way.library for way in ways})
    print(f"\n{len(ways)} ways of {libraries} libraries; {wrong or 'none'} not as it should be.")
    return 1 if wrong else 0


def print_row(row: Row) -> None:
    """Print what came of a way."""
    library = f"{row.way.library} {row.way.version}"
    verdict = row.complaint or row.way.refuses or "pinned"
    pinned = "refused" if row.way.refuses and not row.complaint else outcome(row.pinned_honest)
    unpinned = outcome(row.honest), row.hijacked.read
    columns = library, row.way.name, *unpinned, pinned, row.pinned_hijacked.read, verdict
    print(ROW.format(*columns), flush=True)


def outcome(cell: Cell) -> str:
    """What the client said; "unasked" when it was served without a byte."""
    return "unasked" if cell.said == "served" and not cell.read else cell.said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
