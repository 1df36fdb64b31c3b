"""One target under atheris, in a process of its own: `python -m tests.hard.fuzz` starts it, and
reads the numbers that it leaves in a file.

Every input is run under real bounds: `SECONDS` by libFuzzer's alarm, `MEGABYTES` by the operating
system. An input that breaks a promise is kept, the shortest for each place in the code, and the
search goes on. Limit: what hangs or dies in C ends the process; libFuzzer then writes the input
into the same folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import time
from collections import Counter
from pathlib import Path
from random import Random

import atheris

INSTRUMENTED = ["certpin_lab", "idna.core", "tests.hard.fuzz.targets"]
with atheris.instrument_imports(include=INSTRUMENTED):
    from tests.hard.fuzz.mutate import mutate
    from tests.hard.fuzz.seeds import KINDS
    from tests.hard.fuzz.targets import TARGETS, Target, place

SECONDS, MEGABYTES = 5, 512
LONG, TIMES = 1 << 16, 4  # a stretched input in bytes, and the factor to the second one
HERE = Path(__file__).parent


class Search:
    """Runs inputs and counts: `one` is what libFuzzer calls."""

    def __init__(self, target: Target, folder: Path, seconds: float, inputs: int) -> None:
        self.target, self.folder = target, folder
        self.inputs, self.most, self.ends = 0, inputs, time.monotonic() + seconds
        self.outcomes: Counter[str] = Counter()
        self.slowest = 0.0
        self.began_with = megabytes()
        self.crashes: dict[str, dict[str, str | int]] = {}
        self.written = 0.0

    def one(self, data: bytes) -> None:
        self.run(data)
        now = time.monotonic()
        if self.inputs >= self.most or now >= self.ends:
            self.write()
            os._exit(0)  # libFuzzer has no other way to stop after a count of our own
        if now - self.written > 1:
            self.write()

    def run(self, data: bytes) -> float:
        self.inputs += 1
        began = time.perf_counter()
        try:
            self.outcomes[self.target(data)] += 1
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
            self.keep(place(error), data)
        took = time.perf_counter() - began
        self.slowest = max(self.slowest, took)
        return took

    def keep(self, where: str, data: bytes) -> None:
        known = self.crashes.get(where)
        if known and int(known["length"]) <= len(data):
            return
        file = self.folder / "found" / hashlib.sha256(where.encode()).hexdigest()[:12]
        file.write_bytes(data)
        first = known["first"] if known else self.inputs
        self.crashes[where] = {"file": file.name, "length": len(data), "first": first}
        self.write()

    def write(self) -> None:
        self.written = time.monotonic()
        names = ("inputs", "outcomes", "slowest", "began_with", "crashes")
        numbers = {name: getattr(self, name) for name in names} | {"peak": megabytes()}
        (self.folder / "numbers.json").write_text(json.dumps(numbers))


def megabytes() -> float:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def stretch(search: Search, seeds: list[bytes]) -> None:
    """Long inputs made of one piece over and over: one whose time grows with the square of its
    length is a finding.
    """
    pieces = {
        piece
        for seed in seeds
        for piece in (seed, seed[:1], seed[:16], *seed.splitlines(keepends=True)[:1])
    }
    for piece in sorted(filter(None, pieces)):
        longer = (piece * (TIMES * LONG // len(piece) + 1))[: TIMES * LONG]
        short, long = search.run(longer[:LONG]), search.run(longer)
        if long > 1 and long > short * TIMES * 2:
            search.keep("its time grows faster than its length", longer)
            return


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("target")
    words.add_argument("folder", type=Path)
    words.add_argument("--seconds", type=float, default=float("inf"))
    words.add_argument("--inputs", type=int, default=1 << 62)
    chosen = words.parse_args()
    target = TARGETS[chosen.target]
    seeds = [seed for kind in target.seeds for seed in KINDS[kind]()]
    corpus, kept = chosen.folder / "corpus", HERE / "corpus" / target.name
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    search = Search(target, chosen.folder, chosen.seconds, chosen.inputs)
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))
    stretch(search, seeds)

    def change(data: bytes, longest: int, seed: int) -> bytes:
        if seed % 2:
            return atheris.Mutate(data, longest)
        return mutate(data, Random(seed), seeds)[:longest]

    bounds = [f"-max_len={target.longest}", f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}"]
    folders = [str(corpus), *([str(kept)] if kept.is_dir() else [])]
    artifacts = f"-artifact_prefix={chosen.folder / 'found'}/"
    atheris.Setup(
        ["fuzz", *bounds, artifacts, "-print_final_stats=0", *folders],
        search.one,
        custom_mutator=change,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
