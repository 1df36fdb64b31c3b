"""Builds the learner's notebooks from the masters.

The command is `python -m certpin_lab.authoring.build [--check] [NN ...]`. A master, in
notebooks/solutions/, is the solved lesson. Its answer cells hold nbgrader's solution markers, its
check cells a call of `check`. The nbgrader metadata is derived from these two; nbgrader's own
preprocessors then make the learner's copy in notebooks/. Both are executed headless in a fresh
kernel and written in one normal form. A master's prose is copied unchanged.
"""

from __future__ import annotations

import argparse
import base64
import difflib
import os
import re
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import preprocessors

from ..course import lessons
from . import grading

ROOT = Path(__file__).resolve().parents[2]
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_CHECK = re.compile(r"^check\(\s*\"([^\"]+)\"", re.MULTILINE)
_SOLUTION = "### BEGIN SOLUTION"
_SOLVED = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)
_SECONDS = 120  # for one cell
_DRAWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"pHYs"}


class BuildError(Exception):
    """A master cannot be built; the message says what to change."""


def marked(master: NotebookNode) -> NotebookNode:
    """The master with nbgrader's metadata on its answer and check cells, and on no other.

    An answer cell shows what a learner starts from, with its `...`, and then a solution region that
    overrides it. It belongs to the next check below it, which is worth the exercise's points.
    Raises BuildError for an answer cell without a `...` or without a check below it, and for a
    check of an exercise that is not declared.
    """
    notebook = deepcopy(master)
    answers: list[NotebookNode] = []
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
        if cell.cell_type != "code":
            continue
        if _SOLUTION in cell.source:
            if "..." not in _SOLVED.sub("", cell.source):
                raise BuildError(
                    "An answer cell must have a ... above the solution, for the learner to replace;"
                    f" this one has none:\n{cell.source}"
                )
            answers.append(cell)
        if found := _CHECK.search(cell.source):
            _mark_exercise(cell, answers, found[1])
            answers = []
    if answers:
        raise BuildError(
            f"An answer cell must have a check below it; this one has none:\n{answers[0].source}"
        )
    return notebook


def _mark_exercise(check: NotebookNode, answers: list[NotebookNode], id: str) -> None:
    try:
        points = lessons.exercise(id).points
    except LookupError as problem:
        raise BuildError(str(problem.args[0])) from problem
    name = id.replace(".", "-")
    for number, answer in enumerate(answers):
        suffix = f"-{number + 1}" if number else ""
        answer.metadata["nbgrader"] = grading.cell_metadata(f"answer-{name}{suffix}", solution=True)
    check.metadata["nbgrader"] = {
        **grading.cell_metadata(f"check-{name}", grade=True),
        "points": points,
    }


def learner_copy(master: NotebookNode) -> NotebookNode:
    """The notebook that a learner gets. Nothing is executed.

    nbgrader's preprocessors make it, in the order of its own `generate_assignment`. Raises
    BuildError when nbgrader refuses the master: regions that do not close, metadata that is not
    valid.
    """
    steps = (
        "LockCells",
        "ClearSolutions",
        "ClearOutput",
        "CheckCellMetadata",
        "ClearHiddenTests",
        "ComputeChecksums",
        "CheckCellMetadata",
    )
    notebook, resources = marked(master), dict[str, Any]()
    notebook.metadata["kernelspec"] = dict(_KERNEL)
    try:
        for step in steps:
            preprocessor = getattr(preprocessors, step)(config=grading.nbgrader_config())
            notebook, resources = preprocessor.preprocess(notebook, resources)
    except Exception as problem:
        raise BuildError(f"nbgrader refuses this master: {problem}") from problem
    return normal(notebook)


def executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """The notebook with fresh outputs, run from top to bottom in a new kernel.

    folder: the kernel's working directory. Raises BuildError when a cell raises, writes to stderr,
    or runs longer than two minutes.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = deepcopy(notebook)
    client = NotebookClient(
        notebook,
        timeout=_SECONDS,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(env=_environment())
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as problem:
        raise BuildError(f"A cell failed:\n{problem}") from problem
    for cell in notebook.cells:
        if any(output.get("name") == "stderr" for output in cell.get("outputs", [])):
            raise BuildError(f"No cell may write to stderr; this one does:\n{cell.source}")
    return normal(notebook)


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "CERTPIN_GRADING"}
    path = environment.get("PYTHONPATH")
    return {**environment, "PYTHONPATH": f"{ROOT}{os.pathsep}{path}" if path else str(ROOT)}


def normal(notebook: NotebookNode) -> NotebookNode:
    """The notebook in the form in which it is kept.

    Its metadata is fixed, its code cells are counted from 1, and it has no timings and no comments
    in its PNGs.
    """
    notebook = deepcopy(notebook)
    notebook.metadata.clear()
    notebook.metadata.update(kernelspec=dict(_KERNEL), language_info={"name": "python"})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    number = 0
    for cell in notebook.cells:
        for name in (
            "execution",
            "collapsed",
            "scrolled",
            "trusted",
            "jp-MarkdownHeadingCollapsed",
            "jupyter",
        ):
            cell.metadata.pop(name, None)
        if cell.cell_type != "code":
            continue
        number += 1
        ran = cell.execution_count is not None
        cell.execution_count = number if ran else None
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = cell.execution_count
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = _bare_png(output.data["image/png"])
    return notebook


def _bare_png(text: str) -> str:
    """The same picture without the chunks that name a program, a version or a time."""
    data = base64.b64decode(text)
    kept = [data[:8], *(chunk for kind, chunk in _chunks(data) if kind in _DRAWN)]
    return base64.b64encode(b"".join(kept)).decode()


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 8
    while offset < len(data):
        (length,) = struct.unpack_from(">I", data, offset)
        end = offset + 12 + length  # length, type, content, checksum
        yield data[offset + 4 : offset + 8], data[offset:end]
        offset = end


def written(notebook: NotebookNode) -> str:
    """The text of the notebook's file: sorted keys, indented by one space, a newline at the end."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook, version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
    return str(text).rstrip("\n") + "\n"


