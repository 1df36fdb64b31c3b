"""The `conftest.py` of every copy: the tests there must test that copy, and no bug may reach beyond
this machine.
"""

import ipaddress
import sys
from pathlib import Path

import certpin_lab


def keep_inside(event: str, arguments: tuple) -> None:
    """An audit hook: with a bug in the loopback rule, a test would really connect to the address
    that it expects to be refused.
    """
    if (
        event == "socket.connect"
        and isinstance(arguments[1], tuple)
        and not _is_loopback(arguments[1][0])
    ):
        raise OSError(f"A bug tried to connect to {arguments[1][0]}.")
    if (
        event == "socket.getaddrinfo"
        and arguments[0] is not None
        and not _is_loopback(arguments[0])
    ):
        raise OSError(f"A bug tried to look up {arguments[0]}.")


def _is_loopback(host: object) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


if Path(__file__).name == "conftest.py":  # not where the guard itself is tested
    copy, imported = Path(__file__).resolve().parent, Path(certpin_lab.__file__).resolve()
    assert imported.is_relative_to(copy), f"imported {imported}, which is not in the copy {copy}"
    sys.addaudithook(keep_inside)
