"""Answers to the exercises of lesson 02: right ones in many shapes, wrong ones with the
misconception they come from.
"""

from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certpin_lab import Identity
from certpin_lab.cases.broken_servers import FAR_AHEAD, LONG_AGO, _key_usage, issue
from certpin_lab.lab.pki import NOT_AFTER, derived_key

HOST = "bank.example"
TWO = ["bank.example", "www.bank.example"]
NOTHING = "what a function makes comes back by itself"


def names(*hosts):
    return x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])


def sign(key, ca, ca_key, *extensions, name="bank.example", **more):
    return issue(name, key, issuer=ca, issuer_key=ca_key, extensions=extensions, **more)


def short(key, ca, ca_key):
    return sign(key, ca, ca_key, names(*TWO))


def other_order(key, ca, ca_key):
    return sign(key, ca, ca_key, names(*reversed(TWO)), name="www.bank.example")


def in_capitals(key, ca, ca_key):
    return sign(key, ca, ca_key, names("Bank.Example", "WWW.BANK.EXAMPLE"))


def with_purpose(key, ca, ca_key):
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    no_ca = x509.BasicConstraints(ca=False, path_length=None)
    return sign(key, ca, ca_key, purpose, names(*TWO), name="bank", critical=[no_ca])


def without_a_host_as_its_common_name(key, ca, ca_key):
    return issue("a server", key, issuer=ca, issuer_key=ca_key, critical=[names(*TWO)])


def wildcard_below(key, ca, ca_key):
    return sign(key, ca, ca_key, names(*TWO, "*.deep.bank.example"))


def one_more(key, ca, ca_key):
    return sign(key, ca, ca_key, names(*TWO, "shop.example"))


def a_key_of_its_own(key, ca, ca_key):
    return sign(derived_key("fresh"), ca, ca_key, names(*TWO))


def the_cas_key(key, ca, ca_key):
    return sign(ca_key, ca, ca_key, names(*TWO))


def draft(key, ca, ca_key, *, identifiers=True):
    def name(text):
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "certpin-lab"),
                x509.NameAttribute(NameOID.COMMON_NAME, text),
            ]
        )

    builder = (
        x509.CertificateBuilder()
        .subject_name(name("anything"))
        .issuer_name(name(ca))
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(names(*TWO), critical=False)
    )
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    for identifier in (own, above) if identifiers else ():
        builder = builder.add_extension(identifier, critical=False)
    return builder


def by_hand(key, ca, ca_key):
    return draft(key, ca, ca_key).sign(ca_key, hashes.SHA256())


def without_identifiers(key, ca, ca_key):
    return draft(key, ca, ca_key, identifiers=False).sign(ca_key, hashes.SHA256())


def own_key_signs_by_hand(key, ca, ca_key):
    return draft(key, ca, ca_key).sign(key, hashes.SHA256())


def own_key_signs(key, ca, ca_key):
    return sign(key, ca, key, names(*TWO))


def somebodys_key_signs(key, ca, ca_key):
    return sign(key, ca, derived_key("somebody"), names(*TWO))


def common_name_only(key, ca, ca_key):
    return sign(key, ca, ca_key)


def one_name(key, ca, ca_key):
    return sign(key, ca, ca_key, names("bank.example"))


def name_in_cn_and_san(key, ca, ca_key):
    return sign(key, ca, ca_key, names("bank.example"), name="www.bank.example")


def www_only(key, ca, ca_key):
    return sign(key, ca, ca_key, names("www.bank.example"))


def two_in_one(key, ca, ca_key):
    return sign(key, ca, ca_key, names("bank.example, www.bank.example"))


def as_addresses(key, ca, ca_key):
    return sign(key, ca, ca_key, names(*(f"https://{host}" for host in TWO)))


def as_identifiers(key, ca, ca_key):
    addresses = [x509.UniformResourceIdentifier(f"https://{host}") for host in TWO]
    return sign(key, ca, ca_key, x509.SubjectAlternativeName(addresses))


def wildcard(key, ca, ca_key):
    return sign(key, ca, ca_key, names("*.bank.example"))


def too_many(key, ca, ca_key):
    return sign(key, ca, ca_key, names("bank.example", "*.bank.example"))


def another_issuer(key, ca, ca_key):
    return sign(key, "Some Other CA", ca_key, names(*TWO))


def signs_itself(key, ca, ca_key):
    return sign(key, "bank.example", key, names(*TWO))


def long_ago(key, ca, ca_key):
    return sign(key, ca, ca_key, names(*TWO), validity=LONG_AGO)


def far_ahead(key, ca, ca_key):
    return sign(key, ca, ca_key, names(*TWO), validity=FAR_AHEAD)


CERTIFICATES, HANDSHAKES = _key_usage(certificates=True), _key_usage()
CA_OF_ANY_DEPTH = x509.BasicConstraints(ca=True, path_length=None)


def as_a_ca(key, ca, ca_key):
    return sign(key, ca, ca_key, names(*TWO), critical=[CA_OF_ANY_DEPTH, CERTIFICATES])


