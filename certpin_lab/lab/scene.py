"""The whole story in one object: a bank, a café's Wi-Fi, an attacker, and a phone with two apps.

The only module that composes the others. `Scene()` is the course's fixed world, the same on every
machine; another seed is another world, with other keys and pins.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import cast
from urllib.parse import urlencode

from ..pinning.context import client_context
from ..pinning.pins import Pin
from ..pinning.policy import PinPolicy, PinSet
from .attacker import OnPathAttacker
from .bank import Bank
from .clients import Client
from .gateway import Gateway, Tunnel
from .loopback import Closable
from .outcomes import Event, Mark, Outcome, classify, find_error
from .pki import DEFAULT_SEED, CertificateAuthority
from .server import ConnectionRecord, TLSServer
from .story import HOST, LOGIN, RENT, THIEF

Step = tuple[
    str, str, str | None, Mark
]  # actor, action, target, mark: an event that has no number yet


class Scene(Closable):
    """A bank, a Wi-Fi, an attacker and a phone, running on loopback until `close`.

    `.bank` is the bank's server, `.wifi` the gateway, `.attacker` the on-path attacker, `.apps` the
    clients "unpinned" and "pinned" by name. Both apps trust two CAs, an honest one and a careless
    one that has sold the attacker the right to sign. The pinned app also carries the pin of the
    bank's key. `.events` is what happened, in causal order.
    """

    def __init__(self, seed: str | int = DEFAULT_SEED) -> None:
        self.honest_ca = CertificateAuthority("Honest Root CA", seed=seed)
        self.careless_ca = CertificateAuthority("Careless Root CA", seed=seed)
        identity = self.honest_ca.issue_intermediate("Honest Issuing CA").issue_leaf(HOST)
        anchors = [self.honest_ca, self.careless_ca]
        policy = PinPolicy({HOST: PinSet([Pin.of(identity.certificate)])})
        self.apps = {
            "unpinned": Client("unpinned", client_context(anchors)),
            "pinned": Client("pinned", client_context(anchors, policy)),
        }
        self._events: list[Event] = []
        with ExitStack() as opened:
            self.bank = opened.enter_context(
                TLSServer(identity, Bank(LOGIN["user"], LOGIN["password"]))
            )
            self.attacker = opened.enter_context(
                OnPathAttacker(
                    self.careless_ca.issue_intermediate("Careless Reseller CA"),
                    upstream={HOST: self.bank},
                    tamper=lambda data: data.replace(RENT["to"].encode(), THIEF.encode()),
                    tamper_reply=lambda data: data.replace(THIEF.encode(), RENT["to"].encode()),
                )
            )
            self.wifi = opened.enter_context(Gateway({HOST: self.bank}))
            opened.pop_all()  # nothing went wrong: they stay open

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened in this scene so far, in causal order."""
        return tuple(self._events)

    def hostile(self) -> AbstractContextManager[None]:
        """While this lasts, the Wi-Fi hands connections to the bank over to the attacker."""
        return self.wifi.hijack(HOST, self.attacker)

    def run(self, app: str | Client, action: str = "balance") -> Outcome:
        """Let an app ask for the "balance", or make the "transfer" that pays the rent.

        A refused connection is an outcome, and not raised.

        app: a name from `.apps`, or a `Client`.
        """
        if action not in ("balance", "transfer"):
            raise ValueError(
                f"{action!r} is not something the app can do. Choose 'balance' or 'transfer'."
            )
        client = self._client(app)
        form = LOGIN | (RENT if action == "transfer" else {})
        seen = len(self.wifi.capture)
        outcome = observe(
            client, f"https://{HOST}/{action}", urlencode(form).encode(), wifi=self.wifi
        )
        tunnels = self.wifi.capture[seen:]
        steps = [step for tunnel in tunnels for step in _story(outcome, tunnel)]
        steps = steps or [("phone", f"{outcome.client} app does not reach the bank", None, "bad")]
        events = tuple(
            Event(number, *step) for number, step in enumerate(steps, len(self._events) + 1)
        )
        self._events += events  # all of them at once: an interrupted run leaves no half of a story
        return replace(outcome, events=events)

    def _client(self, app: str | Client) -> Client:
        if isinstance(app, Client):
            return app
        if app not in self.apps:
            raise ValueError(
                f"There is no app {app!r} on this phone. It has {', '.join(self.apps)}."
            )
        return self.apps[app]

    def close(self) -> None:
        """End all servers and connections of this scene."""
        with (
            ExitStack() as closing
        ):  # a new one each time, so that an interrupted `close` can be repeated
            for part in (self.bank, self.attacker, self.wifi):
                closing.callback(part.close)


