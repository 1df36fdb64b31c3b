"""Eight Python HTTP libraries, pinned and not, on an honest and on a hostile Wi-Fi."""

import logging
import socket
import sys

import pytest

from certpin_lab import Client, Gateway, LabOnlyError, PinMismatchError, Scene
from certpin_lab.lab.clients import LIBRARIES
from certpin_lab.lab.contexts import server_context
from certpin_lab.lab.loopback import Listener, end
from certpin_lab.lab.outcomes import find_error

# What each library raises for a TLS failure: by name, so that the test says what its users catch.
TLS_ERROR = {
    "ssl": "SSLError",
    "http.client": "SSLError",
    "urllib.request": "URLError",
    "urllib3": "SSLError",
    "requests": "SSLError",
    "httpx": "ConnectError",
    "aiohttp": "ClientConnectorSSLError",
    "asyncio": "SSLError",
}


@pytest.fixture(scope="module", name="scene")
def _scene():
    with Scene() as scene:
        yield scene


def through(library: str, app: str, scene: Scene) -> Client:
    return Client(app, scene.apps[app].context, library)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("app", ["unpinned", "pinned"])
def test_every_client_is_served_on_the_honest_wifi(library, app, scene):
    outcome = scene.run(through(library, app, scene))
    assert outcome.verdict == "served"
    assert outcome.body == b"Balance: 2400 euros."


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_unpinned_client_is_read_on_the_hostile_wifi(library, scene):
    with scene.hostile():
        outcome = scene.run(through(library, "unpinned", scene))
    assert outcome.verdict == "exposed"
    assert outcome.body == b"Balance: 2400 euros."
    assert b"password=tulip-garden-42" in scene.attacker.connections[-1].received
    assert outcome.attacker_read == len(scene.attacker.connections[-1].received)


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_pinned_client_leaves_the_attacker_with_nothing(library, scene, caplog):
    caplog.set_level(logging.WARNING)
    with scene.hostile():
        outcome = scene.run(through(library, "pinned", scene))
    assert (outcome.verdict, outcome.layer, outcome.reason) == ("protected", "pin", "no pinned key")
    assert outcome.attacker_read == 0
    assert scene.attacker.connections[-1].received == b""
    assert caplog.records == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_library_raises_its_own_tls_error_with_the_mismatch_behind_it(library, scene):
    client = through(library, "pinned", scene)
    with scene.hostile(), pytest.raises(Exception) as caught:  # noqa: PT011  # each library has a class of its own
        client.fetch("https://bank.example/balance", proxy=scene.wifi.url)
    assert TLS_ERROR[library] in [kind.__name__ for kind in type(caught.value).__mro__]
    mismatch = find_error(caught.value, PinMismatchError)
    assert mismatch is not None
    assert mismatch.server_hostname == "bank.example"
    assert [subject.rpartition("CN=")[2].split(",")[0] for _, subject in mismatch.presented][
        -1:
    ] != []


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("spelling", ["BANK.example", "bank.example."])
def test_no_spelling_of_the_host_escapes_the_pins(library, spelling, scene):
    client = through(library, "pinned", scene)
    before = len(scene.attacker.connections)
    with scene.hostile(), pytest.raises(Exception):  # noqa: B017, PT011  # refused, in whichever way: what counts is the record
        client.fetch(f"https://{spelling}/balance", proxy=scene.wifi.url, body=b"password")
    scene.wifi.wait_until_idle()
    assert all(record.received == b"" for record in scene.attacker.connections[before:])


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_proxies_and_passwords_of_the_machine_are_not_asked(
    library, scene, monkeypatch, tmp_path
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine bank.example login ada password from-the-file\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    assert scene.run(through(library, "pinned", scene)).verdict == "served"
    assert b"authorization" not in scene.bank.connections[-1].received.lower()
    monkeypatch.setenv("NO_PROXY", "*")
    assert scene.run(through(library, "pinned", scene)).verdict == "served"


def test_a_library_the_lab_does_not_know_is_refused(scene):
    with pytest.raises(ValueError, match="aiohttp"):
        Client("app", scene.apps["pinned"].context, "curl")


@pytest.mark.parametrize("url", ["http://bank.example/", "bank.example", ""])
def test_an_address_without_tls_is_refused(url, scene):
    with pytest.raises(ValueError, match="https"):
        scene.apps["unpinned"].fetch(url, proxy=scene.wifi.url)


@pytest.fixture(name="outside")
def _outside(monkeypatch):
    """What anything in this process asks of the network beyond 127.0.0.1: refused, and listed.

    An audit hook sees every library's own calls, also of those that import nothing of ours.
    """
    asked = []
    monkeypatch.setattr(sys.modules[__name__], "OUTSIDE", asked)
    if not HOOKED:
        HOOKED.append(sys.addaudithook(refuse_the_world))
    return asked


HOOKED, OUTSIDE = [], None


def refuse_the_world(event, args):
    if OUTSIDE is None or event not in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        return
    host = args[0] if event == "socket.getaddrinfo" else args[1][0]
    if host not in ("127.0.0.1", None, 0):  # 0 is the kernel, asked for a socket's owner
        OUTSIDE.append(host)
        raise PermissionError(f"{event} {host!r}")


def test_the_hook_sees_a_connection_that_leaves(outside):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as alone:
        for call in (socket.create_connection, alone.connect):
            with pytest.raises(PermissionError):
                call(("203.0.113.7", 443))
    assert outside == ["203.0.113.7"] * 2


ELSEWHERE = [
    "http://phone:word@203.0.113.7:8080",
    "http://phone:word@bank.example.com:8080",
    "http://phone:word@localhost:8080",
    "http://127.0.0.1:80\\@203.0.113.7:80",
    "http://127.0.0.1:80@203.0.113.7:80",
    "http://203.0.113.7:80/x:word@127.0.0.1:80",
    "http://phone:word@127.0.0.1:80@203.0.113.7:80",
    "http://phone:word@127.0.0.1:80 203.0.113.7",
    "http://phone:word@2130706433:80",
    "https://phone:word@127.0.0.1:80",
    "socks5://phone:word@127.0.0.1:80",
    "203.0.113.7:80",
    "",
]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("proxy", ELSEWHERE)
def test_a_proxy_outside_the_lab_is_refused_before_a_library_sees_it(
    library, proxy, scene, outside
):
    with pytest.raises(LabOnlyError, match=r"127\.0\.0\.1"):
        through(library, "unpinned", scene).fetch("https://bank.example/", proxy=proxy)
    assert outside == []


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "url",
    [
        "https://bank.example.com/",
        "https://127.0.0.1/",
        "https://bank.example@example.com/",
        "https://bank.example\\@example.com/",
    ],
)
def test_a_host_outside_the_lab_is_not_asked_for(library, url, scene, outside):
    with pytest.raises(ValueError, match=r"not a host of the lab|must be an https URL"):
        through(library, "unpinned", scene).fetch(url, proxy=scene.wifi.url)
    assert outside == []
    assert through(library, "unpinned", scene).fetch(
        "https://bank.example:443/balance", proxy=scene.wifi.url
    )


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_answer_leads_a_client_out_of_the_lab(library, scene, outside):
    """A redirect to plain HTTP would go around the gateway."""
    answer = (
        b"HTTP/1.1 302 Found\r\nLocation: http://203.0.113.7/\r\nContent-Length: 6\r\n\r\nfollow"
    )

    def serve(connection, _peer):
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(65536)
            tls.sendall(answer)
            end(tls)

    context = server_context(scene.bank.identity)
    with Listener(serve, name="redirects") as there, Gateway({"bank.example": there}) as wifi:
        client = through(library, "unpinned", scene)
        assert client.fetch("https://bank.example/", proxy=wifi.url) == b"follow"
    assert outside == []
