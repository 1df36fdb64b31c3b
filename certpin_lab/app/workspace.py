"""A learner's working folder: copy the missing lessons, give a fresh copy, and lose nothing.

Whatever happens half-way, a lesson is in the folder whole or not at all, and a learner's version
is there under its own name or under that of its backup.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..places import WORK_MARKER, in_clone, is_work_folder, lessons_dir


class WorkspaceError(Exception):
    """Something about the working folder or a lesson's name; the message says what to do."""


def default_folder() -> Path:
    """Where a learner works.

    The current folder if it is a working folder, else `work` in a clone, else `certpin-lab-work`.
    """
    here = Path.cwd()
    if is_work_folder(here):
        return here
    return lessons_dir().parent / "work" if in_clone() else here / "certpin-lab-work"


def lessons() -> list[Path]:
    """The learners' notebooks, in the order of the course."""
    return sorted(lessons_dir().glob("[0-9][0-9]_*.ipynb"))


def find_lesson(name: str) -> Path:
    """The lesson called `6`, `06`, `06_your_first_pin` or `06_your_first_pin.ipynb`.

    Raises WorkspaceError, naming those there are.
    """
    wanted = name.removesuffix(".ipynb")
    for lesson in lessons():
        if wanted in (lesson.stem, lesson.stem[:2], lesson.stem[:2].removeprefix("0")):
            return lesson
    known = ", ".join(lesson.stem for lesson in lessons())
    raise WorkspaceError(f"There is no lesson {name!r}. There are: {known}.")


def require_work_folder(folder: Path) -> None:
    """Raise WorkspaceError for a folder that `fill` has not made."""
    if not is_work_folder(folder):
        raise WorkspaceError(
            f"{folder} is not a working folder."
            " Run `certpin-lab start` first, or name yours with --folder."
        )


def fill(folder: Path) -> list[Path]:
    """Copy the lessons that are missing into the folder, and return those copied.

    What is there stays as it is.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WORK_MARKER).touch()
        return [
            folder / lesson.name
            for lesson in lessons()
            if _put(lesson.read_bytes(), folder / lesson.name)
        ]
    except OSError as error:
        raise WorkspaceError(
            f"{folder} cannot be used ({error.strerror}). Choose another folder with --folder."
        ) from error


def reset(folder: Path, name: str) -> Path | None:
    """Put a fresh copy of a lesson into the folder, and return the backup of the learner's version.

    None when there was no version to keep. Raises WorkspaceError for a folder that is no working
    folder or cannot be written to, and for an unknown lesson.
    """
    lesson = find_lesson(name)
    require_work_folder(folder)
    mine = folder / lesson.name
    fresh = _beside(mine)
    try:
        backup = _keep(mine) if mine.exists() else None
        fresh.write_bytes(lesson.read_bytes())
        os.replace(fresh, mine)  # noqa: PTH105  # only from here on `mine` is the fresh copy
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise WorkspaceError(
            f"{mine} cannot be replaced ({error.strerror}). It is as it was."
        ) from error
    return backup


def _keep(mine: Path) -> Path:
    """A whole copy of the learner's version under the next free backup name."""
    taken = [
        re.fullmatch(r".*\.backup-(\d+)", path.stem)
        for path in mine.parent.glob(f"{mine.stem}.backup-*.ipynb")
    ]
    number = max((int(match[1]) for match in taken if match), default=0) + 1
    while not _put(
        mine.read_bytes(), backup := mine.with_name(f"{mine.stem}.backup-{number}.ipynb")
    ):
        number += 1
    return backup


def _put(content: bytes, target: Path) -> bool:
    """Make `target` with this content, whole or not at all. False when it is there already."""
    if target.exists():
        return False
    whole = _beside(target)
    try:
        whole.write_bytes(content)
        os.link(whole, target)  # unlike a rename, a link never takes the place of a file
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        with target.open("xb") as file:
            file.write(content)
    finally:
        whole.unlink(missing_ok=True)
    return True


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.new")
