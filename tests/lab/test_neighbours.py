"""On a shared machine another user's connection is told from our own."""

import os
import shutil
import socket
import subprocess
import sys

import pytest

from certpin_lab import Scene
from certpin_lab.lab import neighbours
from certpin_lab.lab.loopback import connect

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells whose a socket is"
)
root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can act as another user"
)


@pytest.fixture(name="pair")
def _pair():
    with socket.create_server(("127.0.0.1", 0)) as server, connect(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            yield accepted, client


@linux
def test_both_ends_of_our_own_connection_are_ours(pair):
    for end in pair:
        assert neighbours.peer_user(end) == os.geteuid()
        assert neighbours.is_own(end)


@linux
def test_a_socket_of_somebody_else_is_not_ours(pair, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    assert not neighbours.is_own(pair[0])


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_where_the_system_does_not_say_nobody_is_turned_away(pair, monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    assert neighbours.peer_user(pair[0]) is None
    assert neighbours.is_own(pair[0])


def test_a_peer_that_is_gone_is_nobody(pair, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    accepted, client = pair
    client.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
    )  # a reset, so that nothing lingers
    client.close()
    assert neighbours.is_own(accepted)


@linux
def test_nobody_of_another_user_is_served(monkeypatch):
    with Scene() as scene:
        monkeypatch.setattr(os, "geteuid", lambda: 4242)  # now everybody else is a neighbour
        outcome = scene.run("pinned")
        monkeypatch.undo()
        assert (outcome.verdict, outcome.layer) == ("locked out", "network")
        assert scene.bank.connections == ()
        assert scene.run("pinned").verdict == "served"


def ask(address, *, user: int | None = None) -> bytes:
    """What bash gets when it connects to this address, as this user, and says something in plain
    HTTP.
    """
    script = f"exec 3<>/dev/tcp/127.0.0.1/{address[1]}; printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' >&3; timeout 60 cat <&3"
    done = subprocess.run(
        ["bash", "-c", script], user=user, capture_output=True, timeout=120, check=False
    )
    return done.stdout


@linux
@root
@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_another_user_is_hung_up_on_by_every_part_of_the_lab():
    with Scene() as scene:
        for part in (scene.wifi, scene.bank, scene.attacker):
            assert ask(part.address, user=65534) == b""
        assert ask(scene.wifi.address).startswith(b"HTTP/1.1 407")
        assert scene.run("pinned").verdict == "served"
        assert (len(scene.bank.connections), len(scene.attacker.connections)) == (1, 0)
