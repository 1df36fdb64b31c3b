"""A learner's work survives `start` and `reset`, also when they are interrupted at any point."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from certpin_lab.app import workspace
from certpin_lab.app.workspace import WorkspaceError, fill, find_lesson, reset
from certpin_lab.places import is_work_folder

ROOT = Path(__file__).parents[2]
MINE = b"my own work, hours of it"


@pytest.fixture(name="shelf", autouse=True)
def _shelf(tmp_path, monkeypatch):
    """Two small lessons in place of the course's."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for name in ("00_start_here", "06_your_first_pin"):
        (shelf / f"{name}.ipynb").write_bytes(f"fresh {name}".encode())
    monkeypatch.setattr(workspace, "lessons_dir", lambda: shelf)
    return shelf


@pytest.fixture(name="folder")
def _folder(tmp_path):
    return tmp_path / "work"


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def test_the_first_start_copies_every_lesson(folder):
    assert [path.name for path in fill(folder)] == [
        "00_start_here.ipynb",
        "06_your_first_pin.ipynb",
    ]
    assert (folder / "00_start_here.ipynb").read_bytes() == b"fresh 00_start_here"
    assert is_work_folder(folder)


def test_a_later_start_copies_what_is_missing_and_touches_nothing_else(folder):
    fill(folder)
    (folder / "00_start_here.ipynb").write_bytes(MINE)
    (folder / "06_your_first_pin.ipynb").unlink()
    (folder / "notes.txt").write_bytes(MINE)
    assert [path.name for path in fill(folder)] == ["06_your_first_pin.ipynb"]
    assert (folder / "00_start_here.ipynb").read_bytes() == MINE
    assert (folder / "notes.txt").read_bytes() == MINE
    assert fill(folder) == []


def test_reset_keeps_each_earlier_version_under_a_name_of_its_own(folder):
    fill(folder)
    for number in (1, 2, 3):
        (folder / "06_your_first_pin.ipynb").write_bytes(MINE + bytes([number]))
        backup = reset(folder, "6")
        assert backup.name == f"06_your_first_pin.backup-{number}.ipynb"
        assert (folder / "06_your_first_pin.ipynb").read_bytes() == b"fresh 06_your_first_pin"
    assert [
        (folder / f"06_your_first_pin.backup-{number}.ipynb").read_bytes()[-1]
        for number in (1, 2, 3)
    ] == [1, 2, 3]


def test_a_gap_in_the_backups_is_not_filled_over_a_later_one(folder):
    fill(folder)
    (folder / "06_your_first_pin.backup-7.ipynb").write_bytes(MINE)
    assert reset(folder, "06").name == "06_your_first_pin.backup-8.ipynb"
    assert (folder / "06_your_first_pin.backup-7.ipynb").read_bytes() == MINE


def test_reset_of_a_lesson_that_is_missing_just_copies_it(folder):
    fill(folder)
    (folder / "00_start_here.ipynb").unlink()
    assert reset(folder, "00") is None
    assert (folder / "00_start_here.ipynb").read_bytes() == b"fresh 00_start_here"


@pytest.mark.parametrize("name", ["6", "06", "06_your_first_pin", "06_your_first_pin.ipynb"])
def test_a_lesson_has_several_names(name):
    assert find_lesson(name).name == "06_your_first_pin.ipynb"


@pytest.mark.parametrize("name", ["7", "", "first", "../05", "0"])
def test_an_unknown_lesson_says_which_there_are(name):
    if name == "0":
        assert find_lesson(name).stem == "00_start_here"
    else:
        with pytest.raises(WorkspaceError, match="00_start_here, 06_your_first_pin"):
            find_lesson(name)


def test_reset_outside_a_working_folder_is_refused(tmp_path):
    (tmp_path / "06_your_first_pin.ipynb").write_bytes(MINE)
    with pytest.raises(WorkspaceError, match="start"):
        reset(tmp_path, "05")
    assert (tmp_path / "06_your_first_pin.ipynb").read_bytes() == MINE


def test_a_folder_that_is_a_file_is_refused_with_a_way_out(tmp_path):
    (tmp_path / "work").write_bytes(MINE)
    with pytest.raises(WorkspaceError, match="--folder"):
        fill(tmp_path / "work")
    assert (tmp_path / "work").read_bytes() == MINE


def test_a_file_system_without_links_gets_its_lessons_too(folder, monkeypatch):
    def no_links(*_):
        raise PermissionError("links are not supported here")

    monkeypatch.setattr(os, "link", no_links)
    fill(folder)
    (folder / "00_start_here.ipynb").write_bytes(MINE)
    assert fill(folder) == []
    assert reset(folder, "00").read_bytes() == MINE
    assert (folder / "00_start_here.ipynb").read_bytes() == b"fresh 00_start_here"


# Every call of these may be the last thing that happens.
STEPS = ["write_bytes", "link", "unlink", "replace", "touch", "mkdir"]
KILL = """
import os, signal, sys
from pathlib import Path
from certpin_lab.app import workspace
folder, shelf, command, step, number, after = sys.argv[1:]
workspace.lessons_dir = lambda: Path(shelf)
left = int(number)

def deadly(function):
    def call(*arguments, **options):
        global left
        left -= 1
        if left == 0 and after == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **options)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call

place = os if step in ("link", "replace") else Path
setattr(place, step, deadly(getattr(place, step)))
if command == "start":
    workspace.fill(Path(folder))
else:
    workspace.reset(Path(folder), "06")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("command", ["start", "reset"])
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_loses_nothing(command, step, tmp_path, shelf):
    for number in (1, 2, 3):
        for moment in ("before", "after"):
            folder = tmp_path / f"{number}{moment}"
            fill(folder)
            (folder / "06_your_first_pin.ipynb").write_bytes(MINE)
            (folder / "00_start_here.ipynb").unlink()
            arguments = [str(folder), str(shelf), command, step, str(number), moment]
            subprocess.run(
                [sys.executable, "-c", textwrap.dedent(KILL), *arguments], cwd=ROOT, check=False
            )
            assert MINE in contents(folder), (number, moment)
            visible = {
                path.name: path.read_bytes()
                for path in folder.iterdir()
                if not path.name.startswith(".")
            }
            assert set(visible.values()) <= {
                MINE,
                b"fresh 00_start_here",
                b"fresh 06_your_first_pin",
            }, visible
            fill(folder)  # and the next start mends what was left
            assert {"00_start_here.ipynb", "06_your_first_pin.ipynb"} <= {
                path.name for path in folder.iterdir()
            }
            assert MINE in contents(folder)


def test_the_kill_really_happens(tmp_path, shelf):
    arguments = [str(tmp_path / "new"), str(shelf), "start", "link", "1", "before"]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILL), *arguments], cwd=ROOT, check=False
    )
    assert done.returncode == -signal.SIGKILL
