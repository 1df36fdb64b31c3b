"""Starts JupyterLab on a learner's working folder.

It listens on loopback, asks for a token, and does not ask the internet for news.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from ..lab.loopback import LOOPBACK

FIRST_PORT = 8888
_START = 180.0  # seconds that JupyterLab may take to start, on a busy machine
_OWN = ".jupyter"  # in the working folder: settings for this course, and JupyterLab's log


class JupyterError(Exception):
    """JupyterLab could not be started; the message says why and what to do."""


def ask_for(port: int) -> None:
    """Raises JupyterError when this port is taken or not allowed."""
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError as error:
        raise JupyterError(
            f"Port {port} is in use or not allowed here."
            " Choose another one: make lab PORT=9000, or certpin-lab start --port 9000."
        ) from error


def serve(
    folder: Path, lesson: str, *, port: int | None, browser: bool, say: Callable[[str], None]
) -> int:
    """Run JupyterLab until it ends or is interrupted.

    Returns its exit code, 0 for an interrupt.
    lesson: the notebook to open. `say` gets the address, once it answers, and the farewell.
    """
    if port:
        ask_for(port)
    token = secrets.token_urlsafe(24)
    (folder / _OWN).mkdir(exist_ok=True)
    notes = folder / _OWN / "log"
    with _interrupted_by_signals(), notes.open("wb") as log:
        server = subprocess.Popen(  # noqa: S603
            _command(folder, lesson, port, browser=browser),
            env=environment(token, folder),
            stdin=subprocess.DEVNULL,  # on a terminal it would ask whether Ctrl-C is meant
            stdout=log,
            stderr=log,
        )
        try:
            where = f"{address(server, token, notes)}/lab/tree/{lesson}?token={token}"
            say(f"The course is open at\n\n    {where}\n\nStop it with Ctrl-C.")
            return server.wait()
        except KeyboardInterrupt:
            say("\nStopped. Your work is saved in the lessons.")
            return 0
        finally:
            _stop(server)


def environment(token: str, folder: Path) -> dict[str, str]:
    """The environment for JupyterLab: the token, and the course's own settings.

    Under these it asks nobody for news or updates. A password, an address or a certificate that
    somebody has set for another Jupyter would lock the learner out.
    """
    from jupyter_core.paths import jupyter_runtime_dir

    paths = [str(Path(__file__).parent / "settings"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return os.environ | {
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(folder / _OWN),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths)),
        "JUPYTER_RUNTIME_DIR": jupyter_runtime_dir(),  # where `address` looks
    }


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Inside, being terminated or losing the terminal is like Ctrl-C, which stops JupyterLab."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    numbers = [
        getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
    ]  # no SIGHUP on Windows
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # nohup
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _command(folder: Path, lesson: str, port: int | None, *, browser: bool) -> list[str]:
    options = {
        "ServerApp.ip": LOOPBACK,
        "ServerApp.port": port or FIRST_PORT,
        "ServerApp.port_retries": 0 if port else 200,
        # It hands the browser a file, not the address: on a shared machine everybody can read a
        # command line, and the token in it.
        "ServerApp.open_browser": browser,
        "LabApp.default_url": f"/lab/tree/{lesson}",
        "ServerApp.root_dir": folder,
        "ServerApp.log_level": "ERROR",
        "LabApp.log_level": "ERROR",
        # The token is the lock. Containers and some servers run everything as root.
        "ServerApp.allow_root": True,
    }
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        *(f"--{name}={value}" for name, value in options.items()),
    ]


def address(server: subprocess.Popen[bytes], token: str, log: Path) -> str:
    """Where JupyterLab listens, as it has noted itself.

    Probing the port might reach somebody else's server that took it first.
    """
    from jupyter_core.paths import jupyter_runtime_dir

    for _ in range(int(_START / 0.1)):
        for note in Path(jupyter_runtime_dir()).glob("jpserver-*.json"):
            with suppress(OSError, ValueError):  # of one that starts or ends just now
                if (noted := json.loads(note.read_bytes()))["token"] == token:
                    return f"http://{LOOPBACK}:{noted['port']}"
        if server.poll() is not None:
            raise JupyterError(
                f"JupyterLab ended at once; {log} says why. `certpin-lab doctor` may know more."
            )
        time.sleep(0.1)
    raise JupyterError(f"JupyterLab did not start within {_START:.0f} seconds; see {log}.")


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
