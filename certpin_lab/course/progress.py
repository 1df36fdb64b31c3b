"""Keeps which checks a learner has passed, in one small file in the folder they work in.

Only a folder that `certpin-lab start` has made is written to, never the lessons themselves.
Deleting the file loses the record of what was passed and nothing else: running the checks again
brings it back. It proves nothing to anybody: it is a text file.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..places import is_work_folder
from ..show.tables import Table
from . import lessons
from .feedback import Feedback

FILE_NAME = ".certpin-progress.json"
_FORMAT = 1
_DAMAGED = ".certpin-progress.damaged.json"


@dataclass(frozen=True)
class Progress:
    """The ids of the checks that were passed.

    problem: a sentence when the file could not be read; otherwise empty.
    """

    passed: frozenset[str] = frozenset()
    problem: str = ""

    def __str__(self) -> str:
        return str(self.feedback())

    def feedback(self) -> Feedback:
        """A table of the lessons with the checks passed and open, and how far that is."""
        rows = []
        done = total = 0
        for lesson in lessons.numbers():
            ids = [one.id for one in lessons.declared(lesson).EXERCISES]
            marks = ", ".join(f"{'✔' if id in self.passed else '○'} {id}" for id in ids)
            done, total = done + len(self.passed.intersection(ids)), total + len(ids)
            rows.append((lesson, marks))
        sentence = f"{done} of {total} checks passed." + (
            f" {self.problem}" if self.problem else ""
        )
        return Feedback(
            "Your progress", sentence, Table("Checks", ("lesson", "✔ passed, ○ open"), tuple(rows))
        )


def read_progress(folder: Path) -> Progress:
    """What was passed in this working folder.

    A file that cannot be read is kept under another name, and `problem` says so. Raises OSError
    when the folder cannot be read or written.
    """
    path = folder / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT or not all(isinstance(id, str) for id in content["passed"]):
            raise ValueError(f"format {content['format']}")
        return Progress(frozenset(content["passed"]))
    except FileNotFoundError:
        return Progress()
    except (ValueError, TypeError, KeyError):
        path.replace(folder / _DAMAGED)
        unread = f"The progress file could not be read. It is kept as {_DAMAGED}"
        return Progress(problem=f"{unread}, and a new one will be started.")


def record(id: str, folder: Path | None = None) -> None:
    """Note a passed check in a working folder; elsewhere, and on a read-only disk, do nothing.

    folder: the current one by default.
    """
    folder = Path.cwd() if folder is None else folder
    if not is_work_folder(folder):
        return
    with suppress(OSError):
        passed = read_progress(folder).passed | {id}
        content = json.dumps({"format": _FORMAT, "passed": sorted(passed)}, indent=1) + "\n"
        beside = folder / f"{FILE_NAME}.{os.getpid()}"
        beside.write_text(content, encoding="utf-8")
        beside.replace(folder / FILE_NAME)


def progress() -> Feedback:
    """How far you are. Outside a working folder: how to get one."""
    if not is_work_folder(Path.cwd()):
        return Feedback(
            "Your progress",
            "will be kept when you work on your own copy of the lessons: run certpin-lab start.",
        )
    try:
        return read_progress(Path.cwd()).feedback()
    except OSError as problem:
        return Feedback("Your progress", f"could not be read: {problem.strerror}.")
