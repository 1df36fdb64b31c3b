"""Exercise 07.2, two chains, one site: the pins are tried on chains of today and of later."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509

from ....lab.pki import CertificateAuthority
from ....lab.story import HOST
from ....pinning.errors import PinFormatError, PolicyError
from ....pinning.pin_mismatch import PinMismatchError
from ....pinning.policy import PinSet
from ...answers import Plain, UnreadableAnswer
from ...exercise import Case, Exercise, Misconception

_OLD, _NEW = CertificateAuthority("Old Root"), CertificateAuthority("New Root")
_ISSUING = _OLD.issue_intermediate("Issuing CA")
_TWIN = _ISSUING.cross_signed_by(_NEW)


def _chain(issuer: CertificateAuthority, generation: int = 1) -> tuple[x509.Certificate, ...]:
    return (*issuer.issue_leaf(HOST, generation=generation).chain, issuer.root)


_BANKS = {
    "the chain to the old root": _chain(_ISSUING),
    "the chain to the new root": _chain(_TWIN),
    "the next certificate, old root": _chain(_ISSUING, 2),
    "the next certificate, new root": _chain(_TWIN, 2),
    "the one after it, new root": _chain(_TWIN, 3),
    "a certificate in ten years, new root": _chain(_TWIN, 80),
}
_SISTERS = {
    "a certificate from a sister CA, old root": _chain(_OLD.issue_intermediate("Sister CA")),
    "a certificate from a sister CA, new root": _chain(_NEW.issue_intermediate("Sister CA")),
    "a certificate signed by the old root itself": _chain(_OLD),
}


def _try_pins(value: Plain) -> Mapping[str, Plain]:
    pins = [value] if isinstance(value, str) else value
    if not isinstance(pins, list | tuple | set) or not all(
        isinstance(pin, str) or pin is ... for pin in pins
    ):
        raise UnreadableAnswer("Give a list of pins: Pin objects, or their text.")
    if ... in pins:
        return {"your list": ...}
    try:
        pin_set = PinSet(pins)
    except (PinFormatError, PolicyError) as problem:
        raise UnreadableAnswer(str(problem)) from problem
    return {name: _outcome(pin_set, chain) for name, chain in (_BANKS | _SISTERS).items()}


def _outcome(pins: PinSet, chain: tuple[x509.Certificate, ...]) -> str:
    try:
        pins.check(chain)
    except PinMismatchError:
        return "refused"
    return "accepted"


_LATER = ("the one after it, new root", "a certificate in ten years, new root")
_BY_NEW_ROOT = ("the chain to the new root", "the next certificate, new root", *_LATER)
_BY_OLD_ROOT = ("the chain to the old root", "the next certificate, old root")

EXERCISE = Exercise(
    "07.2",
    "Two chains, one site",
    points=2,
    why="The intermediate's key is in both chains, and in no sister's. Two roots in the pin set"
    " would let in two families.",
    read=_try_pins,
    cases=(
        *(Case(name, "accepted") for name in _BANKS),
        *(Case(name, "refused") for name in _SISTERS),
    ),
    misconceptions=(
        Misconception(
            "the chain I see is the only one",
            "You saw one of the two. A server that sends the other intermediate is refused.",
            dict.fromkeys(_BY_NEW_ROOT, "refused"),
        ),
        Misconception(
            "the newer chain is the one that counts",
            "Some clients still build the chain to the old root, as long as servers send it.",
            dict.fromkeys(_BY_OLD_ROOT, "refused"),
        ),
        Misconception(
            "pin every root, then nothing is missed",
            "Nothing is missed, and nothing is kept out: any certificate issued anywhere below"
            " these roots is accepted.",
            dict.fromkeys(_SISTERS, "accepted"),
        ),
        Misconception(
            "the old root does no harm",
            "It lets in its whole family, also CAs you have never heard of.",
            {
                "a certificate from a sister CA, old root": "accepted",
                "a certificate signed by the old root itself": "accepted",
            },
        ),
        Misconception(
            "the new root does no harm",
            "It lets in its whole family, also CAs you have never heard of.",
            {"a certificate from a sister CA, new root": "accepted"},
        ),
        Misconception(
            "the leaf is in both chains",
            "Today's leaf is. The next ones will have new keys, and no pin in your set.",
            dict.fromkeys(
                (
                    "the next certificate, old root",
                    "the next certificate, new root",
                    *_LATER,
                ),
                "refused",
            ),
        ),
        *(
            Misconception(
                "some certificate is the last one",
                "After it comes another one, with a new key again. Pin a key that all of them have"
                " in their chains.",
                dict.fromkeys(missed, "refused"),
            )
            for missed in (_LATER, _LATER[1:])
        ),
        Misconception(
            "any pin of the bank will do",
            "None of your pins is of a key in these chains: the bank itself is refused.",
            dict.fromkeys(_BANKS, "refused"),
        ),
    ),
)
