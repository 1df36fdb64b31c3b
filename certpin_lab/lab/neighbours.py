"""Who is at the other end of a connection on loopback: this lab, or somebody else on the machine?

Loopback belongs to everybody who is logged in. Linux knows which user each socket belongs to, and
which processes hold it (sock_diag(7), proc(5)). Other systems have no simple way to ask. There, and
for a peer that is gone already, everybody is let in: the gateway's password, TLS and the tunnels'
addresses keep a neighbour's traffic out of the outcomes.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, _NLMSG_ERROR = (
    4,
    20,
    1,
    2,
)  # from linux/netlink.h and sock_diag.h
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
# struct inet_diag_req_v2: family, protocol, extensions, padding, states; two ports and addresses,
# interface, any cookie
_QUESTION = struct.Struct("=BBBxI2s2s16s16sIQ")
_ANSWER = struct.Struct("=4x48x12xII")  # struct inet_diag_msg, its `idiag_uid` and `idiag_inode`


def is_own(connection: socket.socket) -> bool:
    """Whether the peer belongs to the user of this process, as far as the system says."""
    owner = peer_owner(connection)
    return owner is None or owner[0] == os.geteuid()


def is_family(connection: socket.socket) -> bool:
    """Whether the peer is this process, its parent or one it has started, as far as is known.

    Other programs of the same user have no business with a lab's servers: what they sent would be
    on record as a victim's.
    """
    owner = peer_owner(connection)
    if owner is None or not owner[1]:  # no inode: the peer has closed its socket
        return is_own(connection)
    if owner[0] != os.geteuid():
        return False
    return any(_holds(each, owner[1]) for each in (*_family("self"), str(os.getppid())))


def _family(process: str) -> Iterator[str]:
    yield process
    for children in Path("/proc", process, "task").glob("*/children"):
        with suppress(OSError):  # that thread is over
            for child in children.read_text().split():
                yield from _family(child)


def _holds(process: str, inode: int) -> bool:
    # Every connection waits for this, and pathlib takes several times as long.
    folder, wanted = f"/proc/{process}/fd", f"socket:[{inode}]"
    with suppress(OSError):
        for name in reversed(os.listdir(folder)):  # noqa: PTH208  # the newest first
            with suppress(OSError):  # closed in between
                if os.readlink(f"{folder}/{name}") == wanted:  # noqa: PTH115
                    return True
    return False


def peer_owner(connection: socket.socket) -> tuple[int, int] | None:
    """User id and inode of the peer's socket; None where the system does not say.

    For TCP over IPv4 loopback only.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        question = _question(connection)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(1)
            kernel.sendto(
                _HEADER.pack(
                    _HEADER.size + len(question), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 0, 0
                )
                + question,
                (0, 0),
            )
            answer = kernel.recv(4096)
    except OSError:
        return None
    if _HEADER.unpack_from(answer)[1] == _NLMSG_ERROR:
        return None
    user, inode = _ANSWER.unpack_from(answer, _HEADER.size)
    return user, inode


def _question(connection: socket.socket) -> bytes:
    """Asks for the socket whose own address is our peer's."""
    (their_host, their_port), (our_host, our_port) = (
        connection.getpeername(),
        connection.getsockname(),
    )
    ports = [port.to_bytes(2, "big") for port in (their_port, our_port)]
    hosts = [socket.inet_aton(host) for host in (their_host, our_host)]
    return _QUESTION.pack(
        socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFFFFFF, *ports, *hosts, 0, 2**64 - 1
    )
