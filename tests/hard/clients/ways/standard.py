"""The standard library: sockets, objects and everything that stands on them."""

from __future__ import annotations

import asyncio
import contextlib
import ftplib
import http.client
import imaplib
import logging
import logging.handlers
import poplib
import smtplib
import socket
import ssl
import urllib.request
import xmlrpc.client

from tests.hard.clients.peers import text, web
from tests.hard.clients.peers.web import HELLO
from tests.hard.clients.way import PYTHON, TIMEOUT, way

REQUEST = b"GET /balance HTTP/1.1\r\nHost: bank.example\r\nCookie: session=tulip\r\n\r\n"


def _tcp(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), TIMEOUT)


def _ask(tls: ssl.SSLSocket) -> None:
    tls.sendall(REQUEST)
    answer = b""
    while HELLO not in answer:
        answer += (piece := tls.recv(4096))
        assert piece


@way(PYTHON, "ssl, wrap_socket", web.http)
def wrap_socket(host, port, context):
    with _tcp(host, port) as tcp, context.wrap_socket(tcp, server_hostname=host) as tls:
        _ask(tls)


@way(PYTHON, "ssl, wrap_socket before connect", web.http)
def wrap_before_connect(host, port, context):
    with context.wrap_socket(socket.socket(), server_hostname=host) as tls:
        tls.settimeout(TIMEOUT)
        tls.connect(("127.0.0.1", port))  # a socket would have the system resolve a name
        _ask(tls)


@way(PYTHON, "ssl, wrap_socket without handshake", web.http)
def wrap_without_handshake(host, port, context):
    with (
        _tcp(host, port) as tcp,
        context.wrap_socket(tcp, server_hostname=host, do_handshake_on_connect=False) as tls,
    ):
        _ask(tls)  # the first write begins the handshake


@way(PYTHON, "ssl, wrap_bio", web.http)
def wrap_bio(host, port, context):
    arriving, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(arriving, leaving, server_hostname=host)
    with _tcp(host, port) as tcp:

        def until_done(step):
            while True:
                with contextlib.suppress(ssl.SSLWantReadError):
                    result = step()
                    tcp.sendall(leaving.read())
                    return result
                tcp.sendall(leaving.read())
                arriving.write(tcp.recv(65536))

        until_done(tls.do_handshake)
        until_done(lambda: tls.write(REQUEST))
        assert HELLO in until_done(lambda: tls.read(4096))


@way(PYTHON, "http.client", web.http)
def http_client(host, port, context):
    connection = http.client.HTTPSConnection(host, port, context=context, timeout=TIMEOUT)
    connection.request("GET", "/balance")
    assert connection.getresponse().read() == HELLO


@way(PYTHON, "urllib.request", web.http)
def urllib_request(host, port, context):
    with urllib.request.urlopen(
        f"https://{host}:{port}/", context=context, timeout=TIMEOUT
    ) as answer:
        assert answer.read() == HELLO


@way(PYTHON, "xmlrpc.client", web.xml_rpc)
def xml_rpc(host, port, context):
    with xmlrpc.client.ServerProxy(f"https://{host}:{port}/", context=context) as bank:
        assert bank.balance() == HELLO.decode()


@way(PYTHON, "logging.handlers.HTTPHandler", web.http)
def logging_handler(host, port, context):
    handler = logging.handlers.HTTPHandler(
        f"{host}:{port}", "/log", "POST", secure=True, context=context
    )

    def handle_error(_record):
        raise  # what the handler would print

    handler.handleError = handle_error
    handler.handle(logging.makeLogRecord({"msg": "password=tulip"}))


@way(PYTHON, "asyncio.open_connection", web.http)
async def open_connection(host, port, context):
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    writer.write(REQUEST)
    await reader.readuntil(HELLO)
    writer.close()


@way(PYTHON, "asyncio, StreamWriter.start_tls", web.http)
async def start_tls(host, port, context):
    reader, writer = await asyncio.open_connection(host, port)
    await writer.start_tls(context, server_hostname=host)
    writer.write(REQUEST)
    await reader.readuntil(HELLO)
    writer.close()


class _Asking(asyncio.Protocol):
    """Sends its request as soon as the connection is made; `heard` waits for the answer."""

    def __init__(self) -> None:
        self.heard = asyncio.get_running_loop().create_future()
        self._answer = b""

    def connection_made(self, transport):
        transport.write(REQUEST)

    def data_received(self, data):
        self._answer += data
        if HELLO in self._answer:
            self.heard.set_result(None)


@way(PYTHON, "asyncio, create_connection", web.http)
async def create_connection(host, port, context):
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(_Asking, host, port, ssl=context)
    await protocol.heard
    transport.close()


@way(PYTHON, "smtplib.SMTP_SSL", text.smtp)
def smtp_ssl(host, port, context):
    with smtplib.SMTP_SSL(host, port, context=context, timeout=TIMEOUT) as mail:
        mail.login("customer", "tulip")


@way(PYTHON, "smtplib.SMTP, starttls", text.smtp_starttls)
def smtp_starttls(host, port, context):
    with smtplib.SMTP(host, port, timeout=TIMEOUT) as mail:
        mail.starttls(context=context)
        mail.login("customer", "tulip")


@way(PYTHON, "imaplib.IMAP4_SSL", text.imap)
def imap_ssl(host, port, context):
    with imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=TIMEOUT) as mail:
        mail.login("customer", "tulip")


@way(PYTHON, "imaplib.IMAP4, starttls", text.imap_starttls)
def imap_starttls(host, port, context):
    with imaplib.IMAP4(host, port, timeout=TIMEOUT) as mail:
        mail.starttls(context)
        mail.login("customer", "tulip")


@way(PYTHON, "poplib.POP3_SSL", text.pop3)
def pop3_ssl(host, port, context):
    mail = poplib.POP3_SSL(host, port, context=context, timeout=TIMEOUT)
    mail.user("customer")
    mail.pass_("tulip")
    mail.quit()


@way(PYTHON, "poplib.POP3, stls", text.pop3_stls)
def pop3_stls(host, port, context):
    mail = poplib.POP3(host, port, timeout=TIMEOUT)
    mail.stls(context)
    mail.user("customer")
    mail.pass_("tulip")
    mail.quit()


@way(PYTHON, "ftplib.FTP_TLS", text.ftp_auth_tls)
def ftp_tls(host, port, context):
    with ftplib.FTP_TLS(context=context, timeout=TIMEOUT) as files:
        files.connect(host, port)
        files.login("customer", "tulip")
