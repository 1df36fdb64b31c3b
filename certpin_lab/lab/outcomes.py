"""What an attempt led to, as values: outcomes of a connection and the events on the way.

Nothing here opens a socket or draws. `scene` and `trials` fill these values from real handshakes,
`show` draws them.
"""

from __future__ import annotations

import errno
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from ..pinning.pin_mismatch import PinMismatchError

Layer = Literal["validity", "chain", "hostname", "pin", "network"]
Mark = Literal["", "good", "bad"]
Verdict = Literal["served", "locked out", "exposed", "protected"]
E = TypeVar("E", bound=BaseException)

# OpenSSL's verify codes, in our own words: its wording and Python's "_ssl.c:1006" change between
# versions, the numbers do not. https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_VERIFY_CODES: dict[int, tuple[Layer, str]] = {
    2: ("chain", "issuer not found"),
    7: ("chain", "signature does not verify"),
    9: ("validity", "not yet valid"),
    10: ("validity", "expired"),
    18: ("chain", "self-signed certificate"),
    19: ("chain", "root not trusted"),
    20: ("chain", "issuer not found"),
    21: ("chain", "issuer not found"),
    22: ("chain", "chain too long"),
    23: ("chain", "revoked"),
    24: ("chain", "issuer is not a CA"),
    25: ("chain", "path length exceeded"),
    26: ("chain", "wrong purpose"),
    28: ("chain", "certificate rejected"),
    32: ("chain", "issuer may not sign certificates"),
    34: ("chain", "unknown critical extension"),
    47: ("chain", "name constraint violated"),
    48: ("chain", "name constraint violated"),
    62: ("hostname", "name does not match"),
    64: ("hostname", "name does not match"),
    66: ("chain", "key too small"),
    79: ("chain", "issuer is not a CA"),
    85: ("chain", "authority key identifier missing"),
    86: ("chain", "subject key identifier missing"),
}


@dataclass(frozen=True, repr=False)
class Event:
    """One step of what happened: `actor` did `action`, towards `target` if there is one.

    `number` counts from 1 in causal order; there is no clock. `mark` is "" for a neutral step, else
    "good" or "bad" as seen by the user of the app.
    """

    number: int
    actor: str
    action: str
    target: str | None = None
    mark: Mark = ""

    def __str__(self) -> str:
        arrow = f" -> {self.target}" if self.target else ""
        return f"{self.number:2}. {self.actor}{arrow}: {self.action}"

    __repr__ = __str__


@dataclass(frozen=True, repr=False)
class Outcome:
    """What one client got in one situation, measured on both sides.

    `attacker_read` counts the plaintext bytes that reached the attacker: the measure of an attack.
    `layer` and `reason` are None and "accepted" when the client accepted the connection; otherwise
    they say which check refused, in words that do not depend on the version of Python or OpenSSL.
    `body` is the server's answer, `error` the exception that the client's own library raised,
    `events` what happened on the way, where somebody told it.
    """

    client: str
    situation: str
    hijacked: bool
    accepted: bool
    layer: Layer | None
    reason: str
    attacker_read: int = 0
    attacker_handshake: bool = False
    body: bytes = field(default=b"", compare=False)
    error: Exception | None = field(default=None, compare=False)
    events: tuple[Event, ...] = field(default=(), compare=False)

    @property
    def verdict(self) -> Verdict:
        """One word for the user of the app: served, locked out, exposed or protected."""
        if self.hijacked:
            return "exposed" if self.accepted or self.attacker_read else "protected"
        return "served" if self.accepted else "locked out"

    @property
    def screen(self) -> str:
        """What the user of the app sees: the server's answer, or that nothing was sent."""
        return (
            self.body.decode("utf-8", "replace")
            if self.accepted
            else "No safe connection. Your data was not sent."
        )

    def __str__(self) -> str:
        what = "accepted" if self.accepted else f"refused ({self.layer}: {self.reason})"
        read = f"; the attacker read {self.attacker_read} bytes" if self.hijacked else ""
        return f"{self.client}, {self.situation}: {what}{read}"

    __repr__ = __str__


@dataclass(frozen=True, repr=False)
class Outcomes(Sequence[Outcome]):
    """Outcomes of clients x situations, in the order they ran.

    `outcomes["pinned", "hostile Wi-Fi"]` is one of them.
    """

    rows: tuple[Outcome, ...]

    @property
    def clients(self) -> tuple[str, ...]:
        """The clients' names, in order of first appearance."""
        return tuple(dict.fromkeys(row.client for row in self.rows))

    @property
    def situations(self) -> tuple[str, ...]:
        """The situations' names, in order of first appearance."""
        return tuple(dict.fromkeys(row.situation for row in self.rows))

    def __getitem__(self, key: Any) -> Any:  # an index, a slice or a (client, situation) pair
        if not isinstance(key, tuple):
            return self.rows[key]
        for row in self.rows:
            if (row.client, row.situation) == key:
                return row
        raise KeyError(
            f"no outcome for {key!r}; clients are {self.clients}, situations are {self.situations}"
        )

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        return "\n".join(map(str, self.rows))

    __repr__ = __str__


