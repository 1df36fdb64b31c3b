"""Measure against peers, and print one table of ratios: `python -m benchmarks [--quick] [--json
FILE] [--profile] [row ...]`.

Every module's rows are measured in a process of their own, one after the other. The table gives the
median of the pairs' ratios, and between which two values four in five of them lie. Limit: the
ratios are this machine's, and while something else runs on it they are noise.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import ssl
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .measure import Row, percentile
from .world import ENVIRONMENT, ROOT

MODULES = ("handshake", "clients", "issuing", "attacker", "matrix", "importing", "notebooks")
SAVED = ROOT / "artifacts" / "bench.json"
BUSY = 0.5  # load above which the machine counts as busy
LINE = "| {:<46} | {:<30} | {:>18} | {:>18} | {:>5} | {:>11} | {:>8} | {:<6} |"
HEAD = ("what", "against", "ours", "theirs", "ratio", "4 in 5", "target", "")


def rows() -> dict[str, tuple[str, Row]]:
    """Every row by name, with the module it stands in."""
    return {
        row.name: (name, row)
        for name in MODULES
        for row in importlib.import_module(f"benchmarks.{name}").ROWS
    }


def main(arguments: Sequence[str]) -> int:
    """Measure, print, save. Answers 1 when a target was missed or a row could not be measured."""
    known = rows()
    words = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure against peers, in ratios."
    )
    words.add_argument(
        "--quick",
        action="store_true",
        help="a few samples only: shows that the rows work, not how fast",
    )
    words.add_argument(
        "--json",
        type=Path,
        default=SAVED,
        metavar="FILE",
        help=f"default: {SAVED.relative_to(ROOT)}",
    )
    words.add_argument(
        "--profile",
        action="store_true",
        help="show where our side's time goes, instead of measuring",
    )
    words.add_argument("row", nargs="*", help=f"of {', '.join(known)} (all)")
    chosen = words.parse_args(arguments)
    if unknown := set(chosen.row) - set(known):
        words.error(f"there is no row {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    names = chosen.row or list(known)
    if chosen.profile:
        return profile(dict.fromkeys(known[name][0] for name in names))
    if (load := os.getloadavg()[0]) > BUSY:
        print(
            f"The machine is busy (load {load:.1f}): the spread will be wide, "
            "and the ratios may be off.",
            file=sys.stderr,
        )
    print(LINE.format(*HEAD))
    print(LINE.format(*("-" * 5 for _ in HEAD)))
    results = [result for name in names for result in measured(name, known[name][0], chosen.quick)]
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(
        json.dumps({"machine": machine(load), "quick": chosen.quick, "rows": results}, indent=1)
        + "\n"
    )
    print(f"\nSaved with every sample in {chosen.json}.", file=sys.stderr)
    return 0 if all(result["met"] for result in results) else 1


def measured(name: str, module: str, quick: bool) -> list[dict[str, Any]]:
    """Measure one row in a new process, and print its line."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.measure",
        module,
        name,
        *(["--quick"] if quick else []),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE, text=True
    )
    results: list[dict[str, Any]] = json.loads(done.stdout)
    for result in results:
        print(line(result), flush=True)
    return results


def line(result: dict[str, Any]) -> str:
    """A row of the table. Of each side the median, with the 10th and the 90th percentile."""
    what, against, target = result["what"], result["against"], result["target"]
    if result["skipped"]:
        return (
            LINE.format(what, against, "", "", "", "", target, "")
            + f"\n    skipped: {result['skipped']}"
        )
    ours, theirs = (spread(result[side], result["unit"]) for side in ("ours", "theirs"))
    between = f"{result['low']:.2f}-{result['high']:.2f}"
    return LINE.format(
        what,
        against,
        ours,
        theirs,
        f"{result['ratio']:.2f}",
        between,
        target,
        "met" if result["met"] else "MISSED",
    )


def spread(samples: Sequence[float], unit: str) -> str:
    """The median and its unit: seconds where milliseconds are many."""
    middle, shown = percentile(samples, 50), unit
    if unit == "ms" and middle >= 2000:
        middle, shown = middle / 1000, "s"
    return f"{middle:.3g} {shown}" if middle < 1000 else f"{middle:.0f} {shown}"


def profile(modules: Sequence[str] | dict[str, None]) -> int:
    """Show where the time of our side goes, for the modules that have a `workload`, or a `report`
    of their own.
    """
    for name in modules:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"== {name}")
        if hasattr(module, "report"):
            print(module.report())
        elif hasattr(module, "workload"):
            from .profiling import cpu_profile

            cpu_profile(module.workload)
        else:
            print("This one has no profile.")
    return 0


def machine(load: float) -> dict[str, Any]:
    """What the ratios depend on."""
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load before": load,
        "libraries": {
            name: _version(name)
            for name in ("cryptography", "urllib3", "aiohttp", "trustme", "matplotlib", "nbval")
        },
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
