"""Put known bugs back into the core, one at a time, and see the tests go red: `python -m
tests.hard.controls [--all-tests] [name ...]`.

Each bug of `bugs.py` goes into a copy of the package and its tests, in a temporary folder. Before
the first, the same tests run
without any bug: unless those are green, nothing below means anything. It takes some minutes; `make
test` runs, for each bug, only the one test that claims to catch it. Limit: the tests see these
bugs, and perhaps no others.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.hard.controls.bugs import BUGS, Bug

ROOT = Path(__file__).parents[3]
COPIED = ("certpin_lab", "tests", "data", "pyproject.toml")
TIME_LIMIT = 600.0  # seconds for one copy's tests, on a busy machine
# What the core's own tests are, for --all-tests. The others need a browser, notebooks, an
# installation, or nothing of the core.
CORE_TESTS = (
    "pinning",
    *(f"lab/test_{name}.py" for name in ("pki", "outcomes", "gateway", "clients", "scene")),
    *(f"lab/test_{name}.py" for name in ("environment", "neighbours")),
    "cases/test_broken_servers.py",
    "course/test_run_answer.py",
    "course/test_run_answer_garbage.py",
    "test_layers.py",
)
# A replacement that does not run would be "caught" by whatever touches it.
NO_BUG = (
    "SyntaxError",
    "IndentationError",
    "NameError",
    "UnboundLocalError",
    "ImportError",
    "ModuleNotFoundError",
)
ROW = "{:<66} | {:<48} | {}"


class ControlError(Exception):
    """The control itself does not work any more, so it says nothing about the tests."""


@dataclass(frozen=True)
class Result:
    """What a copy's tests said: the ones that went red, how many ran and were skipped, and whether
    they had to be stopped.
    """

    red: tuple[str, ...]
    ran: int
    skipped: int = 0
    hung: bool = False

    @property
    def caught(self) -> bool:
        """Did anything notice?"""
        return self.hung or bool(self.red)

    def __str__(self) -> str:
        if self.hung:
            return f"caught by the time limit of {TIME_LIMIT:g} seconds"
        first = ", ".join(self.red[:2]) + (", ..." if len(self.red) > 2 else "")
        return (
            f"{len(self.red)} of {self.ran}: {first}"
            if self.red
            else f"CAUGHT BY NONE of {self.ran}"
        )


def run(tests: Collection[str], bug: Bug | None = None, *, first_only: bool = False) -> Result:
    """Run these tests (files or node ids, below tests/) on a copy with the bug in it, or on a plain
    copy.

    first_only: stop at the first test that goes red. Raises `ControlError` when the bug cannot be
    put in, or pytest cannot run.
    """
    with guarded_copy() as copy:
        if bug:
            put_back(bug, copy)
        return _pytest(copy, [f"tests/{test}" for test in tests], first_only)


@contextmanager
def guarded_copy() -> Iterator[Path]:
    """A copy of the package and its tests, whose tests test it and reach loopback only."""
    with tempfile.TemporaryDirectory(prefix="certpin-lab-control-") as folder:
        copy = Path(folder).resolve()
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("controls"))
            else:
                shutil.copy2(ROOT / name, copy)
        shutil.copy2(Path(__file__).with_name("guard.py"), copy / "conftest.py")
        (copy / "tmp").mkdir()
        yield copy


def environment(copy: Path) -> dict[str, str]:
    """The environment in which a copy's tests run."""
    return os.environ | {
        "PYTHONPATH": str(copy),
        "TMPDIR": str(copy / "tmp"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def put_back(bug: Bug, copy: Path) -> None:
    """Write the bug into the copy's file.

    Raises `ControlError` unless the old text stands there exactly once.
    """
    path = copy / "certpin_lab" / bug.file
    text = path.read_text(encoding="utf-8")
    if (count := text.count(bug.old)) != 1:
        raise ControlError(
            f"{bug.name}: the code has changed: adapt this control. {bug.file} has the old text {count} times: {bug.old!r}"
        )
    path.write_text(text.replace(bug.old, bug.new), encoding="utf-8")
    for stale in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        stale.unlink()  # Python compares whole seconds and sizes: one saved just now might pass for the new text


def _pytest(copy: Path, tests: Sequence[str], first_only: bool) -> Result:
    options = [
        "-q",
        "--tb=short",
        "-p",
        "no:cacheprovider",
        "--junitxml=result.xml",
        *["--maxfail=1"] * first_only,
    ]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=copy,
            env=environment(copy),
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Result((), 0, hung=True)
    if done.returncode not in (0, 1):  # 0: all green, 1: some red. Everything else is no answer.
        raise ControlError(
            f"pytest ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}"
        )
    return _read(copy / "result.xml")


def _read(report: Path) -> Result:
    cases = list(ElementTree.parse(report).iter("testcase"))
    red = [
        case for case in cases if case.find("failure") is not None or case.find("error") is not None
    ]
    for case in red:
        for problem in (*case.iter("failure"), *case.iter("error")):
            if problem.get("message", "").split(":")[0] in NO_BUG:
                raise ControlError(f"the new text does not run: {problem.get('message')}")
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Result(tuple(case.get("name", "") for case in red), len(cases) - skipped, skipped)


def main(arguments: list[str]) -> int:
    """Print the table.

    Answers 0 when every chosen bug was caught, 1 when one was not or a control no longer works.
    """
    words = argparse.ArgumentParser(
        prog="python -m tests.hard.controls",
        description="Put known bugs back, and see tests go red.",
    )
    words.add_argument(
        "--all-tests", action="store_true", help="run all of the core's tests on each, not one file"
    )
    words.add_argument("name", nargs="*", help="part of a bug's name (all)")
    chosen = words.parse_args(arguments)
    bugs = [bug for bug in BUGS if not chosen.name or any(part in bug.name for part in chosen.name)]
    if not bugs:
        words.error("no bug has such a name")
    tests = {bug: CORE_TESTS if chosen.all_tests else (bug.claim.split("::")[0],) for bug in bugs}
    plain = run(sorted(set().union(*tests.values())))
    if plain.caught:
        print(f"Without any bug: {plain}. Mend that first.", file=sys.stderr)
        return 1
    print(f"Without any bug: {plain.ran} tests green, {plain.skipped} skipped.\n")
    print(ROW.format("bug", "real case", "caught by"))
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda bug: attempt(bug, tests[bug]), bugs)
        passed = [print_row(bug, result) for bug, result in zip(bugs, results, strict=True)]
    print(f"\n{sum(passed)} of {len(bugs)} bugs were caught.")
    return 0 if all(passed) else 1


def attempt(bug: Bug, tests: Collection[str]) -> Result | ControlError:
    """`run`, with the error as a value: one control that broke must not hide the others."""
    try:
        return run(tests, bug)
    except ControlError as error:
        return error


def print_row(bug: Bug, result: Result | ControlError) -> bool:
    """Print a bug's row, and answer whether it was caught."""
    print(
        ROW.format(
            bug.name, bug.case, f"ERROR: {result}" if isinstance(result, ControlError) else result
        ),
        flush=True,
    )
    return isinstance(result, Result) and result.caught


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
