"""HTTP/1.1, HTTP/2, WebSocket and DNS over TLS: the same answer to every request."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

from tests.hard.clients.peers.line import Dialogue, Line

HELLO = b"hello from the other side"
_KEY = rb"(?im)^sec-websocket-key: *(\S+)"
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_CLOSE = 0x8  # section 5.5.1


def _request(line: Line) -> tuple[bytes, bytes]:
    """A request's head and body."""
    head = line.until(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    return head, line.exactly(int(length[1])) if length else b""


def answering(content: bytes | Callable[[bytes], bytes], *headers: bytes) -> Dialogue:
    """HTTP/1.1 with this content, or with what `content` makes of a request's body."""

    def talk(line: Line) -> None:
        while True:
            _, body = _request(line)
            answer = content(body) if callable(content) else content
            head = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(answer), *headers]
            line.say(b"\r\n".join(head) + b"\r\n\r\n" + answer)

    return Dialogue(talk)


def _websocket(line: Line) -> None:
    """Accept, and send every short frame back (RFC 6455, sections 4.2.2 and 5.2)."""
    head, _ = _request(line)
    accept = base64.b64encode(hashlib.sha1(re.search(_KEY, head)[1] + _GUID).digest())
    upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    line.say(b"HTTP/1.1 101 Switching Protocols\r\n" + upgrade + accept + b"\r\n\r\n")
    while True:
        kind, size = line.exactly(2)
        mask, payload = line.exactly(4), line.exactly(size & 0x7F)
        plain = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        line.say(bytes([kind, len(plain)]) + plain)
        if kind & 0xF == _CLOSE:
            return  # the server is the first to close the connection


def _http2(content: bytes, *headers: tuple[str, str]) -> Dialogue:
    """HTTP/2 with prior knowledge: these headers and this content in answer to every request."""

    def talk(line: Line) -> None:
        from h2.config import H2Configuration
        from h2.connection import H2Connection
        from h2.events import StreamEnded

        http = H2Connection(H2Configuration(client_side=False))
        http.initiate_connection()
        while True:
            line.say(http.data_to_send())
            for event in http.receive_data(line.hear()):
                if isinstance(event, StreamEnded):
                    http.send_headers(event.stream_id, headers, end_stream=not content)
                    if content:
                        http.send_data(event.stream_id, content, end_stream=True)

    return Dialogue(talk)


def dns_answer(query: bytes) -> bytes:
    """The query itself, marked as an answer without records (RFC 1035, section 4.1.1)."""
    return query[:2] + bytes([query[2] | 0x80]) + query[3:]


def _dns(line: Line) -> None:
    """DNS over TLS: a length of two bytes in front of every message (RFC 7858, section 3.3)."""
    while True:
        query = line.exactly(int.from_bytes(line.exactly(2), "big"))
        line.say(len(query).to_bytes(2, "big") + dns_answer(query))


_XML = b"<methodResponse><params><param><value>%s</value></param></params></methodResponse>"
http = answering(HELLO, b"Content-Type: text/plain")
xml_rpc = answering(_XML % HELLO, b"Content-Type: text/xml")
elastic = answering(
    b'{"tagline": "hello"}', b"Content-Type: application/json", b"X-Elastic-Product: Elasticsearch"
)
dns_over_https = answering(dns_answer, b"Content-Type: application/dns-message")
dns_over_tls = Dialogue(_dns)
websocket = Dialogue(_websocket)
http2 = _http2(HELLO, (":status", "200"), ("content-type", "text/plain"))
grpc_not_found = _http2(
    b"", (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5")
)
