"""Variables of the machine change nothing, and the lab reaches nothing but itself."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from certpin_lab import Gateway, LabOnlyError, OnPathAttacker, Scene, TLSServer
from certpin_lab.lab.clients import LIBRARIES
from certpin_lab.lab.loopback import connect, on_loopback

ROOT = Path(__file__).parents[2]
NONSENSE = {
    "SSL_CERT_FILE": "/nonsense.pem",
    "SSL_CERT_DIR": "/nonsense",
    "REQUESTS_CA_BUNDLE": "/nonsense.pem",
    "CURL_CA_BUNDLE": "/nonsense.pem",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "ALL_PROXY": "socks5://127.0.0.1:9",
    "NO_PROXY": "*",
}
EVERY_CELL = """
from certpin_lab import Client, Scene
from certpin_lab.lab import LIBRARIES
with Scene() as scene:
    for library in LIBRARIES:
        for name, app in scene.apps.items():
            client = Client(name, app.context, library)
            with scene.hostile():
                print(library, scene.run(client), len(scene.attacker.connections[-1].received))
            print(library, scene.run(client))
"""


def run(environment):
    return subprocess.run(
        [sys.executable, "-c", EVERY_CELL],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    ).stdout


def test_variables_of_the_machine_change_nothing(tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine bank.example login ada password from-the-file\n")
    netrc.chmod(0o600)
    clean = {
        name: value
        for name, value in os.environ.items()
        if name.upper() not in NONSENSE and name != "NETRC"
    }
    odd = (
        clean
        | NONSENSE
        | {name.lower(): value for name, value in NONSENSE.items()}
        | {"NETRC": str(netrc)}
    )
    told = run(clean)
    assert run(odd) == told
    assert [line.split(": ")[1].split(";")[0] for line in told.splitlines()] == [
        "accepted",  # and read: the unpinned client on the hostile Wi-Fi
        "accepted",
        "refused (pin",
        "accepted",
    ] * len(LIBRARIES)


@pytest.mark.parametrize(
    "address",
    [
        ("192.0.2.1", 443),
        ("0.0.0.0", 443),
        ("localhost.evil.test", 443),
        ("8.8.8.8", 53),
        ("::", 1),
        (b"\x7f\0\0\1", 1),
        (b"127.0.0.1", 1),
        ("127.0.0.1.evil.test", 1),
    ],
)
def test_connecting_anywhere_but_loopback_is_refused(address):
    with pytest.raises(LabOnlyError, match=r"127\.0\.0\.1 only"):
        connect(address)


def test_what_is_connected_to_is_what_was_judged():
    class Posing(str):
        """Says one address, and is another."""

        __slots__ = ()

        def __str__(self):
            return "127.0.0.1"

    assert on_loopback((Posing("evil.test"), 1)) == ("127.0.0.1", 1)
    assert type(on_loopback((Posing("evil.test"), 1))[0]) is str


@pytest.mark.parametrize(
    "host",
    ["bank.com", "www.example.com", "example.org", "localhost", "127.0.0.1", "bank.example.com"],
)
def test_routing_a_real_host_is_refused(host):
    with Scene() as scene:
        with pytest.raises(LabOnlyError, match="not a host of the lab"):
            Gateway({host: scene.bank})
        with pytest.raises(LabOnlyError, match="not a host of the lab"):
            OnPathAttacker(scene.careless_ca, upstream={host: scene.bank})
        with pytest.raises(LabOnlyError, match="not a host of the lab"):
            scene.attacker.forged(host)


def test_a_route_that_leaves_the_machine_is_refused():
    class Elsewhere:
        address = ("192.0.2.1", 443)

    with Scene() as scene:
        with pytest.raises(LabOnlyError, match="loopback"):
            Gateway({"bank.example": Elsewhere()})
        with (
            pytest.raises(LabOnlyError, match="loopback"),
            scene.wifi.hijack("bank.example", Elsewhere()),
        ):
            pass


def test_everything_listens_on_loopback_only():
    with Scene() as scene:
        for part in (scene.bank, scene.wifi, scene.attacker):
            assert part.address[0] == "127.0.0.1"


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))  # noqa: PTH208


@pytest.mark.skipif(
    not Path("/dev/fd").exists(), reason="this system does not list its file descriptors"
)
def test_a_thousand_connections_leave_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with Scene() as warm:
        warm.run("unpinned")
    before = threading.active_count(), descriptors()
    with Scene() as scene:
        inside = threading.active_count(), descriptors()
        for _ in range(200):
            assert scene.run("pinned").verdict == "served"
            with scene.hostile():
                assert scene.run("unpinned").verdict == "exposed"
                assert scene.run("pinned").verdict == "protected"
            break_off_half_way(scene.bank)
            break_off_half_way(scene.attacker)
        settled(inside)
    assert (threading.active_count(), descriptors()) == before
    assert list(tmp_path.iterdir()) == []


def break_off_half_way(server: TLSServer | OnPathAttacker) -> None:
    """The first bytes of a ClientHello, and then nothing more."""
    with connect(server.address) as half:
        half.sendall(b"\x16\x03\x01\x02\x00\x01\x00")


def settled(expected: tuple[int, int]) -> None:
    """Wait until the last connections' threads have gone, then compare."""
    pause = threading.Event()
    for _ in range(500):
        if (threading.active_count(), descriptors()) == expected:
            return
        pause.wait(0.01)
    assert (threading.active_count(), descriptors()) == expected
