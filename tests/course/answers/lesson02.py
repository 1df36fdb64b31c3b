"""Answers to the exercises of lesson 02: right ones in many shapes, wrong ones with the
misconception they come from.
"""

from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certpin_lab import Identity
from certpin_lab.cases.broken_servers import LONG_AGO, issue
from certpin_lab.lab.pki import NOT_AFTER, derived_key

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
        "bank",
        key,
        ca,
        ca_key,
        (x509.BasicConstraints(ca=False, path_length=None), True),
        purpose,
        names(*TWO),
    )


def without_a_common_name(key, ca, ca_key):
    return issue("a server", key, ca, ca_key, (names(*TWO)[0], True))


def wildcard_below(key, ca, ca_key):
    return issue("bank.example", key, ca, ca_key, names(*TWO, "*.deep.bank.example"))


def one_more(key, ca, ca_key):
    return issue("bank.example", key, ca, ca_key, names(*TWO, "shop.example"))


def a_key_of_its_own(key, ca, ca_key):
    return issue("bank.example", derived_key("fresh"), ca, ca_key, names(*TWO))


def the_cas_key(key, ca, ca_key):
    return issue("bank.example", ca_key, ca, ca_key, names(*TWO))


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
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
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
    for extension in (
        names(*TWO)[0],
        leaf,
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
    ):
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
        one
        for one in found
        if one.issuer != one.subject and one not in chain and signed_by(chain[-1], one)
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


def one_by_one(leaf, found):
    while leaf:
        yield leaf
        leaf = next(
            (one for one in found if one.issuer != one.subject and signed_by(leaf, one)), None
        )


def send_everything_once(leaf, found):
    return [leaf, *(one for one in found if one != leaf)]


def send_every_intermediate(leaf, found):
    return [leaf, *(one for one in found if one != leaf and one.issuer != one.subject)]


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

KEY = derived_key("a server of my own")
OTHER_KEY = derived_key("somebody else")
NOBODY_KNOWS = x509.ObjectIdentifier("1.3.6.1.4.1.55555.2")


def server(ca, ca_key, *extensions, **more):
    return Identity.of(KEY, issue(HOST, KEY, ca, ca_key, *(extensions or [names(HOST)]), **more))


def expired(ca, ca_key):
    return "validity", server(ca, ca_key, validity=LONG_AGO), server(ca, ca_key)


def other_host(ca, ca_key):
    return ["Hostname", server(ca, ca_key, names("shop.example")), server(ca, ca_key)]


def other_root(ca, ca_key):
    return "chain", server("Mine", OTHER_KEY), server(ca, ca_key)


def for_mail(ca, ca_key):
    def purpose(what):
        return server(ca, ca_key, names(HOST), (x509.ExtendedKeyUsage([what]), False))

    return (
        "chain",
        purpose(ExtendedKeyUsageOID.EMAIL_PROTECTION),
        purpose(ExtendedKeyUsageOID.SERVER_AUTH),
    )


def an_ip_address(ca, ca_key):
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    return "hostname", server(ca, ca_key, (address, False)), server(ca, ca_key)


def no_intermediate(ca, ca_key):
    signs = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    is_ca = x509.BasicConstraints(ca=True, path_length=0)
    between = issue("Between", OTHER_KEY, ca, ca_key, (is_ca, True), (signs, True))
    leaf = issue(HOST, KEY, "Between", OTHER_KEY, names(HOST))
    return "chain", Identity.of(KEY, leaf), Identity.of(KEY, leaf, between)


def self_made(ca, ca_key):
    return "chain", server(HOST, KEY), server(ca, ca_key)


def tampered(ca, ca_key):
    twin = server(ca, ca_key)
    der = bytearray(twin.certificate.public_bytes(Encoding.DER))
    der[-1] ^= 1
    return "chain", Identity.of(KEY, x509.load_der_x509_certificate(bytes(der))), twin


