"""What crosses the wire, read from bytes alone: TLS records and handshake messages.

An eavesdropper's tools: nothing here decrypts, verifies or connects. Lengths are checked before
anything is read, so truncated, oversized or random bytes end in `WireFormatError`, quickly. TLS is
RFC 8446 (1.3) and RFC 5246 (1.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from ..pinning.errors import WireFormatError
from ..pinning.text import printable

T = TypeVar("T")
_LONGEST_RECORD = (1 << 14) + 2048  # RFC 5246, section 6.2.3
_CONTENT = {
    20: "change cipher spec",
    21: "alert",
    22: "handshake",
    23: "application data",
    24: "heartbeat",
}
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
_VERSIONS = {
    0x0300: "SSL 3.0",
    0x0301: "TLS 1.0",
    0x0302: "TLS 1.1",
    0x0303: "TLS 1.2",
    0x0304: "TLS 1.3",
}
_GROUPS = {
    23: "secp256r1",
    24: "secp384r1",
    25: "secp521r1",
    29: "x25519",
    30: "x448",
    0x11EC: "X25519MLKEM768",
}
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
            raise WireFormatError(
                f"{self._what} is cut off: {missing} more bytes are announced than there are."
            )
        self.offset += count
        return self._data[self.offset - count : self.offset]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> _Bytes:
        """What follows a length of `size` bytes."""
        return _Bytes(self.take(self.number(size)), self._what)

    def rest(self) -> bytes:
        return self.take(len(self._data) - self.offset)

    def each(self, read: Callable[[_Bytes], T]) -> list[T]:
        """What `read` takes, again and again to the end."""
        found = []
        while self:
            found.append(read(self))
        return found


def _named(names: dict[int, str], number: int) -> str:
    return names.get(number, f"0x{number:04x}")


@dataclass(frozen=True)
class Record:
    """One TLS record: its content type, where it starts in the bytes given, and its payload."""

    kind: str
    offset: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class Message:
    """One handshake message that an observer can read: its name (RFC 8446, section 4) and body."""

    name: str
    body: bytes = field(repr=False)


def records(data: bytes) -> tuple[Record, ...]:
    """The TLS records in one direction of a connection, in order.

    data: the bytes from the first one on, as in `Tunnel.from_client`. Raises `WireFormatError` for
    bytes that are not TLS and for a record that is cut off.
    """
    return tuple(record for _, record in _records(data))


def _records(data: bytes) -> Iterator[tuple[int, Record]]:
    cursor = _Bytes(_checked(data), "A TLS record")
    while cursor:
        start = cursor.offset
        content, version = cursor.number(1), cursor.number(2)
        if content not in _CONTENT or version >> 8 != 3:
            raise WireFormatError(
                f"At byte {start} there is no TLS record: one begins with 14 to 18 (hex) and 03."
            )
        length = cursor.number(2)
        if length > _LONGEST_RECORD:
            raise WireFormatError(
                f"The TLS record at byte {start} announces {length} bytes; the limit is "
                f"{_LONGEST_RECORD}."
            )
        yield content, Record(_CONTENT[content], start, cursor.take(length))


def _checked(data: bytes) -> bytes:
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"The data must be bytes; got {type(data).__name__}.")
    return bytes(data)


def messages(data: bytes) -> tuple[Message, ...]:
    """The handshake messages that cross the wire unencrypted, in order, joined across records.

    In TLS 1.3 that is the hello alone; in TLS 1.2 everything up to the change of the cipher. A
    second hello after that point (RFC 8446, section 4.1.4) is left out. Raises `WireFormatError` as
    `records` does, and for a message that is cut off.
    """
    plain = bytearray()
    for content, record in _records(data):
        if content == _CHANGE_CIPHER_SPEC:
            break
        if content == _HANDSHAKE:
            plain += record.payload
    cursor = _Bytes(bytes(plain), "A handshake message")
    return tuple(
        cursor.each(lambda one: Message(message_name(one.number(1)), one.vector(3).rest()))
    )


def message_name(number: int) -> str:
    """The name of a handshake message's type (RFC 8446, section 4), or its number in hex."""
    return _named(_MESSAGES, number)


def _first(data: bytes, name: str) -> _Bytes:
    found = messages(data)
    for message in found:
        if message.name == name:
            return _Bytes(message.body, f"The {name}")
    there = (
        ", ".join(list(dict.fromkeys(message.name for message in found))[:8])
        or "no readable message"
    )
    raise WireFormatError(
        f"There is no {name} here, only {there}. Is it the other direction of the connection?"
    )


@dataclass(frozen=True)
class ClientHello:
    """What a client says before anything is encrypted.

    `server_name` is the host it asks for (None when it does not say), `versions` the TLS versions
    it offers, best first, `key_shares` its fresh public keys by group, `cipher_suites` the ciphers
    it offers.
    """

    server_name: str | None
    versions: tuple[str, ...]
    key_shares: dict[str, bytes] = field(repr=False)
    cipher_suites: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class ServerHello:
    """What a server answers before anything is encrypted.

    That is the version and cipher it chose and, in TLS 1.3, its fresh public key.
    """

    version: str
    cipher_suite: str
    key_share: bytes | None = field(repr=False)


def client_hello(data: bytes) -> ClientHello:
    """The ClientHello in a client's bytes.

    Raises `WireFormatError` when there is none that can be read.
    """
    body = _first(data, "ClientHello")
    legacy = body.number(2)
    body.take(32)
    body.vector(1)
    suites = tuple(_named(_CIPHERS, number) for number in body.vector(2).each(_number))
    body.vector(1)
    extensions = _extensions(body)
    offered = (
        extensions[_SUPPORTED_VERSIONS].vector(1).each(_number)
        if _SUPPORTED_VERSIONS in extensions
        else [legacy]
    )
    versions = tuple(
        _VERSIONS[number] for number in offered if number in _VERSIONS
    )  # others are there to be ignored (RFC 8701)
    return ClientHello(_server_name(extensions), versions, _key_shares(extensions), suites)


def server_hello(data: bytes) -> ServerHello:
    """The ServerHello in a server's bytes.

    Raises `WireFormatError` when there is none that can be read.
    """
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
    listed = _first(data, "Certificate").vector(3)
    found = listed.each(lambda one: one.vector(3).rest())
    if not found:
        raise WireFormatError(
            "The Certificate message is empty: whoever sent it has shown no certificate."
        )
    return tuple(found)


def _number(cursor: _Bytes) -> int:
    return cursor.number(2)


def _extensions(body: _Bytes) -> dict[int, _Bytes]:
    listed = body.vector(2) if body else body
    return dict(listed.each(lambda one: (one.number(2), one.vector(2))))


def _server_name(extensions: dict[int, _Bytes]) -> str | None:
    names = extensions[_SERVER_NAME].vector(2) if _SERVER_NAME in extensions else None
    while names:
        kind, name = names.number(1), names.vector(2).rest()
        if kind == 0:
            return printable(name, 255)
    return None


def _key_shares(extensions: dict[int, _Bytes]) -> dict[str, bytes]:
    if _KEY_SHARE not in extensions:
        return {}
    listed = extensions[_KEY_SHARE].vector(2)
    return dict(listed.each(lambda one: (_named(_GROUPS, one.number(2)), one.vector(2).rest())))
