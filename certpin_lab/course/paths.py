"""Where the lessons are: beside the package in a clone, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent

# `certpin-lab start` leaves this file in the folder it makes; progress is written nowhere else.
WORK_MARKER = ".certpin-work"


def lessons_dir() -> Path:
    """The folder of the learners' notebooks."""
    inside = _PACKAGE / "_lessons"
    return inside if inside.is_dir() else _PACKAGE.parent / "notebooks"


def in_clone() -> bool:
    """Whether the package runs from a clone of the project."""
    return not (_PACKAGE / "_lessons").is_dir()


def is_work_folder(folder: Path) -> bool:
    """Whether this is a learner's working folder."""
    return (folder / WORK_MARKER).is_file()
