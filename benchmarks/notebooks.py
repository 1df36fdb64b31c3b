"""The course as a reader or a test run meets it: strict nbval of all lessons, and the memory of a
kernel.

nbval's side of the comparison are as many notebooks whose only cell imports every module that the
lesson had loaded at its end, so what is compared is the lessons' own work, and not what starting
Python, Jupyter, matplotlib and httpx costs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

from .measure import Row, Sides, Target, timed
from .world import ENVIRONMENT, ROOT

FOLDER = ROOT / "notebooks"
MASTERS = sorted((FOLDER / "solutions").glob("*.ipynb"))
LOADED = "import sys, json; print(json.dumps(sorted(set(sys.modules) - set({before!r}))))"
ONE_FIGURE = """import matplotlib.pyplot as plt
plt.plot([1, 2, 4])
plt.show()"""


def _nbval(paths: list[Path]) -> None:
    """As `make test` runs it, but in one process.

    Raises CalledProcessError unless every output is as stored.
    """
    options = [
        "--nbval",
        "--nbval-current-env",
        "--nbval-cell-timeout=60",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
    ]
    command = [sys.executable, "-m", "pytest", "--rootdir", paths[0].parent, *options, *paths]
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)


def _run(notebook: nbformat.NotebookNode) -> tuple[str, float]:
    """Execute it in a new kernel; returns what its last cell printed, and the kernel's resident
    memory at the end, in MB.
    """
    with tempfile.TemporaryDirectory() as work:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=120,
            extra_arguments=["--IPKernelApp.log_level=40"],
            resources={"metadata": {"path": work}},
        )
        with client.setup_kernel(env=ENVIRONMENT):
            for number, cell in enumerate(notebook.cells):
                client.execute_cell(cell, number)
            kernel = psutil.Process(client.km.provisioner.pid)
            printed = "".join(
                each.get("text", "") for each in notebook.cells[-1].get("outputs", ())
            )
            return printed, kernel.memory_info().rss / 1e6


def _cells(*sources: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def _modules(path: Path, before: list[str]) -> list[str]:
    """What a lesson has loaded at its end, beyond what a new kernel has."""
    lesson = nbformat.read(path, as_version=4)
    lesson.cells.append(nbformat.v4.new_code_cell(LOADED.format(before=before)))
    return json.loads(_run(lesson)[0])


def _imports_only(modules: list[str]) -> nbformat.NotebookNode:
    lines = [
        "import importlib",
        "from contextlib import suppress",
        f"for name in {modules!r}:",
        "    with suppress(ImportError):  # some modules exist only inside another",
        "        importlib.import_module(name);",
    ]
    return _cells("\n".join(lines))


@contextmanager
def whole_course(quick: bool) -> Iterator[Sides]:
    """Learners' and solved notebooks, all in one run of pytest for each side."""
    solved = MASTERS[:1] if quick else MASTERS
    before = json.loads(_run(_cells(LOADED.format(before=[])))[0])
    with tempfile.TemporaryDirectory() as folder:
        bare = []
        for master in solved:
            notebook = _imports_only(_modules(master, before))
            for kind in ("learner", "solved"):
                bare.append(Path(folder, f"{kind}-{master.name}"))
                nbformat.write(notebook, bare[-1])
        lessons = [path for master in solved for path in (FOLDER / master.name, master)]
        yield timed(lambda: _nbval(lessons)), timed(lambda: _nbval(bare))


@contextmanager
def kernel_memory(quick: bool) -> Iterator[Sides]:
    """The lesson that leaves the most memory in use, found by running each of them once."""
    lessons = MASTERS[:1] if quick else MASTERS
    heaviest = max(lessons, key=lambda path: _run(nbformat.read(path, as_version=4))[1])
    print(f"The heaviest lesson is {heaviest.name}.", file=sys.stderr)
    yield (
        lambda: _run(nbformat.read(heaviest, as_version=4))[1],
        lambda: _run(_cells("%matplotlib inline", ONE_FIGURE))[1],
    )


ROWS = (
    Row(
        "nbval",
        "strict nbval of the whole course",
        "notebooks that only import",
        "ms",
        Target(1.5),
        whole_course,
        2,
        1,
    ),
    Row(
        "memory",
        "kernel after the heaviest lesson",
        "one that drew a figure",
        "MB",
        Target(1.25),
        kernel_memory,
        7,
        1,
    ),
)
