"""One HTTPS request through a proxy, in each of eight Python libraries, with the same context.

Every function here opens one connection, makes one request, closes the connection, and lets the
library's own exception out. None follows a redirect or reads an environment variable: no answer may
lead a client out of the lab, and no proxy or trust store of the machine may change a lesson.
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

import h11

from .loopback import LIFETIME, TIMEOUT, LabOnlyError, connect, lab_hostname, on_loopback
from .outcomes import AnswerError, find_error

# Narrower than a URL may be, so that no two libraries can read two hosts out of one text.
_URL = re.compile(r"https://([^\s/?#@\\:]+)(?::([0-9]+))?(/[!-~]*)?")
_PROXY = re.compile(r"http://([^\s/?#@\\:]+):([^\s/?#@\\:]+)@([^\s/?#@\\:]+):([0-9]+)")


class Post:
    """One POST to a host of the lab through a gateway on loopback: what each library is given.

    url: an https URL without user, query or fragment. proxy: a `Gateway.url`.
    timeout: seconds for a single wait, as most libraries mean it; aiohttp and asyncio take it for
        the whole request.

    Raises `LabOnlyError` for any other host or proxy: nothing reaches a library without this check.
    """

    def __init__(
        self,
        url: str,
        *,
        proxy: str,
        context: ssl.SSLContext,
        body: bytes = b"",
        timeout: float = TIMEOUT,
    ) -> None:
        if not (target := _URL.fullmatch(url)):
            raise LabOnlyError(
                f"The URL must be an https URL, such as https://bank.example/; got {url[:80]!r}."
            )
        if not (gateway := _PROXY.fullmatch(proxy)):
            raise LabOnlyError("The proxy must be the url of a Gateway, on 127.0.0.1.")
        lab_hostname(target[1])
        self.host, self.port, self.path = target[1], int(target[2] or 443), target[3] or "/"
        self.proxy_address = on_loopback((gateway[3], int(gateway[4])))
        login = base64.b64encode(f"{gateway[1]}:{gateway[2]}".encode()).decode()
        self.headers = {"Proxy-Authorization": f"Basic {login}"}
        self.url, self.proxy, self.context = url, proxy, context
        self.body, self.timeout = body, timeout

    def connect_request(self) -> bytes:
        """What it asks of the proxy, before TLS."""
        host = f"{self.host}:{self.port}"
        login = self.headers["Proxy-Authorization"]
        head = f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\nProxy-Authorization: {login}\r\n\r\n"
        return head.encode()

    def request(self) -> bytes:
        """What it asks of the server, inside TLS."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\n"
            f"Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + self.body


@dataclass(frozen=True)
class Client:
    """A client with a name: a TLS context, and the library that carries it (a key of `LIBRARIES`).

    timeout: seconds, as in `Post`.
    """

    name: str
    context: ssl.SSLContext = field(repr=False)
    library: str = "http.client"
    timeout: float = TIMEOUT

    def __post_init__(self) -> None:
        if self.library not in LIBRARIES:
            raise ValueError(
                f"The library must be one of {', '.join(LIBRARIES)}; got {self.library!r:.80}."
            )

    def fetch(self, url: str, *, proxy: str, body: bytes = b"") -> bytes:
        """POST `body` to an https URL of the lab through a gateway and return the answer's body.

        Raises `LabOnlyError` for any other host or proxy, and what the library raises. A missing,
        truncated or non-HTTP answer is raised with an `AnswerError` as its cause.
        """
        post = Post(url, proxy=proxy, context=self.context, body=body, timeout=self.timeout)
        try:
            return LIBRARIES[self.library](post)
        except Exception as error:
            if find_error(error, (http.client.HTTPException, h11.RemoteProtocolError)):
                raise error from AnswerError("The server hung up before it had answered in HTTP.")
            raise


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


def with_ssl(post: Post) -> bytes:
    """The standard library's `ssl`, by hand: TCP, CONNECT, wrap, send, read to the end."""
    with connect(post.proxy_address, timeout=post.timeout) as tcp:
        tcp.sendall(post.connect_request())
        head = b""
        while b"\r\n\r\n" not in head and (piece := tcp.recv(4096)):
            head += piece
        _refuse_unless_connected(head)
        with post.context.wrap_socket(tcp, server_hostname=post.host) as tls:
            tls.sendall(post.request())
            return _answer_body(b"".join(iter(lambda: tls.recv(65536), b"")))


