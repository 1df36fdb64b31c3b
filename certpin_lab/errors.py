"""What can go wrong, in two kinds that are kept apart: input that makes no sense, and a peer that was refused.

CertPinLabError                 never raised itself
├── PinFormatError              (ValueError) text that is not a pin
├── HostnameError               (ValueError) text that is not a host name or host pattern
├── PolicyError                 (ValueError) pins and options that contradict each other
├── LabOnlyError                (ValueError) an address or host outside the lab
├── WireFormatError             (ValueError) bytes that are not the TLS or the certificate they should be
└── PinMismatchError            (ssl.SSLError) a peer whose keys are not the pinned ones
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pins import Pin


class CertPinLabError(Exception):
    """Base of every error of this package."""


class PinFormatError(CertPinLabError, ValueError):
    """The text or bytes given are not a pin."""


class HostnameError(CertPinLabError, ValueError):
    """The text given is not a host name, or not a host pattern."""


class PolicyError(CertPinLabError, ValueError):
    """Pins and options that contradict each other, or a set that pins nothing."""


class LabOnlyError(CertPinLabError, ValueError):
    """An address that is not on loopback, or a host that is not one of the lab's."""


class WireFormatError(CertPinLabError, ValueError):
    """Bytes that are not the TLS record, handshake message or certificate that they should be."""


class PinMismatchError(CertPinLabError, ssl.SSLError):
    """The peer passed the certificate checks, and its keys are not the pinned ones: send nothing.

    It is an `ssl.SSLError`, so that requests, httpx, aiohttp and asyncio treat it as the TLS failure that it is.

    `kind` is the problem in a few words that never change ("no pinned key", "banned key", "pins expired", "no verified
    chain", "host not listed", "no host name", "unreadable certificate"), `problem` one sentence about it.
    `server_hostname` is the host that was asked for (None when unknown), `expected` the pins that would have been
    accepted, `presented` the pins and subjects of the verified chain, leaf first (empty when there was none).
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
                "  What to do: send nothing. If nobody planned a new key, someone is in the middle of this connection.",
                "  If the key was changed on purpose, the app needs an update that carries the new pin.",
            ]
        )

    def __reduce__(self) -> tuple[object, ...]:
        # OSError pickles by its args, which are not ours: without this the evidence is lost between processes.
        evidence = (self.kind, self.problem, self.server_hostname, self.expected, self.presented)
        return _rebuild_pin_mismatch, evidence


def _rebuild_pin_mismatch(
    kind: str,
    problem: str,
    server_hostname: str | None,
    expected: tuple[Pin, ...],
    presented: tuple[tuple[Pin, str], ...],
) -> PinMismatchError:
    return PinMismatchError(kind, problem, server_hostname=server_hostname, expected=expected, presented=presented)
