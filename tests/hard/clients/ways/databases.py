"""Databases and caches."""

from __future__ import annotations

from tests.hard.clients.peers import binary, text
from tests.hard.clients.way import TIMEOUT, answered_by, way

LOGIN = {"user": "customer", "password": "tulip"}


@way("asyncpg", "connect", binary.postgresql)
async def asyncpg(host, port, context):
    import asyncpg

    connection = await asyncpg.connect(host=host, port=port, ssl=context, timeout=TIMEOUT, **LOGIN)
    await connection.close()


@way("pg8000", "dbapi.connect", binary.postgresql)
def pg8000(host, port, context):
    import pg8000.dbapi

    options = {"timeout": TIMEOUT, "ssl_context": context}
    pg8000.dbapi.connect(host=host, port=port, **options, **LOGIN).close()


@way("PyMySQL", "connect", binary.mysql)
def pymysql(host, port, context):
    import pymysql

    pymysql.connect(host=host, port=port, ssl=context, connect_timeout=TIMEOUT, **LOGIN).close()


@way("aiomysql", "connect", binary.mysql)
async def aiomysql(host, port, context):
    import aiomysql

    connection = await aiomysql.connect(host=host, port=port, ssl=context, **LOGIN)
    connection.close()


@way("asyncmy", "connect", binary.mysql)
async def asyncmy(host, port, context):
    import asyncmy

    connection = await asyncmy.connect(host=host, port=port, ssl=context, **LOGIN)
    connection.close()


@way("cassandra-driver", "Cluster", binary.cassandra)
def cassandra(host, port, context):
    from cassandra.cluster import Cluster, NoHostAvailable

    tls = {"ssl_context": context, "ssl_options": {"server_hostname": host}}
    cluster = Cluster([host], port, **tls, protocol_version=4, connect_timeout=TIMEOUT)
    with cluster, answered_by(NoHostAvailable, "Wrong password"):
        cluster.connect()


@way("neo4j", "GraphDatabase.driver", binary.bolt)
def neo4j(host, port, context):
    import neo4j
    from neo4j.exceptions import AuthError

    options = {"auth": ("customer", "tulip"), "ssl_context": context}
    driver = neo4j.GraphDatabase.driver(f"bolt://{host}:{port}", **options)
    with driver, answered_by(AuthError, "Wrong password"):
        driver.verify_connectivity()


@way("neo4j", "AsyncGraphDatabase.driver", binary.bolt)
async def neo4j_async(host, port, context):
    import neo4j
    from neo4j.exceptions import AuthError

    options = {"auth": ("customer", "tulip"), "ssl_context": context}
    async with neo4j.AsyncGraphDatabase.driver(f"bolt://{host}:{port}", **options) as driver:
        with answered_by(AuthError, "Wrong password"):
            await driver.verify_connectivity()


@way("pymemcache", "Client", text.memcached)
def pymemcache(host, port, context):
    from pymemcache import Client

    client = Client((host, port), connect_timeout=TIMEOUT, timeout=TIMEOUT, tls_context=context)
    assert client.get("greeting") == b"hello"
