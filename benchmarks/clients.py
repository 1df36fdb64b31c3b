"""One request over a new connection: `PinnedContext` in an HTTP library, against that library's own
certificate fingerprint.

Both sides verify the same CA. The libraries compare the fingerprint of the leaf only, and one of
ours is a pin of its key.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp
import urllib3
from aiohttp.abc import AbstractResolver, ResolveResult

from certpin_lab import certificate_fingerprint

from .measure import Row, Sides, Target, timed
from .processes import LOOPBACK, Address, started
from .world import HOST, IDENTITY, pinned, unpinned

FINGERPRINT = certificate_fingerprint(IDENTITY.certificate)
CLOSE = {"Connection": "close"}  # so that the next request makes a new connection, on both sides


def _pool(
    address: Address, context: ssl.SSLContext, fingerprint: str | None
) -> urllib3.HTTPSConnectionPool:
    return urllib3.HTTPSConnectionPool(
        *address,
        ssl_context=context,
        server_hostname=HOST,
        assert_fingerprint=fingerprint,
        headers=CLOSE,
        retries=False,
    )


@contextmanager
def in_urllib3(_quick: bool) -> Iterator[Sides]:
    """A pool for each side; only the context and `assert_fingerprint` differ."""
    with (
        started("bank") as address,
        _pool(address, pinned(), None) as ours,
        _pool(address, unpinned(), FINGERPRINT.hex()) as theirs,
    ):
        yield (
            timed(lambda: ours.request("GET", "/").data),
            timed(lambda: theirs.request("GET", "/").data),
        )


class _ToTheBank(AbstractResolver):
    """Answers every name with loopback, so that no DNS is in the times."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=LOOPBACK,
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=0,
            )
        ]

    async def close(self) -> None:
        pass


@asynccontextmanager
async def _session(port: int, fingerprint: bool) -> AsyncIterator[aiohttp.ClientSession]:
    # A Fingerprint given to the request would replace the context, and with it every other check;
    # the connector's adds to it.
    check: Any = aiohttp.Fingerprint(FINGERPRINT) if fingerprint else True
    connector = aiohttp.TCPConnector(ssl=check, resolver=_ToTheBank(port), force_close=True)
    async with aiohttp.ClientSession(connector=connector, headers=CLOSE) as session:
        yield session


async def _get(session: aiohttp.ClientSession, context: ssl.SSLContext) -> bytes:
    async with session.get(f"https://{HOST}/", ssl=context) as response:
        return await response.read()


@contextmanager
def in_aiohttp(_quick: bool) -> Iterator[Sides]:
    """Both sessions run on one event loop, one request at a time."""
    with started("bank") as address, asyncio.Runner() as runner:
        with_pins, without = pinned(), unpinned()
        ours, theirs = _session(address[1], False), _session(address[1], True)
        one, other = runner.run(ours.__aenter__()), runner.run(theirs.__aenter__())

        def run(get: Callable[[], Coroutine[Any, Any, bytes]]) -> bytes:
            return runner.run(get())

        yield (
            timed(lambda: run(lambda: _get(one, with_pins))),
            timed(lambda: run(lambda: _get(other, without))),
        )
        runner.run(ours.__aexit__(None, None, None))
        runner.run(theirs.__aexit__(None, None, None))


ROWS = (
    Row(
        "urllib3",
        "a request with urllib3, pinned",
        "its assert_fingerprint",
        "ms",
        Target(1.05),
        in_urllib3,
        800,
        10,
    ),
    Row(
        "aiohttp",
        "a request with aiohttp, pinned",
        "its Fingerprint",
        "ms",
        Target(1.05),
        in_aiohttp,
        800,
        10,
    ),
)
