"""Exercise 02.2: the chain that a server should present, out of what lies on its disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ....cases import root
from ....lab import HOST, CertificateAuthority, Identity, derived_key
from ...answers import Plain, UnreadableAnswer
from ...exercise import Case, Exercise, Misconception
from .meeting import blank, forgot_return, meet, signed

Chain = list[x509.Certificate]


@dataclass(frozen=True)
class _Disk:
    """A server, and the certificates that lie on its disk."""

    server: Identity
    found: Sequence[x509.Certificate]


@cache
def _disks() -> dict[str, _Disk]:
    return {**_with_one_intermediate(), **_with_more()}


def _with_one_intermediate() -> dict[str, _Disk]:
    top = root()
    issuing = top.issue_intermediate("Repair Issuing CA")
    right = issuing.certificate
    stranger = top.issue_intermediate("Repair Sister CA").certificate
    namesake = CertificateAuthority("Other Root").issue_intermediate(issuing.name).certificate
    found = {
        "one intermediate": [right],
        "and the root next to it": [top.certificate, right],
        "and somebody else's": [stranger, right],
        "two of the same name, the wrong one first": [namesake, right],
        "two of the same name, the right one first": [right, namesake],
        "one with the name and the identifier of another": [_impostor(right), right],
    }
    return {name: _Disk(issuing.issue_leaf(HOST), lying) for name, lying in found.items()}


def _with_more() -> dict[str, _Disk]:
    first = root().issue_intermediate("Repair First CA", path_length=2)
    second = first.issue_intermediate("Repair Second CA", path_length=1)
    third = second.issue_intermediate("Repair Third CA")
    two, three = second.issue_leaf(HOST), third.issue_leaf(HOST)
    one, other, last = first.certificate, second.certificate, third.certificate
    stranger = root().issue_intermediate("Repair Sister CA").certificate
    return {
        "two intermediates, the upper one first": _Disk(two, [one, stranger, other]),
        "the leaf among them": _Disk(two, [other, two.certificate, one]),
        "three intermediates, the lowest one first": _Disk(three, [last, other, one]),
        "three intermediates, the upper one first": _Disk(three, [one, other, last]),
    }


def _impostor(model: x509.Certificate) -> x509.Certificate:
    """A certificate with everything that the model says, for another key and signed with it."""
    key = derived_key("repair: impostor")
    builder = x509.CertificateBuilder(
        issuer_name=model.issuer,
        subject_name=model.subject,
        public_key=key.public_key(),
        serial_number=model.serial_number + 1,
        not_valid_before=model.not_valid_before_utc,
        not_valid_after=model.not_valid_after_utc,
    )
    for extension in model.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


def _presented(answer: Callable[..., Any], disk: str) -> Plain:
    """What a client that has the root alone does with the chain that the learner presents."""
    server, found = _disks()[disk].server, _disks()[disk].found
    presented = answer(server.certificate, list(found))
    if nothing := blank(presented):
        return nothing
    chain = _certificates(presented)
    if not chain or chain[0] != server.certificate:
        return "the leaf is not first"
    if len({one.public_bytes(Encoding.DER) for one in chain}) < len(chain):
        return "a certificate is sent twice"
    verdict = meet(Identity.of(server.private_key, *chain), HOST)
    if verdict == "accepted" and not all(signed(one, above) for one, above in pairwise(chain)):
        return "one of them did not sign the one before it"
    return verdict


def _certificates(presented: Any) -> Chain:
    chain = list(presented) if isinstance(presented, Iterable) else [presented]
    if not all(isinstance(one, x509.Certificate) for one in chain):
        raise UnreadableAnswer("Return a list of certificates, the leaf first.")
    return chain


# What the wrong ideas present.


def _is_root(certificate: x509.Certificate) -> bool:
    return certificate.issuer == certificate.subject


def _climb(
    leaf: x509.Certificate,
    found: Chain,
    *,
    above: Callable[[x509.Certificate, x509.Certificate], bool] = signed,
    steps: int = 9,
) -> Chain:
    """As many steps up as allowed, each to the first certificate that seems to stand above."""
    chain = [leaf]
    for _ in range(steps):
        chain += [
            one for one in found if above(chain[-1], one) and not _is_root(one) and one not in chain
        ][:1]
    return chain


def _in_one_pass(leaf: x509.Certificate, found: Chain) -> Chain:
    chain = [leaf]
    for one in found:
        if signed(chain[-1], one) and not _is_root(one):
            chain.append(one)
    return chain


def _same_name(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    return certificate.issuer == issuer.subject


def _same_identifier(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    of = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    its = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return of.key_identifier == its.digest


def _backwards(climb: Callable[..., Chain], leaf: x509.Certificate, found: Chain) -> Chain:
    """The same with the last certificate that fits, as a dictionary keeps it."""
    return climb(leaf, found[::-1])


def _all_but_the_root(leaf: x509.Certificate, found: Chain) -> Chain:
    return [leaf, *(one for one in found if one != leaf and not _is_root(one))]


_by_name = partial(_climb, above=_same_name)
_by_identifier = partial(_climb, above=_same_identifier)


_what_it_gives = cache(_presented)  # ten handshakes for each wrong idea, once


def _ideas(name: str, why: str, *recipes: Callable[..., Chain]) -> list[Misconception]:
    return [Misconception(name, why, partial(_what_it_gives, recipe)) for recipe in recipes]


_CASES = tuple(Case(disk, "accepted", (disk,)) for disk in _disks())

EXERCISE = Exercise(
    "02.2",
    "The forgotten intermediate",
    points=3,
    why=(
        "Leaf first, then the certificate whose key signed the one before, up to but without the "
        "root. The signature decides, not the name."
    ),
    probe=_presented,
    cases=_CASES,
    misconceptions=(
        *_ideas(
            "the leaf is enough",
            "The client has the root only. It needs every intermediate between the two, and it does"
            " not go looking for them.",
            lambda leaf, found: [leaf],
        ),
        *_ideas(
            "one step up is enough",
            "A chain may be longer. Go on until the issuer is a root.",
            partial(_climb, steps=1),
        ),
        *_ideas(
            "two steps up are enough",
            "A chain may be longer. Go on until the issuer is a root.",
            partial(_climb, steps=2),
        ),
        *_ideas(
            "the certificates lie in the right order",
            "You go through the list once. The one that you need next may stand before the one "
            "that you just took: after each step, begin again at the front.",
            _in_one_pass,
            partial(_backwards, _in_one_pass),
        ),
        *_ideas(
            "the same name is the same CA",
            "Two certificates have the issuer's name, and only one of them has the key that "
            "signed. Try the signature, with signed_by.",
            _by_name,
            partial(_backwards, _by_name),
        ),
        *_ideas(
            "a key identifier proves the key",
            "It is a field that anybody can copy. Only the key that signed makes the signature "
            "verify: try it, with signed_by.",
            _by_identifier,
            partial(_backwards, _by_identifier),
        ),
        Misconception(
            "the order does not matter",
            "The leaf has to be the first: it is the server's own certificate, and the handshake "
            "proves that the server has its key.",
            dict.fromkeys(_disks(), "the leaf is not first"),
        ),
        *_ideas(
            "the client will sort it out",
            "This client does, and others may not [3]. Send the leaf, then the certificate whose "
            "key signed the one before, and nothing else.",
            _all_but_the_root,
            lambda leaf, found: [leaf, *(one for one in found if one != leaf)],
            lambda leaf, found: [leaf, *found],
        ),
        forgot_return(_CASES, "the list"),
    ),
)
