"""What a learner may be doing when he stops the cell, each as a short story.

`cell(work)` is where the interrupt comes: it runs `work`, lets go of it when it is interrupted, and
then runs it again, as a learner does. It answers what the second run gave. As in a notebook, the
first run's traceback stays, until the story is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from certpin_lab import (
    CertificateAuthority,
    Client,
    OnPathAttacker,
    Outcome,
    Pin,
    PinMismatchError,
    PinPolicy,
    PinSet,
    Scene,
    Situation,
    TLSServer,
    client_context,
)
from certpin_lab.lab import trials
from certpin_lab.lab.gateway import Gateway
from certpin_lab.lab.loopback import connect
from certpin_lab.lab.slow_motion import SlowHandshake

Cell = Callable[[Callable[[], Any]], Any]
HONEST, CARELESS = CertificateAuthority("Honest Root CA"), CertificateAuthority("Careless Root CA")
BANK, FORGED = HONEST.issue_leaf("bank.example"), CARELESS.issue_leaf("bank.example")
PINNED = client_context(
    [HONEST, CARELESS], PinPolicy({"bank.example": PinSet([Pin.of(BANK.certificate)])})
)
SIZE = 145  # bytes of the app's request for the balance


def told(outcome: Outcome) -> list[tuple[str, str, str | None]]:
    """An outcome's own part of the story, without the numbers."""
    return [(event.actor, event.action, event.target) for event in outcome.events]


def scene_from_start_to_end(cell: Cell) -> None:
    def work() -> str:
        with Scene() as scene:
            return scene.run("pinned").verdict

    assert cell(work) == "served"


def scene_is_made_and_kept(cell: Cell) -> None:
    scene = cell(Scene)
    assert scene.run("pinned").verdict == "served"
    scene.close()


def scene_is_made_and_forgotten(cell: Cell) -> None:
    assert cell(Scene).run("pinned").verdict == "served"


def scene_is_closed(cell: Cell) -> None:
    scene = Scene()
    scene.run("unpinned")
    cell(scene.close)
    for part in (scene.bank, scene.wifi, scene.attacker):
        try:
            connect(part.address).close()
        except ConnectionRefusedError:
            continue
        raise AssertionError("after `close` a part of the scene still listens")


def scene_on_honest_wifi(cell: Cell) -> None:
    with Scene() as scene, Scene() as other:
        expected = other.run("unpinned")
        outcome = cell(lambda: scene.run("unpinned"))
        assert (outcome, told(outcome)) == (expected, told(expected)), outcome.events
        assert [event.number for event in scene.events] == list(range(1, len(scene.events) + 1))
        assert len(scene.events) % len(outcome.events) == 0, "half a story"
        assert len(scene.wifi.capture) <= 2


def scene_on_hostile_wifi(cell: Cell) -> None:
    with Scene() as scene:

        def work() -> list[Outcome]:
            with scene.hostile():
                return [scene.run("unpinned"), scene.run("pinned")]

        exposed, protected = cell(work)
        assert (exposed.verdict, exposed.attacker_read) == ("exposed", SIZE), exposed
        assert (protected.verdict, protected.attacker_read, protected.reason) == (
            "protected",
            0,
            "no pinned key",
        )
        assert (len(exposed.events), len(protected.events)) == (9, 5), scene.events
        assert scene.run("pinned").verdict == "served", "the Wi-Fi stayed hostile"


def hijack_ends(cell: Cell) -> None:
    with Scene() as scene, OnPathAttacker(HONEST, upstream={"bank.example": scene.bank}) as other:

        def work() -> None:
            with scene.hostile(), scene.wifi.hijack("bank.example", other):
                pass

        cell(work)
        assert scene.run("pinned").situation == "honest Wi-Fi", "the Wi-Fi stayed hostile"


def parts_from_start_to_end(cell: Cell) -> None:
    def work() -> bytes:
        with (
            TLSServer(BANK) as bank,
            OnPathAttacker(CARELESS, upstream={"bank.example": bank}) as attacker,
            Gateway({"bank.example": bank}) as wifi,
            wifi.hijack("bank.example", attacker),
        ):
            return Client("victim", client_context([CARELESS])).fetch(
                "https://bank.example/", proxy=wifi.url
            )

    assert cell(work) == b"hello from the lab: /\n"


def parts_are_made_and_kept(cell: Cell) -> None:
    bank = cell(lambda: TLSServer(BANK))
    attacker = cell(lambda: OnPathAttacker(CARELESS, upstream={"bank.example": bank}))
    attacker.close()
    bank.close()


def identity_is_renewed(cell: Cell) -> None:
    with Scene() as scene:

        def work() -> None:
            scene.bank.identity = scene.bank.identity.renewed(same_key=False)

        cell(work)
        assert [scene.run(app).verdict for app in ("unpinned", "pinned")] == [
            "served",
            "locked out",
        ]
        assert scene.run("unpinned").events[2].action.endswith("signed by Honest Issuing CA")


def trials_on_hostile_wifi(cell: Cell) -> None:
    situations = [Situation("café", BANK, CARELESS)]
    clients = [Client("unpinned", client_context([CARELESS])), Client("pinned", PINNED)]
    outcomes = cell(lambda: trials.run(clients, situations))
    assert [(row.verdict, row.attacker_read) for row in outcomes] == [
        ("exposed", SIZE),
        ("protected", 0),
    ]


def pinned_handshake_with_the_attacker(cell: Cell) -> None:
    """Wherever the check of the pins is broken off: not a byte leaves on that connection
    afterwards.
    """
    with TLSServer(FORGED) as attacker:
        with (
            connect(attacker.address) as tcp,
            PINNED.wrap_socket(
                tcp, server_hostname="bank.example", do_handshake_on_connect=False
            ) as tls,
        ):

            def work() -> None:
                for step in (
                    tls.do_handshake,
                    lambda: tls.sendall(b"password"),
                    lambda: tls.write(b"password"),
                ):
                    try:
                        step()
                    except OSError:
                        continue
                    raise AssertionError("the pinned connection accepted the forgery")

            cell(work)
        attacker.close()  # waits until the record is written
        assert [record.received for record in attacker.connections] == [b""], (
            "the attacker has read something"
        )


def pinned_handshake_in_slow_motion(cell: Cell) -> None:
    """Interrupted while it is made or steps, a handshake either goes on rightly or says that it has
    to be made again.
    """
    for identity, error in ((BANK, None), (FORGED, PinMismatchError)):
        slow = cell(lambda identity=identity: SlowHandshake(PINNED, identity))
        try:
            cell(slow.finish)
        except RuntimeError as refusal:
            if "interrupted" not in str(refusal):
                raise
            slow = SlowHandshake(PINNED, identity)
            slow.finish()
        assert type(slow.error) is (error or type(None))
        assert slow.client_ready is (error is None)
        assert len(slow.flights) == 3, slow.flights


SCENARIOS = {
    function.__name__.replace("_", " "): function
    for function in (
        scene_from_start_to_end,
        scene_is_made_and_kept,
        scene_is_made_and_forgotten,
        scene_is_closed,
        scene_on_honest_wifi,
        scene_on_hostile_wifi,
        hijack_ends,
        parts_from_start_to_end,
        parts_are_made_and_kept,
        identity_is_renewed,
        trials_on_hostile_wifi,
        pinned_handshake_with_the_attacker,
        pinned_handshake_in_slow_motion,
    )
}
