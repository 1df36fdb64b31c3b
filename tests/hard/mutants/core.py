"""Mutants of the core, each put into a copy of the package and met by the tests of its module.

Which mutants were killed is kept under artifacts/mutants/, so that a run that was stopped goes on
where it ended, and new tests meet the survivors only. A changed module asks again for all of its
mutants, and so does an empty folder.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.hard.controls.__main__ import ROOT, ControlError, environment, guarded_copy, put_back
from tests.hard.controls.bugs import Bug
from tests.hard.mutants import operators
from tests.hard.mutants.operators import Mutant

ARTIFACTS = ROOT / "artifacts" / "mutants"
PACKAGE = ROOT / "certpin_lab"
LAB = ("server", "gateway", "attacker", "outcomes")
# The tests of a module beside those in the file of its name.
ALSO = {
    "pinning/certificate": ("pinning/test_pins.py", "lab/test_wire.py"),
    "pinning/errors": ("pinning/test_pins.py",),
    "pinning/findings": ("pinning/test_pin_doctor.py", "pinning/test_policy_linter.py"),
    "pinning/hostnames": ("pinning/test_hostnames_limits.py",),
    "pinning/key_files": ("pinning/test_vectors.py", "pinning/test_pin_doctor.py"),
    "pinning/pin_mismatch": ("pinning/test_pins.py", "pinning/test_context.py"),
    "pinning/pins": ("pinning/test_vectors.py",),
    "pinning/policy": ("pinning/test_pins.py", "pinning/test_context.py"),
    "pinning/text": ("pinning/test_pins.py", "pinning/test_hostnames.py"),
    "lab/attacker": ("lab/test_gateway.py", "lab/test_scene.py"),
    "lab/outcomes": ("lab/test_outcomes_words.py",),
    "lab/server": ("lab/test_gateway.py", "lab/test_scene.py", "cases/test_broken_servers.py"),
}


def modules() -> list[str]:
    """The core: "pinning/context", "lab/server", ..."""
    pinning = sorted(path.stem for path in (PACKAGE / "pinning").glob("[a-z]*.py"))
    return [*(f"pinning/{name}" for name in pinning), *(f"lab/{name}" for name in LAB)]


def tests(module: str) -> list[str]:
    """The test files that a mutant of this module meets, those of its own name first."""
    folder, name = module.split("/")
    named = [f"tests/{file}" for file in (f"{folder}/test_{name}.py", *ALSO.get(module, ()))]
    return [file for file in named if (ROOT / file).exists()]


def _text(module: str) -> str:
    return (PACKAGE / f"{module}.py").read_text(encoding="utf-8")


def mutants(module: str) -> list[Mutant]:
    """Every mutant of this module, in an order that never changes."""
    return list(operators.mutants(_text(module)))


@contextmanager
def _asking(copy: Path, tests: Sequence[str]) -> Iterator[Callable[[], int]]:
    """A function that runs the tests on the copy as it stands, and answers pytest's status."""
    command = [sys.executable, "-m", "tests.hard.mutants.warm", *tests]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=copy, env=environment(copy), stdin=pipe, stdout=pipe, text=True
    ) as warm:
        assert warm.stdin is not None
        assert warm.stdout is not None

        def ask() -> int:
            print("run", file=warm.stdin, flush=True)
            return int(warm.stdout.readline())

        yield ask
        warm.stdin.close()


def run(module: str, chosen: Sequence[Mutant]) -> Iterator[bool]:
    """For each mutant, whether a test went red, or it did not even run, or never ended.

    Raises `ControlError` unless the tests are green without a mutant.
    """
    text, files = _text(module), tests(module)
    with guarded_copy() as copy, _asking(copy, files) as ask:
        if status := ask():
            raise ControlError(f"without a mutant pytest ends with {status}: {' '.join(files)}")
        for mutant in chosen:
            put_back(Bug(mutant.change, "", f"{module}.py", text, mutant.source, ""), copy)
            yield ask() != 0
            (copy / "certpin_lab" / f"{module}.py").write_text(text, encoding="utf-8")


def killed(module: str, chosen: Sequence[Mutant]) -> list[bool]:
    """The same as `run`, but a mutant that an earlier run has killed is not asked again."""
    ledger = ARTIFACTS / module.replace("/", "-")
    ledger.parent.mkdir(parents=True, exist_ok=True)
    ledger.touch()
    keys = [hashlib.sha256(mutant.source.encode()).hexdigest() for mutant in chosen]
    dead = set(ledger.read_text().split())
    left = [number for number, key in enumerate(keys) if key not in dead]
    found = run(module, [chosen[number] for number in left]) if left else iter(())
    for number, red in zip(left, found, strict=True):
        if red:
            dead.add(keys[number])
            with ledger.open("a") as file:
                print(keys[number], file=file)
    return [key in dead for key in keys]
