"""What the project says of itself in several places is the same everywhere."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import certpin_lab
from certpin_lab.app.command import _parser
from tests.optional import require

ROOT = Path(__file__).parent.parent
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = [
    name.rpartition(" ")[2]
    for name in DECLARED["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", name)
]
CONDA_NAMES = {"matplotlib-base": "matplotlib"}  # the same package without a GUI toolkit


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    require(done.returncode == 0 and done.stdout, "a git clone (this copy of the project is none)")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_conda_gets_the_packages_of_pyproject():
    lines = (ROOT / "environment.yml").read_text().splitlines()
    packages = [
        re.sub(r"^  - ", "", line) for line in lines if re.match(r"  - [a-z0-9-]+[<>=]", line)
    ]
    renamed = {
        CONDA_NAMES.get(re.split("[<>=]", package)[0], re.split("[<>=]", package)[0]): package
        for package in packages
    }
    bounds = {
        name: package[len(re.split("[<>=]", package)[0]) :] for name, package in renamed.items()
    }
    assert bounds.pop("python").removeprefix("=") in PYTHONS
    assert bounds == {
        re.split("[<>=]", package)[0]: re.search("[<>=].*", package)[0]
        for package in DECLARED["dependencies"]
    }


def test_repo2docker_takes_the_python_that_conda_takes():
    command = [sys.executable, "-m", "repo2docker", "--no-build", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (python,) = re.findall(r"(?m)^  - python=(.*)$", (ROOT / "environment.yml").read_text())
    assert f"Building conda environment for python={python}\n" in done.stderr


def test_the_package_names_the_pythons_that_continuous_integration_runs():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == PYTHONS
    assert DECLARED["requires-python"] == f">={PYTHONS[0]}"


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {name: citation[name] for name in ("title", "version", "license", "abstract")} == {
        "title": DECLARED["name"],
        "version": DECLARED["version"],
        "license": DECLARED["license"],
        "abstract": f"{DECLARED['description']}.",
    }


def test_the_readme_has_a_row_for_every_lesson_and_no_other():
    rows = re.findall(r"\[(\d\d) [^\]]*\]\(notebooks/([^)]*)\)", (ROOT / "README.md").read_text())
    assert [name for _, name in rows] == sorted(
        path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")
    )


def test_the_readme_names_every_command_of_the_program():
    readme = (ROOT / "README.md").read_text()
    (commands,) = [
        action.choices for action in _parser()._actions if getattr(action, "choices", None)
    ]
    assert [name for name in commands if f"`certpin-lab {name}" not in readme] == []


def test_the_readme_names_every_library():
    readme = (ROOT / "README.md").read_text()
    assert [name for name in certpin_lab.lab.LIBRARIES if name not in readme] == []


# Spelt in two parts, so that this file does not name them itself.
FORBIDDEN = {
    "a package registry's host": re.compile(
        "|".join(
            ["pypi" + r"\.org", "python" + r"hosted\.", "registry" + r"\.npm", "deb" + r"\.debian"]
        )
    ),
    "a private key": re.compile("-----BEGIN [A-Z ]*" + "PRIVATE KEY-----\n[A-Za-z0-9+/]{20}"),
    "an absolute path of somebody's machine": re.compile("/(" + "home|Users" + r")/[a-z]\w+/"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    holding = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix != ".png" and FORBIDDEN[what].search(path.read_text(errors="replace"))
    ]
    assert holding == []


def test_no_file_is_large():
    assert [str(path) for path in tracked() if path.stat().st_size > 600_000] == []


PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


@pytest.fixture(scope="module", name="wheel")
def _wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    shutil.copytree(
        ROOT,
        copy,
        ignore=shutil.ignore_patterns(".venv*", ".git", "work", "artifacts", "__pycache__"),
    )
    build = [
        *PIP,
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
        str(copy),
    ]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.mark.parametrize("tool", ["check_wheel_contents", "twine check --strict"])
def test_the_wheel_is_well_formed(wheel, tool):
    command = [sys.executable, "-m", *tool.split(), str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_wheel_carries_the_lessons_and_the_data(wheel, tmp_path):
    """`pip install` of the wheel is enough: a learner's folder can be made far away from any clone."""
    site = tmp_path / "site"
    subprocess.run(
        [*PIP, "install", "--no-deps", "--target", str(site), str(wheel)],
        check=True,
        capture_output=True,
    )
    script = (
        "from pathlib import Path; from certpin_lab.app.workspace import default_folder, fill;"
        "print(*sorted(path.name for path in fill(default_folder())));"
        "from certpin_lab.cases import incidents; print(len(incidents()) > 5)"
    )
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    lessons = sorted(path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
    assert done.stdout.splitlines() == [" ".join(lessons), "True"]
    assert sorted(path.name for path in (tmp_path / "certpin-lab-work").glob("*.ipynb")) == lessons
