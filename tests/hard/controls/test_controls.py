"""With any of these bugs put back into the core, a test goes red; and the controls themselves
cannot pass by accident.
"""

import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hard.controls import __main__ as controls
from tests.hard.controls import guard
from tests.hard.controls.bugs import BUGS
from tests.optional import require

CLAIMS = sorted({bug.claim for bug in BUGS})
PLAIN = "pinning/test_pins.py::test_a_ban_does_not_expire"


@pytest.fixture(scope="module", name="green")
def _green():
    """Without any bug all these tests are green; otherwise nothing here means anything."""
    plain = controls.run(CLAIMS)
    assert not plain.caught, plain
    assert plain.ran >= len(CLAIMS) - plain.skipped


@pytest.mark.usefixtures("green")
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_with_this_bug_a_test_goes_red(bug):
    result = controls.run([bug.claim], bug, first_only=True)
    require(result.ran or result.hung, f"what {bug.claim} needs")
    assert result.caught, f"{bug.name} ({bug.case}): {result}"


def test_every_bug_has_a_name_of_its_own_and_is_a_change():
    assert (
        len({bug.name for bug in BUGS})
        == len({(bug.file, bug.old, bug.new) for bug in BUGS})
        == len(BUGS)
    )
    assert [bug.name for bug in BUGS if bug.old == bug.new] == []


# ---- the controls, controlled


def test_a_change_without_effect_is_caught_by_none():
    harmless = replace(BUGS[0], new=f"{BUGS[0].old}  # as it was")
    result = controls.run([BUGS[0].claim], harmless)
    assert (result.caught, str(result)) == (False, f"CAUGHT BY NONE of {result.ran}")


@pytest.mark.parametrize("old", ["this text stands nowhere", "import"])
def test_an_old_text_that_does_not_stand_there_once_is_an_error(old):
    with pytest.raises(controls.ControlError, match="the code has changed: adapt this control"):
        controls.run([PLAIN], replace(BUGS[0], old=old))


@pytest.mark.parametrize("new", ["return (", "return no_such_name(certificate)"])
def test_a_new_text_that_does_not_run_is_no_bug_but_an_error(new):
    bug = next(bug for bug in BUGS if bug.name == "nothing is hashed")
    with pytest.raises(controls.ControlError):
        controls.run([bug.claim], replace(bug, new=new))


def test_a_test_that_does_not_exist_is_an_error():
    with pytest.raises(controls.ControlError, match="not found"):
        controls.run(["pinning/test_pins.py::test_that_was_renamed"])


def test_a_package_from_elsewhere_is_not_taken_for_the_copy(monkeypatch):
    """An editable installation, or a path of the caller's, must not win over the copy."""

    copytree = shutil.copytree

    def all_but_the_package(source, *rest, **options):
        return Path(source).name == "certpin_lab" or copytree(source, *rest, **options)

    monkeypatch.setattr(shutil, "copytree", all_but_the_package)
    with pytest.raises(
        controls.ControlError, match=r"not in the copy|No module named 'certpin_lab'"
    ):
        controls.run([PLAIN])


def test_a_bug_that_hangs_is_caught_and_the_table_says_by_what(monkeypatch):
    monkeypatch.setattr(controls, "TIME_LIMIT", 0.01)
    result = controls.run([PLAIN])
    assert (result.caught, str(result)) == (True, "caught by the time limit of 0.01 seconds")


def test_the_guard_lets_nothing_reach_beyond_this_machine():
    with socket.socket() as anything:
        for address in (("192.0.2.1", 443), ("bank.com", 443)):
            with pytest.raises(OSError, match="A bug tried"):
                guard.keep_inside("socket.connect", (anything, address))
        guard.keep_inside("socket.connect", (anything, ("127.0.0.1", 443)))


def test_the_command_tells_what_was_caught_and_by_what(capsys):
    assert controls.main(["is called a network error"]) == 0
    table = capsys.readouterr().out
    assert "test_the_error_is_found_in_whatever_wraps_it" in table
    assert "1 of 1 bugs were caught" in table


def test_the_command_fails_when_a_bug_is_caught_by_none_or_a_control_is_broken(capsys, monkeypatch):
    real = next(bug for bug in BUGS if bug.file == "lab/outcomes.py")
    fakes = (
        replace(real, name="harmless", new=f"{real.old} "),
        replace(real, name="gone", old="nowhere"),
    )
    monkeypatch.setattr(controls, "BUGS", fakes)
    assert controls.main([]) == 1
    table = capsys.readouterr().out
    assert "CAUGHT BY NONE" in table
    assert "adapt this control" in table
    assert "0 of 2" in table
