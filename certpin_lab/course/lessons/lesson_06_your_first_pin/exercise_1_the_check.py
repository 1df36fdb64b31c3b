"""Exercise 06.1, the check: honest, forged, damaged and missing chains and pins."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ....lab.pki import CertificateAuthority
from ....lab.story import HOST
from ....pinning.certificate import certificate_fingerprint
from ...answers import Plain
from ...exercise import Case, Exercise, Misconception
from .chains import BACKUP, BANK, CARELESS, HONEST, ISSUING, chain, pin
from .refusal import refuses

Chain = Sequence[x509.Certificate]
Cases = Mapping[str, tuple[Chain, list[str]]]

_LEAF, _INTERMEDIATE, _ROOT = _BANKS = chain(BANK)
_PIN, _BACKUP = pin(_LEAF), pin(BACKUP.certificate)
_SHOP = pin(ISSUING.issue_leaf("shop.example").certificate)
_FORGED = chain(CARELESS.issue_leaf(HOST))


def _sha256(data: bytes) -> str:
    return "sha256/" + base64.b64encode(hashlib.sha256(data).digest()).decode()


def _accepted() -> Cases:
    upper = HONEST.issue_intermediate("Upper CA", path_length=1)
    long = chain(upper.issue_intermediate("Lower CA").issue_leaf(HOST))
    short = chain(HONEST.issue_leaf(HOST))
    return {
        "the bank, its leaf pinned": (_BANKS, [_PIN]),
        "the first of two pins": (_BANKS, [_PIN, _SHOP]),
        "the second of two pins": (_BANKS, [_SHOP, _PIN]),
        "the middle one of three pins": (_BANKS, [_SHOP, _PIN, _BACKUP]),
        "the intermediate pinned": (_BANKS, [pin(_INTERMEDIATE)]),
        "the root pinned": (_BANKS, [pin(_ROOT)]),
        "all three keys pinned": (_BANKS, [pin(each) for each in _BANKS]),
        "four certificates, the upper intermediate pinned": (long, [pin(long[2])]),
        "no intermediate, the root pinned": (short, [pin(_ROOT)]),
        "renewed with the same key": (chain(BANK.renewed(same_key=True)), [_PIN]),
        "the backup key in use": (chain(BACKUP), [_PIN, _BACKUP]),
        "the same pin twice": (_BANKS, [_PIN, _PIN]),
    }


def _refused() -> Cases:
    installed = CertificateAuthority("Installed Root").issue_leaf(HOST)
    impostor = CertificateAuthority("Honest Root CA", seed="an impostor")
    same_names = impostor.issue_intermediate("Honest Issuing CA").issue_leaf(HOST)
    return {
        "a careless CA's certificate": (_FORGED, [_PIN]),
        "a certificate from an installed root": (chain(installed), [_PIN]),
        "other keys under the same names": (chain(same_names), [pin(each) for each in _BANKS]),
        "the forged chain, and a pin of another host": (_FORGED, [_SHOP, _PIN]),
        "no verified chain": ((), [_PIN]),
        "no chain and no pins": ((), []),
        "an empty list of pins": (_BANKS, []),
        "only the pin of another host": (_BANKS, [_SHOP]),
        "renewed with a new key": (chain(BANK.renewed(same_key=False)), [_PIN]),
    }


def _damaged() -> Cases:
    bare_key = _LEAF.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    fingerprint = "sha256/" + base64.b64encode(certificate_fingerprint(_LEAF)).decode()
    pins = {
        "a fingerprint in place of the pin": fingerprint,
        "the hash of the bare key": _sha256(bare_key),
        "the pin in small letters": _PIN.lower(),
        "the first half of the pin": _PIN[:28],
        "the last half of the pin": _PIN[-28:],
        "the pin without its “sha256/”": _PIN.removeprefix("sha256/"),
        "the pin with “sha1/” in front": "sha1/" + _PIN.removeprefix("sha256/"),
        "only “sha256/”": "sha256/",
        "an empty text as the pin": "",
        "the pin with something after it": f"{_PIN}AAAA",
        "the pin with something before it": f"AAAA{_PIN}",
        "the pin in a longer text": f"not {_PIN} any more",
        "another pin with the same beginning": _PIN[:30] + _SHOP[30:],
        "another pin with the same end": _SHOP[:30] + _PIN[30:],
    }
    return {name: (_BANKS, [damaged]) for name, damaged in pins.items()}


def _try(answer: Callable[..., Any], chain: Chain, pins: list[str]) -> Plain:
    """What the learner's check makes of this chain. An accident is no refusal, and is shown."""
    try:
        result = answer(chain, pins)
    except Exception as error:
        if refuses(error):
            return "refused"
        raise
    if result is ...:
        return ...
    return "accepted" if result or result is None else "returned False"


def _fresh(chain: Chain, pins: list[str], _world: Any) -> tuple[Any, ...]:
    return list(chain), list(pins)


def _case(name: str, chain: Chain, pins: list[str], expected: str) -> Case:
    return Case(name, expected, partial(_fresh, chain, pins), refuses=expected == "refused")


def _recipe(accepts: Callable[[Chain, list[str]], bool]) -> Callable[..., str]:
    return lambda chain, pins: "accepted" if accepts(chain, pins) else "refused"


