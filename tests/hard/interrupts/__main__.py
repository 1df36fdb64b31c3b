"""Stop the lab's code anywhere and look whether the next cell works: `python -m
tests.hard.interrupts [--all | --points N] [scenario ...]`.

Each scenario (see `scenarios.py`) is interrupted once for each chosen point, run again with the
same objects, and once more with new ones; then no thread, port, descriptor or temporary file of it
may be left. One row for each scenario and kind of point; the exit status is 1 where something did
not hold, with the line that was interrupted, unless it is one of the gaps in `KNOWN`. Limit: see
`inject.py`; `kernel.py` sends real signals to a real kernel.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from certpin_lab.lab.outcomes import find_error
from tests.hard.interrupts.inject import (
    PLACES,
    Interrupter,
    Left,
    nothing_left,
    unraisable_interrupts,
)
from tests.hard.interrupts.scenarios import SCENARIOS

ROW = "{:<37} {:<10} {:>7} {:>7} {:>7}  {:>7}"
POINTS = 40  # of each scenario and kind of point
# Where an interrupt does harm, and we leave it at that: (what was interrupted, what came of it,
# why).
KNOWN = (
    (
        "in Gateway.hijack",
        "stayed hostile",
        "in its `finally` CPython looks for no signal; only a tracer can strike there",
    ),
    (
        "in _GeneratorContextManager.",
        "stayed hostile",
        "until the traceback goes: `with` has no hold yet, or none any more",
    ),
    (
        "",
        "left behind: file certpin-lab-",
        "`tempfile` itself was interrupted while it made or removed its folder",
    ),
)


def strike(scenario: Callable[..., None], interrupter: Interrupter) -> int:
    """Run a scenario with its cell interrupted, and answer how many points there were.

    Raises AssertionError for what is wrong.
    """
    kept: list[BaseException] = []  # a notebook keeps the last traceback

    def cell(work: Callable[[], Any]) -> Any:
        try:
            with interrupter:
                first = work()
        except BaseException as error:
            if find_error(error, KeyboardInterrupt) is None:
                raise
            kept.append(error)  # the interrupt, or what a library made of it
            return work()
        return first

    with unraisable_interrupts():
        scenario(cell)
        del cell
        for each in kept:
            forget(each)
        kept.clear()
        gc.collect()
    return interrupter.count


def forget(error: BaseException | None) -> None:
    """What happens when the next error takes the place of this one."""
    while error:
        error.__traceback__, error = None, error.__context__


def attempt(scenario: Callable[..., None], place: str, target: int, temporary: Path) -> str:
    """Interrupt at this point, then run the scenario once more.

    Answers what did not hold, and where; "" when all did.
    """
    interrupter = Interrupter(place, target)
    try:
        with nothing_left(temporary):
            strike(scenario, interrupter)
            scenario(lambda work: work())
    except Left as left:
        return f"{interrupter.struck or target}: left behind: {left}"
    except BaseException as error:  # noqa: BLE001  # whatever came out is the finding
        lines = traceback.extract_tb(error.__traceback__)
        last = next(
            (line for line in reversed(lines) if line.filename.endswith("scenarios.py")), lines[-1]
        )
        place = f"{Path(last.filename).name}:{last.lineno}"
        kind = type(error).__name__
        return f"{interrupter.struck or target}: {kind} in {place}: {str(error)[:300]}"
    return ""


def sample(name: str, place: str, count: int, points: int | None) -> Sequence[int]:
    """Which of `count` points to try: all of them (`points` None), or so many, the same each time."""
    if points is None or points >= count:
        return range(count)
    return sorted(random.Random(f"{name}, {place}").sample(range(count), points))


def search(name: str, place: str, points: int | None, temporary: Path) -> list[str]:
    """Try a scenario at some or all points of a kind, print its row, and answer what did not hold."""
    scenario, began = SCENARIOS[name], time.monotonic()
    count = min(
        strike(scenario, Interrupter(place)) for _ in range(2)
    )  # the first time, something may still be imported
    chosen = sample(name, place, count, points)
    found = [
        problem for target in chosen if (problem := attempt(scenario, place, target, temporary))
    ]
    print(
        ROW.format(
            name,
            place,
            count,
            len(chosen),
            len(chosen) - len(found),
            f"{time.monotonic() - began:.0f} s",
        ),
        flush=True,
    )
    return [f"{name}, {problem}" for problem in found]


def main(arguments: list[str]) -> int:
    """Print the table. Answers 0 when all held, otherwise 1."""
    words = argparse.ArgumentParser(
        prog="python -m tests.hard.interrupts",
        description="Stop the lab's code anywhere: does the next cell work?",
    )
    bound = words.add_mutually_exclusive_group()
    bound.add_argument("--all", action="store_true", help="every point")
    bound.add_argument(
        "--points", type=int, default=POINTS, help=f"of each scenario and kind ({POINTS})"
    )
    words.add_argument(
        "--place", action="append", choices=PLACES, help="kind of point, may be repeated (all)"
    )
    words.add_argument("scenario", nargs="*", help="part of a scenario's name (all)")
    chosen = words.parse_args(arguments)
    names = [
        name
        for name in SCENARIOS
        if not chosen.scenario or any(part in name for part in chosen.scenario)
    ]
    if not names:
        words.error(f"no scenario has such a name; there are {', '.join(SCENARIOS)}")
    warnings.simplefilter(
        "ignore", ResourceWarning
    )  # what is not closed but let go is the very thing looked at
    with tempfile.TemporaryDirectory(prefix="interrupts-") as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        print(ROW.format("scenario", "points", "in all", "tried", "held", "time"))
        found = [
            problem
            for name in names
            for place in chosen.place or PLACES
            for problem in search(name, place, None if chosen.all else chosen.points, Path(folder))
        ]
    new = [problem for problem in found if not known(problem)]
    for title, problems in (
        ("Known:", [each for each in found if known(each)]),
        ("Did not hold:", new),
    ):
        if problems:
            print("", title, *problems, sep="\n")
    return 1 if new else 0


def known(problem: str) -> bool:
    """Is this one of the gaps that are stated?"""
    return any(where in problem and what in problem for where, what, _why in KNOWN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
