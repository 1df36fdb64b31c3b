"""The learner's notebooks come from the masters, by nbgrader's own hand, and building changes
nothing that is already built.
"""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from certpin_lab.authoring import build

ANSWER = 'answer = ...\n### BEGIN SOLUTION\nanswer = "unpinned"\n### END SOLUTION'
MASTERS = build.masters(build.ROOT / "notebooks")


def small_master(*cells: NotebookNode) -> NotebookNode:
    chosen = cells or (
        new_markdown_cell("# 00 Small\n\nWhich app?"),
        new_code_cell("from certpin_lab.course import check"),
        new_code_cell(ANSWER),
        new_code_cell('check("00.2", answer)'),
    )
    for number, cell in enumerate(chosen):
        cell["id"] = f"cell-{number}"
    return new_notebook(cells=list(chosen))


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "solutions").mkdir()
    nbformat.write(small_master(), tmp_path / "solutions" / "00_small.ipynb")
    return tmp_path


@pytest.mark.parametrize("master", MASTERS, ids=lambda path: path.name)
def test_every_learners_copy_is_its_master_but_for_the_blanks(master: Path) -> None:
    assert build.check(master) == []


@pytest.mark.parametrize("master", MASTERS, ids=lambda path: path.name)
def test_every_notebook_is_in_the_form_it_is_kept_in(master: Path) -> None:
    for path in (master, master.parent.parent / master.name):
        assert path.read_text(encoding="utf-8") == build.written(build.normal(build.read(path)))
    assert build.marked(build.read(master)) == build.read(master)


def test_the_learner_sees_the_blank_and_never_the_solution() -> None:
    master = small_master()
    answer, check = build.learner_copy(master).cells[2:]
    assert answer.source == "answer = ...\n"
    assert answer.metadata.nbgrader.solution
    assert check.source == master.cells[3].source
    assert (
        check.metadata.nbgrader.grade,
        check.metadata.nbgrader.points,
        check.metadata.editable,
    ) == (True, 1, False)


def test_nothing_but_the_blanks_differs() -> None:
    master = build.marked(small_master())
    copy = build.learner_copy(master)
    changed = [
        one.id
        for one, other in zip(master.cells, copy.cells, strict=True)
        if one.source != other.source
    ]
    assert changed == ["cell-2"]


def test_a_faded_function_keeps_its_lines_around_the_blank() -> None:
    source = "def f(x):\n    y = ...\n    ### BEGIN SOLUTION\n    y = x\n    ### END SOLUTION\n    return y"
    copy = build.learner_copy(
        small_master(new_code_cell(source), new_code_cell('check("00.2", f)'))
    )
    assert copy.cells[0].source == "def f(x):\n    y = ...\n    \n    return y"


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ([ANSWER], "must have a check below it"),
        (
            [ANSWER.replace("answer = ...\n", ""), 'check("00.2", answer)'],
            "must have a ... above the solution",
        ),
        ([ANSWER, 'check("00.3", answer)'], "no exercise"),
        ([ANSWER.replace("\n### END SOLUTION", ""), 'check("00.2", answer)'], "nbgrader refuses"),
        ([ANSWER, 'check("00.2", answer)', 'check("00.2", answer)'], "nbgrader refuses"),
    ],
)
def test_a_master_that_cannot_be_graded_is_refused(cells: list[str], complaint: str) -> None:
    with pytest.raises(build.BuildError, match=complaint):
        build.learner_copy(small_master(*map(new_code_cell, cells)))


def test_building_twice_gives_the_same_bytes(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build.main(["--notebooks", str(course)]) == 0
    files = {path: path.read_bytes() for path in course.rglob("*.ipynb")}
    assert len(files) == 2
    assert build.main(["00", "--notebooks", str(course)]) == 0
    assert {path: path.read_bytes() for path in course.rglob("*.ipynb")} == files
    assert capsys.readouterr().out == "00_small.ipynb: 2 files written\n00_small.ipynb: unchanged\n"
    learner, master = (build.read(course / name / "00_small.ipynb") for name in (".", "solutions"))
    assert "Not attempted yet" in learner.cells[3].outputs[0].data["text/plain"]
    assert "Right." in master.cells[3].outputs[0].data["text/plain"]
    assert [cell.execution_count for cell in learner.cells[1:]] == [1, 2, 3]


def test_a_copy_that_drifted_is_caught_and_left_alone(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    master, copy = course / "solutions" / "00_small.ipynb", course / "00_small.ipynb"
    assert "has not been built" in build.check(master)[0]
    nbformat.write(build.learner_copy(build.read(master)), copy)
    assert build.main(["--check", "--notebooks", str(course)]) == 0
    drifted = build.read(copy)
    drifted.cells[0].source = "# 00 Small\n\nWhich of the two?"
    nbformat.write(drifted, copy)
    before = copy.read_bytes()
    assert build.main(["--check", "--notebooks", str(course)]) == 1
    assert "-Which of the two?\n+Which app?" in capsys.readouterr().out
    assert copy.read_bytes() == before


@pytest.mark.parametrize("change", ["points", "source", "deleted", "solved"])
def test_every_kind_of_drift_is_seen(change: str) -> None:
    master = small_master()
    copy = build.learner_copy(master)
    assert build.differences(master, copy) == []
    if change == "points":
        copy.cells[3].metadata.nbgrader.points = 5
    elif change == "source":
        copy.cells[1].source += "  # "
    elif change == "deleted":
        del copy.cells[3]
    else:
        copy.cells[2].source = ANSWER
    assert build.differences(master, copy) != []


@pytest.mark.parametrize(
    ("source", "complaint"),
    [("1 / 0", "ZeroDivisionError"), ("import sys\nprint(1, file=sys.stderr)", "stderr")],
)
def test_a_lesson_that_fails_or_makes_noise_is_not_built(
    source: str, complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(build.BuildError, match=complaint):
        build.executed(build.normal(small_master(new_code_cell(source))), tmp_path)


def test_an_unknown_lesson_is_said(course: Path) -> None:
    with pytest.raises(build.BuildError, match="77"):
        build.masters(course, ["77"])


def _png(*texts: bytes) -> str:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))]
    parts += [chunk(b"tEXt", text) for text in texts]
    parts += [chunk(b"IDAT", zlib.compress(b"\x00\x00")), chunk(b"IEND", b"")]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


def test_a_picture_keeps_its_pixels_and_loses_the_name_of_its_program() -> None:
    assert build._bare_png(_png(b"Software\0Matplotlib", b"Date\0now")) == _png()
