"""Every way into TLS that takes an `ssl.SSLContext`, by what it is for.

Left out, because no context goes in: redis, valkey, stomp.py, amqp and kombu make their own from
options; psycopg, grpcio and pycurl bring a TLS that is not Python's; twisted takes pyOpenSSL's.
"""

# ruff: noqa: F401, I001  # the order of the imports is the order of the table
from tests.hard.clients.way import WAYS
from tests.hard.clients.ways import standard, web, loops, mail, brokers, databases

__all__ = ["WAYS"]
