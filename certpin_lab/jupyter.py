"""Starts JupyterLab on a learner's working folder: on loopback, with a token, without asking the internet for news."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable
from pathlib import Path

from .loopback import LOOPBACK

FIRST_PORT = 8888
_START = 60.0  # seconds that JupyterLab may take to answer


class JupyterError(Exception):
    """JupyterLab could not be started; the message says why and what to do."""


def free_port(wanted: int | None) -> int:
    """The port asked for, or the first free one from 8888. Raises JupyterError when the one asked for is taken."""
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + 100):
        try:
            with socket.create_server((LOOPBACK, port)):
                return port
        except (OSError, OverflowError):
            continue
    which = f"Port {wanted} is" if wanted else f"All ports from {FIRST_PORT} to {FIRST_PORT + 99} are"
    raise JupyterError(
        f"{which} in use or not allowed here. Choose another one: make lab PORT=9000, or certpin-lab start --port 9000."
    )


def serve(folder: Path, lesson: str, *, port: int | None, browser: bool, say: Callable[[str], None]) -> int:
    """Run JupyterLab until it ends or is interrupted, and return its exit code (0 for an interrupt).

    lesson: the notebook to open. `say` gets the address, once it answers, and the farewell.
    """
    port, token = free_port(port), secrets.token_urlsafe(24)
    address = f"http://{LOOPBACK}:{port}/lab/tree/{lesson}?token={token}"
    server = subprocess.Popen(_command(folder, port), env=environment(token))  # noqa: S603
    try:
        _wait_until_it_answers(server, f"http://{LOOPBACK}:{port}/api")
        say(f"The course is open at\n\n    {address}\n\nStop it with Ctrl-C.")
        if browser:
            webbrowser.open(address)
        return server.wait()
    except KeyboardInterrupt:
        say("\nStopped. Your work is saved in the lessons.")
        return 0
    finally:
        _stop(server)


def environment(token: str) -> dict[str, str]:
    """The environment for JupyterLab: the token, and settings under which it asks nobody for news or updates."""
    paths = [str(Path(__file__).parent / "settings"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return os.environ | {"JUPYTER_TOKEN": token, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}


def _command(folder: Path, port: int) -> list[str]:
    options = {
        "ServerApp.ip": LOOPBACK,
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.root_dir": folder,
        "ServerApp.log_level": "ERROR",
        "LabApp.log_level": "ERROR",
        # The token is the lock. Containers and some servers run everything as root.
        "ServerApp.allow_root": True,
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]


def _wait_until_it_answers(server: subprocess.Popen[bytes], url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(int(_START / 0.1)):
        if server.poll() is not None:
            raise JupyterError("JupyterLab ended at once: see above. `certpin-lab doctor` may know why.")
        try:
            opener.open(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise JupyterError(f"JupyterLab did not answer within {_START:.0f} seconds. `certpin-lab doctor` may know why.")


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
