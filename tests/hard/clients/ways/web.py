"""HTTP, WebSocket, RPC and DNS clients."""

from __future__ import annotations

from tests.hard.clients.peers import web
from tests.hard.clients.peers.web import HELLO
from tests.hard.clients.way import TIMEOUT, answered_by, way

LOGIN = {"user": "customer", "password": "tulip"}


@way("urllib3", "PoolManager", web.http)
def urllib3_pool(host, port, context):
    import urllib3

    with urllib3.PoolManager(ssl_context=context, timeout=TIMEOUT, retries=False) as pool:
        assert pool.request("POST", f"https://{host}:{port}/", fields=LOGIN).data == HELLO


@way("urllib3", "ProxyManager, TLS to the proxy", web.http)
def urllib3_proxy(host, port, context):
    import urllib3

    proxy = f"https://{host}:{port}"
    with urllib3.ProxyManager(
        proxy, proxy_ssl_context=context, timeout=TIMEOUT, retries=False
    ) as pool:
        assert pool.request("POST", "http://shop.example/", fields=LOGIN).data == HELLO


def requests_session(context, **options):
    """A session whose connections use this context, also without requests' own list of CAs."""
    import requests
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        def build_connection_pool_key_attributes(self, request, verify, cert=None):
            host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
            return host, {"ssl_context": context, **options}

        def cert_verify(self, conn, url, verify, cert):
            pass

    session = requests.Session()
    session.mount("https://", Adapter())
    return session


@way("requests", "Session with an adapter", web.http)
def requests_adapter(host, port, context):
    with requests_session(context) as session:
        assert session.post(f"https://{host}:{port}/", data=LOGIN, timeout=TIMEOUT).content == HELLO


@way("httpcore", "ConnectionPool", web.http)
def httpcore_sync(host, port, context):
    import httpcore

    with httpcore.ConnectionPool(ssl_context=context) as pool:
        assert pool.request("POST", f"https://{host}:{port}/", content=b"tulip").content == HELLO


@way("httpcore", "AsyncConnectionPool", web.http)
async def httpcore_async(host, port, context):
    import httpcore

    async with httpcore.AsyncConnectionPool(ssl_context=context) as pool:
        answer = await pool.request("POST", f"https://{host}:{port}/", content=b"tulip")
        assert answer.content == HELLO


@way("httpx", "Client", web.http)
def httpx_sync(host, port, context):
    import httpx

    with httpx.Client(verify=context, timeout=TIMEOUT) as client:
        assert client.post(f"https://{host}:{port}/", data=LOGIN).content == HELLO


async def _httpx_async(host, port, context):
    import httpx

    async with httpx.AsyncClient(verify=context, timeout=TIMEOUT) as client:
        answer = await client.post(f"https://{host}:{port}/", data=LOGIN)
        assert answer.content == HELLO


way("httpx", "AsyncClient, on asyncio", web.http)(_httpx_async)


@way("trio", "httpx.AsyncClient", web.http)
def httpx_trio(host, port, context):
    import trio

    trio.run(_httpx_async, host, port, context)


@way("h2", "httpx.Client, HTTP/2", web.http2)
def httpx_http2(host, port, context):
    import httpx

    with httpx.Client(verify=context, http1=False, http2=True, timeout=TIMEOUT) as client:
        assert client.post(f"https://{host}:{port}/", data=LOGIN).content == HELLO


@way("httpx2", "Client", web.http)
def httpx2_sync(host, port, context):
    import httpx2

    with httpx2.Client(verify=context, timeout=TIMEOUT) as client:
        assert client.post(f"https://{host}:{port}/", data=LOGIN).content == HELLO


@way("httpx2", "AsyncClient", web.http)
async def httpx2_async(host, port, context):
    import httpx2

    async with httpx2.AsyncClient(verify=context, timeout=TIMEOUT) as client:
        answer = await client.post(f"https://{host}:{port}/", data=LOGIN)
        assert answer.content == HELLO


@way("aiohttp", "ClientSession", web.http)
async def aiohttp_session(host, port, context):
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.post(f"https://{host}:{port}/", data=LOGIN, ssl=context) as answer,
    ):
        assert await answer.read() == HELLO


@way("aiohttp", "TCPConnector", web.http)
async def aiohttp_connector(host, port, context):
    import aiohttp

    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
        session.post(f"https://{host}:{port}/", data=LOGIN) as answer,
    ):
        assert await answer.read() == HELLO


@way("aiohttp", "ws_connect", web.websocket)
async def aiohttp_websocket(host, port, context):
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"wss://{host}:{port}/", ssl=context) as connection,
    ):
        await connection.send_str("tulip")
        assert await connection.receive_str() == "tulip"


@way("aiosonic", "HTTPClient", web.http)
async def aiosonic_client(host, port, context):
    import aiosonic

    async with aiosonic.HTTPClient() as client:
        answer = await client.post(f"https://{host}:{port}/", data=LOGIN, ssl=context)
        assert await answer.content() == HELLO


