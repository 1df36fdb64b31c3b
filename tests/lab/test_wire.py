"""What an eavesdropper reads: from real handshakes, and from bytes that are anything but."""

import ssl
from contextlib import suppress
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from certpin_lab import CertificateAuthority, Pin, Scene, client_context, spki_der
from certpin_lab.lab.slow_motion import SlowHandshake
from certpin_lab.lab.wire import certificates, client_hello, messages, records, server_hello
from certpin_lab.pinning.certificate import SPKI, certificate_fields
from certpin_lab.pinning.errors import WireFormatError

CA = CertificateAuthority("Wire Root")
LEAF = CA.issue_leaf("bank.example", "www.bank.example")
DER = LEAF.certificate.public_bytes(Encoding.DER)
READERS = [records, messages, client_hello, server_hello, certificates, certificate_fields]


def flights(*, version=None, host="bank.example"):
    context = client_context([CA])
    if version:
        context.maximum_version = version
    identity = CA.issue_leaf(host)
    sent = SlowHandshake(context, identity, server_hostname=host).finish()
    return b"".join(f.data for f in sent if f.sender == "phone"), b"".join(
        f.data for f in sent if f.sender == "bank"
    )


PHONE_13, BANK_13 = flights()
PHONE_12, BANK_12 = flights(version=ssl.TLSVersion.TLSv1_2)


@pytest.mark.parametrize("host", ["bank.example", "a.b.c.test"])
def test_the_server_name_is_the_one_the_client_asked_for(host):
    phone, _ = flights(host=host)
    assert client_hello(phone).server_name == host


def test_a_client_that_does_not_say_a_name_has_none():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    arrived, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(arrived, to_send).do_handshake()
    assert client_hello(to_send.read()).server_name is None


def test_the_hellos_tell_the_version_that_openssl_says_it_uses():
    assert client_hello(PHONE_13).versions == ("TLS 1.3", "TLS 1.2")
    assert client_hello(PHONE_12).versions == ("TLS 1.2",)
    assert server_hello(BANK_13).version == "TLS 1.3"
    assert server_hello(BANK_12).version == "TLS 1.2"


def test_the_cipher_is_the_one_that_openssl_says_it_uses():
    context = client_context([CA])
    slow = SlowHandshake(context, LEAF)
    slow.finish()
    chosen = server_hello(slow.flights[1].data).cipher_suite
    assert chosen == slow._client.tls.cipher()[0]
    assert chosen in client_hello(slow.flights[0].data).cipher_suites


def test_each_handshake_has_key_shares_of_its_own():
    again, answer = flights()
    assert client_hello(again).key_shares != client_hello(PHONE_13).key_shares
    assert server_hello(answer).key_share != server_hello(BANK_13).key_share
    assert server_hello(BANK_12).key_share is None  # TLS 1.2 has it in a message of its own


def test_in_tls_1_2_the_certificate_is_in_the_clear_and_in_1_3_it_is_not():
    assert certificates(BANK_12)[0] == CA.issue_leaf("bank.example").certificate.public_bytes(
        Encoding.DER
    )
    with pytest.raises(WireFormatError, match="only ServerHello"):
        certificates(BANK_13)


def test_what_is_readable_ends_where_the_cipher_changes():
    names_12 = [message.name for message in messages(BANK_12)]
    assert names_12 == ["ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone"]
    assert [message.name for message in messages(BANK_13)] == ["ServerHello"]
    assert [record.kind for record in records(BANK_13)][:2] == ["handshake", "change cipher spec"]


def test_a_capture_of_the_wifi_is_read_like_any_other():
    with Scene() as scene:
        scene.run("unpinned")
        tunnel = scene.wifi.capture[-1]
    assert client_hello(tunnel.from_client).server_name == "bank.example"
    assert server_hello(tunnel.to_client).version == "TLS 1.3"
    assert b"bank.example" in tunnel.from_client
    assert b"tulip-garden-42" not in tunnel.from_client + tunnel.to_client


def test_a_message_is_joined_across_records():
    hello = records(PHONE_13)[0].payload
    split = b"".join(
        b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part for part in (hello[:7], hello[7:])
    )
    assert client_hello(split) == client_hello(PHONE_13)


def test_the_wrong_direction_is_named_in_the_error():
    with pytest.raises(
        WireFormatError, match=r"no ClientHello here, only ServerHello.*other direction"
    ):
        client_hello(BANK_13)


