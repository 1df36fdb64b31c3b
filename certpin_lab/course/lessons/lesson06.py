"""Lesson 06: your first pin. The check itself, where it stands, and how its error is read."""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ...lab.attacker import OnPathAttacker
from ...lab.bank import Bank
from ...lab.pki import CertificateAuthority, Identity
from ...lab.server import TLSServer
from ...lab.story import HOST
from ...pinning.certificate import certificate_fingerprint
from ...pinning.context import client_context
from ...pinning.pin_mismatch import PinMismatchError
from ...pinning.pins import Pin
from ..answers import Plain, read_mapping
from ..exercise import Case, Exercise, Misconception, Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "06.1",
        "The pin does not match. Is the password with the attacker by then?",
        choices=("already there", "never sent"),
    ),
    Prediction(
        "06.2",
        "The app pins the bank's CA and verifies no chain. The attacker names that CA in a certificate of his own. What does the app do?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "06.3",
        "The app pins the bank's CA and does not look at the host name. The attacker owns shop.example, with a certificate from the same CA. What does the app do?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "06.4",
        "The finished app, at home and in the café",
        choices=("served", "locked out", "exposed", "protected"),
        situations=("pinned, honest Wi-Fi", "pinned, hostile Wi-Fi"),
    ),
)

QUESTIONS = (
    Question(
        "06.q1",
        "Of the three doors in lesson 05, which one can certificate checking not shut?",
        (
            Option("The app that checks nothing", "That one is shut by checking."),
            Option("A root that somebody installed", "Without that root it is shut."),
            Option("A trusted CA that signs for the attacker", "Every check passes, because somebody trusted did vouch.", right=True),
        ),
    ),
    Question(
        "06.q2",
        "What is a pin made of?",
        (
            Option("The whole certificate", "That is the fingerprint. It changes at every renewal."),
            Option("The SubjectPublicKeyInfo: the key with its kind", "Hashed with SHA-256, written in base64.", right=True),
            Option("The host name and the key", "No name is in a pin."),
        ),
    ),
    Question(
        "06.q3",
        "When does the careful app check the certificate?",
        (
            Option("Before its own Finished, so before any data", "That is also the moment for a pin.", right=True),
            Option("With the first answer", "By then the password has left."),
            Option("When the user looks at the lock", "Apps have no lock, and users do not look."),
        ),
    ),
    Question(
        "06.q4",
        "“We pin the CA's key, so we can leave out the other checks.” What happens?",
        (
            Option("Nothing: the CA's key cannot be forged", "It need not be. Its public certificate is enough, where nobody verifies a signature."),
            Option("Any certificate that names this CA, or that it signed for anybody, passes", "You have seen both above.", right=True),
            Option("The app refuses everybody", "It accepts more than before, not less."),
        ),
    ),
    Question(
        "06.q5",
        "“When the pin fails the password is gone anyway.” True?",
        (
            Option("Yes: the handshake is complete by then", "A completed handshake has carried no application data yet."),
            Option("No, if the check stands before the first byte", "Then the attacker has a completed handshake and 0 bytes.", right=True),
            Option("No, because the password is encrypted", "Encrypted for whom? It is the attacker who holds the key."),
        ),
    ),
)  # fmt: skip

# Exercise 06.1: the check.

_HONEST, _CARELESS = (
    CertificateAuthority("Honest Root CA"),
    CertificateAuthority("Careless Root CA"),
)
_ISSUING = _HONEST.issue_intermediate("Honest Issuing CA")
_BANK = _ISSUING.issue_leaf(HOST)


def _chain(identity: Identity) -> tuple[x509.Certificate, ...]:
    return (*identity.chain, identity.issuer.root)


def _pin(certificate: x509.Certificate) -> str:
    return str(Pin.of(certificate))


def _sha256(data: bytes) -> str:
    return "sha256/" + base64.b64encode(hashlib.sha256(data).digest()).decode()