def with_http_client(post: Post) -> bytes:
    """The standard library's `http.client`."""
    connection = http.client.HTTPSConnection(
        *post.proxy_address, context=post.context, timeout=post.timeout
    )
    connection.set_tunnel(post.host, post.port, headers=post.headers)
    try:
        connection.request("POST", post.path, body=post.body, headers={"Connection": "close"})
        return connection.getresponse().read()
    finally:
        connection.close()


def with_urllib_request(post: Post) -> bytes:
    """The standard library's `urllib.request`, with the one handler that it needs.

    `build_opener` adds others, which obey NO_PROXY and follow redirects.
    """
    request = urllib.request.Request(post.url, post.body, post.headers, method="POST")  # noqa: S310
    request.set_proxy("{}:{}".format(*post.proxy_address), "https")
    opener = urllib.request.OpenerDirector()
    opener.add_handler(urllib.request.HTTPSHandler(context=post.context))
    with opener.open(request, timeout=post.timeout) as response:
        return bytes(response.read())


def with_urllib3(post: Post) -> bytes:
    """urllib3's ProxyManager."""
    import urllib3

    manager = urllib3.ProxyManager(
        post.proxy,
        proxy_headers=post.headers,
        ssl_context=post.context,
        timeout=post.timeout,
        retries=False,
    )
    try:
        return manager.request("POST", post.url, body=post.body, redirect=False).data
    finally:
        manager.clear()


def with_requests(post: Post) -> bytes:
    """requests, with an adapter that hands the context to urllib3."""
    import requests
    from requests.adapters import HTTPAdapter

    class ContextAdapter(HTTPAdapter):
        def build_connection_pool_key_attributes(
            self, request: Any, verify: Any, cert: Any = None
        ) -> Any:
            # requests would add its own list of public CAs to the context it is given.
            host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
            return host, {"ssl_context": post.context}

        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            """Leave the pool as it is, for the same reason."""

    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", ContextAdapter())
        return session.post(
            post.url,
            data=post.body,
            proxies={"https": post.proxy},
            timeout=post.timeout,
            allow_redirects=False,
        ).content


def with_httpx(post: Post) -> bytes:
    """httpx, synchronous."""
    import httpx

    with httpx.Client(
        proxy=post.proxy, verify=post.context, trust_env=False, timeout=post.timeout
    ) as client:
        return client.post(post.url, content=post.body).content


def with_aiohttp(post: Post) -> bytes:
    """aiohttp, on an event loop of its own."""
    import aiohttp

    async def fetch() -> bytes:
        options: Any = {"proxy": post.proxy, "ssl": post.context, "allow_redirects": False}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(post.timeout)) as session,
                session.post(post.url, data=post.body, **options) as response,
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

    return _run(fetch())


def with_asyncio(post: Post) -> bytes:
    """asyncio's streams and their `start_tls`, on an event loop of its own."""

    async def fetch() -> bytes:
        reader, writer = await asyncio.open_connection(*post.proxy_address)
        try:
            writer.write(post.connect_request())
            _refuse_unless_connected(await reader.readuntil(b"\r\n\r\n"))
            await writer.start_tls(
                post.context, server_hostname=post.host, ssl_handshake_timeout=LIFETIME
            )
            writer.write(post.request())
            return _answer_body(await reader.read())
        finally:
            writer.close()

    return _run(asyncio.wait_for(fetch(), post.timeout))


class _Loop(asyncio.SelectorEventLoop):
    """Remembers the TCP transport below each TLS one, and aborts it.

    A TLS shutdown would wait for a close_notify that a silent peer never sends.
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


LIBRARIES: dict[str, Callable[[Post], bytes]] = {
    "ssl": with_ssl,
    "http.client": with_http_client,
    "urllib.request": with_urllib_request,
    "urllib3": with_urllib3,
    "requests": with_requests,
    "httpx": with_httpx,
    "aiohttp": with_aiohttp,
    "asyncio": with_asyncio,
}
