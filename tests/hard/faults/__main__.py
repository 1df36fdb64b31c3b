"""Every entry point meets every faulty peer: `python -m tests.hard.faults [--runs N] [fault ...]`.

Prints one table, fault x entry point -> outcome, and the longest time it took. Exits 1 when a cell
is not as `claims.py` says, or took longer than any deadline of the lab, or when something is left
open. It waits a lot: 40 seconds a run. Limit: `claims.py` has the reasons.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from tests.hard.faults import claims, peers
from tests.hard.faults.cells import ENTRIES, TARGETS, Cell, limit, meets, trials_with_faults

AT_ONCE = 40  # cells: they mostly wait
ROW = "{:<36} | {:<52} | {}"
Job = tuple[str, str, str, Callable[[], Cell]]  # fault, entry point, claim, and what to run


def jobs(names: list[str]) -> Iterator[Job]:
    """Every cell of the chosen faults (all without a name)."""
    for peer in peers.SERVERS:
        if not names or peer.__name__ in names:
            for entry, meet in ENTRIES.items():
                yield (
                    peer.__name__,
                    entry,
                    claims.server_claim(peer.__name__, entry),
                    lambda m=meet, p=peer: m(p),
                )
    for late, callers in ((False, peers.EARLY), (True, peers.LATE)):
        for caller in callers:
            if not names or caller.__name__ in names:
                shown = caller.__name__ + (" (after handshake)" if late else "")
                for target in TARGETS:
                    claim = claims.client_claim(caller.__name__, late, target)
                    yield (
                        shown,
                        target,
                        claim,
                        lambda t=target, c=caller, late=late: meets(t, c, late=late),
                    )


def run(names: list[str]) -> bool:
    """Run the cells, print the table, and answer whether everything is as claimed."""
    before = threading.active_count(), sockets_open()
    with trials_with_faults(), ThreadPoolExecutor(AT_ONCE) as pool:
        cells = [
            (fault, entry, claim, pool.submit(work)) for fault, entry, claim, work in jobs(names)
        ]
    good = True
    for fault in dict.fromkeys(fault for fault, *_ in cells):
        good &= print_fault(fault, [cell[1:] for cell in cells if cell[0] == fault])
    return good & nothing_left(*before)


def print_fault(fault: str, cells: list[tuple[str, str, Future[Cell]]]) -> bool:
    """Print a fault's rows, one for each outcome."""
    said: dict[tuple[str, bool], list[str]] = {}
    for entry, claim, future in cells:
        cell = (
            Cell(f"RAISES {future.exception()!r}", 0.0) if future.exception() else future.result()
        )
        well = cell.outcome == claim and cell.seconds < limit()
        outcome = cell.outcome if well else f"{cell.outcome} (NOT AS CLAIMED: {claim})"
        said.setdefault((outcome, well), []).append(f"{entry} {cell.seconds:.1f}")
    for number, ((outcome, _), entries) in enumerate(said.items()):
        print(ROW.format("" if number else fault, outcome, ", ".join(entries)))
    return all(well for _, well in said)


def nothing_left(threads: int, sockets: int) -> bool:
    """Is every thread and every listening socket of the run gone?"""
    gc.collect()
    until = time.monotonic() + 5
    while threading.active_count() > threads and time.monotonic() < until:
        time.sleep(0.05)
    left = [thread.name for thread in threading.enumerate()][threads:]
    more = sockets_open() - sockets
    print(f"\nLeft behind: threads {left}, sockets {more}.")
    return not left and more <= 0


def sockets_open() -> int:
    """This process's open sockets, where the system lists them."""
    folder = "/proc/self/fd"
    if not os.path.isdir(folder):  # noqa: PTH112
        return 0
    count = 0
    for name in os.listdir(folder):  # noqa: PTH208
        try:
            count += os.readlink(f"{folder}/{name}").startswith("socket:")  # noqa: PTH115
        except OSError:
            pass  # the descriptor that listed the folder
    return count


def main(arguments: list[str]) -> int:
    """Answers 0 when every cell of every run was as claimed, otherwise 1."""
    words = argparse.ArgumentParser(
        prog="python -m tests.hard.faults", description="Let every entry point meet every fault."
    )
    words.add_argument("--runs", type=int, default=1, help="how many times (1)")
    words.add_argument("fault", nargs="*", help="a fault's name (all)")
    chosen = words.parse_args(arguments)
    known = {one.__name__ for one in (*peers.SERVERS, *peers.EARLY, *peers.LATE)}
    if wrong := set(chosen.fault) - known:
        words.error(f"no fault is called {', '.join(wrong)}; there are {', '.join(sorted(known))}")
    good = True
    for number in range(1, chosen.runs + 1):
        begun = time.monotonic()
        this = run(chosen.fault)
        good &= this
        print(
            f"Run {number}: {'as claimed' if this else 'NOT AS CLAIMED'}, "
            f"{time.monotonic() - begun:.0f} seconds.\n"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
