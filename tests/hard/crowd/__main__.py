"""A class on one machine: `python -m tests.hard.crowd [--kernels 60] [--no-neighbour] [notebook
...]`.

So many kernels run the lessons at once, while a neighbour connects to every port that is open.
Prints what was compared, what differs, what crossed from one learner to another, what the neighbour
got, and the memory of a kernel. Exits 1 unless all is as if each were alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from tests.hard.crowd.learners import Learner, crowd
from tests.hard.crowd.neighbour import Neighbour, Poked

SOLVED = Path(__file__).parents[3] / "notebooks" / "solutions"
LESSONS = [SOLVED / "00_start_here.ipynb", SOLVED / "05_man_in_the_middle.ipynb"]
SECRETS = (b"tulip-garden-42", b"word=", b"Balance:", b"THIEF-ACC", b"LANDLORD")
ROW = "{:<34} {}"


def main(arguments: Sequence[str]) -> int:
    """Let them work, print the table. Answers 0 when nothing went wrong."""
    words = argparse.ArgumentParser(
        prog="python -m tests.hard.crowd", description="Lessons in many kernels at once."
    )
    words.add_argument("--kernels", type=int, default=60)
    words.add_argument("--no-neighbour", action="store_true", help="nobody pokes at the ports")
    words.add_argument(
        "notebook", nargs="*", type=Path, help="solved notebooks (lessons 00 and 04)"
    )
    chosen = words.parse_args(arguments)
    began = time.monotonic()
    with nullcontext() if chosen.no_neighbour else Neighbour() as neighbour:
        begin = neighbour.begin if neighbour else lambda: None
        learners = asyncio.run(crowd(chosen.kernels, chosen.notebook or LESSONS, begin))
        poked = [neighbour.end()] if neighbour else []
    print(
        ROW.format(
            "kernels at once",
            f"{len(learners)}, on {os.cpu_count()} cores, in {time.monotonic() - began:.0f} s",
        )
    )
    problems = [
        *report(learners),
        *(problem for each in poked for problem in report_neighbour(each)),
    ]
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


def report(learners: Sequence[Learner]) -> list[str]:
    """Print what came of the learners; their problems, one a line."""
    memory = sorted(learner.memory for learner in learners)
    different = [f"{learner.word}: {line}" for learner in learners for line in learner.different]
    pins = {learner.world.get("pin") for learner in learners}
    crossed = [
        f"{learner.word}: {learner.world}"
        for learner in learners
        if (learner.world.get("words"), learner.world.get("verdicts"))
        != ([learner.word], ["exposed", "protected"])
    ]
    print(ROW.format("cells compared", sum(learner.compared for learner in learners)))
    print(ROW.format("outputs that differ", len(different)))
    print(ROW.format("worlds with pins of their own", len(pins)))
    print(ROW.format("words that crossed, or wrong verdicts", len(crossed)))
    middle, total = statistics.median(memory), sum(memory) / 1000
    print(
        ROW.format(
            "memory of a kernel (PSS)",
            f"{middle:.0f} MB, at most {memory[-1]:.0f}; {total:.1f} GB in all",
        )
    )
    return [
        *different,
        *crossed,
        *(["Two worlds have the same pin."] if len(pins) < len(learners) else []),
    ]


def report_neighbour(poked: Poked) -> list[str]:
    """Print what the neighbour did and got; what it should not have, one a line."""
    ways = ", ".join(f"{kind} {count}" for kind, count in poked.connections.items())
    print(ROW.format("the neighbour's ports", len(poked.ports)))
    print(ROW.format("the neighbour's connections", ways))
    answers = ", ".join(f"{line} ({count})" for line, count in poked.firsts.items()) or "none"
    print(ROW.format("answers to it", f"{answers}; {poked.handshakes} handshakes"))
    read = [f"The neighbour read {secret!r}." for secret in SECRETS if secret in poked.read]
    return read + [
        "The neighbour got a tunnel."
        for line in poked.firsts
        if " 200" in line and "Connected" in line
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
