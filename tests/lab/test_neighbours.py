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
        assert neighbours.peer_owner(end)[0] == os.geteuid()
        assert neighbours.is_own(end)
        assert neighbours.is_family(end)


@linux
def test_a_socket_of_somebody_else_is_not_ours(pair, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    assert not neighbours.is_own(pair[0])
    assert not neighbours.is_family(pair[0])


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_where_the_system_does_not_say_nobody_is_turned_away(pair, monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    assert neighbours.peer_owner(pair[0]) is None
    assert neighbours.is_own(pair[0])
    assert neighbours.is_family(pair[0])


def test_a_peer_that_is_gone_is_nobody(pair, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    accepted, client = pair
    client.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
    )  # a reset, so that nothing lingers
    client.close()
    assert neighbours.is_own(accepted)
    assert neighbours.is_family(accepted)


@linux
def test_a_closed_peer_is_judged_by_its_user(pair):
    accepted, client = pair
    client.close()
    assert neighbours.is_family(accepted) == neighbours.is_own(accepted)


TRANSFER = """
import os, socket, ssl, sys, time
context = ssl._create_unverified_context()
if sys.argv[2] == "orphan":
    parent = os.getpid()
    if os.fork():
        os._exit(0)
    while os.getppid() == parent:
        time.sleep(0.01)
try:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5) as tcp:
        with context.wrap_socket(tcp, server_hostname="bank.example") as tls:
            body = b"user=ada&password=tulip-garden-42&to=ME&amount=1"
            head = f"POST /transfer HTTP/1.1\\r\\nHost: bank.example\\r\\nContent-Length: {len(body)}"
            tls.sendall(head.encode() + b"\\r\\nConnection: close\\r\\n\\r\\n" + body)
            print(tls.recv(12))
except OSError as error:
    print("refused")
"""


def transfer(part, kind: str) -> str:
    """A transfer by a program of our own user: one that we have started, or an orphan."""
    command = [sys.executable, "-c", TRANSFER, str(part.address[1]), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        return program.communicate(timeout=20)[0].strip()


@linux
def test_another_program_of_the_same_user_changes_nothing_and_is_not_on_record():
    with Scene() as scene:
        for part in (scene.bank, scene.attacker):
            assert transfer(part, "orphan") == "refused"
        assert (scene.bank.app.transfers, scene.bank.connections) == ([], ())
        assert scene.attacker.connections == ()
        assert transfer(scene.bank, "child") == "b'HTTP/1.1 200'"
        assert scene.bank.app.transfers == [("ME", 1)]


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
