"""Clients x situations: every cell a real handshake through the Wi-Fi, measured on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlencode

from .attacker import OnPathAttacker
from .bank import Bank
from .clients import Client
from .gateway import Gateway
from .outcomes import Outcome, Outcomes
from .pki import CertificateAuthority, Identity
from .scene import observe
from .server import TLSServer
from .story import HOST, LOGIN


@dataclass(frozen=True)
class Situation:
    """What a client meets: the real server and, on a hostile Wi-Fi, what the attacker presents.

    identity: the certificate, chain and key of the real server at `host`.
    attacker: the CA that the attacker signs with, or a function that makes the identity to present
        for a server name. None: the Wi-Fi is honest.
    """

    name: str
    identity: Identity
    attacker: CertificateAuthority | Callable[[str], Identity] | None = None
    host: str = HOST


def run(clients: Iterable[Client], situations: Iterable[Situation]) -> Outcomes:
    """Let every client log in to every situation's host, and return the outcomes.

    Nothing is simulated: each cell is one connection, one handshake and, if the client accepts, one
    login. The servers live only as long as this call. Raises ValueError when two clients or two
    situations have the same name.
    """
    clients, situations = tuple(clients), tuple(situations)
    for kind, names in (
        ("clients", [one.name for one in clients]),
        ("situations", [one.name for one in situations]),
    ):
        if not names or len(set(names)) < len(names):
            raise ValueError(f"Give {kind} with names of their own: {names}.")
    return Outcomes(
        tuple(outcome for situation in situations for outcome in _run(clients, situation))
    )


def _run(clients: tuple[Client, ...], situation: Situation) -> list[Outcome]:
    url, body = f"https://{situation.host}/balance", urlencode(LOGIN).encode()
    with ExitStack() as opened:
        server = opened.enter_context(
            TLSServer(situation.identity, Bank(LOGIN["user"], LOGIN["password"]))
        )
        wifi = opened.enter_context(Gateway({situation.host: server}))
        if situation.attacker is not None:
            attacker = opened.enter_context(
                OnPathAttacker(situation.attacker, upstream={situation.host: server})
            )
            opened.enter_context(wifi.hijack(situation.host, attacker))
        return [
            observe(client, url, body, wifi=wifi, situation=situation.name) for client in clients
        ]
