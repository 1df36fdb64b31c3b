"""Answers to the exercises of lesson 02: right ones in many shapes, wrong ones with the misconception they come from."""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certpin_lab import CertificateAuthority, Identity
from certpin_lab.badcerts import LONG_AGO, issue
from certpin_lab.course.exercises.lesson02 import eight
from certpin_lab.pki import derived_key

HOST = "bank.example"
TWO = ["bank.example", "www.bank.example"]


def names(*hosts):
    return x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), False


def short(key, ca, ca_key):
    return issue("bank.example", key, ca, ca_key, names(*TWO))


def other_order(key, ca, ca_key):
    return issue("www.bank.example", key, ca, ca_key, names(*reversed(TWO)))


def with_purpose(key, ca, ca_key):
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False
    return issue(
        "bank", key, ca, ca_key, (x509.BasicConstraints(ca=False, path_length=None), True), purpose, names(*TWO)
    )


def exact_wildcards(key, ca, ca_key):
    return issue("bank.example", key, ca, ca_key, names("bank.example", "www.bank.example", "*.deep.bank.example"))


def by_hand(key, ca, ca_key):
    def name(text):
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "certpin-lab"),
                x509.NameAttribute(NameOID.COMMON_NAME, text),
            ]
        )

    return (
        x509.CertificateBuilder()
        .subject_name(name("anything"))
        .issuer_name(name(ca))
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(names(*TWO)[0], critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def common_name_only(key, ca, ca_key):
    return issue("bank.example", key, ca, ca_key)


def one_name(key, ca, ca_key):
    return issue("bank.example", key, ca, ca_key, names("bank.example"))


def name_in_cn_and_san(key, ca, ca_key):
    return issue("www.bank.example", key, ca, ca_key, names("bank.example"))


def wildcard(key, ca, ca_key):
    return issue("bank.example", key, ca, ca_key, names("*.bank.example"))


def too_many(key, ca, ca_key):
    return issue("bank.example", key, ca, ca_key, names("bank.example", "*.bank.example"))


def own_key_signs(key, ca, ca_key):
    leaf = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    draft = x509.CertificateBuilder(
        issue("x", key, ca, ca_key).issuer, issue("x", key, ca, ca_key).subject, key.public_key(), 5,
        datetime(2025, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    for extension in (names(*TWO)[0], leaf, x509.SubjectKeyIdentifier.from_public_key(key.public_key())):
        draft = draft.add_extension(extension, critical=False)
    return draft.sign(key, hashes.SHA256())


def another_issuer(key, ca, ca_key):
    return issue("bank.example", key, "Some Other CA", ca_key, names(*TWO))


def signs_itself(key, ca, ca_key):
    return issue("bank.example", key, "bank.example", key, names(*TWO))


def long_ago(key, ca, ca_key):
    return issue("bank.example", key, ca, ca_key, names(*TWO), validity=LONG_AGO)


# 02.2


def signed_by(certificate, issuer):
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def climb(leaf, found):
    chain = [leaf]
    while above := [
        one for one in found if one.issuer != one.subject and one not in chain and signed_by(chain[-1], one)
    ]:
        chain.append(above[0])
    return chain


def climb_with_root(leaf, found):
    chain = [leaf]
    while above := [one for one in found if one not in chain and signed_by(chain[-1], one)]:
        chain.append(above[0])
    return chain


def recursive(leaf, found):
    for one in found:
        if one != leaf and one.issuer != one.subject and signed_by(leaf, one):
            return [leaf, *recursive(one, [other for other in found if other != one])]
    return [leaf]


def send_everything_once(leaf, found):
    return [leaf, *(one for one in found if one != leaf)]


def in_a_tuple(leaf, found):
    return tuple(climb(leaf, found))


def only_the_leaf(leaf, found):
    return [leaf]


def leaf_and_roots(leaf, found):
    return [leaf, *(one for one in found if one.issuer == one.subject)]


def one_step(leaf, found):
    return [leaf, *[one for one in found if signed_by(leaf, one)][:1]]


def one_step_in_a_tuple(leaf, found):
    return (leaf, next(one for one in found if signed_by(leaf, one)))


def by_name(leaf, found):
    chain = [leaf]
    while above := [one for one in found if one not in chain and one.subject == chain[-1].issuer]:
        chain.append(above[0])
    return chain


def by_name_once(leaf, found):
    by_subject = {one.subject: one for one in reversed(found) if one != leaf}
    chain = [leaf]
    while chain[-1].issuer in by_subject and by_subject[chain[-1].issuer] not in chain:
        chain.append(by_subject[chain[-1].issuer])
    return chain


def leaf_last(leaf, found):
    return [*(one for one in found if one != leaf), leaf]


def upside_down(leaf, found):
    return list(reversed(climb(leaf, found)))


def everything(leaf, found):
    return [leaf, *found]


def everything_as_tuple(leaf, found):
    return (leaf, *found)


# 02.4


def expired(ca):
    return ca.issue_leaf(HOST, not_before=LONG_AGO[0], not_after=LONG_AGO[1]), ca.issue_leaf(HOST)


def other_host(ca):
    return [ca.issue_leaf("shop.example"), ca.issue_leaf(HOST)]


def other_root(ca):
    return CertificateAuthority("Mine").issue_leaf(HOST), ca.issue_leaf(HOST)


def no_intermediate(ca):
    twin = ca.issue_intermediate("Between").issue_leaf(HOST)
    return Identity.of(twin.private_key, twin.certificate), twin


def self_made(ca):
    key = derived_key("mine")
    return Identity.of(key, issue(HOST, key, HOST, key, names(HOST))), ca.issue_leaf(HOST)


def no_fault(ca):
    return ca.issue_leaf(HOST), ca.issue_leaf(HOST, generation=2)


def invisible(ca):
    return ca.issue_leaf(HOST, "shop.example"), ca.issue_leaf(HOST)


def renewed(ca):
    return ca.issue_leaf(HOST).renewed(same_key=False), ca.issue_leaf(HOST)


def both_broken(ca):
    return expired(ca)[0], other_host(ca)[0]


def both_foreign(ca):
    other = CertificateAuthority("Mine")
    return other.issue_leaf("shop.example"), other.issue_leaf(HOST)


def two_expired(ca):
    return expired(ca)[0], expired(ca)[0]


def swapped(ca):
    return expired(ca)[::-1]


def swapped_hosts(ca):
    return other_host(ca)[::-1]


def swapped_roots(ca):
    return tuple(reversed(other_root(ca)))


assert list(eight()) == list("ABCDEFGH")

RIGHT = {
    "02.1": [short, other_order, with_purpose, exact_wildcards, by_hand],
    "02.2": [climb, climb_with_root, recursive, send_everything_once, in_a_tuple],
    "02.3": ["F", "f", " F ", "server F", ["F"], ("F",)],
    "02.4": [expired, other_host, other_root, no_intermediate, self_made],
}

WRONG = {
    "02.1": [
        (common_name_only, "the common name is the name"),
        (one_name, "one name covers its www"),
        (name_in_cn_and_san, "one name covers its www"),
        (wildcard, "a wildcard covers everything"),
        (too_many, "more names do no harm"),
        (own_key_signs, "any key can sign"),
        (another_issuer, "who issues it is just a text"),
        (signs_itself, "a certificate may sign itself"),
        (long_ago, "dates do not matter"),
    ],
    "02.2": [
        (only_the_leaf, "the leaf is enough"),
        (leaf_and_roots, "the leaf is enough"),
        (one_step, "one step up is enough"),
        (one_step_in_a_tuple, "one step up is enough"),
        (by_name, "the same name is the same CA"),
        (by_name_once, "the same name is the same CA"),
        (leaf_last, "the order does not matter"),
        (upside_down, "the order does not matter"),
        (everything, "send everything, and the leaf again"),
        (everything_as_tuple, "send everything, and the leaf again"),
    ],
    "02.3": [
        ("A", "the common name is the name"),
        ("B", "dates are a formality"),
        ("C", "a signature that looks like one is one"),
        ("D", "the client finds the intermediate by itself"),
        ("E", "a certificate is a certificate"),
        ("G", "self-signed is fine if the name matches"),
        ("h", "a chain with a root is a chain"),
        (["G"], "self-signed is fine if the name matches"),
    ],
    "02.4": [
        (no_fault, "a fault that no client looks at is a fault"),
        (invisible, "a fault that no client looks at is a fault"),
        (renewed, "a fault that no client looks at is a fault"),
        (both_broken, "whatever is refused is a proof"),
        (both_foreign, "whatever is refused is a proof"),
        (two_expired, "whatever is refused is a proof"),
        (swapped, "the order of the two does not matter"),
        (swapped_hosts, "the order of the two does not matter"),
        (swapped_roots, "the order of the two does not matter"),
    ],
}
