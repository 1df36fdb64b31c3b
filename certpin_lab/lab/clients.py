"""One HTTPS request through a proxy, in each of eight Python libraries: the same context in all of
them.

Every function here opens one connection, makes one request, closes the connection, and lets the
library's own exception out. None of them reads an environment variable: proxies and trust stores
set for the machine must not change a lesson.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import h11

from .loopback import LIFETIME, TIMEOUT, connect
from .outcomes import AnswerError, find_error

Fetch = Callable[..., bytes]


@dataclass(frozen=True)
class Client:
    """A client with a name: a TLS context, and the library that carries it (a key of `LIBRARIES`).

    timeout: seconds for a single wait, as most libraries mean it; aiohttp and asyncio take it for
    the whole request.
    """

    name: str
    context: ssl.SSLContext = field(repr=False)
    library: str = "http.client"
    timeout: float = TIMEOUT

    def __post_init__(self) -> None:
        if self.library not in LIBRARIES:
            raise ValueError(
                f"{self.library!r} is not a library of the lab. Choose one of {', '.join(LIBRARIES)}."
            )

    def fetch(self, url: str, *, proxy: str, body: bytes = b"") -> bytes:
        """POST `body` to an https URL through `proxy` and return the answer's body.

        Raises what the library raises. An answer that is missing, cut off or not HTTP has an
        `AnswerError` behind it.
        """
        try:
            return LIBRARIES[self.library](
                url, proxy=proxy, context=self.context, body=body, timeout=self.timeout
            )
        except Exception as error:
            if find_error(error, (http.client.HTTPException, h11.RemoteProtocolError)):
                raise error from AnswerError("The server hung up before it had answered in HTTP.")
            raise


def _parts(url: str) -> tuple[str, int, str]:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError(f"{url[:80]!r} is not an https URL, such as https://bank.example/balance.")
    return parts.hostname, parts.port or 443, parts.path or "/"


def _proxy(url: str) -> tuple[str, int, str]:
    """Host, port and the value of the Proxy-Authorization header."""
    parts = urlsplit(url)
    login = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    return parts.hostname or "", parts.port or 0, f"Basic {login}"


def _request_bytes(host: str, path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def _connect_bytes(host: str, port: int, authorization: str) -> bytes:
    return f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nProxy-Authorization: {authorization}\r\n\r\n".encode()


def _answer_body(answer: bytes) -> bytes:
    head, separator, body = answer.partition(b"\r\n\r\n")
    announced = re.search(rb"(?im)^content-length: *(\d+)", head)
    # An end without close_notify reads like any other: only the length tells a whole answer from
    # one that was cut off.
    if (
        not separator
        or not head.startswith(b"HTTP/1.")
        or (announced and len(body) < int(announced[1]))
    ):
        raise AnswerError("The server hung up before it had answered in HTTP.")
    return body


def _refuse_unless_connected(head: bytes) -> None:
    if not head.startswith(b"HTTP/1.1 200"):
        status_line = head.partition(b"\r\n")[0].decode("latin-1")
        raise ConnectionRefusedError(f"The proxy said: {status_line or 'nothing'}")


def with_ssl(
    url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"", timeout: float = TIMEOUT
) -> bytes:
    """The standard library's `ssl`, by hand: TCP, CONNECT, wrap, send, read to the end."""
    host, port, path = _parts(url)
    proxy_host, proxy_port, authorization = _proxy(proxy)
    with connect((proxy_host, proxy_port), timeout=timeout) as tcp:
        tcp.sendall(_connect_bytes(host, port, authorization))
        head = b""
        while b"\r\n\r\n" not in head and (piece := tcp.recv(4096)):
            head += piece
        _refuse_unless_connected(head)
        with context.wrap_socket(tcp, server_hostname=host) as tls:
            tls.sendall(_request_bytes(host, path, body))
            return _answer_body(b"".join(iter(lambda: tls.recv(65536), b"")))


def with_http_client(
    url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"", timeout: float = TIMEOUT
) -> bytes:
    """The standard library's `http.client`."""
    host, port, path = _parts(url)
    proxy_host, proxy_port, authorization = _proxy(proxy)
    connection = http.client.HTTPSConnection(
        proxy_host, proxy_port, context=context, timeout=timeout
    )
    connection.set_tunnel(host, port, headers={"Proxy-Authorization": authorization})
    try:
        connection.request("POST", path, body=body, headers={"Connection": "close"})
        return connection.getresponse().read()
    finally:
        connection.close()


