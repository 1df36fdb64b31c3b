"""Exercise 05.1, forge what the bank shows: the forgery is shown to phones, in real handshakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ....lab.outcomes import classify
from ....lab.pki import CertificateAuthority, Identity
from ....lab.slow_motion import SlowHandshake
from ....pinning.context import client_context
from ...answers import Plain, a_or_an
from ...exercise import Case, Exercise, Misconception

_THIEF = CertificateAuthority("Thief's Root")
_OTHER = CertificateAuthority("Another Root")
_HONEST = CertificateAuthority("Honest Root CA")


def _real(*hostnames: str) -> x509.Certificate:
    return _HONEST.issue_leaf(*hostnames).certificate


_BANK = _real("bank.example", "www.bank.example")
_SHOP = _real("shop.example")
_MUSEUM = _real("tickets.example", "www.museum.example", "museum.example")
_CLOUD = _real("*.cloud.example", "cloud.example")


@dataclass(frozen=True)
class _Phone:
    """A phone that trusts one root and asks for a host, and what it makes of a right forgery."""

    asks: str
    real: x509.Certificate
    says: str = "accepted"
    trusts: CertificateAuthority = _THIEF
    authority: CertificateAuthority = _THIEF


_ASKS = "a phone that trusts your CA asks for bank.example"
_SECOND = "the same phone asks for www.bank.example, the certificate's second name"
_ELSEWHERE = "the real certificate is that of shop.example"
_THIRD = "the real certificate has three names, and the phone asks for the last"
_FIRST = "the real certificate has three names, and the phone asks for the first"
_STAR = "one of the real certificate's names is *.cloud.example"
_BELOW = "your CA is an intermediate below a trusted root"
_STRANGER = "a phone that does not trust your CA"
_UNNAMED = "a phone asks for app.bank.example, which the real certificate does not name"

_PHONES: Mapping[str, _Phone] = {
    _ASKS: _Phone("bank.example", _BANK),
    _SECOND: _Phone("www.bank.example", _BANK),
    _ELSEWHERE: _Phone("shop.example", _SHOP),
    _THIRD: _Phone("museum.example", _MUSEUM),
    _FIRST: _Phone("tickets.example", _MUSEUM),
    _STAR: _Phone("photos.cloud.example", _CLOUD),
    _BELOW: _Phone(
        "bank.example",
        _BANK,
        trusts=_OTHER,
        authority=_OTHER.issue_intermediate("Another Issuing CA"),
    ),
    _STRANGER: _Phone("bank.example", _BANK, "refused (chain)", trusts=_HONEST),
    _UNNAMED: _Phone("app.bank.example", _BANK, "refused (hostname)"),
}
_GETS_IN = [name for name, phone in _PHONES.items() if phone.says == "accepted"]
_BARE, _COPY, _WHOLE_CA = (
    "a certificate without its key",
    "the real certificate, without its key",
    "a whole CA",
)
_MORE = ", with names that the real certificate lacks"


def _forged(answer: Any, authority: CertificateAuthority, real: x509.Certificate) -> Plain:
    """What the learner's function gives, as bytes that can leave the child process."""
    forged = answer(authority, real)
    if isinstance(forged, Identity):
        key = forged.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return [key, *(certificate.public_bytes(Encoding.DER) for certificate in forged.chain)]
    if isinstance(forged, x509.Certificate):
        return _COPY if forged == real else _BARE
    if isinstance(forged, CertificateAuthority):
        return _WHOLE_CA
    if forged is None or forged is ...:
        return forged
    return f"{a_or_an(type(forged).__name__)}, not an Identity"


def _shown(_world: Any, case: Case, forgery: Plain) -> Plain:
    """What this case's phone says to the forgery, in a real handshake."""
    if not isinstance(forgery, list):
        return forgery
    phone = _PHONES[case.name]
    try:
        key: Any = load_pem_private_key(forgery[0], None)
        chain = tuple(map(x509.load_der_x509_certificate, forgery[1:]))
        surplus = _names(chain[0]) - _names(phone.real)
        says = _says(phone, Identity(chain[0], key, chain, (), None))
    except (ValueError, TypeError, IndexError, OSError):
        return "a key and a chain that no server can use"
    return says + _MORE * bool(surplus)


