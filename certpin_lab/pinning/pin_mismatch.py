"""The refusal itself: a peer whose certificates passed, with keys that are not the pinned ones."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from functools import partial
from typing import Any

from .errors import CertPinLabError
from .pins import Pin

_WHAT_TO_DO = """\
  What to do: send nothing. \
Unless a key change was planned, assume that someone intercepts this connection.
  If the key was changed on purpose, the app needs an update that carries the new pin."""


class PinMismatchError(CertPinLabError, ssl.SSLError):
    """The peer passed the certificate checks, and its keys are not the pinned ones: send nothing.

    It is an `ssl.SSLError`, so that requests, httpx, aiohttp and asyncio treat it as the TLS
    failure that it is.

    `kind` is the problem in a few words that never change ("no pinned key", "banned key", "pins
    expired", "no verified chain", "host not listed", "no host name", "unreadable certificate"),
    `problem` one sentence about it. `server_hostname` is the host that was asked for (None when
    unknown), `expected` the pins that would have been accepted, `presented` the pins and subjects
    of the verified chain, leaf first (empty when there was none).
    """

    def __init__(
        self,
        kind: str,
        problem: str,
        *,
        server_hostname: str | None = None,
        expected: Sequence[Pin] = (),
        presented: Sequence[tuple[Pin, str]] = (),
    ) -> None:
        self.kind = kind
        self.problem = problem
        self.server_hostname = server_hostname
        self.expected = tuple(expected)
        self.presented = tuple(presented)
        super().__init__(1, self._message())

    def _message(self) -> str:
        host = self.server_hostname or "this connection"
        chain = [f"    {pin}  {subject}" for pin, subject in self.presented] or ["    (none)"]
        pins = [f"    {pin}" for pin in self.expected] or ["    (none)"]
        return "\n".join(
            [
                f"Pin mismatch for {host}: {self.problem}",
                "  Verified chain, leaf first:",
                *chain,
                f"  Pins for {host}:",
                *pins,
                _WHAT_TO_DO,
            ]
        )

    def __reduce__(self) -> tuple[object, ...]:
        # OSError pickles by its args, which are not ours: without this the evidence is lost between
        # processes.
        evidence: Any = {
            name: getattr(self, name) for name in ("server_hostname", "expected", "presented")
        }
        return partial(PinMismatchError, **evidence), (self.kind, self.problem)
