"""Message brokers."""

from __future__ import annotations

from tests.hard.clients.peers import binary, text
from tests.hard.clients.way import TIMEOUT, way


@way("paho-mqtt", "Client, tls_set_context", binary.mqtt)
def paho(host, port, context):
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    served = []
    client = Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
    client.tls_set_context(context)
    client.username_pw_set("customer", "tulip")
    client.on_connect = lambda *_: (served.append(True), client.disconnect())
    client.connect(host, port)
    client.loop_forever()
    assert served


@way("aiomqtt", "Client", binary.mqtt)
async def aiomqtt(host, port, context):
    from aiomqtt import Client

    options = {"username": "customer", "password": "tulip", "timeout": TIMEOUT}
    async with Client(host, port, **options, tls_context=context):
        pass


@way("pika", "BlockingConnection", binary.amqp)
def pika_blocking(host, port, context):
    import pika

    options = {"ssl_options": pika.SSLOptions(context, host), "connection_attempts": 1}
    pika.BlockingConnection(pika.ConnectionParameters(host, port, **options)).close()


@way("pika", "AsyncioConnection", binary.amqp)
async def pika_asyncio(host, port, context):
    import asyncio

    import pika
    from pika.adapters.asyncio_connection import AsyncioConnection

    done = asyncio.get_running_loop().create_future()
    AsyncioConnection(
        pika.ConnectionParameters(host, port, ssl_options=pika.SSLOptions(context, host)),
        on_open_callback=done.set_result,
        on_open_error_callback=lambda _, error: done.set_exception(error),
    )
    (await done).close()


@way("aiormq", "connect", binary.amqp)
async def aiormq(host, port, context):
    import aiormq

    connection = await aiormq.connect(f"amqps://customer:tulip@{host}:{port}/", context=context)
    await connection.close()


@way("aio-pika", "connect", binary.amqp)
async def aio_pika(host, port, context):
    import aio_pika

    url = f"amqps://customer:tulip@{host}:{port}/"
    connection = await aio_pika.connect(url, ssl_context=context, timeout=TIMEOUT)
    await connection.close()


@way("nats-py", "connect", text.nats)
async def nats(host, port, context):
    import nats

    options = {"user": "customer", "password": "tulip", "allow_reconnect": False}
    client = await nats.connect(f"nats://{host}:{port}", tls=context, **options)
    await client.close()


KAFKA = {"security_protocol": "SSL", "request_timeout_ms": int(1000 * TIMEOUT)}


@way("kafka-python", "KafkaConsumer", binary.kafka)
def kafka_python(host, port, context):
    from kafka import KafkaConsumer

    options = {"ssl_context": context, "bootstrap_timeout_ms": int(500 * TIMEOUT), **KAFKA}
    consumer = KafkaConsumer(bootstrap_servers=f"{host}:{port}", **options)
    assert consumer.topics() == set()


@way("aiokafka", "AIOKafkaProducer", binary.kafka)
async def aiokafka(host, port, context):
    from aiokafka import AIOKafkaProducer

    servers = f"{host}:{port}"
    async with AIOKafkaProducer(bootstrap_servers=servers, ssl_context=context, **KAFKA):
        pass
