"""Exercise 06.2, check, then send: real servers count what arrives before a pin is checked."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ....lab.attacker import OnPathAttacker
from ....lab.bank import Bank
from ....lab.loopback import Service
from ....lab.pki import Identity
from ....lab.server import TLSServer
from ....lab.story import HOST
from ....pinning.context import client_context
from ...answers import Plain
from ...exercise import Case, Exercise, Misconception
from .chains import BACKUP, BANK, CARELESS, HONEST, ISSUING, pin
from .refusal import refuses

LOGIN = (
    b"POST /balance HTTP/1.1\r\nHost: bank.example\r\nContent-Length: 33\r\n\r\n"
    b"user=ada&password=tulip-garden-42"
)
_SECONDS = 10.0  # patience with a busy machine: a right answer needs a few milliseconds
_PINS = [pin(BANK.certificate), pin(BACKUP.certificate)]


@dataclass(frozen=True)
class _Situation:
    """Who answers, the pins that the learner's function is given, and what should come of it."""

    identity: Identity
    pins: list[str]
    expected: str
    hostile: bool = False


_FORGED = CARELESS.issue_leaf(HOST)
_SITUATIONS: Mapping[str, _Situation] = {
    "the bank itself": _Situation(BANK, _PINS, "served"),
    "the bank, its backup key in use": _Situation(BACKUP, _PINS, "served"),
    "the bank, its CA pinned": _Situation(BANK, [pin(ISSUING.certificate)], "served"),
    "a careless CA's certificate": _Situation(_FORGED, _PINS, "protected", hostile=True),
    "the bank's own certificate sent along": _Situation(
        replace(_FORGED, chain=(*_FORGED.chain, *BANK.chain)), _PINS, "protected", hostile=True
    ),
    "the bank with a new key": _Situation(
        BANK.renewed(same_key=False), _PINS, "refused, nothing sent"
    ),
}


@contextmanager
def _servers() -> Iterator[dict[str, Service]]:
    """A server or an attacker for each situation, each with records of its own."""
    with ExitStack() as opened:
        bank = opened.enter_context(_bank(BANK))
        yield {
            name: opened.enter_context(_server(situation, bank))
            for name, situation in _SITUATIONS.items()
        }


def _bank(identity: Identity) -> TLSServer:
    return TLSServer(identity, Bank("ada", "tulip-garden-42"))


def _server(situation: _Situation, bank: TLSServer) -> Service:
    if not situation.hostile:
        return _bank(situation.identity)
    return OnPathAttacker(lambda _host: situation.identity, upstream={HOST: bank})


def _inputs(name: str, world: Mapping[str, Service]) -> tuple[Any, ...]:
    return world[name].address, list(_SITUATIONS[name].pins)


def _log_in(answer: Callable[..., Any], address: tuple[str, int], pins: list[str]) -> Plain:
    """Connect, with every usual check, and let the learner's function have the connection.

    What it returns is not the measure.
    """
    context = client_context([HONEST, CARELESS])
    with (
        socket.create_connection(address, timeout=_SECONDS) as tcp,
        context.wrap_socket(tcp, server_hostname=HOST) as tls,
    ):
        try:
            result = answer(tls, LOGIN, pins)
        except Exception as error:
            if refuses(error):
                return "refused"
            raise
    if result is ...:
        return ...
    whole = (
        isinstance(result, bytes) and result.startswith(b"HTTP/1.1 200") and b"Balance" in result
    )
    return "answered" if whole else "no answer"


def _measured(world: Mapping[str, Any], case: Case, value: Plain) -> Plain:
    """What the other side holds, and only then what the client says."""
    received = _received(world[case.name])
    if _SITUATIONS[case.name].hostile:
        return "exposed" if received else "protected"
    if value == "answered" and received != LOGIN:
        return "served, but not by the login that it was given"
    words = _WITH_BYTES if received else _WITHOUT_BYTES
    return words.get(value, words["no answer"])


