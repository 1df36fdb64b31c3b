"""Brokers and databases: as much of each protocol as a login takes.

Where a login is long, the server refuses the password: an answer, too.
"""

from __future__ import annotations

import struct

from tests.hard.clients.peers.line import Dialogue, Line


def _short(text: bytes) -> bytes:
    return struct.pack(">H", len(text)) + text


def _long(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


# ---- MQTT 3.1.1, section 3: packets of a type, a length (below 128 here) and a body

_MQTT_ANSWERS = {
    1: b"\x20\x02\x00\x00",  # CONNECT: CONNACK
    12: b"\xd0\x00",  # PINGREQ: PINGRESP
}


def _mqtt(line: Line) -> None:
    while True:
        kind, size = line.exactly(2)
        line.exactly(size)
        line.say(_MQTT_ANSWERS.get(kind >> 4, b""))


# ---- AMQP 0-9-1, section 2.3.5: frames of a type, a channel, a size, a payload and an end


def _amqp_method(line: Line) -> bytes:
    """The next method's class and number, without its arguments; heartbeats are passed over."""
    while True:
        kind, _, size = struct.unpack(">BHI", line.exactly(7))
        payload = line.exactly(size + 1)
        if kind == 1:
            return payload[:4]


def _amqp_say(line: Line, class_number: int, method: int, arguments: bytes = b"") -> None:
    payload = struct.pack(">HH", class_number, method) + arguments
    line.say(struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce")


def _amqp(line: Line) -> None:
    """Connection.Start, Tune and OpenOk, then CloseOk."""
    line.exactly(8)  # AMQP 0 0 9 1
    _amqp_say(line, 10, 10, b"\0\x09" + _long(b"") + _long(b"PLAIN") + _long(b"en_US"))
    _amqp_method(line)
    _amqp_say(line, 10, 30, struct.pack(">HIH", 0, 131072, 0))
    _amqp_method(line)
    _amqp_method(line)
    _amqp_say(line, 10, 41, b"\0")
    _amqp_method(line)
    _amqp_say(line, 10, 51)
    line.hear()


# ---- Kafka: a size, then a request's key, version and correlation number

_API_VERSIONS, _METADATA = 18, 3
_OFFER = struct.pack(">I6h", 2, _API_VERSIONS, 0, 0, _METADATA, 1, 1)
_UNSUPPORTED_VERSION = 35


def _kafka(line: Line) -> None:
    """Offer ApiVersions 0 and Metadata 1; in Metadata, be the only broker, without topics."""
    broker = struct.pack(">Ii", 1, 0) + _short(b"bank.example") + struct.pack(">ih", line.port, -1)
    while True:
        request = line.exactly(int.from_bytes(line.exactly(4), "big"))
        key, version = struct.unpack(">hh", request[:4])
        error = _UNSUPPORTED_VERSION if version else 0
        offer, metadata = struct.pack(">h", error) + _OFFER, broker + struct.pack(">iI", 0, 0)
        line.say(_long(request[4:8] + (offer if key == _API_VERSIONS else metadata)))


# ---- PostgreSQL, section 55.7: a type, a size that counts itself, a body


def _postgresql_turn(line: Line) -> None:
    line.exactly(8)  # SSLRequest
    line.say(b"S")


def _postgresql_say(line: Line, kind: bytes, body: bytes) -> None:
    line.say(kind + struct.pack(">I", len(body) + 4) + body)


def _postgresql(line: Line) -> None:
    """Ask for the password in the clear, as TLS makes possible, and let everybody in."""
    line.exactly(int.from_bytes(line.exactly(4), "big") - 4)  # StartupMessage
    _postgresql_say(line, b"R", struct.pack(">I", 3))
    line.until(b"\0")
    _postgresql_say(line, b"R", struct.pack(">I", 0))
    for name, value in ((b"server_version", b"16.0"), (b"client_encoding", b"UTF8")):
        _postgresql_say(line, b"S", name + b"\0" + value + b"\0")
    _postgresql_say(line, b"K", struct.pack(">II", 1, 1))
    _postgresql_say(line, b"Z", b"I")
    line.hear()  # Terminate


# ---- MySQL: packets of a size (three bytes, little endian), a number and a body

_MYSQL_CAPABILITIES = 0x00088A00  # protocol 4.1, TLS, a scramble of 20 bytes, plugins


def _mysql_say(line: Line, number: int, body: bytes) -> None:
    line.say(len(body).to_bytes(3, "little") + bytes([number]) + body)


def _mysql_packet(line: Line) -> tuple[int, bytes]:
    head = line.exactly(4)
    return head[3], line.exactly(int.from_bytes(head[:3], "little"))


def _mysql_turn(line: Line) -> None:
    """The greeting (HandshakeV10), and the client's wish for TLS."""
    low, high = _MYSQL_CAPABILITIES & 0xFFFF, _MYSQL_CAPABILITIES >> 16
    start = b"\x0a" + b"8.0.0\0" + struct.pack("<I", 1) + b"scramble" + b"\0"
    middle = struct.pack("<HBHHB10x", low, 45, 2, high, 21)
    _mysql_say(line, 0, start + middle + b"scramble-too\0" + b"mysql_native_password\0")
    _mysql_packet(line)


def _mysql(line: Line) -> None:
    """Answer every packet with OK."""
    while True:
        number, _ = _mysql_packet(line)
        _mysql_say(line, number + 1, struct.pack("<BBBHH", 0, 0, 0, 2, 0))


# ---- Cassandra, native protocol 4, section 2: version, flags, stream, opcode, length, body

_SUPPORTED = (
    struct.pack(">H", 2)
    + (_short(b"CQL_VERSION") + struct.pack(">H", 1) + _short(b"3.4.5"))
    + (_short(b"COMPRESSION") + struct.pack(">H", 0))
)
_BAD_CREDENTIALS = struct.pack(">I", 0x0100) + _short(b"Wrong password")
_CASSANDRA_ANSWERS = {
    5: (6, _SUPPORTED),  # OPTIONS: SUPPORTED
    1: (0, _BAD_CREDENTIALS),  # STARTUP: ERROR
}


def _cassandra(line: Line) -> None:
    while True:
        version, _, stream, opcode, size = struct.unpack(">BBhBI", line.exactly(9))
        line.exactly(size)
        answer, body = _CASSANDRA_ANSWERS[opcode]
        line.say(struct.pack(">BBhBI", version | 0x80, 0, stream, answer, len(body)) + body)


# ---- Bolt 4.4, and PackStream: a structure of one map with two texts


def _text(text: bytes) -> bytes:
    return b"\xd0" + bytes([len(text)]) + text


def _bolt(line: Line) -> None:
    """Choose version 4.4, and answer HELLO with FAILURE."""
    line.exactly(20)
    line.say(b"\0\0\x04\x04")
    line.until(b"\0\0")  # the end of a message
    code, message = _text(b"Neo.ClientError.Security.Unauthorized"), _text(b"Wrong password")
    failure = b"\xb1\x7f\xa2" + _text(b"code") + code + _text(b"message") + message
    line.say(_short(failure) + b"\0\0")
    line.hear()


mqtt = Dialogue(_mqtt)
amqp = Dialogue(_amqp)
kafka = Dialogue(_kafka)
postgresql = Dialogue(_postgresql, _postgresql_turn)
mysql = Dialogue(_mysql, _mysql_turn)
cassandra = Dialogue(_cassandra)
bolt = Dialogue(_bolt)