def as_a_ca_that_shakes_hands(key, ca, ca_key):
    both = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return sign(key, ca, ca_key, names(*TWO), critical=[CA_OF_ANY_DEPTH, both])


def forgets_the_certificate(key, ca, ca_key):
    sign(key, ca, ca_key, names(*TWO))


def an_identity(key, ca, ca_key):
    return Identity.of(key, short(key, ca, ca_key))


def in_a_list(key, ca, ca_key):
    return [short(key, ca, ca_key)]


def with_the_usage_of_a_ca(key, ca, ca_key):
    return sign(key, ca, ca_key, names(*TWO), critical=[CERTIFICATES])


def for_clients(key, ca, ca_key):
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return sign(key, ca, ca_key, names(*TWO), purpose)


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


def two_steps(leaf, found):
    return climb(leaf, found)[:3]


def in_one_pass(leaf, found):
    chain = [leaf]
    for one in found:
        if signed_by(chain[-1], one) and one.issuer != one.subject:
            chain.append(one)
    return chain


def in_one_pass_backwards(leaf, found):
    return in_one_pass(leaf, found[::-1])


def by_a_dictionary_of_names(leaf, found):
    by_subject = {one.subject: one for one in found if one.subject != one.issuer}
    chain = [leaf]
    while chain[-1].issuer in by_subject:
        chain.append(by_subject[chain[-1].issuer])
    return chain


def identifier(certificate, kind):
    return certificate.extensions.get_extension_for_class(kind).value


def by_identifier(leaf, found):
    chain = [leaf]
    while above := [
        one
        for one in found
        if one.issuer != one.subject
        and identifier(chain[-1], x509.AuthorityKeyIdentifier).key_identifier
        == identifier(one, x509.SubjectKeyIdentifier).digest
    ]:
        chain.append(above[0])
    return chain


def without_the_leaf(leaf, found):
    return climb(leaf, found)[1:]


def forgets_the_chain(leaf, found):
    climb(leaf, found)


def forgets_in_the_recursion(leaf, found):
    for one in found:
        if one.issuer != one.subject and signed_by(leaf, one):
            forgets_in_the_recursion(one, found)


def the_same_twice(leaf, found):
    return [leaf, leaf, *climb(leaf, found)[1:]]


def a_root_without_end(leaf, found):
    chain = [leaf]
    while above := [one for one in found if signed_by(chain[-1], one)]:
        chain.append(above[0])
    return chain


def names_of_the_chain(leaf, found):
    return [one.subject.rfc4514_string() for one in climb(leaf, found)]


# 02.4

KEY = derived_key("a server of my own")
OTHER_KEY = derived_key("somebody else")
NOBODY_KNOWS = x509.ObjectIdentifier("2.999.2")


def server(ca, ca_key, *extensions, **more):
    return Identity.of(KEY, sign(KEY, ca, ca_key, *(extensions or [names(HOST)]), **more))


def expired(ca, ca_key):
    return "validity", server(ca, ca_key, validity=LONG_AGO), server(ca, ca_key)


def other_host(ca, ca_key):
    return ["Hostname", server(ca, ca_key, names("shop.example")), server(ca, ca_key)]


def other_root(ca, ca_key):
    return "chain", server("Mine", OTHER_KEY), server(ca, ca_key)


def for_mail(ca, ca_key):
    def purpose(what):
        return server(ca, ca_key, names(HOST), x509.ExtendedKeyUsage([what]))

    return (
        "chain",
        purpose(ExtendedKeyUsageOID.EMAIL_PROTECTION),
        purpose(ExtendedKeyUsageOID.SERVER_AUTH),
    )


def an_ip_address(ca, ca_key):
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    return "hostname", server(ca, ca_key, address), server(ca, ca_key)


def between(ca, ca_key, *, path_length=0, usage=CERTIFICATES, **more):
    critical = [x509.BasicConstraints(ca=True, path_length=path_length), usage]
    return sign(OTHER_KEY, ca, ca_key, name="Between", critical=critical, **more)


def below_between(*above):
    return Identity.of(KEY, sign(KEY, "Between", OTHER_KEY, names(HOST)), *above)


def no_intermediate(ca, ca_key):
    return "chain", below_between(), below_between(between(ca, ca_key))


def expired_intermediate(ca, ca_key):
    old = between(ca, ca_key, validity=LONG_AGO)
    return "validity", below_between(old), below_between(between(ca, ca_key))


def powerless_intermediate(ca, ca_key):
    weak = between(ca, ca_key, usage=HANDSHAKES)
    return "chain", below_between(weak), below_between(between(ca, ca_key))


def other_key_signs(ca, ca_key):
    return "chain", server(ca, OTHER_KEY), server(ca, ca_key)


def self_made(ca, ca_key):
    return "chain", server(HOST, KEY), server(ca, ca_key)


def tampered(ca, ca_key):
    twin = server(ca, ca_key)
    der = bytearray(twin.certificate.public_bytes(Encoding.DER))
    der[-1] ^= 1
    return "chain", Identity.of(KEY, x509.load_der_x509_certificate(bytes(der))), twin


