"""What was passed is kept in a working folder, nowhere else, and a damaged file costs nothing but
the record.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from certpin_lab.course import progress
from certpin_lab.course.progress import FILE_NAME, read_progress, record
from certpin_lab.places import WORK_MARKER


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / WORK_MARKER).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_passed_check_is_kept_and_shown(work: Path) -> None:
    assert "○ 00.2" in repr(progress())
    record("00.2")
    assert read_progress(work).passed == {"00.2"}
    assert "✔ 00.2" in repr(progress())


def test_recording_again_or_another_keeps_the_first(work: Path) -> None:
    for id in ("00.2", "01.1", "00.2"):
        record(id)
    assert read_progress(work).passed == {"00.2", "01.1"}
    assert sorted(path.name for path in work.iterdir()) == sorted([WORK_MARKER, FILE_NAME])


def test_outside_a_working_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    record("00.2")
    assert list(tmp_path.iterdir()) == []
    assert "certpin-lab start" in repr(progress())


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", '{"format": 99, "passed": []}', '{"format": 1, "passed": [1]}', "\x00"],
)
def test_a_damaged_file_is_kept_aside_and_said(damage: str, work: Path) -> None:
    (work / FILE_NAME).write_text(damage)
    assert "could not be read. It is kept as .certpin-progress.damaged.json" in repr(progress())
    assert (work / ".certpin-progress.damaged.json").read_text() == damage
    record("00.2")
    assert read_progress(work).passed == {"00.2"}


def test_deleting_the_file_loses_only_the_record(work: Path) -> None:
    record("00.2")
    (work / FILE_NAME).unlink()
    assert "○ 00.2" in repr(progress())
    record("00.2")
    assert "✔ 00.2" in repr(progress())


def test_the_text_for_the_command_line_is_the_table(work: Path) -> None:
    assert str(read_progress(work)) == repr(progress())