@cache
def _cases() -> Mapping[str, tuple[tuple[x509.Certificate, ...], list[str], bool]]:
    honest, leaf = _chain(_BANK), _BANK.certificate
    forged = _chain(_CARELESS.issue_leaf(HOST))
    installed = _chain(CertificateAuthority("Installed Root").issue_leaf(HOST))
    shop = _pin(_ISSUING.issue_leaf("shop.example").certificate)
    backup = _ISSUING.issue_leaf(HOST, generation=100)
    raw = leaf.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    mine = _pin(leaf)
    return {
        "the bank, its leaf pinned": (honest, [mine], True),
        "a careless CA's certificate": (forged, [mine], False),
        "a certificate from an installed root": (installed, [mine], False),
        "no verified chain": ((), [mine], False),
        "no chain and no pins": ((), [], False),
        "an empty list of pins": (honest, [], False),
        "only the pin of another host": (honest, [shop], False),
        "the second of two pins": (honest, [shop, mine], True),
        "the intermediate pinned": (honest, [_pin(honest[1])], True),
        "the root pinned": (honest, [_pin(honest[2])], True),
        "renewed with the same key": (_chain(_BANK.renewed(same_key=True)), [mine], True),
        "renewed with a new key": (_chain(_BANK.renewed(same_key=False)), [mine], False),
        "the backup key in use": (_chain(backup), [mine, _pin(backup.certificate)], True),
        "a fingerprint in place of the pin": (honest, ["sha256/" + base64.b64encode(certificate_fingerprint(leaf)).decode()], False),
        "the hash of the bare key": (honest, [_sha256(raw)], False),
        "the pin in small letters": (honest, [mine.lower()], False),
        "the first half of the pin": (honest, [mine[:28]], False),
        "the pin in a longer text": (honest, [f"not {mine} any more"], False),
        "the same pin twice": (honest, [mine, mine], True),
        "the forged chain, and the CA's own pin elsewhere": (forged, [shop, mine], False),
    }  # fmt: skip


def _try(answer: Callable[..., Any], chain: Sequence[x509.Certificate], pins: list[str]) -> str:
    """Whether the learner's check lets this chain pass.

    A crash is no refusal: the same crash may come for the bank itself.
    """
    try:
        result = answer(chain, pins)
    except (
        IndexError,
        KeyError,
        TypeError,
        AttributeError,
        NameError,
        ZeroDivisionError,
        RecursionError,
        MemoryError,
    ):
        raise
    except Exception:  # noqa: BLE001  # whatever the learner calls a refusal
        return "refused"
    if result is None or result is ...:
        return "..." if result is ... else "accepted"
    return "accepted" if result else "returned False"


def _recipe(accepts: Callable[[Sequence[x509.Certificate], list[str]], bool]) -> Callable[..., str]:
    return lambda chain, pins: "accepted" if accepts(chain, pins) else "refused"


def _any(chain: Sequence[x509.Certificate], pins: list[str]) -> bool:
    return any(_pin(each) in pins for each in chain)


_IDEAS: tuple[tuple[str, str, Callable[..., str]], ...] = (
    (
        "a refusal is a False",
        "Whoever calls your check and forgets to look at what it returns sends the password. Raise instead: nobody overlooks that.",
        lambda chain, pins: "accepted" if _any(chain, pins) else "returned False",
    ),
    (
        "only the leaf counts",
        "Whoever pins an intermediate or a root means those. Any certificate of the verified chain may match.",
        _recipe(lambda chain, pins: bool(chain) and _pin(chain[0]) in pins),
    ),
    (
        "only the root counts",
        "The leaf is the most exact pin there is. Any certificate of the verified chain may match.",
        _recipe(lambda chain, pins: bool(chain) and _pin(chain[-1]) in pins),
    ),
    (
        "every certificate has to be pinned",
        "One match is enough: the others were verified already, by their signatures.",
        _recipe(lambda chain, pins: bool(chain) and all(_pin(each) in pins for each in chain)),
    ),
    (
        "all pins have to be found",
        "The backup pin is of a key that nobody uses yet. One match is enough.",
        _recipe(lambda chain, pins: bool(pins) and {_pin(each) for each in chain} >= set(pins)),
    ),
    (
        "where there is no chain there is nothing wrong",
        "A resumed session has no chain, and nothing was checked. Refuse it.",
        _recipe(lambda chain, pins: not chain or _any(chain, pins)),
    ),
    (
        "no pins, no check",
        "An empty list is most likely a mistake in loading it. Refuse, or the mistake switches the check off.",
        _recipe(lambda chain, pins: not pins or _any(chain, pins)),
    ),
    (
        "a pin is the certificate's fingerprint",
        "Hash the SubjectPublicKeyInfo, not the whole certificate: Pin.of does.",
        _recipe(lambda chain, pins: any(_sha256(each.public_bytes(Encoding.DER)) in pins for each in chain)),
    ),
    (
        "capital letters do not matter",
        "In base64 'a' and 'A' are different digits. Compare as it stands.",
        _recipe(lambda chain, pins: any(_pin(each).lower() in [pin.lower() for pin in pins] for each in chain)),
    ),
    (
        "a part of the pin is the pin",
        "Half a hash is found sooner than a whole one. Compare the whole text, both ways.",
        _recipe(lambda chain, pins: any(pin in _pin(each) or _pin(each) in pin for each in chain for pin in pins)),
    ),
    (
        "a pin inside another text is a pin",
        "Searching in text finds it inside other text too. Compare whole items of the list.",
        _recipe(lambda chain, pins: any(_pin(each) in " ".join(pins) for each in chain)),
    ),
    (
        "the name in the certificate tells who it is",
        "Anybody can write that name. The pin compares keys, so that names do not matter.",
        _recipe(lambda chain, pins: any("bank.example" in each.subject.rfc4514_string() for each in chain)),
    ),
)  # fmt: skip

