"""What crosses the wire, read from bytes alone: TLS records, the handshake messages a lesson needs, the parts of a certificate.

An eavesdropper's tools: nothing here decrypts, verifies or connects. Lengths are checked before anything is read, so truncated,
oversized or random bytes end in `WireFormatError`, quickly. TLS is RFC 8446 (1.3) and RFC 5246 (1.2), certificates are RFC 5280.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from .errors import WireFormatError

_LONGEST_RECORD = (1 << 14) + 2048  # RFC 5246, section 6.2.3
_CONTENT = {20: "change cipher spec", 21: "alert", 22: "handshake", 23: "application data", 24: "heartbeat"}
_CHANGE_CIPHER_SPEC, _HANDSHAKE = 20, 22
_MESSAGES = {
    0: "HelloRequest",
    1: "ClientHello",
    2: "ServerHello",
    4: "NewSessionTicket",
    8: "EncryptedExtensions",
    11: "Certificate",
    12: "ServerKeyExchange",
    13: "CertificateRequest",
    14: "ServerHelloDone",
    15: "CertificateVerify",
    16: "ClientKeyExchange",
    20: "Finished",
    24: "KeyUpdate",
}
_VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
_GROUPS = {23: "secp256r1", 24: "secp384r1", 25: "secp521r1", 29: "x25519", 30: "x448", 0x11EC: "X25519MLKEM768"}
_CIPHERS = {
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
}
_SERVER_NAME, _SUPPORTED_VERSIONS, _KEY_SHARE = 0, 43, 51


class _Bytes:
    """A cursor over bytes that refuses to read past their end."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data, self._what, self.offset = data, what, 0

    def __bool__(self) -> bool:
        return self.offset < len(self._data)

    def take(self, count: int) -> bytes:
        if count > len(self._data) - self.offset:
            missing = count - (len(self._data) - self.offset)
            raise WireFormatError(f"{self._what} is cut off: {missing} more bytes are announced than there are.")
        self.offset += count
        return self._data[self.offset - count : self.offset]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> _Bytes:
        """What follows a length of `size` bytes."""
        return _Bytes(self.take(self.number(size)), self._what)

    def rest(self) -> bytes:
        return self.take(len(self._data) - self.offset)


def _named(names: dict[int, str], number: int) -> str:
    return names.get(number, f"0x{number:04x}")


@dataclass(frozen=True)
class Record:
    """One TLS record: what it says it carries, where it starts in the bytes given, and its payload, encrypted or not."""

    kind: str
    offset: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class Message:
    """One handshake message that anybody on the way can read: its name (RFC 8446, section 4) and its body."""

    name: str
    body: bytes = field(repr=False)


def records(data: bytes) -> tuple[Record, ...]:
    """The TLS records in one direction of a connection, in order.

    data: the bytes from the first one on, as in `Tunnel.from_client`. Raises `WireFormatError` for bytes that are not TLS and for a
    record that is cut off.
    """
    return tuple(record for _, record in _records(data))


def _records(data: bytes) -> Iterator[tuple[int, Record]]:
    cursor = _Bytes(_checked(data), "A TLS record")
    while cursor:
        start = cursor.offset
        content, version = cursor.number(1), cursor.number(2)
        if content not in _CONTENT or version >> 8 != 3:
            raise WireFormatError(f"At byte {start} there is no TLS record: it would begin with 14 to 18 (hex) and 03.")
        length = cursor.number(2)
        if length > _LONGEST_RECORD:
            raise WireFormatError(
                f"The TLS record at byte {start} announces {length} bytes; {_LONGEST_RECORD} is the limit."
            )
        yield content, Record(_CONTENT[content], start, cursor.take(length))


def _checked(data: bytes) -> bytes:
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"Give bytes, not {type(data).__name__}.")
    return bytes(data)


def messages(data: bytes) -> tuple[Message, ...]:
    """The handshake messages that cross the wire unencrypted, in order, joined across records.

    In TLS 1.3 that is the hello alone; in TLS 1.2 everything up to the change of the cipher. A second hello after that point
    (RFC 8446, section 4.1.4) is left out. Raises `WireFormatError` as `records` does, and for a message that is cut off.
    """
    plain = bytearray()
    for content, record in _records(data):
        if content == _CHANGE_CIPHER_SPEC:
            break
        if content == _HANDSHAKE:
            plain += record.payload
    cursor = _Bytes(bytes(plain), "A handshake message")
    found = []
    while cursor:
        name = message_name(cursor.number(1))
        found.append(Message(name, cursor.vector(3).rest()))
    return tuple(found)


