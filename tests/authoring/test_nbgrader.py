"""nbgrader itself hands out lesson 00, marks what comes back and exports the marks: full, none,
wrong and damaged submissions.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from certpin_lab.authoring import build

LESSON = "00_start_here"
MASTER = build.ROOT / "notebooks" / "solutions" / f"{LESSON}.ipynb"
CONFIG = "from certpin_lab.authoring.grading import nbgrader_config\n\nc = get_config()\nc.merge(nbgrader_config())\n"


def named(notebook: NotebookNode, grade_id: str) -> int:
    [index] = [
        n
        for n, cell in enumerate(notebook.cells)
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    ]
    return index


ANSWER, CHECK = "answer-00-2", "check-00-2"


def _right(notebook: NotebookNode) -> None:
    cell = notebook.cells[named(notebook, ANSWER)]
    cell.source += 'tomorrow = {"unpinned": "served", "pinned": "locked out"}'


def _empty(notebook: NotebookNode) -> None:
    """As it was handed out."""


def _wrong(notebook: NotebookNode) -> None:
    notebook.cells[
        named(notebook, ANSWER)
    ].source += 'tomorrow = {"unpinned": "served", "pinned": "served"}'


def _raises(notebook: NotebookNode) -> None:
    notebook.cells[named(notebook, ANSWER)].source += "tomorrow = 1 / 0"


def _check_deleted(notebook: NotebookNode) -> None:
    _right(notebook)
    del notebook.cells[named(notebook, CHECK)]


def _check_deleted_and_wrong(notebook: NotebookNode) -> None:
    _wrong(notebook)
    del notebook.cells[named(notebook, CHECK)]


def _answer_deleted(notebook: NotebookNode) -> None:
    del notebook.cells[named(notebook, ANSWER)]


def _answer_moved(notebook: NotebookNode) -> None:
    """The answer copied as text into a new cell, and both cells of the exercise deleted."""
    _right(notebook)
    index = named(notebook, ANSWER)
    notebook.cells[index : index + 2] = [nbformat.v4.new_code_cell(notebook.cells[index].source)]


def _answer_split(notebook: NotebookNode) -> None:
    """Splitting a cell in JupyterLab copies its metadata, the grade_id too."""
    _right(notebook)
    index = named(notebook, ANSWER)
    second = deepcopy(notebook.cells[index])
    first, _, rest = notebook.cells[index].source.rpartition("\n")
    notebook.cells[index].source, second.source, second["id"] = first, rest, "split"
    notebook.cells.insert(index + 1, second)


def _check_doubled(notebook: NotebookNode) -> None:
    _right(notebook)
    second = deepcopy(notebook.cells[named(notebook, CHECK)])
    second["id"] = "doubled"
    notebook.cells.append(second)


def _check_doubled_and_wrong(notebook: NotebookNode) -> None:
    _wrong(notebook)
    second = deepcopy(notebook.cells[named(notebook, CHECK)])
    second["id"] = "doubled"
    notebook.cells.append(second)


def _check_renamed(notebook: NotebookNode) -> None:
    _right(notebook)
    notebook.cells[named(notebook, CHECK)].metadata.nbgrader.grade_id = "mine"


def _check_rewritten(notebook: NotebookNode) -> None:
    _wrong(notebook)
    notebook.cells[named(notebook, CHECK)].source = "1"


def _check_redefined(notebook: NotebookNode) -> None:
    """The learner brings a `check` that is always content."""
    notebook.cells[named(notebook, "answer-00-2")].source = "check = lambda *_: 1\ntomorrow = {}"


def _points_raised(notebook: NotebookNode) -> None:
    _right(notebook)
    notebook.cells[named(notebook, CHECK)].metadata.nbgrader.points = 100


SUBMISSIONS: dict[str, tuple[Callable[[NotebookNode], None], float]] = {
    change.__name__.strip("_"): (change, mark)
    for change, mark in (
        (_right, 1),
        (_empty, 0),
        (_wrong, 0),
        (_raises, 0),
        (_check_deleted, 1),
        (_check_deleted_and_wrong, 0),
        (_answer_deleted, 0),
        (_answer_moved, 1),
        (_answer_split, 1),
        (_check_doubled, 1),
        (_check_doubled_and_wrong, 0),
        (_check_renamed, 1),
        (_check_rewritten, 0),
        (_check_redefined, 0),
        (_points_raised, 1),
    )
}


def _nbgrader(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic by its bare name
    own = {"CERTPIN_GRADING": "1", "PYTHONPATH": str(build.ROOT), "HOME": str(course), "PATH": path}
    environment = {**os.environ, **own}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    return subprocess.run(
        command,
        cwd=course,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def _submit(course: Path, student: str, change: Callable[[NotebookNode], None]) -> None:
    notebook = nbformat.read(course / "release" / "ps" / f"{LESSON}.ipynb", as_version=4)
    change(notebook)
    folder = course / "submitted" / student / "ps"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{LESSON}.ipynb")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    (folder / "nbgrader_config.py").write_text(CONFIG)
    (folder / "source" / "ps").mkdir(parents=True)
    shutil.copy(MASTER, folder / "source" / "ps")
    done = _nbgrader(folder, "generate_assignment", "ps")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def marks(course: Path) -> dict[str, float]:
    for student, (change, _) in SUBMISSIONS.items():
        _submit(course, student, change)
    done = _nbgrader(course, "autograde", "ps")
    assert done.returncode == 0, done.stderr
    done = _nbgrader(course, "export", "--to", "marks.csv")
    assert done.returncode == 0, done.stderr
    with (course / "marks.csv").open(newline="") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


def test_what_nbgrader_hands_out_is_the_learners_copy(course: Path) -> None:
    released = build.read(course / "release" / "ps" / f"{LESSON}.ipynb")
    assert build.differences(build.read(MASTER), released) == []


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_every_submission_gets_its_mark(student: str, marks: dict[str, float]) -> None:
    assert marks[student] == SUBMISSIONS[student][1]


def test_the_marked_notebook_names_the_misconception(course: Path, marks: dict[str, float]) -> None:
    assert marks["wrong"] == 0
    marked = build.read(course / "autograded" / "wrong" / "ps" / f"{LESSON}.ipynb")
    [error] = marked.cells[named(marked, CHECK)].outputs
    assert "a pin follows the bank's name" in error.evalue


def test_a_renamed_notebook_is_reported_and_not_marked(
    course: Path, marks: dict[str, float]
) -> None:
    assert marks
    folder = course / "submitted" / "renamer" / "ps"
    folder.mkdir(parents=True)
    shutil.copy(
        course / "submitted" / "right" / "ps" / f"{LESSON}.ipynb", folder / "my_homework.ipynb"
    )
    done = _nbgrader(course, "autograde", "ps", "--student", "renamer")
    assert done.returncode != 0
    assert "my_homework.ipynb" in done.stderr
