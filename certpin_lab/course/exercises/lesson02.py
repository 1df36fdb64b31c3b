"""Lesson 02: build a certificate authority. Who vouches for a server, and how a client checks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ...badcerts import broken_cases, issue, root
from ...pki import CertificateAuthority, Identity, derived_key
from ...scene import HOST
from ...slowmotion import SlowHandshake
from ...tls import client_context
from ..answers import Plain, UnreadableAnswer, read_word
from ..exercise import Case, Exercise, Misconception, Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "02.1",
        "Which check refuses each of these servers?",
        choices=("validity", "chain", "hostname", "accepted"),
        situations=tuple(case.name for case in broken_cases()),
    ),
    Prediction(
        "02.2",
        "An app accepts self-signed certificates if the name is right. What does it do with the attacker's?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "02.3",
        "The museum's CA is in the trust store. It signs a certificate for bank.example. What does the app do?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "02.4",
        "Your CA is limited to the names example and test. It signs a certificate for bank.com. What does an app do that trusts it?",
        choices=("accepted", "refused"),
    ),
)

QUESTIONS = (
    Question(
        "02.q1",
        "The careless app of lesson 01 encrypted everything. Why did the attacker read the password?",
        (
            Option("Its encryption was weak", "It was TLS 1.3 with a strong cipher."),
            Option("It had agreed on the key with him", "Encryption says that others cannot read along. Not who is there.", right=True),
            Option("He had the bank's key", "He had a key of his own, and that was enough."),
        ),
    ),
    Question(
        "02.q2",
        "What does somebody learn who only listens on the Wi-Fi?",
        (
            Option("Nothing", "The phone says in the clear whom it wants to talk to."),
            Option("The name of the host, and how many bytes go each way", "The rest is encrypted.", right=True),
            Option("The certificate of the bank", "In TLS 1.3 it is sent encrypted."),
        ),
    ),
    Question(
        "02.q3",
        "A site has a valid certificate for bank-secure.example. What does that say about its owner?",
        (
            Option("That he controls this name", "No more than that.", right=True),
            Option("That he is a bank", "The CA checked the name, not the business."),
            Option("That he is honest", "Thieves can own names too."),
        ),
    ),
    Question(
        "02.q4",
        "“Self-signed is fine if the name matches.” Why not?",
        (
            Option("Self-signed certificates cannot encrypt", "They encrypt as well as any other."),
            Option("Anybody can write that name into one", "Then name and encryption say nothing about who is there.", right=True),
            Option("They expire too soon", "Their dates are as their maker likes."),
        ),
    ),
    Question(
        "02.q5",
        "A CA was added to the phone for the museum's Wi-Fi. For whom can it sign?",
        (
            Option("For the museum only", "Nothing in the trust store says so."),
            Option("For every name, as far as this phone is concerned", "Unless the CA's own certificate carries a constraint.", right=True),
            Option("For names in the museum's country", "No country is checked."),
        ),
    ),
    Question(
        "02.q6",
        "One CA certificate says “only names under example”. Another has no such limit. Which one is the more dangerous to trust?",
        (
            Option("The one with the constraint: it looks odd", "A constraint takes power away. It cannot sign for your bank."),
            Option("The one without", "It can vouch for every name there is.", right=True),
            Option("Both alike", "You have seen the constraint refuse bank.com."),
        ),
    ),
)  # fmt: skip


def meet(identity: Identity, host: str, anchor: x509.Certificate | None = None) -> str:
    """What a careful client does with this server: "accepted", or the check that refuses and why."""
    slow = SlowHandshake(client_context([anchor or root()]), identity, server_hostname=host)
    slow.finish()
    return "accepted" if slow.client_ready else slow.flights[1].result.removeprefix("refuses ").strip("()")


# Exercise 02.1: a leaf for two names.

_KEY, _CA_KEY = derived_key("exercise: server"), derived_key("exercise: CA")
_CA = issue(
    "Exercise CA", _CA_KEY, "Exercise CA", _CA_KEY,
    (x509.BasicConstraints(ca=True, path_length=0), True),
    (x509.KeyUsage(False, False, False, False, False, True, True, False, False), True),
)  # fmt: skip


def _serves(answer: Callable[..., Any], host: str) -> Plain:
    """What a client that trusts the exercise's CA does with the learner's certificate, asked for as this host."""
    certificate = answer(_KEY, "Exercise CA", _CA_KEY)
    if certificate is ... or certificate is None:
        return ...
    if not isinstance(certificate, x509.Certificate):
        raise TypeError(f"it should return a certificate, not {type(certificate).__name__}")
    if certificate.public_key() != _KEY.public_key():
        return "another key"
    return meet(Identity.of(_KEY, certificate), host, _CA)


# Exercise 02.2: the forgotten intermediate.


@cache
def _repairs() -> Mapping[str, tuple[x509.Certificate, tuple[x509.Certificate, ...]]]:
    """A leaf each, and what lies around on the server's disk."""
    top = root()
    one = top.issue_intermediate("Repair Issuing CA", path_length=0)
    upper = top.issue_intermediate("Repair Upper CA", path_length=1)
    lower = upper.issue_intermediate("Repair Lower CA", path_length=0)
    namesake = CertificateAuthority("Other Root").issue_intermediate("Repair Issuing CA")
    stranger = top.issue_intermediate("Repair Sister CA")
    simple, deep = one.issue_leaf(HOST), lower.issue_leaf(HOST)
    return {
        "one intermediate": (simple.certificate, (one.certificate,)),
        "and the root beside it": (simple.certificate, (top.certificate, one.certificate)),
        "and somebody else's": (simple.certificate, (stranger.certificate, one.certificate)),
        "two of the same name": (simple.certificate, (namesake.certificate, one.certificate)),
        "two intermediates, in any order": (
            deep.certificate,
            (upper.certificate, stranger.certificate, lower.certificate),
        ),
        "the leaf among them": (deep.certificate, (lower.certificate, deep.certificate, upper.certificate)),
    }


