"""Event loops, their own streams, and libraries that patch the standard library first."""

from __future__ import annotations

import asyncio

from tests.hard.clients.peers import web
from tests.hard.clients.peers.web import HELLO
from tests.hard.clients.way import TIMEOUT, way
from tests.hard.clients.ways import standard
from tests.hard.clients.ways.standard import REQUEST
from tests.hard.clients.ways.web import LOGIN, requests_session


@way("tornado", "TCPClient.connect", web.http)
async def tornado_stream(host, port, context):
    from tornado.tcpclient import TCPClient

    stream = await TCPClient().connect(host, port, ssl_options=context)
    await stream.write(REQUEST)
    await stream.read_until(HELLO)
    stream.close()


@way("tornado", "IOStream.start_tls", web.http)
async def tornado_start_tls(host, port, context):
    from tornado.tcpclient import TCPClient

    plain = await TCPClient().connect(host, port)
    stream = await plain.start_tls(False, context, server_hostname=host)
    await stream.write(REQUEST)
    await stream.read_until(HELLO)
    stream.close()


async def _anyio_connect(host, port, context):
    import anyio

    async with await anyio.connect_tcp(host, port, ssl_context=context) as stream:
        await stream.send(REQUEST)
        assert HELLO in await stream.receive()


async def _anyio_wrap(host, port, context):
    import anyio
    from anyio.streams.tls import TLSStream

    plain = await anyio.connect_tcp(host, port)
    async with await TLSStream.wrap(plain, hostname=host, ssl_context=context) as stream:
        await stream.send(REQUEST)
        assert HELLO in await stream.receive()


way("anyio", "connect_tcp, on asyncio", web.http)(_anyio_connect)
way("anyio", "TLSStream.wrap, on asyncio", web.http)(_anyio_wrap)


@way("trio", "anyio.TLSStream.wrap", web.http)
def anyio_on_trio(host, port, context):
    import trio

    trio.run(_anyio_wrap, host, port, context)


@way("trio", "open_ssl_over_tcp_stream", web.http)
def trio_stream(host, port, context):
    import trio

    async def ask():
        stream = await trio.open_ssl_over_tcp_stream(host, port, ssl_context=context)
        async with stream:
            await stream.send_all(REQUEST)
            assert HELLO in await stream.receive_some()

    trio.run(ask)


@way("uvloop", "asyncio.open_connection", web.http)
def uvloop_stream(host, port, context):
    import uvloop

    async def ask():
        # By its address: libuv would resolve the name itself.
        options = {"ssl": context, "server_hostname": host}
        reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
        writer.write(REQUEST)
        await reader.readuntil(HELLO)
        writer.close()

    uvloop.run(asyncio.wait_for(ask(), TIMEOUT))


def _requests(host, port, context):
    # By its address: gevent and eventlet may bring resolvers of their own.
    with requests_session(context, server_hostname=host) as session:
        answer = session.post(f"https://127.0.0.1:{port}/", data=LOGIN, timeout=TIMEOUT)
        assert answer.content == HELLO


way("gevent", "patched first, ssl", web.http, patched="gevent")(standard.wrap_socket)
way("gevent", "patched first, http.client", web.http, patched="gevent")(standard.http_client)
way("gevent", "patched first, requests", web.http, patched="gevent")(_requests)

OWN_SOCKETS = "refuses to connect: eventlet makes sockets of its own, which check no pins"
EVENTLET = {"patched": "eventlet", "refuses": OWN_SOCKETS}
way("eventlet", "patched first, ssl", web.http, **EVENTLET)(standard.wrap_socket)
way("eventlet", "patched first, http.client", web.http, **EVENTLET)(standard.http_client)
way("eventlet", "patched first, requests", web.http, **EVENTLET)(_requests)
