"""Exercise 02.4: a broken server of the learner's own, and its honest twin."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any

from cryptography import x509

from ....lab import HOST, Identity
from ...answers import Plain, UnreadableAnswer, is_blank, plain, read_word
from ...exercise import Case, Exercise, Misconception
from .meeting import CA, CA_KEY, CA_NAME, blank, forgot_return, meet, signed

_CHECKS = ("validity", "chain", "hostname")
_BROKEN, _TWIN, _BETWEEN = "the broken server", "its honest twin", "between the two"
_MORE = "more than one thing differs"


def _row(answer: Callable[..., Any], question: str) -> Plain:
    """What a careful client does with the learner's broken server or its twin, or how many things
    differ between the two.
    """
    row = answer(CA_NAME, CA_KEY)
    if nothing := blank(row):
        return nothing
    check, broken, twin = _read(row)
    if question == _BETWEEN:
        return _MORE if len(_differences(broken, twin)) > 1 else "one thing differs"
    verdict = _meet(broken if question == _BROKEN else twin)
    if verdict == "accepted" or question == _TWIN:
        return "accepted" if verdict == "accepted" else "refused"
    by_that = verdict.startswith(f"{read_word(plain(check), _CHECKS, 'the name of a check')}:")
    return "refused by the check you named" if by_that else "refused by another check"


def _read(row: Any) -> tuple[Any, Identity, Identity]:
    if not isinstance(row, list | tuple) or len(row) != 3 or any(map(is_blank, row)):
        raise UnreadableAnswer(
            "Return three things: the name of the check, the broken server, its honest twin."
        )
    check, broken, twin = row
    if not (isinstance(broken, Identity) and isinstance(twin, Identity)):
        raise UnreadableAnswer(
            "Make both servers with Identity.of(key, certificate), and return them after the check."
        )
    return check, broken, twin


def _meet(server: Identity) -> str:
    try:
        return meet(server, HOST, CA)
    except ssl.SSLError:  # a weak key, for example, is refused before there is a connection
        raise UnreadableAnswer(
            "The lab's server refuses to present this certificate or to use its key, so no client "
            "gets to see it. Choose another fault."
        ) from None


# What differs between two servers.


def _differences(broken: Identity, twin: Identity) -> set[str]:
    """The things that the two servers say differently, each by a name of its own.

    Who issued the leaf is one thing, with all that stands above it. The subject is left out: this
    client does not read it, and a fault in the names may well be repeated there.
    """
    found = _issuing(broken, twin)
    one, other = broken.certificate, twin.certificate
    if one.public_key() != other.public_key():
        found.add("key")
    found |= _unlike(_said(one), _said(other))
    if len(broken.chain) == len(twin.chain):
        for one, other in zip(broken.chain[1:], twin.chain[1:], strict=True):
            found |= _unlike(_said(one), _said(other))
    return found


def _unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    return {thing for thing in {*one, *other} if one.get(thing) != other.get(thing)}


def _said(certificate: x509.Certificate) -> dict[str, Any]:
    """Dates and extensions, without the identifiers of keys."""
    said: dict[str, Any] = {
        each.oid.dotted_string: (each.critical, each.value)
        for each in certificate.extensions
        if not isinstance(each.value, x509.AuthorityKeyIdentifier | x509.SubjectKeyIdentifier)
    }
    return {**said, "dates": (certificate.not_valid_before_utc, certificate.not_valid_after_utc)}


def _issuing(broken: Identity, twin: Identity) -> set[str]:
    """Whether they differ in who issued them, in a signature, or in both."""
    if broken.certificate.issuer != twin.certificate.issuer:
        return {"who issued it"}
    issuers = [*broken.chain[1:], *twin.chain[1:], CA]
    one, other = _intact(broken, issuers), _intact(twin, issuers)
    if _keys_above(broken) == _keys_above(twin):
        return set() if one == other else {"signature"}
    return {"who issued it"} if one[0] == other[0] else {"who issued it", "signature"}


def _intact(server: Identity, issuers: list[x509.Certificate]) -> list[bool]:
    """For each certificate of the chain, whether one of these issuers has signed it."""
    return [any(signed(one, issuer) for issuer in issuers) for one in server.chain]


def _keys_above(server: Identity) -> list[Any]:
    return [one.public_key() for one in server.chain[1:]]


_CASES = (
    Case(_BROKEN, "refused by the check you named", (_BROKEN,)),
    Case(_TWIN, "accepted", (_TWIN,)),
    Case(_BETWEEN, "one thing differs", (_BETWEEN,)),
)

EXERCISE = Exercise(
    "02.4",
    "A row of your own",
    points=2,
    why=(
        "A refused server proves something only together with a twin that is accepted and differs "
        "in one thing."
    ),
    probe=_row,
    cases=_CASES,
    misconceptions=(
        Misconception(
            "a fault that no client looks at is a fault",
            "The client accepts your broken server. What would it have to check to see the fault?",
            {_BROKEN: "accepted", _TWIN: "accepted"},
        ),
        Misconception(
            "whatever is refused is a proof",
            "The twin is refused too, so nobody knows what the refusal was for.",
            {_TWIN: "refused"},
        ),
        Misconception(
            "the order of the two does not matter",
            "The broken one comes first, then its twin.",
            {_BROKEN: "accepted", _TWIN: "refused"},
        ),
        Misconception(
            "any good server will do as the twin",
            "Compare the two, field by field: dates, names, key, who signed it, and every other "
            "extension, in every certificate of the chain. If they differ in two things, nobody "
            "knows which of them was refused.",
            {_BETWEEN: _MORE},
        ),
        Misconception(
            "a refusal is a refusal",
            "It is refused, and not by the check you named. Validity looks at the dates, hostname "
            "at the SubjectAltName, chain at all the rest.",
            {_BROKEN: "refused by another check"},
        ),
        forgot_return(_CASES, "the three things"),
    ),
)
