"""Who is at the other end of a connection on loopback: this user, or somebody else on a shared
machine?

Loopback belongs to everybody who is logged in. Linux knows which user each socket belongs to, and
tells whoever asks (sock_diag(7)). Other systems do not tell it so simply: there the gateway's
password, TLS and the tunnels' own addresses are what keeps a neighbour out of the results.
"""

from __future__ import annotations

import os
import socket
import struct
import sys

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
_ANSWER = struct.Struct("=4x48x12xI")  # struct inet_diag_msg, up to its `idiag_uid`


def is_own(connection: socket.socket) -> bool:
    """Whether the peer of this TCP connection belongs to the user of this process, as far as the
    system says.

    True also where it does not say: on other systems than Linux, and for a peer that is gone
    already.
    """
    return peer_user(connection) in (None, os.geteuid() if hasattr(os, "geteuid") else None)


def peer_user(connection: socket.socket) -> int | None:
    """The user id of the peer's socket, for a TCP connection over IPv4 loopback; None where the
    system does not say.
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
    (user,) = _ANSWER.unpack_from(answer, _HEADER.size)
    return int(user)


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
