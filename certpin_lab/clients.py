"""One HTTPS request through a proxy, in each of eight Python libraries: the same context in all of them.

Every function here opens one connection, makes one request, closes the connection, and lets the library's own exception
out. None of them reads an environment variable: proxies and trust stores set for the machine must not change a lesson.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import ssl
import urllib.request
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .loopback import TIMEOUT, connect

Fetch = Callable[..., bytes]


@dataclass(frozen=True)
class Client:
    """A client with a name: a TLS context, and the library that carries it (a key of `LIBRARIES`)."""

    name: str
    context: ssl.SSLContext = field(repr=False)
    library: str = "http.client"

    def __post_init__(self) -> None:
        if self.library not in LIBRARIES:
            raise ValueError(f"{self.library!r} is not a library of the lab. Choose one of {', '.join(LIBRARIES)}.")

    def fetch(self, url: str, *, proxy: str, body: bytes = b"") -> bytes:
        """POST `body` to an https URL through `proxy` and return the answer's body. Raises what the library raises."""
        return LIBRARIES[self.library](url, proxy=proxy, context=self.context, body=body)


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
    _head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        raise ConnectionResetError("The server hung up before it had answered.")
    return body


def _refuse_unless_connected(head: bytes) -> None:
    if not head.startswith(b"HTTP/1.1 200"):
        status_line = head.partition(b"\r\n")[0].decode("latin-1")
        raise ConnectionRefusedError(f"The proxy said: {status_line}" if head else "The proxy hung up.")


def with_ssl(url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"") -> bytes:
    """The standard library's `ssl`, by hand: TCP, CONNECT, wrap, send, read to the end."""
    host, port, path = _parts(url)
    proxy_host, proxy_port, authorization = _proxy(proxy)
    with connect((proxy_host, proxy_port)) as tcp:
        tcp.sendall(_connect_bytes(host, port, authorization))
        head = b""
        while b"\r\n\r\n" not in head and (piece := tcp.recv(4096)):
            head += piece
        _refuse_unless_connected(head)
        with context.wrap_socket(tcp, server_hostname=host) as tls:
            tls.sendall(_request_bytes(host, path, body))
            return _answer_body(b"".join(iter(lambda: tls.recv(65536), b"")))


def with_http_client(url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"") -> bytes:
    """The standard library's `http.client`."""
    host, port, path = _parts(url)
    proxy_host, proxy_port, authorization = _proxy(proxy)
    connection = http.client.HTTPSConnection(proxy_host, proxy_port, context=context, timeout=TIMEOUT)
    connection.set_tunnel(host, port, headers={"Proxy-Authorization": authorization})
    try:
        connection.request("POST", path, body=body, headers={"Connection": "close"})
        return connection.getresponse().read()
    finally:
        connection.close()


def with_urllib_request(url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"") -> bytes:
    """The standard library's `urllib.request`. The proxy is set on the request: ProxyHandler would obey NO_PROXY."""
    proxy_host, proxy_port, authorization = _proxy(proxy)
    request = urllib.request.Request(url, data=body, headers={"Proxy-Authorization": authorization}, method="POST")  # noqa: S310
    request.set_proxy(f"{proxy_host}:{proxy_port}", "https")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with opener.open(request, timeout=TIMEOUT) as response:
        return bytes(response.read())


def with_urllib3(url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"") -> bytes:
    """urllib3's ProxyManager."""
    import urllib3

    _, _, authorization = _proxy(proxy)
    manager = urllib3.ProxyManager(
        proxy, proxy_headers={"Proxy-Authorization": authorization}, ssl_context=context, timeout=TIMEOUT, retries=False
    )
    try:
        return manager.request("POST", url, body=body).data
    finally:
        manager.clear()


def with_requests(url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"") -> bytes:
    """requests, with an adapter that hands the context to urllib3."""
    import requests
    from requests.adapters import HTTPAdapter

    class ContextAdapter(HTTPAdapter):
        def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
            # requests would add its own list of public CAs to the context it is given.
            host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
            return host, {"ssl_context": context}

        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            """Leave the pool as it is, for the same reason."""

    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", ContextAdapter())
        return session.post(url, data=body, proxies={"https": proxy}, timeout=TIMEOUT).content


def with_httpx(url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"") -> bytes:
    """httpx, synchronous."""
    import httpx

    with httpx.Client(proxy=proxy, verify=context, trust_env=False, timeout=TIMEOUT) as client:
        return client.post(url, content=body).content


def with_aiohttp(url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"") -> bytes:
    """aiohttp, on an event loop of its own."""
    import aiohttp

    async def post() -> bytes:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, data=body, proxy=proxy, ssl=context) as response,
        ):
            return await response.read()

    return _run(post())


def with_asyncio(url: str, *, proxy: str, context: ssl.SSLContext, body: bytes = b"") -> bytes:
    """asyncio's streams and their `start_tls`, on an event loop of its own."""
    host, port, path = _parts(url)
    proxy_host, proxy_port, authorization = _proxy(proxy)

    async def post() -> bytes:
        reader, writer = await asyncio.open_connection(proxy_host, proxy_port)
        try:
            writer.write(_connect_bytes(host, port, authorization))
            _refuse_unless_connected(await reader.readuntil(b"\r\n\r\n"))
            await writer.start_tls(context, server_hostname=host, ssl_handshake_timeout=TIMEOUT)
            writer.write(_request_bytes(host, path, body))
            return _answer_body(await reader.read())
        finally:
            writer.close()

    return _run(asyncio.wait_for(post(), TIMEOUT))


def _run(work: Coroutine[Any, Any, bytes]) -> bytes:
    # A notebook has a running event loop in this thread, so `asyncio.run` needs another one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


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
