"""Two ways to do the same work, in pairs: what a row of the table is, how it is sampled, what is
said about it.

A ratio is taken inside each pair, whose two samples are neighbours in time, so a machine that slows
down slows both. What it
cannot see: a difference that is the same on every run, such as a library that was built with other
compiler flags.
"""

from __future__ import annotations

import gc
import importlib
import json
import math
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass

Side = Callable[[], float]
Sides = tuple[Side, Side]


class Skipped(Exception):
    """This row cannot be measured here; the message says why and what to do."""


@dataclass(frozen=True)
class Target:
    """The ratio to reach: at most `limit`, or at least."""

    limit: float
    at_least: bool = False

    def met_by(self, ratio: float) -> bool:
        """Whether a ratio of ours to theirs is good enough."""
        return ratio >= self.limit if self.at_least else ratio <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True)
class Row:
    """One row of the table.

    sides: called with `quick`, a context manager whose value is (ours, theirs). Each of the two
        does the work once and returns how much it took, or how much it got done, in `unit`. Raises
        `Skipped` when it cannot be measured here.
    pairs, quick_pairs: how many pairs of samples are taken. One more is taken before, and
    forgotten.
    """

    name: str
    what: str
    against: str
    unit: str
    target: Target
    sides: Callable[[bool], AbstractContextManager[Sides]]
    pairs: int
    quick_pairs: int = 3


@dataclass(frozen=True)
class Result:
    """What came of a row.

    `ours` and `theirs` are the samples, in pairs; both are empty when the row was skipped.
    """

    name: str
    what: str
    against: str
    unit: str
    target: str
    ours: Sequence[float] = ()
    theirs: Sequence[float] = ()
    ratio: float = math.nan
    low: float = math.nan
    high: float = math.nan
    met: bool = False
    skipped: str = ""


def timed(work: Callable[[], object]) -> Side:
    """A side that takes the time of `work`, in milliseconds of wall clock."""

    def side() -> float:
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) * 1000

    return side


def sample(ours: Side, theirs: Side, pairs: int) -> tuple[list[float], list[float]]:
    """`pairs` samples of each, taken in turns; who goes first is drawn anew for each pair.

    A first pair warms up and does not count.
    """
    coin = random.Random(0)
    taken: tuple[list[float], list[float]] = [], []
    with _no_garbage_collection():
        for _ in range(pairs + 1):
            for side in coin.sample((0, 1), 2):
                gc.collect()
                taken[side].append((ours, theirs)[side]())
    return taken[0][1:], taken[1][1:]


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """The collector runs between samples, never inside one.

    What was there before is not looked at again, so it is quick.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the values lie, between two of them in proportion (numpy's
    default).
    """
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def measure(row: Row, *, quick: bool = False) -> Result:
    """Sample a row, and compare: the ratio is ours / theirs, so 2.0 means twice as much of
    `row.unit` on our side.
    """
    label = (row.name, row.what, row.against, row.unit, str(row.target))
    try:
        with row.sides(quick) as (ours, theirs):
            samples = sample(ours, theirs, row.quick_pairs if quick else row.pairs)
    except Skipped as reason:
        return Result(*label, skipped=str(reason))
    ratios = [one / other for one, other in zip(*samples, strict=True)]
    middle = statistics.median(ratios)
    return Result(
        *label,
        *samples,
        middle,
        percentile(ratios, 10),
        percentile(ratios, 90),
        row.target.met_by(middle),
    )


def main() -> None:
    """Measure one row of one module in this process, and print it as JSON.

    `python -m benchmarks` starts one for each.
    """
    module, name, *options = sys.argv[1:]
    rows: Sequence[Row] = importlib.import_module(f"benchmarks.{module}").ROWS
    print(
        json.dumps(
            [asdict(measure(row, quick="--quick" in options)) for row in rows if row.name == name]
        )
    )


if __name__ == "__main__":
    main()