def read(path: Path) -> NotebookNode:
    """The notebook in this file. Raises BuildError when it is no notebook of format 4."""
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, nbformat.ValidationError) as problem:
        raise BuildError(f"{path.name} must be a notebook: {problem}") from problem
    return notebook


def differences(master: NotebookNode, committed: NotebookNode) -> list[str]:
    """Where a learner's copy is not what its master gives, as the lines of a diff.

    Sources and the metadata of cells are compared; outputs are not.
    """
    wanted, found = _outline(learner_copy(master)), _outline(committed)
    return list(
        difflib.unified_diff(found, wanted, "in notebooks/", "from the master", lineterm="", n=1)
    )


def _outline(notebook: NotebookNode) -> list[str]:
    lines: list[str] = []
    for cell in notebook.cells:
        lines.append(f"[{cell.cell_type} {cell.id} {sorted(_flat(cell.metadata))}]")
        lines += cell.source.splitlines()
    return lines


def _flat(metadata: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in metadata.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}={value!r}"


def masters(notebooks: Path, numbers: Iterable[str] = ()) -> list[Path]:
    """The masters below this folder, in order.

    numbers: only those lessons, for example "00"; all when it is empty. Raises BuildError for a
    number that no master has.
    """
    paths = sorted((notebooks / "solutions").glob("[0-9][0-9]_*.ipynb"))
    wanted = set(numbers)
    if missing := wanted - {path.name[:2] for path in paths}:
        raise BuildError(
            f"No master begins with {', '.join(sorted(missing))} in {notebooks.name}/solutions."
        )
    return [path for path in paths if not wanted or path.name[:2] in wanted]


def build(master: Path) -> list[Path]:
    """Execute a master and its learner's copy, and write both.

    Returns the files whose bytes changed. Raises BuildError as `learner_copy` and `executed` do.
    """
    copy = master.parent.parent / master.name
    solved = normal(marked(read(master)))
    changed = []
    for path, notebook in ((master, solved), (copy, learner_copy(solved))):
        text = written(executed(notebook, path.parent))
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


def check(master: Path) -> list[str]:
    """What is wrong with the learner's copy of a master, as the lines of a diff.

    Nothing is executed or written.
    """
    copy = master.parent.parent / master.name
    if not copy.exists():
        return [f"{copy.name} has not been built from its master."]
    return differences(read(master), read(copy))


def main(arguments: list[str] | None = None) -> int:
    """The command.

    Returns 0; or 1 when a lesson cannot be built or, with --check, a copy differs from its master.
    """
    parser = argparse.ArgumentParser(
        prog="python -m certpin_lab.authoring.build", description="Build the learner's notebooks."
    )
    parser.add_argument(
        "lessons", nargs="*", metavar="NN", help="lesson numbers; all when none is given"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail when a copy differs from its master",
    )
    parser.add_argument(
        "--notebooks", type=Path, default=ROOT / "notebooks", help=argparse.SUPPRESS
    )
    options = parser.parse_args(arguments)
    failed = False
    for master in masters(options.notebooks, options.lessons):
        try:
            failed |= _report(master, options.check)
        except BuildError as problem:
            print(f"{master.name}: {problem}", file=sys.stderr)  # noqa: T201
            failed = True
    return int(failed)


def _report(master: Path, only_check: bool) -> bool:
    if only_check:
        lines = check(master)
        verdict = "differs from its master. Run: make lessons" if lines else "as built"
        print("\n".join([f"{master.name}: {verdict}", *lines]))  # noqa: T201
        return bool(lines)
    changed = len(build(master))
    print(f"{master.name}: {f'{changed} files written' if changed else 'unchanged'}")  # noqa: T201
    return False


if __name__ == "__main__":
    sys.exit(main())
