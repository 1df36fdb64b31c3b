"""Lesson 02: build a certificate authority. Who vouches for a server, and how a client checks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from ...cases.broken_servers import broken_cases, eight_servers, issue, root
from ...lab.pki import CertificateAuthority, Identity, derived_key
from ...lab.slow_motion import SlowHandshake
from ...lab.story import HOST
from ...pinning.context import client_context
from ..answers import Plain, UnreadableAnswer, plain, read_word
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
        "An app looks at the name only. What does it do with the thief's own certificate for bank.example?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "02.3",
        "The museum's CA is in the trust store. It signs for bank.example. What does Ada's app do?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "02.4",
        "The museum's CA has a name constraint: museum.example. It signs for bank.example. What does Ben's app do?",
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
        "When may a careful app send its first byte of data?",
        (
            Option("As soon as the two share a key", "A key can be shared with anybody. Who it is, is not known yet."),
            Option("After it has checked the certificate", "The check stands between the server's flight and the first byte.", right=True),
            Option("After the server has read its Finished", "It need not wait that long: its data may travel together with its Finished."),
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
            Option("For every name, as far as this phone is concerned", "So it was with Ada's phone. Only a constraint in the CA's own certificate limits it.", right=True),
            Option("For names in the museum's country", "No country is checked."),
        ),
    ),
    Question(
        "02.q6",
        "One CA certificate says “for museum.example only”. Another has no such limit. Which one is the more dangerous to trust?",
        (
            Option("The one with the constraint: it looks odd", "A constraint only takes power away: Ben's phone was safe with it."),
            Option("The one without", "It can vouch for every name there is.", right=True),
            Option("Both alike", "The thief read 145 bytes from Ada, and 0 from Ben."),
        ),
    ),
)  # fmt: skip


def meet(identity: Identity, host: str, anchor: x509.Certificate | None = None) -> str:
    """What a careful client does with this server: "accepted", or the check that refuses and why."""
    slow = SlowHandshake(client_context([anchor or root()]), identity, server_hostname=host)
    slow.finish()
    return (
        "accepted"
        if slow.client_ready
        else slow.flights[1].result.removeprefix("refuses ").strip("()")
    )


# Exercises 02.1 and 02.4: a leaf of one's own, below this CA.

_KEY, _CA_KEY = derived_key("exercise: server"), derived_key("exercise: CA")
_CA = issue(
    "Exercise CA", _CA_KEY, "Exercise CA", _CA_KEY,
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (x509.KeyUsage(False, False, False, False, False, True, True, False, False), True),
    (x509.NameConstraints([x509.DNSName("example"), x509.DNSName("test")], None), True),
)  # fmt: skip
_TWO = (HOST, f"www.{HOST}")


def _is_blank(answer: Any) -> bool:
    return answer is ... or answer is None


def _serves(answer: Callable[..., Any], host: str | None) -> Plain:
    """What a client that trusts the exercise's CA does with the learner's certificate, asked for as
    this host, or as any other.
    """
    certificate = answer(_KEY, "Exercise CA", _CA_KEY)
    if _is_blank(certificate):
        return ...
    if not isinstance(certificate, x509.Certificate):
        raise TypeError(f"it should return a certificate, not {type(certificate).__name__}")
    if certificate.public_key() != _KEY.public_key():
        return "another key"
    server = Identity.of(_KEY, certificate)
    verdicts = [meet(server, name, _CA) for name in ([host] if host else _others(certificate))]
    return "accepted" if "accepted" in verdicts else verdicts[0]


def _others(certificate: x509.Certificate) -> list[str]:
    """Hosts that this certificate is not to serve: one that it need not name, and all others that
    it does.
    """
    found = [
        each.value
        for each in certificate.extensions
        if isinstance(each.value, x509.SubjectAlternativeName)
    ]
    named = [str(name.value) for names in found for name in names]
    return [f"app.{HOST}", *(name.replace("*", "any") for name in named if name not in _TWO)]


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
        "the leaf among them": (
            deep.certificate,
            (lower.certificate, deep.certificate, upper.certificate),
        ),
    }


def _leaf_key(certificate: x509.Certificate) -> Any:
    top = root()
    for authority in (
        top.issue_intermediate("Repair Issuing CA"),
        top.issue_intermediate("Repair Upper CA", path_length=1).issue_intermediate(
            "Repair Lower CA"
        ),
    ):
        identity = authority.issue_leaf(HOST)
        if identity.certificate == certificate:
            return identity.private_key
    raise LookupError("no such leaf")


def _repaired(
    answer: Callable[..., Any], leaf: x509.Certificate, found: list[x509.Certificate]
) -> Plain:
    """What a client that has the root alone does with the chain that the learner presents."""
    presented = answer(leaf, list(found))
    if _is_blank(presented):
        return ...
    chain = list(presented)
    if not all(isinstance(one, x509.Certificate) for one in chain):
        raise TypeError("it should return a list of certificates")
    if not chain or chain[0] != leaf:
        return "the leaf is not first"
    if len({one.public_bytes(Encoding.DER) for one in chain}) < len(chain):
        return "a certificate is sent twice"
    verdict = meet(Identity.of(_leaf_key(leaf), *chain), HOST)
    if verdict == "accepted" and not all(_signed(one, above) for one, above in pairwise(chain)):
        return "one of them did not sign the one before it"
    return verdict


def _signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


# Exercise 02.3: one of eight.


def _letter(value: Plain) -> Mapping[str, Plain]:
    if isinstance(value, list | tuple | set) and len(value) == 1:
        value = next(iter(value))
    if isinstance(value, list | tuple | set | dict):
        raise UnreadableAnswer("Only one of the eight is accepted: give its letter.")
    return {
        "the one that is accepted": read_word(
            value, {letter: (f"server {letter}",) for letter in eight_servers()}, "one of the eight"
        )
    }


# Exercise 02.4: a row of one's own.

_CHECKS = ("validity", "chain", "hostname")
_MORE = "more than one thing differs"


def _row(answer: Callable[..., Any], question: str) -> Plain:
    """What a careful client does with the learner's broken server or its twin, or how many things
    differ between the two.
    """
    row = answer("Exercise CA", _CA_KEY)
    if _is_blank(row):
        return ...
    if not isinstance(row, list | tuple) or len(row) != 3 or any(map(_is_blank, row)):
        raise TypeError(
            "it should return three things: the name of the check, the broken server, its honest twin"
        )
    named, broken, twin = row
    if not all(isinstance(one, Identity) for one in (broken, twin)):
        raise TypeError(
            "the two servers should be identities, made with Identity.of(key, certificate)"
        )
    if question == "between the two":
        return "one thing differs" if len(_differences(broken, twin)) <= 1 else _MORE
    verdict = meet(broken if question == "the broken server" else twin, HOST, _CA)
    if verdict == "accepted" or question == "its honest twin":
        return "accepted" if verdict == "accepted" else "refused"
    check = read_word(plain(named), _CHECKS, "the name of a check")
    return (
        "refused by the check you named"
        if verdict.startswith(f"{check}:")
        else "refused by another check"
    )


def _differences(broken: Identity, twin: Identity) -> set[str]:
    one, other = _things(broken), _things(twin)
    return {thing for thing in one | other if one.get(thing) != other.get(thing)}


def _things(identity: Identity) -> dict[str, Any]:
    """What an identity says, thing by thing.

    Who signed it is one thing, and what stands above it belongs to that. No client reads the
    subject.
    """
    leaf, *above = identity.chain
    signer = (leaf.issuer, tuple(above), _signed(leaf, (above or [_CA])[0]))
    things = {
        extension.oid.dotted_string: (extension.critical, extension.value)
        for extension in leaf.extensions
    }
    for identifier in (ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ExtensionOID.SUBJECT_KEY_IDENTIFIER):
        things.pop(identifier.dotted_string, None)
    dates = (leaf.not_valid_before_utc, leaf.not_valid_after_utc)
    return {**things, "who signed it": signer, "dates": dates, "key": leaf.public_key()}


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
            Case("any other host", "hostname: name does not match", (None,)),
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
                {"bank.example": "hostname: name does not match", "any other host": "accepted"},
            ),
            Misconception(
                "more names do no harm",
                "Two names were asked for. Whoever steals this server's key can be every name in its certificate.",
                {"any other host": "accepted"},
            ),
            Misconception(
                "any key can sign",
                "You signed with the server's own key. What counts is the signature of the CA.",
                {
                    "bank.example": "chain: signature does not verify",
                    "www.bank.example": "chain: signature does not verify",
                    "any other host": "chain: signature does not verify",
                },
            ),
            Misconception(
                "a certificate brings its own key",
                "It is a statement about the key that the server has. That is the first argument.",
                dict.fromkeys(("bank.example", "www.bank.example", "any other host"), "another key"),
            ),
            Misconception(
                "who issues it is just a text",
                "The issuer's name has to be the subject of the CA, or the client does not find it.",
                dict.fromkeys(("bank.example", "www.bank.example", "any other host"), "chain: issuer not found"),
            ),
            Misconception(
                "a certificate may sign itself",
                "Then nobody vouches for it. Take the CA's name and key as the issuer's.",
                dict.fromkeys(("bank.example", "www.bank.example", "any other host"), "chain: self-signed certificate"),
            ),
            Misconception(
                "dates do not matter",
                "It is not valid today. Leave the dates as they are by default.",
                dict.fromkeys(("bank.example", "www.bank.example", "any other host"), "validity: expired"),
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
                "the client will sort it out",
                "This client does, and others may not. Send the leaf, then whoever signed the one before, and nothing else.",
                {
                    **dict.fromkeys(
                        ("and somebody else's", "two of the same name", "two intermediates, in any order"),
                        "one of them did not sign the one before it",
                    ),
                    "the leaf among them": "a certificate is sent twice",
                },
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
        cases=(
            Case("the broken server", "refused by the check you named", ("the broken server",)),
            Case("its honest twin", "accepted", ("its honest twin",)),
            Case("between the two", "one thing differs", ("between the two",)),
        ),
        misconceptions=(
            Misconception(
                "a fault that no client looks at is a fault",
                "The client accepts your broken server. What would it have to check to see the fault?",
                {"the broken server": "accepted"},
            ),
            Misconception(
                "whatever is refused is a proof",
                "The twin is refused too, so nobody knows what the refusal was for.",
                {"its honest twin": "refused"},
            ),
            Misconception(
                "the order of the two does not matter",
                "The broken one comes first, then its twin.",
                {"the broken server": "accepted", "its honest twin": "refused"},
            ),
            Misconception(
                "any good server will do as the twin",
                "Compare the two, field by field: dates, names, key, who signed it, and every other extension. "
                "Where two differ, nobody knows which of them was refused.",
                {"between the two": _MORE},
            ),
            Misconception(
                "a refusal is a refusal",
                "It is refused, and not by the check you named. Validity looks at the dates, hostname at the SubjectAltName, chain at all the rest.",
                {"the broken server": "refused by another check"},
            ),
        ),
    ),
)  # fmt: skip