class AnswerError(ConnectionError):
    """The connection ended without an answer or in the middle of it, or what came was not HTTP."""


def find_error(error: BaseException, kind: type[E] | tuple[type[E], ...]) -> E | None:
    """The first exception of this kind behind `error`.

    That is the error itself, its cause or context, or one it carries as an attribute.

    HTTP libraries wrap the TLS error in their own: urllib in `.reason`, urllib3 and requests in
    `.args`, the others as `__cause__`.
    """
    return next((one for one in _behind(error) if isinstance(one, kind)), None)


def _behind(error: BaseException) -> Iterator[BaseException]:
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        yield current
        seen.add(id(current))
        inner = (
            current.__cause__,
            current.__context__,
            getattr(current, "reason", None),
            *current.args,
        )
        waiting += [one for one in inner if isinstance(one, BaseException) and id(one) not in seen]


def classify(error: BaseException) -> tuple[Layer, str]:
    """Which layer refused, and why, in words of our own.

    They stay the same from version to version of Python and OpenSSL.
    """
    if pin := find_error(error, PinMismatchError):
        return "pin", pin.kind
    if certificate := find_error(error, ssl.SSLCertVerificationError):
        return _VERIFY_CODES.get(
            certificate.verify_code, ("chain", f"verify code {certificate.verify_code}")
        )
    if find_error(error, ssl.SSLError):
        # aiohttp's own SSLError says nothing: OpenSSL's, which has a reason, is behind it.
        reasons = [_tls_reason(one) for one in _behind(error) if isinstance(one, ssl.SSLError)]
        return "network", next((reason for reason in reasons if reason != _UNNAMED), _UNNAMED)
    if any(getattr(one, "errno", None) == errno.ENOTCONN for one in _behind(error)):
        return "network", "closed by the peer"  # a reset that came before the handshake could begin
    return "network", next(
        (reason for kind, reason in _SOCKET_ERRORS if find_error(error, kind)), "no connection"
    )


_SOCKET_ERRORS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((AnswerError,), "no proper answer"),
    (
        (TimeoutError, ConnectionAbortedError),
        "timed out",
    ),  # the second is asyncio's, for a handshake that takes too long
    ((ConnectionRefusedError,), "no connection"),
    ((ConnectionError, EOFError), "closed by the peer"),
)
_UNNAMED = "TLS failed"
# OpenSSL's reason codes, which have had these names from 3.0 on.
_TLS_REASONS = {
    "WRONG_VERSION_NUMBER": "not TLS",
    "HTTP_REQUEST": "not TLS",
    "UNKNOWN_PROTOCOL": "not TLS",
    "PACKET_LENGTH_TOO_LONG": "not TLS",
    "BAD_RECORD_TYPE": "not TLS",
    "UNSUPPORTED_PROTOCOL": "no common TLS version",
    "VERSION_TOO_LOW": "no common TLS version",
    "NO_PROTOCOLS_AVAILABLE": "no common TLS version",
    "EXCESSIVE_MESSAGE_SIZE": "message too large",
    "LENGTH_MISMATCH": "malformed message",  # such as a Certificate message without a certificate
    "LENGTH_TOO_SHORT": "malformed message",
    "BAD_LENGTH": "malformed message",
    "CERT_LENGTH_MISMATCH": "unreadable certificate",
}


def _tls_reason(error: ssl.SSLError) -> str:
    # OpenSSL's names for alerts gained other prefixes in 3.x ("SSLV3_ALERT_...",
    # "SSL/TLS_ALERT_..."): keep what follows.
    reason = (
        getattr(error, "reason", None) or ""
    )  # Python sets it only on errors that OpenSSL reports
    if "ALERT_" in reason:
        return "alert: " + reason.split("ALERT_", 1)[1].replace("_", " ").lower()
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or "EOF" in reason:
        return "closed by the peer"
    if isinstance(error, ssl.SSLWantReadError | ssl.SSLWantWriteError) or "timed out" in str(error):
        return "timed out"
    if "ASN1 lib" in str(
        error
    ):  # OpenSSL gives this one no reason code, only the library that failed
        return "unreadable certificate"
    return _TLS_REASONS.get(reason, _UNNAMED)