@pytest.mark.parametrize("cut", range(1, 517, 43))
def test_a_truncated_hello_is_refused(cut):
    with pytest.raises(WireFormatError, match=r"cut off|no readable message"):
        client_hello(PHONE_13[:517][:-cut])


def test_a_record_that_announces_too_much_is_refused_before_it_is_read():
    with pytest.raises(WireFormatError, match="65535 bytes"):
        records(b"\x16\x03\x03\xff\xff" + bytes(70000))


def test_plain_http_is_not_tls():
    with pytest.raises(WireFormatError, match="At byte 0"):
        records(b"GET / HTTP/1.1\r\n\r\n")


# The map of a certificate.


def field(name, der=DER):
    [found] = [one for one in certificate_fields(der) if one.name == name]
    return found


def cut(name, der=DER):
    one = field(name, der)
    return der[one.offset : one.offset + one.length]


@pytest.mark.parametrize("kind", ["P-256", "RSA", "Ed25519"])
def test_the_marked_spki_is_what_a_pin_hashes(kind):
    key = {
        "P-256": None,
        "RSA": rsa.generate_private_key(65537, 2048),
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    }
    certificate = CA.issue_leaf("bank.example", key=key[kind]).certificate
    der = certificate.public_bytes(Encoding.DER)
    assert cut(SPKI, der) == spki_der(certificate)
    assert Pin.of(x509.load_der_x509_certificate(der)) == Pin.of(certificate.public_key())


def test_the_fields_are_those_that_cryptography_reads():
    certificate = LEAF.certificate
    assert cut("tbsCertificate") == certificate.tbs_certificate_bytes
    assert cut("signatureValue").endswith(certificate.signature)
    assert field("serialNumber").meaning == f"{certificate.serial_number:x}"
    assert field("issuer").meaning == "O=certpin-lab, CN=Wire Root"
    assert field("subject").meaning == "O=certpin-lab, CN=bank.example"
    assert field("validity").meaning == "2025-01-01 to 2125-01-01"
    assert field("subjectAltName").meaning == "bank.example, www.bank.example"
    assert field("basicConstraints").meaning == "critical, not a CA"
    assert field("version").meaning == "v3"


def test_a_ca_certificate_says_that_it_is_one():
    assert (
        field("basicConstraints", CA.certificate.public_bytes(Encoding.DER)).meaning
        == "critical, a CA"
    )


def test_the_parts_of_the_certificate_fill_it_without_a_gap():
    whole, *rest = certificate_fields(DER)
    assert (whole.offset, whole.length) == (0, len(DER))
    for depth, first in ((1, 4), (2, field("version").offset)):
        parts = [one for one in rest if one.depth == depth]
        assert parts[0].offset == first
        assert all(one.offset + one.length == two.offset for one, two in pairwise(parts))


def test_a_certificate_with_something_after_it_is_refused():
    with pytest.raises(WireFormatError, match="1 more bytes"):
        certificate_fields(DER + b"\0")


@pytest.mark.parametrize("length", [0, 1, 4, 100, len(DER) - 1])
def test_a_truncated_certificate_is_refused(length):
    with pytest.raises(WireFormatError):
        certificate_fields(DER[:length])


def test_another_der_structure_is_no_certificate():
    with pytest.raises(WireFormatError, match="is not a certificate"):
        certificate_fields(spki_der(LEAF.certificate))


@pytest.mark.parametrize("reader", READERS)
def test_text_is_a_type_error_with_a_sentence(reader):
    with pytest.raises(TypeError, match="must be bytes; got str"):
        reader("text")


def only_the_documented_error(reader, data):
    with suppress(WireFormatError):
        reader(data)


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300))
def test_random_bytes_raise_nothing_else(reader, data):
    only_the_documented_error(reader, data)


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=300, deadline=None)
@given(
    start=st.sampled_from([PHONE_13, BANK_13, PHONE_12, BANK_12, DER]),
    where=st.integers(0, 2000),
    new=st.binary(max_size=6),
)
def test_damaged_bytes_raise_nothing_else(reader, start, where, new):
    where %= len(start)
    only_the_documented_error(reader, start[:where] + new + start[where + len(new) :])


@pytest.mark.parametrize("reader", READERS)
def test_a_megabyte_of_anything_raises_nothing_else(reader):
    for piece in (
        b"\x16\x03\x01\x00\x01\x01",
        b"\x30\x80",
        b"\x30\x84\x00\x10\x00\x00",
        b"\x00",
        b"\xff",
    ):
        only_the_documented_error(reader, piece * (1_000_000 // len(piece)))