def unknown(ca, ca_key):
    def with_it(critical):
        return server(
            ca,
            ca_key,
            names(HOST),
            (x509.UnrecognizedExtension(NOBODY_KNOWS, b"\x05\x00"), critical),
        )

    return "CHAIN", with_it(True), with_it(False)


def no_fault(ca, ca_key):
    return "validity", server(ca, ca_key), server(ca, ca_key)


def invisible(ca, ca_key):
    return "hostname", server(ca, ca_key, names(HOST, "shop.example")), server(ca, ca_key)


def expires_late(ca, ca_key):
    return "validity", server(ca, ca_key, validity=(LONG_AGO[0], NOT_AFTER)), server(ca, ca_key)


def expired_by_chain(ca, ca_key):
    return "chain", *expired(ca, ca_key)[1:]


def mail_by_hostname(ca, ca_key):
    return "hostname", *for_mail(ca, ca_key)[1:]


def both_broken(ca, ca_key):
    return "validity", expired(ca, ca_key)[1], other_host(ca, ca_key)[1]


def two_expired(ca, ca_key):
    return "validity", expired(ca, ca_key)[1], expired(ca, ca_key)[1]


def swapped(ca, ca_key):
    check, broken, twin = expired(ca, ca_key)
    return check, twin, broken


def swapped_hosts(ca, ca_key):
    check, broken, twin = other_host(ca, ca_key)
    return check, twin, broken


def two_faults(ca, ca_key):
    return (
        "validity",
        server(ca, ca_key, names("shop.example"), validity=LONG_AGO),
        server(ca, ca_key),
    )


def another_key_too(ca, ca_key):
    twin = Identity.of(OTHER_KEY, issue(HOST, OTHER_KEY, ca, ca_key, names(HOST)))
    return "validity", server(ca, ca_key, validity=LONG_AGO), twin


def purpose_and_dates(ca, ca_key):
    check, broken, _ = for_mail(ca, ca_key)
    return check, broken, server(ca, ca_key, validity=(LONG_AGO[0], NOT_AFTER))


def elsewhere_and_never(ca, ca_key):
    return "chain", server("Mine", OTHER_KEY, validity=LONG_AGO), server(ca, ca_key)


RIGHT = {
    "02.1": [short, other_order, with_purpose, without_a_common_name, by_hand],
    "02.2": [climb, climb_with_root, recursive, one_by_one, in_a_tuple],
    "02.3": ["F", "f", " F ", "server F", ["F"], ("F",)],
    "02.4": [
        expired,
        other_host,
        other_root,
        for_mail,
        an_ip_address,
        no_intermediate,
        self_made,
        tampered,
        unknown,
    ],
}

WRONG = {
    "02.1": [
        (common_name_only, "the common name is the name"),
        (one_name, "one name covers its www"),
        (name_in_cn_and_san, "one name covers its www"),
        (wildcard, "a wildcard covers everything"),
        (too_many, "more names do no harm"),
        (wildcard_below, "more names do no harm"),
        (one_more, "more names do no harm"),
        (a_key_of_its_own, "a certificate brings its own key"),
        (the_cas_key, "a certificate brings its own key"),
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
        (send_everything_once, "the client will sort it out"),
        (send_every_intermediate, "the client will sort it out"),
        (everything, "the client will sort it out"),
        (everything_as_tuple, "the client will sort it out"),
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
        (expires_late, "a fault that no client looks at is a fault"),
        (expired_by_chain, "a refusal is a refusal"),
        (mail_by_hostname, "a refusal is a refusal"),
        (both_broken, "whatever is refused is a proof"),
        (two_expired, "whatever is refused is a proof"),
        (swapped, "the order of the two does not matter"),
        (swapped_hosts, "the order of the two does not matter"),
        (two_faults, "any good server will do as the twin"),
        (another_key_too, "any good server will do as the twin"),
        (purpose_and_dates, "any good server will do as the twin"),
        (elsewhere_and_never, "any good server will do as the twin"),
    ],
}
