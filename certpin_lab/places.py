"""Where things are: the lessons and the data, beside the package in a clone and inside it in a
wheel; and a learner's folder.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent

# `certpin-lab start` leaves this file in the folder it makes; progress is written nowhere else.
WORK_MARKER = ".certpin-work"


def in_clone() -> bool:
    """Whether the package runs from a clone of the project."""
    return not (_PACKAGE / "_lessons").is_dir()


def lessons_dir() -> Path:
    """The folder of the learners' notebooks."""
    return _PACKAGE.parent / "notebooks" if in_clone() else _PACKAGE / "_lessons"


def data_dir() -> Path:
    """The folder of the tables of facts and the policies."""
    return _PACKAGE.parent / "data" if in_clone() else _PACKAGE / "_data"


def is_work_folder(folder: Path) -> bool:
    """Whether this is a learner's working folder."""
    return (folder / WORK_MARKER).is_file()
