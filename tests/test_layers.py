"""Imports run one way, and importing the package has no effect that one could see."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import certpin_lab

PACKAGE = Path(__file__).parent.parent / "certpin_lab"

# The floors, from the ground up. A folder imports from itself and from those below it, also for its
# types. `places` says where files are; the package's own `__init__` hands names on.
FLOORS = ["places", "pinning", "lab", "cases", "show", "course", "authoring", "app"]


def modules(folder: str = "") -> list[Path]:
    return sorted((PACKAGE / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The package's own modules that a file names in its imports, as dotted paths below the
    package.

    Imports inside functions and under TYPE_CHECKING count too.
    """
    here = path.relative_to(PACKAGE.parent).with_suffix("").parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            whole = (*base, *(node.module or "").split("."))
            found |= {".".join(filter(None, (*whole, alias.name))) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    own = f"{PACKAGE.name}."
    return {name.removeprefix(own) for name in found if name.startswith(own)}


def floor(module: str) -> str:
    return module.split(".")[0]


def test_every_room_is_on_a_floor():
    rooms = {path.stem for path in PACKAGE.iterdir() if not path.name.startswith(("_", "py."))}
    assert rooms == set(FLOORS)


@pytest.mark.parametrize("room", FLOORS)
def test_a_room_imports_from_its_own_floor_and_below(room):
    below = set(FLOORS[: FLOORS.index(room) + 1])
    above = {
        (str(path.relative_to(PACKAGE)), name)
        for path in (modules(room) or [PACKAGE / f"{room}.py"])
        for name in imported(path)
        if floor(name) not in below
    }
    assert above == set()


def test_no_two_modules_import_each_other():
    graph = {}
    names = {path: ".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in modules()}
    known = {name.removesuffix(".__init__"): name for name in names.values()}
    for path, name in names.items():
        targets = {known.get(one) or known.get(one.rpartition(".")[0]) for one in imported(path)}
        # A package's face hands names on: its parts may name the face's neighbours, never itself.
        graph[name] = {target for target in targets if target and target != name}
    graph = {name: {one for one in graph[name] if "__init__" not in one} for name in graph}
    assert circles(graph) == []


def circles(graph: dict[str, set[str]]) -> list[str]:
    """Modules that are on a circle of imports."""

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [*graph[start]]
        while waiting:
            if (name := waiting.pop()) not in seen:
                seen.add(name)
                waiting += graph.get(name, ())
        return seen

    return [name for name in graph if name in reachable(name)]


def test_a_circle_is_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]


def test_an_import_that_runs_up_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path / "certpin_lab")
    room = tmp_path / "certpin_lab" / "pinning"
    room.mkdir(parents=True)
    (room / "pins.py").write_text("if TYPE_CHECKING:\n    from ..lab.pki import Identity\n")
    with pytest.raises(AssertionError, match=r"lab\.pki\.Identity"):
        test_a_room_imports_from_its_own_floor_and_below("pinning")


VALUES = (
    "pinning/pins pinning/policy pinning/hostnames pinning/certificate pinning/der lab/pki lab/wire"
)


@pytest.mark.parametrize("module", VALUES.split())
def test_the_values_import_neither_ssl_nor_socket(module):
    tree = ast.parse((PACKAGE / f"{module}.py").read_text())
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not names & {"ssl", "socket"}


def test_only_one_module_makes_sockets():
    makers = {
        path.relative_to(PACKAGE).as_posix()
        for folder in ("pinning", "lab", "cases", "show", "app")
        for path in modules(folder)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("create_connection", "create_server", "socketpair", "bind", "listen")
    }
    # `neighbours` asks the kernel, not the network; the other two look at this machine's ports
    assert makers - {"app/doctor.py", "app/jupyter.py"} == {"lab/loopback.py"}


def test_every_name_of_the_package_has_the_home_that_it_says():
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    # what mypy and editors read
    [checked] = [node for node in tree.body if isinstance(node, ast.If)]
    homes = {node.module: {alias.name for alias in node.names} for node in checked.body}
    assert homes == {folder: set(names) for folder, names in certpin_lab._HOMES.items()}
    assert (
        sorted(name for names in homes.values() for name in names)
        == sorted(certpin_lab.__all__)
        == dir(certpin_lab)
    )
    for module, names in homes.items():
        for name in names:
            assert getattr(certpin_lab, name) is getattr(
                import_module(f"certpin_lab.{module}"), name
            )
    with pytest.raises(AttributeError, match="certpin_lab' has no attribute 'Pim'"):
        certpin_lab.Pim  # noqa: B018


def test_a_pin_loads_no_server():
    script = "import sys; from certpin_lab import Pin; print('h11' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_importing_prints_nothing_opens_nothing_and_draws_nothing():
    script = """
import os, sys, threading
import ssl, cryptography.x509
files = set(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else set()
import certpin_lab
from certpin_lab import *
after = set(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else set()
assert len(after) == len(files), (files, after)
assert threading.active_count() == 1
heavy = set("matplotlib IPython httpx requests aiohttp urllib3 numpy".split()) & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        cwd=PACKAGE.parent,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_exported_name_exists_and_is_sorted():
    import certpin_lab

    assert sorted(certpin_lab.__all__) == certpin_lab.__all__
    assert all(hasattr(certpin_lab, name) for name in certpin_lab.__all__)