# Exercise 06.2: the check before the first byte.

LOGIN = b"POST /balance HTTP/1.1\r\nHost: bank.example\r\nContent-Length: 33\r\n\r\nuser=ada&password=tulip-garden-42"
_SITUATIONS = {
    "the bank itself": ("served", False),
    "a careless CA's certificate": ("protected", True),
    "the bank's own certificate sent along": ("protected", True),
    "the bank with a new key": ("refused, nothing sent", False),
}


@contextmanager
def _four_servers() -> Iterator[dict[str, Any]]:
    """One server or attacker for each situation, each with records of its own."""
    renewed = _BANK.renewed(same_key=False)
    forged = _CARELESS.issue_leaf(HOST)
    along = replace(forged, chain=(*forged.chain, *_BANK.chain))
    with ExitStack() as opened:
        bank = opened.enter_context(TLSServer(_BANK, Bank("ada", "tulip-garden-42")))
        upstream = {HOST: bank}
        yield {
            "the bank itself": opened.enter_context(
                TLSServer(_BANK, Bank("ada", "tulip-garden-42"))
            ),
            "a careless CA's certificate": opened.enter_context(
                OnPathAttacker(_CARELESS, upstream=upstream)
            ),
            "the bank's own certificate sent along": opened.enter_context(
                OnPathAttacker(lambda host: along, upstream=upstream)
            ),
            "the bank with a new key": opened.enter_context(
                TLSServer(renewed, Bank("ada", "tulip-garden-42"))
            ),
        }


def _log_in(answer: Callable[..., Any], address: tuple[str, int]) -> Plain:
    """Connect, with every usual check, and let the learner's function have the connection.

    What it returns is not the measure.
    """
    context = client_context([_HONEST, _CARELESS])
    with (
        socket.create_connection(address, timeout=2) as tcp,
        context.wrap_socket(tcp, server_hostname=HOST) as tls,
    ):
        try:
            result = answer(tls, LOGIN, [_pin(_BANK.certificate)])
        except (
            ssl.SSLError,
            ValueError,
            RuntimeError,
            AssertionError,
            PermissionError,
            ConnectionError,
        ):
            return "refused"
        return (
            ...
            if result is ...
            else "answered"
            if isinstance(result, bytes) and b"Balance" in result
            else "no answer"
        )


def _measured(world: dict[str, Any], case: Case, value: Plain) -> Plain:
    """What the other side holds, and only then what the client says."""
    server = world[case.name]
    deadline = time.monotonic() + 2
    while not server.connections and time.monotonic() < deadline:
        time.sleep(0.005)
    received = b"".join(record.received for record in server.connections)
    if _SITUATIONS[case.name][1]:
        return "exposed" if received else "protected"
    if received:
        return (
            "served"
            if value == "answered"
            else "refused after sending"
            if value == "refused"
            else "sent, no answer returned"
        )
    return "refused, nothing sent" if value == "refused" else "nothing sent, no refusal"


# Exercise 06.3: five errors at the support line.


def tickets() -> dict[str, PinMismatchError]:
    """Five errors, as the app's users sent them in, each made by the package's own check."""
    from datetime import UTC, datetime

    from ...pinning.policy import PinSet

    pin = Pin.of(_BANK.certificate)
    installed = CertificateAuthority("Skyline Office Proxy")
    last_year = datetime(2025, 6, 1, tzinfo=UTC)
    wrong = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    made: dict[str, tuple[PinSet, tuple[x509.Certificate, ...]]] = {
        "A": (PinSet([pin]), _chain(installed.issue_leaf(HOST))),
        "B": (PinSet([pin]), _chain(_BANK.renewed(same_key=False))),
        "C": (PinSet([wrong]), _chain(_BANK)),
        "D": (PinSet([pin]), ()),
        "E": (PinSet([pin], expires=last_year, after_expiry="refuse"), _chain(_BANK)),
    }
    found = {}
    for name, (pins, chain) in made.items():
        try:
            pins.check(chain, server_hostname=HOST)
        except PinMismatchError as mismatch:
            found[name] = mismatch
    return found


_TICKETS: dict[str, tuple[str, ...]] = {"A": (), "B": (), "C": (), "D": (), "E": ()}
_CAUSES = {
    "somebody in the middle": ("attack", "attacker", "proxy", "man in the middle", "somebody else"),
    "new key at the bank": ("new key", "the bank has a new key", "key change", "renewal"),
    "wrong pin in the app": ("wrong pin", "bad pin", "the pin is wrong"),
    "session resumed": ("resumed session", "resumed", "no chain", "resumption"),
    "pins too old": ("pins expired", "expired pins", "expired"),
}