def _leaf_key(certificate: x509.Certificate) -> Any:
    top = root()
    for authority in (
        top.issue_intermediate("Repair Issuing CA"),
        top.issue_intermediate("Repair Upper CA", path_length=1).issue_intermediate("Repair Lower CA"),
    ):
        identity = authority.issue_leaf(HOST)
        if identity.certificate == certificate:
            return identity.private_key
    raise LookupError("no such leaf")


def _repaired(answer: Callable[..., Any], leaf: x509.Certificate, found: list[x509.Certificate]) -> Plain:
    """What a client that has the root alone does with the chain that the learner presents."""
    presented = answer(leaf, list(found))
    if presented is ... or presented is None:
        return ...
    chain = list(presented)
    if not all(isinstance(one, x509.Certificate) for one in chain):
        raise TypeError("it should return a list of certificates")
    if not chain or chain[0] != leaf:
        return "the leaf is not first"
    if len({one.public_bytes(Encoding.DER) for one in chain}) < len(chain):
        return "a certificate is sent twice"
    return meet(Identity.of(_leaf_key(leaf), *chain), HOST)


# Exercise 02.3: one of eight.

_EIGHT = (
    "name in the CN only",
    "expired",
    "tampered",
    "intermediate missing",
    "wrong purpose",
    None,
    "self-signed",
    "unknown root",
)


@cache
def eight() -> dict[str, Identity]:
    """Eight servers, A to H. A client that trusts `badcerts.root()` accepts one of them for bank.example."""
    cases = {case.name: case for case in broken_cases()}
    return {
        letter: cases[name].identity if name else cases["expired"].twin
        for letter, name in zip("ABCDEFGH", _EIGHT, strict=True)
    }


def _letter(value: Plain) -> Mapping[str, Plain]:
    if isinstance(value, list | tuple | set) and len(value) == 1:
        value = next(iter(value))
    if isinstance(value, list | tuple | set | dict):
        raise UnreadableAnswer("Only one of the eight is accepted: give its letter.")
    return {
        "the one that is accepted": read_word(
            value, {letter: (f"server {letter}",) for letter in eight()}, "one of the eight"
        )
    }


# Exercise 02.4: a row of one's own.


def _row(answer: Callable[..., Any], which: int) -> Plain:
    """What a careful client does with the learner's broken server (0) or its twin (1)."""
    pair = answer(root())
    if pair is ... or pair is None:
        return ...
    if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(one, Identity) for one in pair):
        raise TypeError("it should return two identities: the broken one, then its twin")
    verdict = meet(pair[which], HOST)
    return verdict if verdict == "accepted" or verdict.startswith("network") else "refused"


