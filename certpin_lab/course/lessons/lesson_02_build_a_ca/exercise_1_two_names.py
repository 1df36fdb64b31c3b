"""Exercise 02.1: a certificate for two hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cryptography import x509

from ....lab import HOST, Identity, derived_key
from ...answers import Plain, UnreadableAnswer
from ...exercise import Case, Exercise, Misconception
from .meeting import CA, CA_KEY, CA_NAME, blank, forgot_return, meet, signed

_KEY = derived_key("exercise: server")
_TWO = (HOST, f"www.{HOST}")
_NO_MATCH = "hostname: name does not match"


def _serves(answer: Callable[..., Any], host: str | None) -> Plain:
    """What a client that trusts the exercise's CA does with the learner's certificate, asked for as
    this host, or as any other.
    """
    certificate = answer(_KEY, CA_NAME, CA_KEY)
    if nothing := blank(certificate):
        return nothing
    if not isinstance(certificate, x509.Certificate):
        raise UnreadableAnswer("Return the certificate itself, as issue(...) gives it.")
    if fault := _fault(certificate):
        return fault
    hosts = [host] if host else _others(certificate)
    verdicts = [meet(Identity.of(_KEY, certificate), name, CA) for name in hosts]
    return "accepted" if "accepted" in verdicts else verdicts[0]


def _fault(certificate: x509.Certificate) -> str:
    """What is wrong with it whatever the host; empty when nothing is."""
    if certificate.public_key() != _KEY.public_key():
        return "another key"
    if signed(certificate, certificate):
        return "signed by itself"
    if certificate.issuer != CA.subject:
        return "another issuer"
    if not signed(certificate, CA):
        return "signed with another key"
    if any(each.ca for each in _values(certificate, x509.BasicConstraints)):
        return "a CA"
    return "" if _named(certificate) else "no SubjectAltName"


def _values(certificate: x509.Certificate, kind: type[Any]) -> Iterable[Any]:
    return [each.value for each in certificate.extensions if isinstance(each.value, kind)]


def _named(certificate: x509.Certificate) -> list[str]:
    return [
        str(name.value)
        for names in _values(certificate, x509.SubjectAlternativeName)
        for name in names
    ]


def _others(certificate: x509.Certificate) -> list[str]:
    """Hosts that this certificate is not to serve: one that it need not name, and all others that
    it does.
    """
    more = [name for name in _named(certificate) if name.lower() not in _TWO]
    return [f"app.{HOST}", *(name.replace("*", "any") for name in more)]


_CASES = (
    Case("bank.example", "accepted", (HOST,)),
    Case("www.bank.example", "accepted", (f"www.{HOST}",)),
    Case("any other host", _NO_MATCH, (None,)),
)


def _everywhere(observation: str) -> dict[str, Plain]:
    return dict.fromkeys((case.name for case in _CASES), observation)


EXERCISE = Exercise(
    "02.1",
    "One certificate, two names",
    points=3,
    why="Both names are in the SubjectAltName, each on its own, and only those count.",
    probe=_serves,
    cases=_CASES,
    misconceptions=(
        Misconception(
            "the common name is the name",
            "Your certificate has no SubjectAltName. This client looks for host names there and "
            "nowhere else [2].",
            _everywhere("no SubjectAltName"),
        ),
        Misconception(
            "one name covers its www",
            "Every name is compared as a whole. List both.",
            {"bank.example": "accepted", "www.bank.example": _NO_MATCH},
        ),
        Misconception(
            "the www name covers the one without",
            "Every name is compared as a whole. List both.",
            {
                "bank.example": _NO_MATCH,
                "www.bank.example": "accepted",
                "any other host": _NO_MATCH,
            },
        ),
        Misconception(
            "a name may be written in any way",
            "The client finds neither host in your SubjectAltName. Each needs a DNSName of its "
            "own with the bare name in it: no list, no address of a page, no port, no final dot.",
            {"bank.example": _NO_MATCH, "www.bank.example": _NO_MATCH},
        ),
        Misconception(
            "a wildcard covers everything",
            "*.bank.example stands for one label in front of bank.example: it leaves out "
            "bank.example itself, and lets app.bank.example in.",
            {
                "bank.example": _NO_MATCH,
                "www.bank.example": "accepted",
                "any other host": "accepted",
            },
        ),
        Misconception(
            "more names do no harm",
            "Two names were asked for. Whoever steals this server's key can pose as every host "
            "that its certificate names.",
            {"any other host": "accepted"},
        ),
        Misconception(
            "a server's certificate looks like a CA's",
            "Yours says ca=True. With the key usage of a CA this server's key could sign "
            "certificates for other hosts, and clients would accept them. Leave is_ca out.",
            _everywhere("a CA"),
        ),
        Misconception(
            "any key can sign",
            "You named the CA as the issuer, and another key than the CA's has signed. "
            "issuer_key has to be the CA's key.",
            _everywhere("signed with another key"),
        ),
        Misconception(
            "a certificate brings its own key",
            "It is a statement about the key that the server has. That is the first argument.",
            _everywhere("another key"),
        ),
        Misconception(
            "who issues it is just a text",
            "The issuer's name has to be the subject of the CA, or the client does not find it.",
            _everywhere("another issuer"),
        ),
        Misconception(
            "a certificate may sign itself",
            "Then nobody vouches for it. Give the CA's name and key as the issuer's.",
            _everywhere("signed by itself"),
        ),
        Misconception(
            "a client does not look at the last day",
            "Your certificate has expired. Leave validity as it is by default.",
            _everywhere("validity: expired"),
        ),
        Misconception(
            "a client does not look at the first day",
            "Your certificate is not valid yet. Leave validity as it is by default.",
            _everywhere("validity: not yet valid"),
        ),
        Misconception(
            "a client does not need the key identifiers",
            "A strict client does, and this one is strict [1]. issue(...) adds both of them.",
            _everywhere("chain: authority key identifier missing"),
        ),
        forgot_return(_CASES, "the certificate"),
    ),
)
