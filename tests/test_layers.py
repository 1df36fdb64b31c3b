"""Imports run one way, and importing the package has no effect that one could see."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import certpin_lab

PACKAGE = Path(__file__).parent.parent / "certpin_lab"

# From the bottom up. A module may import from the layers below its own, and from nothing else of the package.
LAYERS = [
    {"errors", "facts"},
    {"hostnames", "neighbours"},
    {"pins", "pki", "wire"},
    {"outcomes", "loopback", "diagnose", "rollout"},
    {"tls", "policies"},
    {"server", "slowmotion"},
    {"gateway", "attacker", "clients"},
    {"scene"},
    {"trials"},
    {"choices", "badcerts"},
]
CORE = set().union(*LAYERS)
ON_TOP = {"__init__", "__main__", "cli", "course", "doctor", "jupyter", "museum", "readers", "show"}


def imported(path: Path) -> set[str]:
    """The package's own modules that this file imports when it is loaded or run, TYPE_CHECKING blocks apart."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module.split(".")[0]} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("certpin_lab"):
            found |= {[*node.module.split("."), "__init__"][1]}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("certpin_lab.")}
    return found


@pytest.mark.parametrize("height", range(len(LAYERS)))
def test_the_core_imports_downwards_only(height):
    below = set().union(*LAYERS[:height])
    for module in LAYERS[height]:
        assert imported(PACKAGE / f"{module}.py") <= below, module


def test_every_module_has_its_place():
    modules = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert modules - CORE <= ON_TOP
    assert modules >= CORE


@pytest.mark.parametrize("module", ["pins", "pki", "hostnames", "wire"])
def test_the_values_import_neither_ssl_nor_socket(module):
    tree = ast.parse((PACKAGE / f"{module}.py").read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not names & {"ssl", "socket"}


def test_only_one_module_makes_sockets():
    makers = {
        path.stem
        for path in PACKAGE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("create_connection", "create_server", "socketpair", "bind", "listen")
    }
    assert makers - {"doctor", "jupyter"} == {"loopback"}  # `neighbours` asks the kernel, not the network


def test_every_name_of_the_package_has_the_home_that_it_says():
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    [checked] = [node for node in tree.body if isinstance(node, ast.If)]  # what mypy and editors read
    homes = {node.module: tuple(alias.name for alias in node.names) for node in checked.body}
    assert homes == certpin_lab._HOMES
    assert sorted(name for names in homes.values() for name in names) == sorted(certpin_lab.__all__) == dir(certpin_lab)
    for module, names in homes.items():
        for name in names:
            assert getattr(certpin_lab, name) is getattr(import_module(f"certpin_lab.{module}"), name)
    with pytest.raises(AttributeError, match="certpin_lab' has no attribute 'Pim'"):
        certpin_lab.Pim  # noqa: B018


def test_a_pin_loads_no_server():
    script = "import sys; from certpin_lab import Pin; print('h11' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_importing_prints_nothing_opens_nothing_and_draws_nothing():
    script = """
import os, sys, threading
import ssl, cryptography.x509
files = set(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else set()
import certpin_lab, certpin_lab.trials
from certpin_lab import *
after = set(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else set()
assert len(after) == len(files), (files, after)
assert threading.active_count() == 1
heavy = {"matplotlib", "IPython", "httpx", "requests", "aiohttp", "urllib3", "numpy"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, cwd=PACKAGE.parent, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_exported_name_exists_and_is_sorted():
    import certpin_lab

    assert sorted(certpin_lab.__all__) == certpin_lab.__all__
    assert all(hasattr(certpin_lab, name) for name in certpin_lab.__all__)