def unknown(ca, ca_key):
    strange = x509.UnrecognizedExtension(NOBODY_KNOWS, b"\x05\x00")
    return (
        "CHAIN",
        server(ca, ca_key, names(HOST), critical=[strange]),
        server(ca, ca_key, names(HOST), strange),
    )


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
    twin = Identity.of(OTHER_KEY, sign(OTHER_KEY, ca, ca_key, names(HOST)))
    return "validity", server(ca, ca_key, validity=LONG_AGO), twin


def purpose_and_dates(ca, ca_key):
    check, broken, _ = for_mail(ca, ca_key)
    return check, broken, server(ca, ca_key, validity=(LONG_AGO[0], NOT_AFTER))


def elsewhere_and_never(ca, ca_key):
    return "chain", server("Mine", OTHER_KEY, validity=LONG_AGO), server(ca, ca_key)


def tampered_with(identity):
    der = bytearray(identity.certificate.public_bytes(Encoding.DER))
    der[-1] ^= 1
    return Identity.of(KEY, x509.load_der_x509_certificate(bytes(der)), *identity.chain[1:])


def expired_and_tampered(ca, ca_key):
    broken = tampered_with(server(ca, ca_key, validity=LONG_AGO))
    return "chain", broken, server(ca, ca_key)


def alone_and_tampered(ca, ca_key):
    return "chain", tampered_with(below_between()), below_between(between(ca, ca_key))


def expired_and_powerless_intermediate(ca, ca_key):
    bad = between(ca, ca_key, usage=HANDSHAKES, validity=LONG_AGO)
    return "chain", below_between(bad), below_between(between(ca, ca_key))


def expired_below_an_intermediate(ca, ca_key):
    leaf = sign(KEY, "Between", OTHER_KEY, names("shop.example"), validity=LONG_AGO)
    above = between(ca, ca_key)
    return "validity", Identity.of(KEY, leaf, above), below_between(above)


def forgets_the_row(ca, ca_key):
    expired(ca, ca_key)


def two_things(ca, ca_key):
    return expired(ca, ca_key)[1:]


def certificates(ca, ca_key):
    check, broken, twin = expired(ca, ca_key)
    return check, broken.certificate, twin.certificate


def a_check_that_is_none(ca, ca_key):
    return "dates", *expired(ca, ca_key)[1:]


def a_weak_key(ca, ca_key):
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    weak = sign(key, ca, ca_key, names(HOST))
    return "chain", Identity.of(key, weak), server(ca, ca_key)


RIGHT = {
    "02.1": [
        short,
        other_order,
        in_capitals,
        with_purpose,
        without_a_host_as_its_common_name,
        by_hand,
    ],
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
        expired_intermediate,
        powerless_intermediate,
        other_key_signs,
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
        (somebodys_key_signs, "any key can sign"),
        (own_key_signs_by_hand, "any key can sign"),
        (www_only, "the www name covers the one without"),
        (two_in_one, "a name may be written in any way"),
        (as_addresses, "a name may be written in any way"),
        (as_identifiers, "a name may be written in any way"),
        (as_a_ca, "a server's certificate looks like a CA's"),
        (as_a_ca_that_shakes_hands, "a server's certificate looks like a CA's"),
        (without_identifiers, "a client does not need the key identifiers"),
        (forgets_the_certificate, NOTHING),
        (long_ago, "a client does not look at the last day"),
        (far_ahead, "a client does not look at the first day"),
    ],
    "02.2": [
        (only_the_leaf, "the leaf is enough"),
        (leaf_and_roots, "the leaf is enough"),
        (one_step, "one step up is enough"),
        (one_step_in_a_tuple, "one step up is enough"),
        (two_steps, "two steps up are enough"),
        (in_one_pass, "the certificates lie in the right order"),
        (in_one_pass_backwards, "the certificates lie in the right order"),
        (by_a_dictionary_of_names, "the same name is the same CA"),
        (by_identifier, "a key identifier proves the key"),
        (without_the_leaf, "the order does not matter"),
        (forgets_the_chain, NOTHING),
        (forgets_in_the_recursion, NOTHING),
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
        (expired_and_tampered, "any good server will do as the twin"),
        (alone_and_tampered, "any good server will do as the twin"),
        (expired_and_powerless_intermediate, "any good server will do as the twin"),
        (expired_below_an_intermediate, "any good server will do as the twin"),
        (forgets_the_row, NOTHING),
        (another_key_too, "any good server will do as the twin"),
        (purpose_and_dates, "any good server will do as the twin"),
        (elsewhere_and_never, "any good server will do as the twin"),
    ],
}

REFUSED = {
    "02.1": [an_identity, in_a_list, with_the_usage_of_a_ca, for_clients],
    "02.2": [
        the_same_twice,
        a_root_without_end,
        names_of_the_chain,
    ],
    "02.4": [two_things, certificates, a_check_that_is_none, a_weak_key],
}