def _says(phone: _Phone, identity: Identity) -> str:
    context = client_context([phone.trusts])
    handshake = SlowHandshake(context, identity, server_hostname=phone.asks)
    handshake.finish()
    return f"refused ({classify(handshake.error)[0]})" if handshake.error else "accepted"


def _names(certificate: x509.Certificate) -> set[str]:
    """The names in a certificate, of every kind."""
    return {
        f"{type(name).__name__} {name.value}".lower()
        for extension in certificate.extensions
        if isinstance(extension.value, x509.SubjectAlternativeName)
        for name in extension.value
    }


def _case(name: str, phone: _Phone) -> Case:
    return Case(name, phone.says, lambda world: (phone.authority, phone.real))


def _all(names: Iterable[str], says: str) -> dict[str, Plain]:
    return dict.fromkeys(names, says)


EXERCISE = Exercise(
    "05.1",
    "Forge what the bank shows",
    points=2,
    why="The names are public, the key is your own, and the signature comes from any CA you hold. "
    "Only one thing decides: whether the phone trusts that CA.",
    cases=tuple(_case(name, phone) for name, phone in _PHONES.items()),
    misconceptions=(
        Misconception(
            "one name is enough",
            "A phone compares the name it asks for with all names of the certificate. Forge all of "
            "them.",
            _all((_SECOND, _THIRD), "refused (hostname)") | _all((_ASKS, _STAR), "accepted"),
        ),
        Misconception(
            "one name is enough",
            "You forge the last name only. Phones that ask for another one refuse.",
            _all((_ASKS, _FIRST, _STAR), "refused (hostname)"),
        ),
        Misconception(
            "a certificate has two names at most",
            "It may have any number. Forge all of them.",
            {_THIRD: "refused (hostname)", _SECOND: "accepted", _FIRST: "accepted"},
        ),
        Misconception(
            "the victim is always bank.example",
            "The host is whatever the real certificate names. Read the names out of `real`.",
            _all((_ELSEWHERE, _THIRD, _FIRST, _STAR), "refused (hostname)" + _MORE)
            | {_ASKS: "accepted"},
        ),
        Misconception(
            "any CA of mine will do",
            "The phone trusts the CA that was given as `authority`, and no other. Let that one "
            "sign.",
            _all(_GETS_IN, "refused (chain)"),
        ),
        Misconception(
            "a certificate can be copied",
            "Everybody has the bank's certificate: the bank shows it to whoever calls. Without the "
            "bank's private key it proves nothing, so you need one with a key of your own.",
            _all(_PHONES, _COPY),
        ),
        Misconception(
            "a certificate proves who I am",
            "It is the private key that proves it, in every handshake. `issue_leaf` gives an "
            "Identity, which has both.",
            _all(_PHONES, _BARE),
        ),
        Misconception(
            "a CA can be shown to the victim",
            "A CA signs; what a server shows is a leaf. Let the CA issue one.",
            _all(_PHONES, _WHOLE_CA),
        ),
        Misconception(
            "a certificate of my own name will do",
            "The phone compares the name that it asked for with those in the certificate. The "
            "forgery has to carry the real one's names.",
            _all(_GETS_IN, "refused (hostname)" + _MORE),
        ),
        Misconception(
            "the more names, the better",
            "A forgery stands out by every name that the real certificate lacks. Take its names, "
            "and no others.",
            _all(_GETS_IN, "accepted" + _MORE),
        ),
        Misconception(
            "a wildcard stands for every name",
            "*.bank.example stands for www.bank.example, but not for bank.example. Take the names "
            "as they are.",
            _all((_ASKS, _ELSEWHERE, _FIRST, _THIRD, _BELOW), "refused (hostname)" + _MORE)
            | _all((_SECOND, _UNNAMED), "accepted" + _MORE),
        ),
    ),
    probe=_forged,
    measure=_shown,
)
