"""What is fuzzed: for every reader of foreign input one target, a function of bytes that fails when
the reader breaks its word.

A target says how the bytes are read, which errors the reader documents, and what must hold of
everything that it accepts. Errors must have a message that is short and safe to print. Limit: a
value that keeps all stated properties and is wrong all the same is not noticed.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from traceback import extract_tb
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certpin_lab import PinFormatError, PinMismatchError, PinSet, PolicyError
from certpin_lab.lab import wire
from certpin_lab.pinning import key_files, pin_doctor, recipes
from certpin_lab.pinning.certificate import SPKI, Field, certificate_fields, spki_der
from certpin_lab.pinning.der import INTEGER, element
from certpin_lab.pinning.errors import HostnameError, WireFormatError
from certpin_lab.pinning.formats.policy_json import read_policy
from certpin_lab.pinning.hostnames import HostPattern, canonical_hostname
from certpin_lab.pinning.pins import Pin
from certpin_lab.pinning.policy_linter import lint_policy
from tests.hard.fuzz.seeds import certificates

ROOT = Path(__file__).parents[3]
LONGEST_MESSAGE = 1000  # characters
AT = datetime(2027, 1, 1, tzinfo=UTC)
SPARE = Pin(b"\x01" * 32)


def shown(text: str, limit: int = LONGEST_MESSAGE) -> None:
    """Fail unless `text` says something, in at most `limit` characters that can be printed on one
    line.
    """
    assert text
    assert len(text) <= limit, f"{len(text)} characters"
    assert text.isprintable(), ascii(text)


@dataclass(frozen=True)
class Target:
    """One reader, and what it promises.

    read: turns bytes into a value, or raises one of `raises`; any other exception is a finding.
    check: takes the value and the bytes, and raises AssertionError where a property does not hold.
    seeds: the kinds of `seeds.KINDS` that mutations start from.
    longest: bytes of the longest input worth trying.
    """

    name: str
    read: Callable[[bytes], Any]
    check: Callable[[Any, bytes], None]
    raises: tuple[type[Exception], ...]
    seeds: tuple[str, ...]
    longest: int

    def __call__(self, data: bytes) -> str:
        """What happened, in a word: "accepted", or the name of the documented error."""
        try:
            value = self.read(data)
        except self.raises as problem:
            shown(str(problem))
            return type(problem).__name__
        self.check(value, data)
        return "accepted"


def place(error: BaseException) -> str:
    """The kind of the error and the line of the package where it began: the same for all inputs
    that show one fault.
    """
    chain = [error, *([error.__context__] if error.__context__ else [])]
    frames = [frame for each in chain for frame in extract_tb(each.__traceback__)]
    mine = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT)]
    package = [frame for frame in mine if Path(frame.filename).is_relative_to(ROOT / "certpin_lab")]
    inner = (package or mine)[-1]
    return f"{type(error).__name__} at {Path(inner.filename).relative_to(ROOT)}:{inner.lineno}: {inner.line}"


def text_of(data: bytes) -> str:
    """The text that Python makes of foreign bytes in a command line: what is not UTF-8 becomes lone
    surrogates.
    """
    return data.decode("utf-8", "surrogateescape")


def of_text(read: Callable[[str], Any]) -> Callable[[bytes], Any]:
    return lambda data: read(text_of(data))


# Text.


def check_pin(pin: Pin, data: bytes) -> None:
    assert str(pin) == text_of(data)
    reason = recipes.never_matches(pin)
    assert reason is None or not shown(reason)


def check_hostname(name: str, _data: bytes) -> None:
    assert canonical_hostname(name) == name
    assert len(name) <= 253
    assert not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-_.:"), name
    # A mapped IPv4 address is written with dots (RFC 5952, section 5), on every Python.
    assert not re.fullmatch("::ffff:[0-9a-f]+:[0-9a-f]+", name)


def check_pattern(pattern: HostPattern, _data: bytes) -> None:
    assert HostPattern.parse(str(pattern)) == pattern
    assert canonical_hostname(pattern.base) == pattern.base
    assert pattern.matches(pattern.base) == (pattern.wildcard != "*")
    assert pattern.matches(f"x.{pattern.base}") == bool(pattern.wildcard)
    assert pattern.matches(f"x.y.{pattern.base}") == (pattern.wildcard == "**")


# TLS.


def check_records(records: tuple[wire.Record, ...], data: bytes) -> None:
    end = 0
    for record in records:
        assert record.offset == end
        assert int.from_bytes(data[end + 3 : end + 5], "big") == len(record.payload)
        end += 5 + len(record.payload)
        assert data[end - len(record.payload) : end] == record.payload
    assert end == len(data)


def check_messages(messages: tuple[wire.Message, ...], data: bytes) -> None:
    plain = b""
    while data and data[0] != 20:  # to the change of the cipher, record by record
        end = 5 + int.from_bytes(data[3:5], "big")
        plain += data[5:end] if data[0] == 22 else b""
        data = data[end:]
    for message in messages:
        assert wire.message_name(plain[0]) == message.name
        assert int.from_bytes(plain[1:4], "big") == len(message.body)
        body, plain = plain[4 : 4 + len(message.body)], plain[4 + len(message.body) :]
        assert body == message.body
    assert not plain


def check_client_hello(hello: wire.ClientHello, data: bytes) -> None:
    assert "ClientHello" in [message.name for message in wire.messages(data)]
    if hello.server_name:
        shown(hello.server_name, 255)
    assert 2 * len(hello.cipher_suites) + sum(map(len, hello.key_shares.values())) <= len(data)
    for said in (*hello.versions, *hello.cipher_suites, *hello.key_shares):
        shown(said, 50)


def check_server_hello(hello: wire.ServerHello, data: bytes) -> None:
    assert "ServerHello" in [message.name for message in wire.messages(data)]
    shown(hello.version, 50)
    shown(hello.cipher_suite, 50)
    assert hello.key_share is None or len(hello.key_share) <= len(data)


def check_certificates(found: tuple[bytes, ...], data: bytes) -> None:
    assert found, "without certificates it raises"
    assert sum(3 + len(der) for der in found) <= len(data)


# Certificates and key files.


def check_fields(fields: tuple[Field, ...], der: bytes) -> None:
    inside = [(0, len(der))]  # what may still be filled, at each depth
    for field in fields:
        assert field.depth < len(inside), "one level deeper at most"
        start, end = inside[field.depth]
        assert start <= field.offset
        assert 2 <= field.length <= end - field.offset
        inside[field.depth] = (field.offset + field.length, end)
        inside[field.depth + 1 :] = [(field.offset, field.offset + field.length)]
        assert str(field).isprintable(), ascii(str(field))
    assert [field.length for field in fields if field.depth == 0] == [len(der)]
    assert [field.depth for field in fields if field.name == SPKI] == [2]
    assert sum(len(field.meaning) for field in fields) <= 100 + 16 * len(der)


def certificate_of(der: bytes) -> x509.Certificate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd serial numbers and the like
        return x509.load_der_x509_certificate(der)


def check_spki(certificate: x509.Certificate, der: bytes) -> None:
    spki = spki_der(certificate)
    assert spki in der
    try:
        key = certificate.public_key()
    except Exception:  # noqa: BLE001  # a kind of key that `cryptography` does not read: its bytes are cut out all the same
        return
    assert load_der_public_key(spki) == key
    try:
        PinSet([SPARE]).check([certificate], at=AT)
    except PinMismatchError as mismatch:
        [(pin, subject)] = mismatch.presented
    else:
        raise AssertionError("a key that is not pinned was accepted")
    assert pin == Pin.of(certificate)
    shown(subject, 120)


def check_keys(found: list[key_files.KeyFound], data: bytes) -> None:
    parameters = data.count(b"-----BEGIN EC PARAMETERS-----") + data.count(
        b"-----BEGIN DSA PARAMETERS-----"
    )
    assert len(found) == max(1, data.count(b"-----BEGIN ") - parameters), (
        "a key for each block, or for the DER"
    )
    for key in found:
        shown(key.description, 120)
        assert key.certificate is None or Pin.of(key.certificate) == key.pin
    if found[0].description == "public key" and b"-----BEGIN " not in data:
        pkcs1 = element(data).parts()[0].tag == INTEGER
        assert pkcs1 or found[0].pin == Pin.of_spki(data)


# The doctor and the linter.


@cache
def chain() -> tuple[x509.Certificate, ...]:
    return tuple(certificate_of(der) for der in certificates()[:2])


def check_diagnosis(diagnosis: pin_doctor.Diagnosis, data: bytes) -> None:
    pins = [str(Pin.of(certificate)) for certificate in chain()]
    assert diagnosis.right == (text_of(data) in pins)
    assert diagnosis.position in (None, *range(len(pins)))
    shown(str(diagnosis))


def check_chain(certificate: x509.Certificate, _der: bytes) -> None:
    right = pin_doctor.diagnose(Pin.of(certificate), [certificate])
    assert (right.recipe, right.position) == ("right", 0)
    shown(str(right))
    shown(str(pin_doctor.diagnose(SPARE, [certificate])))


def check_policy(policy: Any, _data: bytes) -> None:
    assert policy.pin_sets or policy.unlisted == "refuse"
    findings = lint_policy(policy, chains={"bank.example": chain()}, at=AT)
    assert {finding.where for finding in findings} <= set(policy.pin_sets)
    for finding in findings:
        shown(str(finding))
    for pattern, pins in policy.pin_sets.items():
        family = HostPattern.parse(pattern)
        pooled = policy.pins_for(f"x.{family.base}" if family.wildcard else family.base)
        assert set(pins.pins) <= set(pooled.pins)


# `cryptography` raises several kinds for bytes that are no certificate to it; they are its
# business.
NO_CERTIFICATE = (Exception,)
HOSTNAME, WIRE, KEYS, POLICY = (
    (HostnameError,),
    (WireFormatError,),
    (key_files.KeyFileError,),
    (PolicyError, HostnameError),
)
TLS, DER = ("handshakes",), ("certificates",)
TARGETS = {
    target.name: target
    for target in (
        Target("pin", of_text(Pin.parse), check_pin, (PinFormatError,), ("pins",), 200),
        Target("hostname", of_text(canonical_hostname), check_hostname, HOSTNAME, ("hosts",), 600),
        Target("pattern", of_text(HostPattern.parse), check_pattern, HOSTNAME, ("hosts",), 600),
        Target("records", wire.records, check_records, WIRE, TLS, 4096),
        Target("messages", wire.messages, check_messages, WIRE, TLS, 4096),
        Target("client_hello", wire.client_hello, check_client_hello, WIRE, TLS, 4096),
        Target("server_hello", wire.server_hello, check_server_hello, WIRE, TLS, 4096),
        Target("certificates", wire.certificates, check_certificates, WIRE, TLS, 4096),
        Target("certificate_fields", certificate_fields, check_fields, WIRE, DER, 2048),
        Target("spki", certificate_of, check_spki, NO_CERTIFICATE, DER, 2048),
        Target("keys", key_files.read_keys, check_keys, KEYS, ("files",), 4096),
        Target("policy", of_text(read_policy), check_policy, POLICY, ("policies",), 2048),
        Target(
            "diagnose",
            of_text(lambda text: pin_doctor.diagnose(text, chain())),
            check_diagnosis,
            (),
            ("pins",),
            600,
        ),
        Target("diagnose_chain", certificate_of, check_chain, NO_CERTIFICATE, DER, 2048),
    )
}
