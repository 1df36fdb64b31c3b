"""mitmproxy's `mitmdump` as a reverse proxy before the bank, in an environment of its own, set up
on first use.

It gets every advantage that it has a switch for: the forged certificate is ready and of the same
kind as ours (P-256, the very same bytes), it does not look at the real host's certificate, does not
check it either, speaks HTTP/1.1 only and prints nothing.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from .measure import Skipped
from .processes import LOOPBACK, Address
from .world import FORGER, HOST, ROOT

FOLDER = ROOT / ".venv-mitmproxy"
PROGRAM = FOLDER / "bin" / "mitmdump"
_START = 30.0  # seconds that it may take to start
_OPTIONS = (
    "connection_strategy=lazy",
    "upstream_cert=false",
    "ssl_insecure=true",
    "http2=false",
    "flow_detail=0",
)


def _set_up() -> None:
    if PROGRAM.exists():
        return
    print(
        f"Setting up {FOLDER.name} for mitmproxy, which takes a minute or two the first time ...",
        file=sys.stderr,
    )
    install = ["pip", "install", "--quiet", "--disable-pip-version-check", "mitmproxy"]
    try:
        subprocess.run(
            [sys.executable, "-m", "venv", "--clear", FOLDER], check=True, stdout=sys.stderr
        )
        subprocess.run([FOLDER / "bin" / "python", "-m", *install], check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skipped(
            f"mitmproxy could not be installed into {FOLDER.name}: is this machine online?"
        ) from error


@contextmanager
def started(upstream: Address) -> Iterator[Address]:
    """Run it before the server at `upstream`; the value is its address.

    Raises `Skipped` when it is not to be had.
    """
    _set_up()
    with tempfile.TemporaryDirectory() as folder:
        pem = Path(folder, "forged.pem")
        pem.touch(mode=0o600)
        pem.write_bytes(_forged())
        with socket.create_server((LOOPBACK, 0)) as free:
            address: Address = free.getsockname()
        options = [f"confdir={folder}", f"certs={HOST}={pem}", *_OPTIONS]
        command = [PROGRAM, "--quiet", "--mode", f"reverse:https://{upstream[0]}:{upstream[1]}/"]
        command += ["--listen-host", LOOPBACK, "--listen-port", str(address[1])]
        command += [part for option in options for part in ("--set", option)]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        ) as process:
            try:
                _wait_for(address, process)
                yield address
            finally:
                process.terminate()


def _forged() -> bytes:
    identity = FORGER.issue_leaf(HOST)
    key = identity.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + b"".join(certificate.public_bytes(Encoding.PEM) for certificate in identity.chain)


def _wait_for(address: Address, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return socket.create_connection(address).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise Skipped(f"mitmdump does not start. Remove {FOLDER.name} to have it installed again.")