@way("tornado", "simple_httpclient", web.http)
async def tornado_http(host, port, context):
    from tornado.simple_httpclient import SimpleAsyncHTTPClient

    client = SimpleAsyncHTTPClient(force_instance=True)
    answer = await client.fetch(
        f"https://{host}:{port}/", method="POST", body="tulip", ssl_options=context
    )
    assert answer.body == HELLO


@way("tornado", "websocket_connect", web.websocket)
async def tornado_websocket(host, port, context):
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    request = HTTPRequest(f"wss://{host}:{port}/", ssl_options=context)
    connection = await websocket_connect(request)
    await connection.write_message("tulip")
    assert await connection.read_message() == "tulip"


@way("websockets", "sync.client.connect", web.websocket)
def websockets_sync(host, port, context):
    from websockets.sync.client import connect

    with connect(f"wss://{host}:{port}/", ssl=context, proxy=None) as connection:
        connection.send("tulip")
        assert connection.recv() == "tulip"


@way("websockets", "asyncio.client.connect", web.websocket)
async def websockets_asyncio(host, port, context):
    from websockets.asyncio.client import connect

    async with connect(f"wss://{host}:{port}/", ssl=context, proxy=None) as connection:
        await connection.send("tulip")
        assert await connection.recv() == "tulip"


@way("websocket-client", "create_connection", web.websocket)
def websocket_client(host, port, context):
    import websocket

    options = {"sslopt": {"context": context}, "timeout": TIMEOUT}
    connection = websocket.create_connection(f"wss://{host}:{port}/", **options)
    connection.send("tulip")
    assert connection.recv() == "tulip"
    connection.close()


@way("elasticsearch", "Elasticsearch, on urllib3", web.elastic)
def elasticsearch_urllib3(host, port, context):
    _elasticsearch(host, port, context, "urllib3")


@way("elasticsearch", "Elasticsearch, on requests", web.elastic)
def elasticsearch_requests(host, port, context):
    _elasticsearch(host, port, context, "requests")


def _elasticsearch(host, port, context, node_class):
    from elasticsearch import Elasticsearch

    options = {"ssl_context": context, "basic_auth": ("customer", "tulip"), "max_retries": 0}
    with Elasticsearch(f"https://{host}:{port}", node_class=node_class, **options) as client:
        assert client.info()["tagline"] == "hello"


@way("elasticsearch", "AsyncElasticsearch, on aiohttp", web.elastic)
async def elasticsearch_aiohttp(host, port, context):
    from elasticsearch import AsyncElasticsearch

    options = {"ssl_context": context, "basic_auth": ("customer", "tulip"), "max_retries": 0}
    async with AsyncElasticsearch(f"https://{host}:{port}", **options) as client:
        assert (await client.info())["tagline"] == "hello"


@way("opensearch-py", "OpenSearch, on urllib3", web.elastic)
def opensearch_urllib3(host, port, context):
    from opensearchpy import OpenSearch

    options = {"ssl_context": context, "http_auth": ("customer", "tulip"), "max_retries": 0}
    client = OpenSearch(f"https://{host}:{port}", **options)
    assert client.info()["tagline"] == "hello"


@way("opensearch-py", "AsyncOpenSearch, on aiohttp", web.elastic)
async def opensearch_aiohttp(host, port, context):
    from opensearchpy import AsyncOpenSearch

    options = {"ssl_context": context, "http_auth": ("customer", "tulip"), "max_retries": 0}
    async with AsyncOpenSearch(f"https://{host}:{port}", **options) as client:
        assert (await client.info())["tagline"] == "hello"


@way("grpclib", "Channel", web.grpc_not_found)
async def grpclib_channel(host, port, context):
    from grpclib import GRPCError
    from grpclib.client import Channel, UnaryUnaryMethod
    from grpclib.encoding.base import CodecBase

    class Bytes(CodecBase):
        __content_subtype__ = "proto"

        def encode(self, message, message_type):
            return message

        def decode(self, data, message_type):
            return data

    async with Channel(host, port, ssl=context, codec=Bytes()) as channel:
        balance = UnaryUnaryMethod(channel, "/bank/balance", bytes, bytes)
        with answered_by(GRPCError, "NOT_FOUND"):
            await balance(b"tulip", timeout=TIMEOUT)


def _query():
    import dns.message

    return dns.message.make_query("secret.example", "A")


@way("dnspython", "query.tls", web.dns_over_tls)
def dns_tls(host, port, context):
    import dns.query

    options = {"server_hostname": host, "ssl_context": context}
    dns.query.tls(_query(), "127.0.0.1", TIMEOUT, port, **options)


@way("dnspython", "asyncquery.tls", web.dns_over_tls)
async def dns_tls_async(host, port, context):
    import dns.asyncquery

    options = {"server_hostname": host, "ssl_context": context}
    await dns.asyncquery.tls(_query(), "127.0.0.1", TIMEOUT, port, **options)


@way("dnspython", "query.https", web.dns_over_https)
def dns_https(host, port, context):
    import dns.query

    url = f"https://{host}:{port}/dns-query"
    dns.query.https(_query(), url, TIMEOUT, port, verify=context, bootstrap_address="127.0.0.1")