_WITH_BYTES = {
    "answered": "served",
    "refused": "refused after sending",
    "no answer": "sent, no answer returned",
}
_WITHOUT_BYTES = {
    "refused": "refused, nothing sent",
    "no answer": "nothing sent, no refusal",
}


def _received(server: Any) -> bytes:
    deadline = time.monotonic() + 2
    while not server.connections and time.monotonic() < deadline:
        time.sleep(0.005)
    return b"".join(record.received for record in server.connections)


_SENT_TOO_EARLY = {
    "a careless CA's certificate": "exposed",
    "the bank's own certificate sent along": "exposed",
}
_HONEST = ("the bank itself", "the bank, its backup key in use", "the bank, its CA pinned")

EXERCISE = Exercise(
    "06.2",
    "Check, then send",
    points=3,
    why="The attacker has a completed handshake and 0 bytes of data, and the bank still serves its"
    " customer.",
    probe=_log_in,
    setting=_servers,
    measure=_measured,
    seconds=_SECONDS + 2,
    cases=tuple(
        Case(
            name, situation.expected, partial(_inputs, name), refuses=situation.expected != "served"
        )
        for name, situation in _SITUATIONS.items()
    ),
    misconceptions=(
        Misconception(
            "checking is checking, whenever it is done",
            "Whoever answered has what was sent before the check. Move the check in front of"
            " sendall.",
            {**_SENT_TOO_EARLY, "the bank with a new key": "refused after sending"},
        ),
        Misconception(
            "nothing stops the password",
            "It was sent although the key is wrong, and no error came out. Check the pins before"
            " sendall, and let the error of the check leave your function.",
            {**_SENT_TOO_EARLY, "the bank with a new key": "served"},
        ),
        Misconception(
            "nothing stops the password, and the answer does not matter",
            "It was sent although the key is wrong, and the answer was not returned. Check first,"
            " then send, then return what tls.recv gives.",
            {
                **_SENT_TOO_EARLY,
                **dict.fromkeys(_HONEST, "sent, no answer returned"),
                "the bank with a new key": "sent, no answer returned",
            },
        ),
        Misconception(
            "what the server presents is what was verified",
            "The attacker sent the bank's certificate along. Use verified_chain: it holds only"
            " what the client itself put together and verified.",
            {"the bank's own certificate sent along": "exposed"},
        ),
        Misconception(
            "refusing everybody is safe",
            "It is an outage. The bank's own customers have to get through.",
            dict.fromkeys(_HONEST, "refused, nothing sent"),
        ),
        Misconception(
            "only the pin in use matters",
            "The other pin is the backup's, and here the bank serves that key. Any pin of the"
            " list may match.",
            {"the bank, its backup key in use": "refused, nothing sent"},
        ),
        Misconception(
            "only the backup pin matters",
            "The bank serves the key that it has always had, and its pin is in the list. Any pin"
            " of the list may match.",
            {"the bank itself": "refused, nothing sent"},
        ),
        Misconception(
            "only the leaf counts",
            "Here the pin is the CA's. Look for it in the whole verified chain.",
            {"the bank, its CA pinned": "refused, nothing sent"},
        ),
        Misconception(
            "silence is a refusal",
            "Nothing was sent, and nobody was told. Raise an error, so that the caller knows that"
            " there is no answer.",
            {"the bank with a new key": "nothing sent, no refusal"},
        ),
        Misconception(
            "a check is all it takes",
            "The bank's customer was let through, and nothing was sent. After the check come"
            " sendall and recv.",
            dict.fromkeys(_HONEST, "nothing sent, no refusal"),
        ),
        Misconception(
            "the answer does not matter",
            "The login was sent, and its answer was lost. Return what tls.recv gives.",
            dict.fromkeys(_HONEST, "sent, no answer returned"),
        ),
    ),
)