EXERCISES = (
    Exercise(
        "02.1",
        "One certificate, two names",
        points=3,
        why="The names stand in the SubjectAltName, each on its own, and only those count.",
        probe=_serves,
        cases=(
            Case("bank.example", "accepted", ("bank.example",)),
            Case("www.bank.example", "accepted", ("www.bank.example",)),
            Case("app.bank.example", "hostname: name does not match", ("app.bank.example",)),
        ),
        misconceptions=(
            Misconception(
                "the common name is the name",
                "Clients read the SubjectAltName. The common name is for people.",
                {"bank.example": "hostname: name does not match", "www.bank.example": "hostname: name does not match"},
            ),
            Misconception(
                "one name covers its www",
                "Every name is compared as a whole. List both.",
                {"www.bank.example": "hostname: name does not match"},
            ),
            Misconception(
                "a wildcard covers everything",
                "*.bank.example stands for one label in front of bank.example: not for bank.example itself, and for app as well.",
                {"bank.example": "hostname: name does not match", "app.bank.example": "accepted"},
            ),
            Misconception(
                "more names do no harm",
                "The server was to serve two names. Whoever steals its key can now be the others too.",
                {"app.bank.example": "accepted"},
            ),
            Misconception(
                "any key can sign",
                "You signed with the server's own key. What counts is the signature of the CA.",
                {
                    "bank.example": "chain: signature does not verify",
                    "www.bank.example": "chain: signature does not verify",
                    "app.bank.example": "chain: signature does not verify",
                },
            ),
            Misconception(
                "who issues it is just a text",
                "The issuer's name has to be the subject of the CA, or the client does not find it.",
                dict.fromkeys(("bank.example", "www.bank.example", "app.bank.example"), "chain: issuer not found"),
            ),
            Misconception(
                "a certificate may sign itself",
                "Then nobody vouches for it. Take the CA's name and key as the issuer's.",
                dict.fromkeys(("bank.example", "www.bank.example", "app.bank.example"), "chain: self-signed certificate"),
            ),
            Misconception(
                "dates do not matter",
                "It is not valid today. Leave the dates as they are by default.",
                dict.fromkeys(("bank.example", "www.bank.example", "app.bank.example"), "validity: expired"),
            ),
        ),
    ),
    Exercise(
        "02.2",
        "The forgotten intermediate",
        points=3,
        why="Leaf first, then whoever signed the one before, up to but without the root. The signature decides, not the name.",
        probe=_repaired,
        cases=tuple(
            Case(name, "accepted", lambda world, name=name: (_repairs()[name][0], list(_repairs()[name][1])))  # type: ignore[misc]
            for name in _repairs()
        ),
        misconceptions=(
            Misconception(
                "the leaf is enough",
                "The client has the root only. Between the two it needs every intermediate, and it does not go looking for them.",
                dict.fromkeys(_repairs(), "chain: issuer not found"),
            ),
            Misconception(
                "one step up is enough",
                "A chain may be longer. Go on until the issuer is a root.",
                {"two intermediates, in any order": "chain: issuer not found", "the leaf among them": "chain: issuer not found"},
            ),
            Misconception(
                "the same name is the same CA",
                "Two certificates have the issuer's name, and only one of them has the key that signed. Try the signature: verify_directly_issued_by.",
                {"two of the same name": "chain: issuer not found"},
            ),
            Misconception(
                "the order does not matter",
                "The first certificate is the server's own: its key is the one that the handshake proves.",
                {"and the root beside it": "the leaf is not first", "two intermediates, in any order": "the leaf is not first"},
            ),
            Misconception(
                "send everything, and the leaf again",
                "The leaf is among the files too. Send each certificate once.",
                {"the leaf among them": "a certificate is sent twice"},
            ),
        ),
    ),
    Exercise(
        "02.3",
        "One of eight",
        points=1,
        why="F is in order: dates, names, purpose, signature, and a chain to the root that the client trusts.",
        read=_letter,
        cases=(Case("the one that is accepted", "F"),),
        misconceptions=tuple(
            Misconception(name, why, {"the one that is accepted": letter})
            for letter, name, why in (
                ("A", "the common name is the name", "A has no SubjectAltName. Its common name is for people, not for clients."),
                ("B", "dates are a formality", "B was valid until 2001."),
                ("C", "a signature that looks like one is one", "In C one bit of the signature was turned. It has to verify."),
                ("D", "the client finds the intermediate by itself", "D sends its leaf alone, and the client has the root only."),
                ("E", "a certificate is a certificate", "E is for clients. A server needs another purpose."),
                ("G", "self-signed is fine if the name matches", "Anybody can write that name. Nobody whom the client trusts has signed G."),
                ("H", "a chain with a root is a chain", "H brings its own root along. Trust does not come with the letter, it is there before."),
            )
        ),
    ),
    Exercise(
        "02.4",
        "A row of your own",
        points=2,
        why="A broken server proves something only beside a twin that works and differs in one thing.",
        probe=_row,
        cases=(Case("your broken server", "refused", (0,)), Case("its honest twin", "accepted", (1,))),
        misconceptions=(
            Misconception(
                "a fault that no client looks at is a fault",
                "The client accepts your broken server. What would it have to check to see the fault?",
                {"your broken server": "accepted"},
            ),
            Misconception(
                "whatever is refused is a proof",
                "The twin is refused too, so nobody knows what the refusal was for. Change one thing only.",
                {"its honest twin": "refused"},
            ),
            Misconception(
                "the order of the two does not matter",
                "The broken one comes first, then its twin.",
                {"your broken server": "accepted", "its honest twin": "refused"},
            ),
        ),
    ),
)  # fmt: skip
