"""Search for inputs that break a reader's promises: `python -m tests.hard.fuzz [--seconds N |
--inputs N] [target ...]`.

Runs atheris on each target (see `targets.py`) in a process of its own, one after the other, and
prints one table. What is found is saved under artifacts/fuzz/, and the exit status is 1. Limit: a
search that finds nothing proves nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from tests.hard.fuzz.targets import ROOT, TARGETS

ARTIFACTS = ROOT / "artifacts" / "fuzz"
ROW = "{:<19} {:>10}  {:<46} {:>13}  {:>18}  {:>7}"
INSTALL = "atheris is missing. It runs on CPython 3.11 to 3.13, on Linux: {} -m pip install 'atheris>=3.0'"


def main(arguments: list[str]) -> int:
    """Run the chosen targets.

    Answers 0 when nothing was found, 1 for a finding, 2 when atheris is missing.
    """
    words = argparse.ArgumentParser(
        prog="python -m tests.hard.fuzz",
        description="Search for inputs that break a reader's promises.",
    )
    bound = words.add_mutually_exclusive_group()
    bound.add_argument(
        "--seconds", type=float, default=60, help="in all, shared evenly by the targets (60)"
    )
    bound.add_argument("--inputs", type=int, help="for each target")
    words.add_argument("target", nargs="*", help=f"of {', '.join(TARGETS)} (all)")
    chosen = words.parse_args(arguments)
    if unknown := set(chosen.target) - set(TARGETS):
        words.error(
            f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}"
        )
    if not importlib.util.find_spec("atheris"):
        print(INSTALL.format(sys.executable), file=sys.stderr)
        return 2
    names = chosen.target or list(TARGETS)
    limit = (
        ["--inputs", str(chosen.inputs)]
        if chosen.inputs
        else ["--seconds", str(chosen.seconds / len(names))]
    )
    print(ROW.format("target", "inputs", "outcomes", "slowest input", "peak memory", "crashes"))
    found = [line for name in names for line in search(name, limit)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def search(name: str, limit: list[str]) -> list[str]:
    """Run one target, print its row, and answer a line for each finding."""
    folder = ARTIFACTS / name
    for each in (folder / "corpus", folder / "found"):
        each.mkdir(parents=True, exist_ok=True)
    numbers = folder / "numbers.json"
    numbers.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.hard.fuzz.child", name, str(folder), *limit]
    with (folder / "log").open("w") as log:
        done = subprocess.run(command, stdout=log, stderr=log, cwd=ROOT, check=False)
    return report(
        name, folder, json.loads(numbers.read_text()) if numbers.exists() else None, done.returncode
    )


def report(name: str, folder: Path, numbers: dict | None, status: int) -> list[str]:
    """Print the row of a target; its findings, one a line.

    `status` is how its process ended, `numbers` what it left.
    """
    crashes = {} if numbers is None else numbers["crashes"]
    found = [
        f"{name}: {where}\n    {folder / 'found' / crash['file']} ({crash['length']} bytes; first after {crash['first']} inputs)"
        for where, crash in crashes.items()
    ]
    if status or numbers is None:
        found.append(
            f"{name}: the process ended with status {status}. Its last words are in {folder / 'log'}, its input in found/."
        )
    if numbers:
        outcomes = ", ".join(
            f"{word} {count}" for word, count in sorted(numbers["outcomes"].items())
        )
        memory = f"{numbers['peak']:.0f} MB (+{numbers['peak'] - numbers['began_with']:.0f})"
        print(
            ROW.format(
                name,
                numbers["inputs"],
                outcomes,
                f"{numbers['slowest'] * 1000:.1f} ms",
                memory,
                len(found),
            ),
            flush=True,
        )
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
