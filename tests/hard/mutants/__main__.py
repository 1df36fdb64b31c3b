"""Change the programs in small ways, and see each change refused: `python -m tests.hard.mutants
solutions [NN.n ...]`, or `core [module ...]`.

`solutions` changes the answers of the solved lessons, and puts them to the exercises' checks (ten
minutes). `core` changes the pinning core and the lab's servers, and runs their tests on each (hours;
`--sample 20` takes twenty of each module). Prints one table and every survivor: a change that
nobody notices. Those that mean the same as before are in `equivalents.toml`, each with its reason;
any other, and a line there that no mutant has any more, ends in exit status 1.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from tests.hard.mutants import core, solutions
from tests.hard.mutants.operators import Mutant

ROW = "{:<24} {:>8} {:>8} {:>11} {:>10}"
EQUIVALENTS = Path(__file__).with_name("equivalents.toml")
Refusals = Callable[[str, Sequence[Mutant]], Sequence[bool]]


def equivalents(subject: str) -> list[str]:
    """The changes to an exercise's answer or to a module that change nothing that matters."""
    reasons = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8")).get(subject, {})
    return [change for changes in reasons.values() for change in changes]


def is_known(change: str, known: Sequence[str]) -> bool:
    """Is this change among them, with or without the place at which it is made?"""
    return any(change == each or change.endswith(f": {each}") for each in known)


def refused(id: str, chosen: Sequence[Mutant]) -> list[bool]:
    """For each mutant of an exercise's answer, whether the check refuses it."""
    return [solutions.refused(id, mutant) for mutant in chosen]


def sampled(mutants: list[Mutant], size: int | None, seed: int) -> list[Mutant]:
    """So many of them, the same ones for the same seed; all when no size is given."""
    return mutants if size is None else Random(seed).sample(mutants, min(size, len(mutants)))


def report(subject: str, chosen: Sequence[Mutant], refusals: Refusals) -> list[str]:
    """Print the row of a subject; its survivors, one a line."""
    accepted = [
        mutant.change
        for mutant, red in zip(chosen, refusals(subject, chosen), strict=True)
        if not red
    ]
    known = equivalents(subject)
    survivors = [change for change in accepted if not is_known(change, known)]
    same, red = len(accepted) - len(survivors), len(chosen) - len(accepted)
    print(ROW.format(subject, len(chosen), red, same, len(survivors)), flush=True)
    return [f"{subject}: {change}" for change in survivors]


def main(arguments: list[str]) -> int:
    """Answers 0 when nothing survived that is not known to mean the same, otherwise 1."""
    words = argparse.ArgumentParser(
        prog="python -m tests.hard.mutants", description="See every small change refused."
    )
    words.add_argument(
        "what", nargs="?", default="solutions", help="solutions (as without it), or core"
    )
    words.add_argument("subject", nargs="*", help="an exercise, 06.1, or a module, pinning/pins")
    words.add_argument("--sample", type=int, metavar="N", help="only so many of each")
    words.add_argument("--seed", type=int, default=0, metavar="S", help="which ones (0)")
    told = words.parse_intermixed_args(arguments)
    if told.what not in ("solutions", "core"):
        words.error(f"say solutions or core first, not {told.what}")
    known = solutions.ids() if told.what == "solutions" else core.modules()
    if wrong := set(told.subject) - set(known):
        words.error(f"there is no {', '.join(sorted(wrong))}; there are {', '.join(known)}")
    source, refusals = (
        (solutions.mutants, refused) if told.what == "solutions" else (core.mutants, core.killed)
    )
    print(ROW.format("subject", "mutants", "refused", "equivalent", "survivors"))
    found = []
    for subject in told.subject or known:
        every = source(subject)
        found += report(subject, sampled(every, told.sample, told.seed), refusals)
        found += [
            f"{subject}: no mutant any more: {known}"
            for known in equivalents(subject)
            if not any(is_known(mutant.change, [known]) for mutant in every)
        ]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