def _story(outcome: Outcome, tunnel: Tunnel) -> Iterator[Step]:
    """The events of one connection, in the order in which each one causes the next."""
    server = "attacker" if tunnel.rerouted else "bank"
    record = _record(tunnel)
    yield "phone", f"{outcome.client} app asks for {tunnel.host}", "wifi", ""
    yield (
        "wifi",
        "hands the connection over" if tunnel.rerouted else "passes the connection on",
        server,
        "",
    )
    if outcome.layer != "network":
        yield server, f"certificate for {tunnel.host}, signed by {_issuer(tunnel)}", "phone", ""
    if not outcome.accepted:
        yield (
            "phone",
            f"refuses ({outcome.layer}: {outcome.reason})",
            None,
            "good" if tunnel.rerouted else "bad",
        )
        yield (
            server,
            f"has received {len(record.received)} bytes",
            None,
            "bad" if outcome.attacker_read else "",
        )
        return
    yield "phone", "accepts the certificate", None, "bad" if tunnel.rerouted else "good"
    yield "phone", f"password and request, {len(record.received)} bytes", server, ""
    if tunnel.rerouted:
        yield from _relayed(record)
    yield server, f"answer: {outcome.screen}", "phone", ""


def _relayed(record: ConnectionRecord) -> Iterator[Step]:
    yield "attacker", f"reads all {len(record.received)} bytes", None, "bad"
    if record.forwarded == record.received:
        yield "attacker", "passes them on", "bank", ""
    else:
        yield "attacker", "changes them and passes them on", "bank", "bad"
    yield "bank", "answer", "attacker", ""


def observe(
    client: Client, url: str, body: bytes, *, wifi: Gateway, situation: str = ""
) -> Outcome:
    """One request of a client through the Wi-Fi, seen from both ends.

    situation: its name; by default "honest Wi-Fi" or "hostile Wi-Fi", whichever it turned out to
    be. Errors that are not a refused or failed connection are raised. Tunnels of other clients that
    run at the same time would be counted in.
    """
    seen = len(wifi.capture)
    answer, failure = b"", None
    try:
        answer = client.fetch(url, proxy=wifi.url, body=body)
    except BaseException as error:
        if not isinstance(error, Exception) or find_error(error, OSError) is None:
            # An interrupt: a notebook keeps its traceback, and in there a socket, with which the
            # tunnel would stay open.
            traceback.clear_frames(error.__traceback__)
            raise
        _forget_frames(error)
        failure = error
    rerouted = [tunnel for tunnel in wifi.capture[seen:] if tunnel.rerouted]
    records = [_record(tunnel) for tunnel in rerouted]
    layer, reason = classify(failure) if failure else (None, "accepted")
    return Outcome(
        client=client.name,
        situation=situation or ("hostile Wi-Fi" if rerouted else "honest Wi-Fi"),
        hijacked=bool(rerouted),
        accepted=failure is None,
        layer=layer,
        reason=reason,
        attacker_read=sum(len(record.received) for record in records),
        attacker_handshake=any(record.handshake_completed for record in records),
        body=answer,
        error=failure,
    )


def _forget_frames(error: BaseException) -> None:
    """Drop the tracebacks of an error and of those behind it.

    Their frames would keep the whole scene alive with the outcome.
    """
    error.__traceback__ = None
    for inner in (error.__cause__, error.__context__, getattr(error, "reason", None), *error.args):
        if isinstance(inner, BaseException) and inner.__traceback__:
            _forget_frames(inner)


def _record(tunnel: Tunnel) -> ConnectionRecord:
    """The record at this tunnel's far end.

    Whoever else on this machine connected to the same port has another address.
    """
    for record in reversed(getattr(tunnel.server, "connections", ())):
        if record.peer == tunnel.exit:
            return cast(ConnectionRecord, record)
    if (
        not tunnel.to_client
    ):  # it never said a word, so there was no handshake and it can have read nothing
        return ConnectionRecord(False, None)
    raise LookupError(
        f"There is no record of this connection to {tunnel.host}: was its server closed in between?"
    )


def _issuer(tunnel: Tunnel) -> str:
    server = tunnel.server
    if isinstance(server, OnPathAttacker):
        return server.forged(tunnel.host).issuer_name
    return server.identity.issuer_name if isinstance(server, TLSServer) else "a stranger"
