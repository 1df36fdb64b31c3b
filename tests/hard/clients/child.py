"""Take one way into TLS: `python -m tests.hard.clients.child KEY PATCHED CASE ...`.

KEY: the way's key. PATCHED: gevent, eventlet, or an empty word. CASE: pinned:PORT or unpinned:PORT.
A process of its own, because a way may hang or patch the standard library. It resolves
bank.example to 127.0.0.1, and refuses every other host. Prints a line for each case: served, or
the error's type.
"""

import _socket
import importlib
import os
import sys
import traceback

HOST, LOOPBACK = "bank.example", "127.0.0.1"
PATCHES = {"gevent": ("gevent.monkey", "patch_all"), "eventlet": ("eventlet", "monkey_patch")}


def stay_on_loopback() -> None:
    """Before `socket` is imported, below all that resolves: know the bank's name only, and connect to 127.0.0.1 only."""

    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
        setattr(_socket, name, only_the_bank(getattr(_socket, name)))
    sys.addaudithook(refuse_other_addresses)


def only_the_bank(resolve):
    """A resolver that knows the bank's name and 127.0.0.1, and raises gaierror for the rest."""

    def resolve_the_bank(host, *args, **kwargs):
        if host not in (HOST, HOST.encode(), LOOPBACK, LOOPBACK.encode()):
            says = f"the host must be {HOST} or {LOOPBACK}; got {host!r}"
            raise _socket.gaierror(_socket.EAI_NONAME, says)
        return resolve(LOOPBACK, *args, **kwargs)

    return resolve_the_bank


def refuse_other_addresses(event: str, arguments: tuple) -> None:
    """An audit hook: raise OSError when a socket connects to anything but 127.0.0.1 or a path."""
    address = arguments[1] if event == "socket.connect" else None
    if isinstance(address, tuple) and address[0] != LOOPBACK:
        raise OSError(f"the address must be {LOOPBACK}; got {address[0]!r}")


def patch(library: str) -> None:
    """Let gevent or eventlet patch the standard library before anything else is imported."""
    if library:
        os.environ["EVENTLET_NO_GREENDNS"] = "yes"  # its own resolver would ask the network
        module, function = PATCHES[library]
        getattr(importlib.import_module(module), function)()


def attempt(key: str, case: str) -> str:
    """What came of a case: served, or the error's type, with its traceback on stderr."""
    from tests.hard.clients import world
    from tests.hard.clients.ways import WAYS

    pins, port = case.split(":")
    try:
        WAYS[key].take(HOST, int(port), world.context(pins == "pinned"))
    except BaseException as error:  # noqa: BLE001  # a library's timeout need not be an Exception
        traceback.print_exc()
        return type(error).__name__
    return "served"


def main(key: str, patched: str, *cases: str) -> None:
    """Print what came of each case."""
    stay_on_loopback()
    patch(patched)
    for case in cases:
        print(attempt(key, case), flush=True)
    os._exit(0)  # without waiting for the threads that a library has left


if __name__ == "__main__":
    main(*sys.argv[1:])