def message_name(number: int) -> str:
    """The name of a handshake message's type (RFC 8446, section 4); the number in hex where it has none here."""
    return _named(_MESSAGES, number)


def _first(data: bytes, name: str) -> _Bytes:
    found = messages(data)
    for message in found:
        if message.name == name:
            return _Bytes(message.body, f"The {name}")
    there = ", ".join(list(dict.fromkeys(message.name for message in found))[:8]) or "no readable message"
    raise WireFormatError(f"There is no {name} here, only {there}. Is it the other direction of the connection?")


@dataclass(frozen=True)
class ClientHello:
    """What a client says before anything is encrypted.

    `server_name` is the host it asks for (None when it does not say), `versions` the TLS versions it offers, best first, `key_shares`
    its fresh public keys by group, `cipher_suites` the ciphers it offers.
    """

    server_name: str | None
    versions: tuple[str, ...]
    key_shares: dict[str, bytes] = field(repr=False)
    cipher_suites: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class ServerHello:
    """What a server answers before anything is encrypted: the version and cipher it chose and, in TLS 1.3, its fresh public key."""

    version: str
    cipher_suite: str
    key_share: bytes | None = field(repr=False)


def client_hello(data: bytes) -> ClientHello:
    """The ClientHello in a client's bytes. Raises `WireFormatError` when there is none that can be read."""
    body = _first(data, "ClientHello")
    legacy = body.number(2)
    body.take(32)
    body.vector(1)
    suites = tuple(_named(_CIPHERS, number) for number in _numbers(body.vector(2), 2))
    body.vector(1)
    extensions = _extensions(body)
    offered = _numbers(extensions[_SUPPORTED_VERSIONS].vector(1), 2) if _SUPPORTED_VERSIONS in extensions else [legacy]
    versions = tuple(
        _VERSIONS[number] for number in offered if number in _VERSIONS
    )  # others are there to be ignored (RFC 8701)
    return ClientHello(_server_name(extensions), versions, _key_shares(extensions), suites)


def server_hello(data: bytes) -> ServerHello:
    """The ServerHello in a server's bytes. Raises `WireFormatError` when there is none that can be read."""
    body = _first(data, "ServerHello")
    version = body.number(2)
    body.take(32)
    body.vector(1)
    suite = _named(_CIPHERS, body.number(2))
    body.take(1)
    extensions = _extensions(body)
    if _SUPPORTED_VERSIONS in extensions:
        version = extensions[_SUPPORTED_VERSIONS].number(2)
    share = None
    if _KEY_SHARE in extensions:
        extensions[_KEY_SHARE].number(2)
        share = (
            extensions[_KEY_SHARE].vector(2).rest() if extensions[_KEY_SHARE] else None
        )  # a retry request has no key
    return ServerHello(_named(_VERSIONS, version), suite, share)


def certificates(data: bytes) -> tuple[bytes, ...]:
    """The certificates that a TLS 1.2 server sends in the clear: DER, in the order sent.

    Raises `WireFormatError` when there are none. In TLS 1.3 there never are: they are encrypted.
    """
    body = _first(data, "Certificate")
    listed = body.vector(3)
    found = []
    while listed:
        found.append(listed.vector(3).rest())
    if not found:
        raise WireFormatError("The Certificate message is empty: whoever sent it has shown no certificate.")
    return tuple(found)


def _numbers(cursor: _Bytes, size: int) -> list[int]:
    found = []
    while cursor:
        found.append(cursor.number(size))
    return found


def _extensions(body: _Bytes) -> dict[int, _Bytes]:
    found: dict[int, _Bytes] = {}
    listed = body.vector(2) if body else body
    while listed:
        kind = listed.number(2)
        found[kind] = listed.vector(2)
    return found


def _server_name(extensions: dict[int, _Bytes]) -> str | None:
    names = extensions[_SERVER_NAME].vector(2) if _SERVER_NAME in extensions else None
    while names:
        kind, name = names.number(1), names.vector(2).rest()
        if kind == 0:
            return _shown(name)
    return None


def _key_shares(extensions: dict[int, _Bytes]) -> dict[str, bytes]:
    shares: dict[str, bytes] = {}
    listed = extensions[_KEY_SHARE].vector(2) if _KEY_SHARE in extensions else None
    while listed:
        group = _named(_GROUPS, listed.number(2))
        shares[group] = listed.vector(2).rest()
    return shares


def _shown(text: bytes) -> str:
    """Text that a stranger chose, safe to show."""
    decoded = text.decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "?" for character in decoded)[:255]