def _any(chain: Chain, pins: list[str]) -> bool:
    return any(pin(each) in pins for each in chain)


def _alike(same: Callable[[str, str], bool]) -> Callable[..., str]:
    """A check that compares a certificate's pin with one of the list in its own way."""
    return _recipe(
        lambda chain, pins: any(same(pin(each), given) for each in chain for given in pins)
    )


_PARTS: tuple[Callable[[str, str], bool], ...] = (
    lambda its, given: given in its or its in given,
    lambda its, given: given in its,
    lambda its, given: its in given,
    lambda its, given: its.startswith(given) or given.startswith(its),
    lambda its, given: its.startswith(given),
    lambda its, given: given.startswith(its),
    lambda its, given: its.endswith(given) or given.endswith(its),
    lambda its, given: its.endswith(given),
    lambda its, given: given.endswith(its),
    lambda its, given: its[-12:] == given[-12:],
    lambda its, given: its[:20] == given[:20],
    lambda its, given: its.split("/", 1)[-1] == given.split("/", 1)[-1],
)

_IDEAS: tuple[tuple[str, str, Callable[..., str]], ...] = (
    (
        "the check lets everybody in",
        (
            "Nothing was raised, in no case at all. Only an error stops the caller: after the loop,"
            " when no key has matched, raise one."
        ),
        lambda chain, pins: "accepted",
    ),
    (
        "the check refuses everybody",
        (
            "The bank itself was refused, whatever was pinned. Does the function return when a pin"
            " matches, and does it compare text with text: str(Pin.of(certificate))?"
        ),
        lambda chain, pins: "refused",
    ),
    (
        "a refusal is a False",
        (
            "A caller who forgets to look at what the check returned sends the password. Raise an"
            " error instead: nobody overlooks that."
        ),
        lambda chain, pins: "accepted" if _any(chain, pins) else "returned False",
    ),
    (
        "only the leaf counts",
        (
            "An app may pin an intermediate or a root. Any certificate of the verified chain may"
            " match."
        ),
        _recipe(lambda chain, pins: bool(chain) and pin(chain[0]) in pins),
    ),
    (
        "only the root counts",
        (
            "An app may pin the leaf or an intermediate. Any certificate of the verified chain may"
            " match."
        ),
        _recipe(lambda chain, pins: bool(chain) and pin(chain[-1]) in pins),
    ),
    (
        "only the first pin counts",
        "The list may hold the pin in use and others, in any order. Any one of them may match.",
        _recipe(lambda chain, pins: _any(chain, pins[:1])),
    ),
    (
        "only the last pin counts",
        "The list may hold the pin in use and others, in any order. Any one of them may match.",
        _recipe(lambda chain, pins: _any(chain, pins[-1:])),
    ),
    (
        "every certificate has to be pinned",
        "One match is enough: the signatures of the whole chain were verified before.",
        _recipe(lambda chain, pins: bool(chain) and all(pin(each) in pins for each in chain)),
    ),
    (
        "all pins have to be found",
        "A backup pin is the pin of a key that nobody uses yet. One match is enough.",
        _recipe(lambda chain, pins: bool(pins) and {pin(each) for each in chain} >= set(pins)),
    ),
    (
        "where there is no chain there is nothing wrong",
        "Without a chain no key was compared with anything. Refuse.",
        _recipe(lambda chain, pins: not chain or _any(chain, pins)),
    ),
    (
        "no pins, no check",
        (
            "An empty list is most likely a mistake in loading it. Refuse, or that mistake switches"
            " the check off."
        ),
        _recipe(lambda chain, pins: not pins or _any(chain, pins)),
    ),
    (
        "a pin is the certificate's fingerprint",
        "Hash the SubjectPublicKeyInfo, not the whole certificate: Pin.of does.",
        _recipe(
            lambda chain, pins: any(
                _sha256(each.public_bytes(Encoding.DER)) in pins for each in chain
            )
        ),
    ),
    (
        "capital letters do not matter",
        "In base64 “a” and “A” are different digits. Compare the texts as they are.",
        _alike(lambda its, given: its.lower() == given.lower()),
    ),
    (
        "a pin inside another text is a pin",
        (
            "A search in joined text also finds a pin inside a longer text. Compare whole items of"
            " the list."
        ),
        _recipe(lambda chain, pins: any(pin(each) in " ".join(pins) for each in chain)),
    ),
    *(
        (
            "a part of the pin is the pin",
            "It is easier to make a key whose hash agrees in a part. Compare the whole texts.",
            _alike(same),
        )
        for same in _PARTS
    ),
    (
        "the name in the certificate says who it is",
        "Anybody can write that name. A pin compares keys, and names do not matter to it.",
        _recipe(lambda chain, pins: any(HOST in each.subject.rfc4514_string() for each in chain)),
    ),
)

EXERCISE = Exercise(
    "06.1",
    "The check",
    points=4,
    why="It raises where it refuses, wants one match in the verified chain, and lets nobody in"
    " because a list is empty.",
    probe=_try,
    cases=(
        *(_case(name, *inputs, "accepted") for name, inputs in _accepted().items()),
        *(_case(name, *inputs, "refused") for name, inputs in _refused().items()),
        *(_case(name, *inputs, "refused") for name, inputs in _damaged().items()),
    ),
    misconceptions=tuple(Misconception(*idea) for idea in _IDEAS),
)