EXERCISES = (
    Exercise(
        "06.1",
        "The check",
        points=4,
        why="It raises where it refuses, wants one match in the verified chain, and an empty list or chain opens nothing.",
        probe=_try,
        cases=tuple(
            Case(
                name,
                "accepted" if accepted else "refused",
                lambda world, name=name: (list(_cases()[name][0]), list(_cases()[name][1])),  # type: ignore[misc]
            )
            for name, (_, _, accepted) in _cases().items()
        ),
        misconceptions=tuple(Misconception(name, why, says) for name, why, says in _IDEAS),
    ),
    Exercise(
        "06.2",
        "Check, then send",
        points=3,
        why="The attacker has a completed handshake and 0 bytes, and the bank still serves its customer.",
        probe=_log_in,
        setting=_four_servers,
        measure=_measured,
        cases=tuple(
            Case(name, right, lambda world, name=name: (world[name].address,))  # type: ignore[misc]
            for name, (right, _) in _SITUATIONS.items()
        ),
        misconceptions=(
            Misconception(
                "checking is checking, whenever it is done",
                "What was sent before the check is with whoever answered. Move the check in front of sendall.",
                {"a careless CA's certificate": "exposed", "the bank's own certificate sent along": "exposed", "the bank with a new key": "refused after sending"},
            ),
            Misconception(
                "the error can wait",
                "An error that is caught and dropped has stopped nothing. Let it out.",
                {"a careless CA's certificate": "exposed", "the bank's own certificate sent along": "exposed", "the bank with a new key": "served"},
            ),
            Misconception(
                "what the server presents is what was verified",
                "The attacker sent the bank's certificate along. Use verified_chain: it holds only what the client built itself.",
                {"the bank's own certificate sent along": "exposed"},
            ),
            Misconception(
                "refusing everybody is safe",
                "It is an outage. The bank's own customers have to get through.",
                {"the bank itself": "refused, nothing sent"},
            ),
            Misconception(
                "silence is a refusal",
                "Nothing was sent, and nobody was told. Raise an error, so that the caller knows that there is no answer.",
                {"the bank with a new key": "nothing sent, no refusal"},
            ),
            Misconception(
                "the answer does not matter",
                "The login was sent and its answer lost. Return what tls.recv gives.",
                {"the bank itself": "sent, no answer returned"},
            ),
        ),
    ),
    Exercise(
        "06.3",
        "The support line",
        points=2,
        why="A good pin error lists both sides. Who reads it can tell an attack from a renewal, and a renewal from a mistake of one's own.",
        read=lambda value: read_mapping(value, _TICKETS, _CAUSES),
        cases=(
            Case("A", "somebody in the middle"),
            Case("B", "new key at the bank"),
            Case("C", "wrong pin in the app"),
            Case("D", "session resumed"),
            Case("E", "pins too old"),
        ),
        misconceptions=(
            Misconception(
                "it is always an attack",
                "In four of the five nobody attacks. Look at who signed the leaf, and at the list of pins.",
                {"B": "somebody in the middle", "C": "somebody in the middle", "D": "somebody in the middle", "E": "somebody in the middle"},
            ),
            Misconception(
                "it is never an attack",
                "In A the leaf is signed by a CA that the bank has nothing to do with. Warn the user before anything else.",
                {"A": "new key at the bank"},
            ),
            Misconception(
                "a strange chain is our mistake",
                "The pins in A are the right ones. It is the chain that is strange: look who signed it.",
                {"A": "wrong pin in the app"},
            ),
            Misconception(
                "the usual CA means the usual key",
                "In B the CA is the usual one and the leaf's key is not. The pins in the app are those of the old key.",
                {"B": "wrong pin in the app"},
            ),
            Misconception(
                "the bank must have changed something",
                "The chain is the one that the bank always had. Look at the other list: is that a pin of anything?",
                {"C": "new key at the bank"},
            ),
            Misconception(
                "a chain that is not there means an old pin",
                "D has no chain at all, so no pin could match, old or new. Make a full handshake.",
                {"D": "pins too old", "E": "session resumed"},
            ),
            Misconception(
                "pins that match cannot be refused",
                "In E the pin is there. Read the first line: it is the date that refuses.",
                {"E": "wrong pin in the app"},
            ),
            Misconception(
                "every refusal is a renewal",
                "Where nothing new is in the chain there was no renewal.",
                {"D": "new key at the bank", "E": "new key at the bank"},
            ),
        ),
    ),
)  # fmt: skip