# The parts of a certificate.

SPKI = "subjectPublicKeyInfo"

_OIDS = {
    "1.2.840.10045.2.1": "elliptic-curve key",
    "1.2.840.10045.3.1.7": "P-256",
    "1.3.132.0.34": "P-384",
    "1.3.132.0.35": "P-521",
    "1.2.840.113549.1.1.1": "RSA key",
    "1.2.840.113549.1.1.5": "RSA with SHA-1",
    "1.2.840.113549.1.1.10": "RSA-PSS",
    "1.2.840.113549.1.1.11": "RSA with SHA-256",
    "1.2.840.113549.1.1.12": "RSA with SHA-384",
    "1.2.840.10045.4.3.2": "ECDSA with SHA-256",
    "1.2.840.10045.4.3.3": "ECDSA with SHA-384",
    "1.3.101.112": "Ed25519",
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.29.14": "subjectKeyIdentifier",
    "2.5.29.15": "keyUsage",
    "2.5.29.17": "subjectAltName",
    "2.5.29.19": "basicConstraints",
    "2.5.29.30": "nameConstraints",
    "2.5.29.31": "cRLDistributionPoints",
    "2.5.29.32": "certificatePolicies",
    "2.5.29.35": "authorityKeyIdentifier",
    "2.5.29.37": "extendedKeyUsage",
    "1.3.6.1.5.5.7.1.1": "authorityInfoAccess",
    "1.3.6.1.4.1.11129.2.4.2": "signedCertificateTimestamps",
}
_BOOLEAN, _INTEGER, _BIT_STRING, _OCTET_STRING, _OID, _SEQUENCE, _SET = 0x01, 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_TIMES = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}


@dataclass(frozen=True)
class Field:
    """A part of a certificate: its name in RFC 5280, where it stands in the DER, how deep, and what it says.

    `offset` and `length` count bytes, the element's own header included, so `der[offset:offset + length]` is the element.
    """

    name: str
    offset: int
    length: int
    depth: int
    meaning: str = ""

    def __str__(self) -> str:
        meaning = f"  {self.meaning}" if self.meaning else ""
        return f"{self.offset:5} {self.length:5}  {'  ' * self.depth}{self.name}{meaning}"


@dataclass(frozen=True)
class _Element:
    data: bytes
    offset: int
    start: int  # of the content
    end: int
    tag: int

    @property
    def content(self) -> bytes:
        return self.data[self.start : self.end]

    def field(self, name: str, depth: int, meaning: str = "") -> Field:
        return Field(name, self.offset, self.end - self.offset, depth, meaning)

    def parts(self) -> list[_Element]:
        found, offset = [], self.start
        while offset < self.end:
            found.append(_element(self.data, offset, self.end))
            offset = found[-1].end
        return found


def _element(data: bytes, offset: int, limit: int) -> _Element:
    """The DER element at `offset`, which must end at or before `limit` (X.690, sections 8.1 and 10.1)."""
    if offset + 2 > limit:
        raise WireFormatError(f"The DER is cut off at byte {offset}.")
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if tag & 0x1F == 0x1F:
        raise WireFormatError(f"At byte {offset} there is a DER tag of several bytes, which certificates do not use.")
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4 or start + size > limit:
            raise WireFormatError(f"The DER length at byte {offset + 1} cannot be read.")
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    if length > limit - start:
        raise WireFormatError(f"The DER element at byte {offset} announces {length} bytes; {limit - start} are left.")
    return _Element(data, offset, start, start + length, tag)


def certificate_fields(der: bytes) -> tuple[Field, ...]:
    """The labelled map of a certificate: every field of RFC 5280, section 4.1, in the order of its bytes.

    der: one certificate in DER, nothing after it. The field named `SPKI` is what a pin hashes. Raises `WireFormatError` for anything
    else. Reads structure only: no signature, date or constraint is checked, and not every rule of DER either.
    """
    der = _checked(der)
    whole = _element(der, 0, len(der))
    if whole.end != len(der):
        raise WireFormatError(
            f"After the certificate there are {len(der) - whole.end} more bytes. Give one certificate."
        )
    tbs, algorithm, signature = _expect(whole, "certificate", _SEQUENCE, _SEQUENCE, _BIT_STRING)
    return (
        whole.field("certificate", 0, f"{len(der)} bytes in all"),
        tbs.field("tbsCertificate", 1, "what the issuer signs"),
        *_tbs_fields(tbs),
        algorithm.field("signatureAlgorithm", 1, _algorithm(algorithm)),
        signature.field("signatureValue", 1, "made with the issuer's private key"),
    )


