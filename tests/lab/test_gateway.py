"""The Wi-Fi and the attacker as parts: what passes, what is recorded, and who is turned away."""

import gc
import os
import re
import socket
import struct
import threading
import weakref
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from certpin_lab import Client, OnPathAttacker, Scene, client_context
from certpin_lab.lab import gateway, loopback
from certpin_lab.lab.loopback import connect
from certpin_lab.lab.scene import _record
from tests.waiting import soon


@pytest.fixture(name="scene")
def _scene():
    with Scene() as scene:
        yield scene


def raw(scene, request: bytes) -> bytes:
    with connect(scene.wifi.address) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(4096), b""))


def authorization(scene) -> str:
    return "Basic " + b64encode(re.search("//(.*)@", scene.wifi.url)[1].encode()).decode()


def test_the_eavesdropper_sees_the_name_and_not_the_password(scene):
    scene.run("unpinned")
    (tunnel,) = scene.wifi.capture
    assert (tunnel.host, tunnel.rerouted) == ("bank.example", False)
    assert b"bank.example" in tunnel.from_client
    assert b"tulip" not in tunnel.from_client + tunnel.to_client
    assert b"tulip" in scene.bank.connections[0].received


def test_a_stranger_on_this_machine_cannot_use_the_gateway(scene):
    answer = raw(scene, b"CONNECT bank.example:443 HTTP/1.1\r\nHost: bank.example:443\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 407 ")
    assert scene.wifi.capture == ()


@pytest.mark.parametrize(("request_line", "status"), [
    ("CONNECT bank.example:443", b"200"), ("CONNECT BANK.example.:443", b"200"), ("CONNECT example.com:443", b"403"),
    ("CONNECT other.example:443", b"403"), ("CONNECT :443", b"403"), ("GET http://bank.example/", b"405"),
])  # fmt: skip
def test_the_gateway_knows_the_labs_hosts_only(request_line, status, scene):
    head = (
        f"{request_line} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: {authorization(scene)}\r\n\r\n"
    )
    assert raw(scene, head.encode()).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    "noise", [b"", b"\x16\x03\x01\x00", b"\r\n\r\n", b"GET", b"A" * 20000, b"CONNECT\r\n\r\n"]
)
def test_noise_at_any_port_harms_nobody(noise, scene):
    for part in (scene.bank, scene.wifi, scene.attacker):
        with connect(part.address) as stranger:
            try:
                stranger.sendall(noise)
                stranger.shutdown(socket.SHUT_WR)
                stranger.recv(4096)
            except OSError:  # hung up on: as it should be
                pass
    assert scene.run("pinned").verdict == "served"
    with scene.hostile():
        assert scene.run("unpinned").verdict == "exposed"


def test_a_stranger_who_sends_and_resets_at_once_harms_nobody(scene):
    """The connection may be gone, with data in it, before the server has wrapped it in TLS."""
    for _ in range(50):
        for part in (scene.bank, scene.wifi, scene.attacker):
            stranger = connect(part.address)
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            stranger.sendall(b"garbage")
            stranger.close()  # a reset, because of the zero linger time
    assert scene.run("pinned").verdict == "served"


class Watched:
    """The bank, and how often somebody asked for the way to it."""

    def __init__(self, bank):
        self.bank, self.asked = bank, 0

    @property
    def address(self):
        self.asked += 1
        return self.bank.address


def test_the_attacker_leaves_the_host_alone_until_the_victim_has_spoken(scene):
    host = Watched(scene.bank)
    with (
        OnPathAttacker(scene.careless_ca, upstream={"bank.example": host}) as attacker,
        scene.wifi.hijack("bank.example", attacker),
    ):
        before = host.asked
        assert (scene.run("pinned").verdict, host.asked) == ("protected", before)
        assert (scene.run("unpinned").verdict, host.asked) == ("exposed", before + 1)


def test_a_stranger_who_connects_to_the_attacker_is_not_counted(scene):
    context = client_context([scene.careless_ca])
    with (
        scene.hostile(),
        connect(scene.attacker.address) as tcp,
        context.wrap_socket(tcp, server_hostname="bank.example") as stranger,
    ):
        stranger.sendall(b"secrets of a neighbour")
        assert scene.run("pinned").attacker_read == 0


def test_of_two_records_the_one_of_this_tunnel_counts(scene):
    """A stranger's connection to the attacker may end between ours and the moment we look."""
    with scene.hostile():
        scene.run("pinned")
    (tunnel,) = scene.wifi.capture
    ours = scene.attacker.connections[0]
    scene.attacker._records.append(replace(ours, received=b"of a neighbour", peer=("127.0.0.1", 1)))
    assert _record(tunnel) == ours


