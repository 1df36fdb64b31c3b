"""nbgrader's settings for the lessons, and a repair of submissions that it refuses to mark.

Learners split, duplicate, rename and delete cells. nbgrader 0.9 then stops with an error for the
whole submission (https://github.com/jupyter/nbgrader/issues/1083). A notebook under another file
name is not repaired here: nbgrader reports it.
"""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader import preprocessors as steps
from nbgrader.api import Gradebook
from traitlets.config import Config

_SECONDS = 120  # for one cell


def nbgrader_config() -> Config:
    """The settings for `nbgrader_config.py`.

    Solutions leave no stub, damaged submissions are repaired, and deleted checks are put back.
    """
    config = Config()
    # The `...` that a learner replaces is above the solution.
    config.ClearSolutions.code_stub = {"python": ""}
    config.Execute.timeout = _SECONDS
    config.OverwriteCells.add_missing_cells = True
    config.Autograde.sanitize_preprocessors = [
        steps.ClearOutput,
        steps.DeduplicateIds,
        RepairCells,
        steps.OverwriteKernelspec,
        steps.OverwriteCells,
        steps.CheckCellMetadata,
        OwnCheck,
    ]
    return config


class RepairCells(steps.NbGraderPreprocessor):  # type: ignore[misc]
    """Repairs the cells of a submission, so that every answer has one cell with its metadata.

    It strips nbgrader's metadata from cells that were duplicated or renamed, and gives a deleted
    answer cell an empty successor. That one is empty because the answer may be in a cell of the
    learner's own: the check, put back below it, sees it.
    """

    def preprocess(
        self, notebook: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """The notebook with no nbgrader cell but those that were handed out."""
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as gradebook:
            handed_out = gradebook.find_notebook(where["notebook"], where["assignment"])
            known = {cell.name for cell in handed_out.source_cells}
            answers = [cell.name for cell in handed_out.solution_cells]
        present = set()
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id not in known:
                cell.metadata.pop("nbgrader", None)
            present.add(grade_id)
        for grade_id in answers:
            if grade_id not in present:
                notebook.cells.append(_empty_answer(grade_id))
        return notebook, resources


class OwnCheck(steps.NbGraderPreprocessor):  # type: ignore[misc]
    """Makes every check cell import `check` anew, so that no `check` of the learner's own marks."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], _index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """The cell, with the import in front of it if it gives points."""
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = f"from certpin_lab.course import check\n{cell.source}"
        return cell, resources


def _empty_answer(grade_id: str) -> NotebookNode:
    cell: NotebookNode = new_code_cell("")  # type: ignore[no-untyped-call]
    cell.metadata["nbgrader"] = cell_metadata(grade_id, solution=True)
    return cell


def cell_metadata(grade_id: str, *, solution: bool = False, grade: bool = False) -> dict[str, Any]:
    """nbgrader's metadata, schema 3, for an answer cell or a check cell.

    solution: whether it is an answer cell. grade: whether it is a check cell; its points are not
    part of this.
    """
    return {
        "cell_type": "code",
        "grade": grade,
        "grade_id": grade_id,
        "locked": grade,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
