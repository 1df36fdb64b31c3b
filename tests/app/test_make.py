"""What `make` says and does when the machine is not ready, with a Python that only pretends:
nothing is installed.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.optional import require

ROOT = Path(__file__).parents[2]

# Answers `-V`, the questions the Makefile asks with `-c`, and makes environments that note what is
# installed into them.
PRETEND = """#!/bin/sh
here=$(dirname "$0")
case "$1 $2" in
  "-V ") echo "Python 3.11.9";;
  "-c import sys"*) exit {too_old};;
  "-c import platform"*) echo "3.11.9";;
  "-c import ensurepip"*) exit {no_venv};;
  "-c import pip") test -e "$here/pip";;
  "-c "*) exit {broken};;
  "-m venv") for folder; do :; done; echo "$*" >> calls
    mkdir -p "$folder/bin" && touch "$folder/pyvenv.cfg" "$folder/bin/pip" &&
    cp "$0" "$folder/bin/python";;
  "-m tests."*|"-m benchmarks"|"-m pytest") echo "$*" >> calls;;
  "-m pip") echo "$*" >> calls; test "$3" = show && exit {no_atheris}; exit {offline};;
  "tests/smoke.py ") echo "run smoke" >> calls;;
esac
"""


@pytest.fixture(name="folder")
def _folder(tmp_path):
    require(shutil.which("make"), "make (apt install make)")
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "tests/hard/clients/requirements.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def pretend(folder: Path, **faults: int) -> None:
    answers = dict.fromkeys(("too_old", "no_venv", "broken", "offline", "no_atheris"), 0) | faults
    script = PRETEND
    for name, code in answers.items():
        script = script.replace("{" + name + "}", str(code))
    (folder / "python").write_text(script)
    (folder / "python").chmod(0o700)


def without_make() -> dict[str, str]:
    """The environment, without what a `make` around the tests has put into it."""
    names = ("MAKEFLAGS", "MAKELEVEL", "VENV", "PORT")
    return {name: value for name, value in os.environ.items() if name not in names}


def make(
    folder: Path, target: str, *words: str, python: str = "./python"
) -> subprocess.CompletedProcess:
    command = ["make", f"PYTHON={python}", target, *words]
    return subprocess.run(
        command, cwd=folder, env=without_make(), capture_output=True, text=True, check=False
    )


def calls(folder: Path) -> list[str]:
    log = folder / "calls"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return [line.split()[1] for line in lines]


@pytest.mark.parametrize(("faults", "says"), [
    ({"broken": 127}, "./python does not run here. Install Python 3.11"),
    ({"too_old": 1}, "Python 3.11.9 is too old. Install Python 3.11"),
    ({"no_venv": 1}, "apt install python3-venv"),
    ({"offline": 1}, "Is this machine online?"),
])  # fmt: skip
def test_what_is_missing_is_one_sentence(folder, faults, says):
    pretend(folder, **faults)
    done = make(folder, "set-up-lab")
    assert done.returncode == 2
    (sentence, *rest) = done.stderr.splitlines()
    assert says in sentence
    assert [line for line in rest if not line.startswith("make:")] == []
    pretend(folder)
    shutil.rmtree(folder / ".venv", ignore_errors=True)
    assert make(folder, "set-up-lab").returncode == 0


def test_a_python_that_is_not_there_is_one_sentence(folder):
    done = make(folder, "set-up-lab", python="no-such-python")
    assert done.stderr.startswith("no-such-python does not run here.")


def test_nothing_is_installed_twice(folder):
    pretend(folder)
    make(folder, "set-up-lab")
    assert calls(folder) == ["venv", "pip"]
    done = make(folder, "set-up-lab")
    assert (done.returncode, done.stdout, calls(folder)) == (0, "", [])


def test_the_tests_extend_what_the_lab_has_set_up(folder):
    pretend(folder)
    make(folder, "set-up-lab")
    calls(folder)
    make(folder, "set-up-test")
    assert calls(folder) == ["pip"]
    make(folder, "set-up-lab")
    make(folder, "set-up-test")
    assert calls(folder) == []


def test_a_changed_declaration_is_installed(folder):
    pretend(folder)
    make(folder, "set-up-lab")
    calls(folder)
    (folder / "pyproject.toml").write_text("# another one")
    make(folder, "set-up-lab")
    assert calls(folder) == ["pip"]


def test_a_clone_that_has_moved_is_installed_again(folder):
    pretend(folder)
    make(folder, "set-up-lab")
    moved = folder.rename(folder.with_name("moved"))
    calls(moved)
    make(moved, "set-up-lab")
    assert calls(moved) == ["pip"]


@pytest.mark.parametrize("lost", ["bin/python", "bin/pip"])
def test_an_environment_that_is_broken_or_half_made_is_made_anew(folder, lost):
    pretend(folder)
    make(folder, "set-up-lab")
    calls(folder)
    (folder / ".venv" / lost).unlink()
    (folder / ".venv" / "ready-lab").unlink()
    assert make(folder, "set-up-lab").returncode == 0
    assert calls(folder) == ["venv", "pip"]


def test_a_folder_that_is_no_environment_is_not_emptied(folder):
    pretend(folder)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "thesis.tex").write_text("years of work")
    make(folder, "set-up-lab")
    assert "--clear" not in (folder / "calls").read_text()
    (folder / ".venv" / "bin" / "pip").unlink()
    (folder / ".venv" / "ready-lab").unlink()
    make(folder, "set-up-lab")
    assert "--clear" in (folder / "calls").read_text()  # one that is an environment starts afresh


@pytest.mark.parametrize(
    "target", ["bench", "fuzz", "controls", "mutants", "faults", "interrupts", "crowd", "clients"]
)
def test_the_hard_tests_set_up_by_themselves_and_take_words(folder, target):
    pretend(folder)
    assert make(folder, target, "WORDS=--help me").returncode == 0
    module = "benchmarks" if target == "bench" else f"tests.hard.{target}"
    assert (folder / "calls").read_text().splitlines()[-1] == f"-m {module} --help me"
    assert calls(folder) == ["venv", "pip", module]
    make(folder, target)
    assert (folder / "calls").read_text() == f"-m {module}\n"
    assert (ROOT / module.replace(".", "/") / "__main__.py").exists()


def test_the_clients_have_an_environment_of_their_own(folder):
    pretend(folder)
    make(folder, "set-up-test")
    (folder / "calls").unlink()
    assert make(folder, "set-up-clients").returncode == 0
    venv, pip = (folder / "calls").read_text().splitlines()
    assert venv.endswith(" .venv-clients")
    assert pip.endswith("--editable . --requirement tests/hard/clients/requirements.txt")
    (folder / "calls").unlink()
    assert make(folder, "set-up-clients").returncode == 0
    assert calls(folder) == []  # nothing has changed
    with (folder / "tests/hard/clients/requirements.txt").open("a") as requirements:
        requirements.write("another\n")
    make(folder, "set-up-clients")
    assert calls(folder) == ["pip"]


def continuous_integration(folder: Path, *pythons: str) -> list[list[str]]:
    """What `.ci/run` calls, where every package is there: the module and the last word of each."""
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    tools = folder / "tools"
    tools.mkdir()
    (tools / "dpkg").write_text("#!/bin/sh\n")
    (tools / "dpkg").chmod(0o700)
    told = without_make() | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([".ci/run", *pythons], cwd=folder, env=told, capture_output=True, check=True)
    lines = (folder / "calls").read_text().splitlines()
    return [[line.split()[1], line.split()[-1]] for line in lines]


def test_continuous_integration_takes_its_pythons_as_words(folder):
    pretend(folder)
    shutil.copy(folder / "python", folder / "other")
    calls = continuous_integration(folder, "./python", "./other")
    assert [module for module, _ in calls] == [
        *("venv", "pip", "pytest", "pip", "tests.hard.fuzz", "smoke"),
        *("venv", "pip", "pytest"),
    ]
    assert [word for module, word in calls if module == "venv"] == [".venv", ".venv-3.11"]


def test_continuous_integration_does_not_fuzz_where_atheris_has_no_wheel(folder):
    pretend(folder, no_atheris=1)
    assert "tests.hard.fuzz" not in [
        module for module, _ in continuous_integration(folder, "./python")
    ]