def test_a_host_that_closes_right_after_accepting_leaves_a_tunnel_without_an_answer(
    scene, monkeypatch
):
    def reset(_address):
        raise ConnectionResetError

    monkeypatch.setattr(gateway, "connect", reset)
    outcome = scene.run("pinned")
    assert (outcome.layer, outcome.reason) == ("network", "closed by the peer")
    (tunnel,) = scene.wifi.capture
    assert (tunnel.host, tunnel.to_client) == ("bank.example", b"")


def test_an_attacker_keeps_the_forgeries_of_the_last_names_only(scene):
    """A victim chooses the names, and must not fill the memory with them."""
    first = weakref.ref(scene.attacker.forged("first.example"))
    assert scene.attacker.forged("FIRST.example") is first()
    for number in range(100):
        scene.attacker.forged(f"host{number}.example")
    gc.collect()
    assert first() is None


def test_a_hijack_of_an_unknown_host_says_what_the_gateway_knows(scene):
    with (
        pytest.raises(KeyError, match=r"bank\.example"),
        scene.wifi.hijack("shop.example", scene.attacker),
    ):
        pass


def test_hijacks_nest_and_end_in_order(scene):
    with OnPathAttacker(scene.honest_ca, upstream={"bank.example": scene.bank}) as other:
        with scene.hostile():
            with scene.wifi.hijack("bank.example", other):
                scene.run("unpinned")
            scene.run("unpinned")
        scene.run("unpinned")
        assert (len(other.connections), len(scene.attacker.connections)) == (1, 1)
    assert [tunnel.rerouted for tunnel in scene.wifi.capture] == [True, True, False]


def test_a_bank_that_does_not_answer_is_a_network_failure(scene):
    scene.bank.close()
    outcome = scene.run("unpinned")
    assert (outcome.verdict, outcome.layer) == ("locked out", "network")


def test_the_attacker_forges_for_the_name_the_victim_asks_for(scene):
    context = client_context([scene.careless_ca])
    for name in ("bank.example", "shop.example"):
        with (
            connect(scene.attacker.address) as tcp,
            context.wrap_socket(tcp, server_hostname=name) as victim,
        ):
            assert ("DNS", name) in victim.getpeercert()["subjectAltName"]


def test_an_attacker_who_cannot_forge_says_so_in_the_record(scene, capfd):
    def clumsy(server_name):
        raise RuntimeError(f"out of ink for {server_name}")

    with OnPathAttacker(clumsy, upstream={"bank.example": scene.bank}) as attacker:
        with scene.wifi.hijack("bank.example", attacker):
            outcome = scene.run(Client("unpinned", scene.apps["unpinned"].context, "ssl"))
        assert (outcome.verdict, outcome.layer) == ("protected", "network")
        assert attacker.connections[0].error == "no forged certificate: out of ink for bank.example"
    assert capfd.readouterr() == ("", "")


def test_a_failing_app_surfaces_when_the_server_closes():
    def broken(request):
        raise ZeroDivisionError(request.path)

    scene = Scene()
    scene.bank.app = broken
    assert scene.run("unpinned").layer == "network"
    with pytest.raises(ZeroDivisionError):
        scene.close()


# ---- nothing is left behind


def in_use() -> tuple[int, int]:
    """This process's threads and file descriptors."""
    return threading.active_count(), len(os.listdir("/dev/fd"))  # noqa: PTH208


LISTS_DESCRIPTORS = pytest.mark.skipif(
    not Path("/dev/fd").exists(), reason="this system does not list its file descriptors"
)


@LISTS_DESCRIPTORS
def test_connections_that_are_over_leave_no_thread_and_no_descriptor(scene, monkeypatch):
    for module in (loopback, gateway):
        monkeypatch.setattr(module, "TIMEOUT", 600.0)  # so that nothing ends by itself
    before = in_use()
    with connect(scene.bank.address), connect(scene.wifi.address), connect(scene.attacker.address):
        assert soon(lambda: threading.active_count() == before[0] + 3)
    assert soon(lambda: in_use() == before)


@LISTS_DESCRIPTORS
def test_a_closed_scene_leaves_no_thread_and_no_descriptor():
    before = in_use()
    with Scene() as scene:
        parts = (scene.bank, scene.wifi, scene.attacker)
        clients = [connect(part.address) for part in parts for _ in range(3)]
        assert soon(lambda: threading.active_count() == before[0] + len(parts) + len(clients))
    for client in clients:
        client.close()
    assert in_use() == before


def test_closing_ends_what_is_open_and_waits_for_it(monkeypatch):
    monkeypatch.setattr(loopback, "TIMEOUT", 30.0)  # how long it waits for a thread that never ends
    begun, ended = threading.Event(), threading.Event()

    def slow(connection, _peer):
        connection.settimeout(None)
        begun.set()
        connection.recv(1)  # until `close` ends it
        threading.Event().wait(0.2)
        ended.set()

    listener = loopback.Listener(slow, name="slow")
    with connect(listener.address):
        assert begun.wait(60)
        listener.close()
        assert ended.is_set()