def _expect(parent: _Element, name: str, *tags: int) -> list[_Element]:
    parts = parent.parts()
    if [part.tag for part in parts] != list(tags):
        raise WireFormatError(
            f"At byte {parent.offset} there should be a {name}, with {len(tags)} parts of other kinds."
        )
    return parts


def _tbs_fields(tbs: _Element) -> Iterator[Field]:
    parts = tbs.parts()
    wanted: list[tuple[str, int, Callable[[_Element], str]]] = [
        ("serialNumber", _INTEGER, lambda part: f"{int.from_bytes(part.content, 'big'):x}"),
        ("signature", _SEQUENCE, _algorithm),
        ("issuer", _SEQUENCE, _name),
        ("validity", _SEQUENCE, _validity),
        ("subject", _SEQUENCE, _name),
        (SPKI, _SEQUENCE, lambda part: "the key, and what kind it is: a pin is the hash of this"),
    ]
    if parts and parts[0].tag == 0xA0:
        yield parts[0].field("version", 2, _version(parts.pop(0)))
    for name, tag, meaning in wanted:
        if not parts or parts[0].tag != tag:
            raise WireFormatError(f"This is no certificate: its {name} is missing.")
        part = parts.pop(0)
        yield part.field(name, 2, meaning(part))
        if name == SPKI:
            yield from _key_fields(part)
    for part in parts:
        if part.tag == 0xA3:
            yield part.field("extensions", 2)
            yield from _extension_fields(part)


def _version(part: _Element) -> str:
    (number,) = _expect(part, "version", _INTEGER)
    return f"v{number.content[-1] + 1}" if len(number.content) == 1 else "unknown"


def _key_fields(spki: _Element) -> Iterator[Field]:
    algorithm, key = _expect(spki, "public key", _SEQUENCE, _BIT_STRING)
    yield algorithm.field("algorithm", 3, _algorithm(algorithm))
    yield key.field("subjectPublicKey", 3, "the raw key bits")


def _algorithm(part: _Element) -> str:
    return ", ".join(_oid(each) for each in part.parts() if each.tag == _OID)


def _oid(part: _Element) -> str:
    numbers, value = [], 0
    for byte in part.content[:64]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        raise WireFormatError(f"The object identifier at byte {part.offset} is empty.")
    head = min(numbers[0] // 40, 2)
    dotted = ".".join(map(str, [head, numbers[0] - 40 * head, *numbers[1:]]))
    return _OIDS.get(dotted, dotted)


def _name(part: _Element) -> str:
    found = []
    for relative in part.parts():
        for attribute in relative.parts():
            kind, value = [*attribute.parts(), None, None][:2]
            if kind is None or value is None or kind.tag != _OID:
                raise WireFormatError(f"The name at byte {part.offset} cannot be read.")
            found.append(f"{_oid(kind)}={_shown(value.content)}")
    return ", ".join(found)


def _validity(part: _Element) -> str:
    moments = []
    for moment in part.parts():
        try:
            moments.append(datetime.strptime(moment.content.decode("ascii"), _TIMES[moment.tag]))  # noqa: DTZ007  # UTC, shown as a date
        except (KeyError, ValueError):
            raise WireFormatError(f"The date at byte {moment.offset} cannot be read.") from None
    return " to ".join(f"{moment:%Y-%m-%d}" for moment in moments)


def _extension_fields(part: _Element) -> Iterator[Field]:
    (listed,) = _expect(part, "list of extensions", _SEQUENCE)
    for extension in listed.parts():
        parts = extension.parts()
        tags = [each.tag for each in parts]
        if tags not in ([_OID, _OCTET_STRING], [_OID, _BOOLEAN, _OCTET_STRING]):
            raise WireFormatError(f"The extension at byte {extension.offset} cannot be read.")
        name = _oid(parts[0])
        said = _extension_meaning(name, parts[-1])
        critical = "critical" if len(parts) == 3 else ""
        yield extension.field(name, 3, ", ".join(filter(None, (critical, said))))


def _extension_meaning(name: str, octets: _Element) -> str:
    if name not in ("subjectAltName", "basicConstraints"):
        return ""
    value = _element(octets.data, octets.start, octets.end)
    if name == "subjectAltName":
        return ", ".join(_shown(each.content) for each in value.parts() if each.tag == 0x82)  # [2] dNSName
    parts = value.parts()
    return "a CA" if parts and parts[0].tag == _BOOLEAN and any(parts[0].content) else "not a CA"
