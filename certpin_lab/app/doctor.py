"""Checks this machine for whatever could keep the course from working, and says how to fix it.

It changes nothing except for filling matplotlib's font cache, which would otherwise make the first
picture slow.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import ssl
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from ..pinning.findings import Finding

_VARIABLES = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
)
_OPTIONAL = {
    "openssl": "some lessons compare with it; without it they still work",
    "curl": "lesson 09 shows its pinning; without it that part is left out",
}


def examine(folder: Path) -> Iterator[Finding]:
    """Every finding, one by one.

    `folder` is the learner's working folder, or where it would be made.
    """
    yield _python()
    yield Finding("ok", f"{ssl.OPENSSL_VERSION}, used by Python")
    yield _signatures()
    yield _loopback()
    yield _kernel()
    yield _pictures()
    yield _disk(folder)
    yield from _environment()
    yield from _tools()


def _python() -> Finding:
    return Finding("ok", f"Python {platform.python_version()}")


def _signatures() -> Finding:
    from cryptography.exceptions import UnsupportedAlgorithm

    from ..lab.pki import CertificateAuthority

    version = metadata.version("cryptography")
    try:
        CertificateAuthority("Doctor's Root").issue_leaf("doctor.example")
    except (UnsupportedAlgorithm, TypeError):
        return Finding(
            "problem",
            f"cryptography {version} cannot make repeatable signatures.",
            "pip install --upgrade cryptography",
        )
    return Finding("ok", f"cryptography {version}")


def _loopback() -> Finding:
    from ..lab.loopback import LOOPBACK

    try:
        with (
            socket.create_server((LOOPBACK, 0)) as server,
            socket.create_connection(server.getsockname(), timeout=2),
        ):
            return Finding("ok", "loopback: programs on this machine reach each other on 127.0.0.1")
    except OSError as error:
        fix = "A firewall or sandbox blocks 127.0.0.1. Allow local connections for Python."
        return Finding("problem", f"loopback does not work: {error.strerror}.", fix)


def _kernel() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    fix = f'"{sys.executable}" -m ipykernel install --sys-prefix'
    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding("problem", "Jupyter has no Python kernel.", fix)
    found = shutil.which(command)
    # A virtual environment's Python is a link to the base's: the folders tell two environments
    # apart, the files do not.
    same = command.startswith("python") or (
        found and Path(found).parent.resolve() == Path(sys.executable).parent.resolve()
    )
    if not same:
        return Finding("problem", f"Jupyter's Python kernel is another Python: {command}.", fix)
    return Finding("ok", f"Jupyter kernel; JupyterLab {metadata.version('jupyterlab')}")


def _pictures() -> Finding:
    try:
        from matplotlib import font_manager

        font_manager.findfont("DejaVu Sans", fallback_to_default=False)
    except (ImportError, ValueError, OSError) as error:
        return Finding(
            "problem",
            f"matplotlib cannot draw: {error}.",
            "pip install --force-reinstall matplotlib",
        )
    return Finding("ok", f"matplotlib {metadata.version('matplotlib')}, fonts found")


def _disk(folder: Path) -> Finding:
    place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(place, os.W_OK):
        return Finding(
            "problem",
            f"{place} cannot be written to.",
            "Work elsewhere: certpin-lab start --folder FOLDER",
        )
    free = shutil.disk_usage(place).free // 2**20
    if free < 100:
        return Finding(
            "problem",
            f"Only {free} MiB are free in {place}.",
            "Free some space; 100 MiB are plenty.",
        )
    return Finding("ok", f"working folder: {folder}")


def _environment() -> Iterator[Finding]:
    present = [name for name in _VARIABLES if os.environ.get(name) or os.environ.get(name.lower())]
    if present:
        yield Finding(
            "note",
            f"set on this machine: {', '.join(present)}",
            "The lab ignores them; other programs of yours may not.",
        )


def _tools() -> Iterator[Finding]:
    for tool, use in _OPTIONAL.items():
        yield (
            Finding("ok", f"{tool} found")
            if shutil.which(tool)
            else Finding("note", f"no {tool} here", f"Optional: {use}.")
        )