def with_urllib_request(
    url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"", timeout: float = TIMEOUT
) -> bytes:
    """The standard library's `urllib.request`.

    The proxy is set on the request: ProxyHandler would obey NO_PROXY.
    """
    proxy_host, proxy_port, authorization = _proxy(proxy)
    headers = {"Proxy-Authorization": authorization}
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310
    request.set_proxy(f"{proxy_host}:{proxy_port}", "https")
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    try:
        with opener.open(request, timeout=timeout) as response:
            return bytes(response.read())
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise


def with_urllib3(
    url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"", timeout: float = TIMEOUT
) -> bytes:
    """urllib3's ProxyManager."""
    import urllib3

    _, _, authorization = _proxy(proxy)
    manager = urllib3.ProxyManager(
        proxy,
        proxy_headers={"Proxy-Authorization": authorization},
        ssl_context=context,
        timeout=timeout,
        retries=False,
    )
    try:
        return manager.request("POST", url, body=body).data
    finally:
        manager.clear()


def with_requests(
    url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"", timeout: float = TIMEOUT
) -> bytes:
    """requests, with an adapter that hands the context to urllib3."""
    import requests
    from requests.adapters import HTTPAdapter

    class ContextAdapter(HTTPAdapter):
        def build_connection_pool_key_attributes(
            self, request: Any, verify: Any, cert: Any = None
        ) -> Any:
            # requests would add its own list of public CAs to the context it is given.
            host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
            return host, {"ssl_context": context}

        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            """Leave the pool as it is, for the same reason."""

    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", ContextAdapter())
        return session.post(url, data=body, proxies={"https": proxy}, timeout=timeout).content


def with_httpx(
    url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"", timeout: float = TIMEOUT
) -> bytes:
    """httpx, synchronous."""
    import httpx

    with httpx.Client(proxy=proxy, verify=context, trust_env=False, timeout=timeout) as client:
        return client.post(url, content=body).content


def with_aiohttp(
    url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"", timeout: float = TIMEOUT
) -> bytes:
    """aiohttp, on an event loop of its own."""
    import aiohttp

    async def post() -> bytes:
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout)) as session,
                session.post(url, data=body, proxy=proxy, ssl=context) as response,
            ):
                return await response.read()
        except aiohttp.ClientHttpProxyError as error:
            raise error from ConnectionRefusedError("The proxy does not connect.")
        except (
            aiohttp.ClientPayloadError,
            aiohttp.ClientResponseError,
            aiohttp.ServerDisconnectedError,
        ) as error:
            raise error from AnswerError("The server hung up before it had answered in HTTP.")

    return _run(post())


def with_asyncio(
    url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"", timeout: float = TIMEOUT
) -> bytes:
    """asyncio's streams and their `start_tls`, on an event loop of its own."""
    host, port, path = _parts(url)
    proxy_host, proxy_port, authorization = _proxy(proxy)

    async def post() -> bytes:
        reader, writer = await asyncio.open_connection(proxy_host, proxy_port)
        try:
            writer.write(_connect_bytes(host, port, authorization))
            _refuse_unless_connected(await reader.readuntil(b"\r\n\r\n"))
            await writer.start_tls(context, server_hostname=host, ssl_handshake_timeout=LIFETIME)
            writer.write(_request_bytes(host, path, body))
            return _answer_body(await reader.read())
        finally:
            writer.close()

    return _run(asyncio.wait_for(post(), timeout))


class _Loop(asyncio.SelectorEventLoop):
    """Knows the TCP below its TLS, to end both with it: TLS would wait for a goodbye that a silent
    peer never says.
    """

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[asyncio.WriteTransport] = []

    async def start_tls(self, transport: Any, *args: Any, **options: Any) -> Any:
        self.opened.append(transport)
        return await super().start_tls(transport, *args, **options)


def _run(work: Coroutine[Any, Any, bytes]) -> bytes:
    async def to_the_end() -> bytes:
        try:
            return await work
        finally:
            for transport in loop.opened:
                transport.abort()
            await asyncio.sleep(0)

    def run() -> bytes:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(to_the_end())

    loop = _Loop()
    # A notebook has a running event loop in this thread, so ours needs another one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


LIBRARIES: dict[str, Fetch] = {
    "ssl": with_ssl,
    "http.client": with_http_client,
    "urllib.request": with_urllib_request,
    "urllib3": with_urllib3,
    "requests": with_requests,
    "httpx": with_httpx,
    "aiohttp": with_aiohttp,
    "asyncio": with_asyncio,
}
