"""The ways into TLS whose libraries are here anyway; `make clients` takes all of them."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hard.clients import __main__ as command
from tests.hard.clients import cells, world
from tests.hard.clients.cells import Cell, Row
from tests.hard.clients.way import PYTHON, way
from tests.hard.clients.ways import WAYS

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
HERE = {
    PYTHON,
    "urllib3",
    "requests",
    "httpcore",
    "httpx",
    "aiohttp",
    "tornado",
    "websocket-client",
    "anyio",
}
PLAIN = WAYS["Python: http.client"]
GOOD = Row(
    PLAIN,
    Cell("served", 1, 68),
    Cell("served", 1, 68),
    Cell("served", 1, 68),
    Cell("PinMismatchError", 1, 0),
    "",
)


@pytest.mark.parametrize("key", [key for key, way in WAYS.items() if way.library in HERE])
def test_a_pinned_client_is_served_by_the_bank_and_gives_the_attacker_nothing(key):
    row = cells.run(WAYS[key])
    assert row.complaint == "", row.stderr


def test_the_table_has_forty_ways_of_twenty_libraries_and_more():
    assert len(WAYS) >= 80
    assert len({way.library for way in WAYS.values()}) >= 40


def test_the_requirements_are_the_libraries_of_the_table():
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]
    assert [re.split("[~=<>]", line)[0] for line in lines] == sorted(
        {way.library for way in WAYS.values()} - {PYTHON}, key=str.lower
    )


def test_two_ways_of_one_name_are_a_mistake():
    with pytest.raises(ValueError, match="is in the table already"):
        way(PLAIN.library, PLAIN.name, PLAIN.dialogue)(PLAIN.connect)


@pytest.mark.parametrize(("changed", "complaint"), [
    ({}, ""),
    ({"pinned_hijacked": Cell("OSError", 1, 1)}, "LEAKS 1 bytes"),
    ({"pinned_hijacked": Cell("served", 1, 0)}, "SERVED by the attacker"),
    ({"pinned_hijacked": Cell("OSError", 0, 0)}, "NEVER CALLED the attacker"),
    ({"honest": Cell("OSError", 1, 68)}, "FAILS when honest"),
    ({"honest": Cell("served", 1, 0)}, "FAILS when honest"),
    ({"pinned_honest": Cell("OSError", 1, 0)}, "FAILS when honest and pinned"),
    ({"pinned_honest": Cell(cells.STOPPED, 1, 68)}, "FAILS when honest and pinned"),
    ({"hijacked": Cell("served", 1, 0)}, "PROVES NOTHING: unpinned, it does not leak"),
])  # fmt: skip
def test_a_row_says_what_is_wrong_with_it(changed, complaint):
    assert replace(GOOD, **changed).complaint == complaint


@pytest.mark.parametrize(("pinned_honest", "complaint"), [
    (Cell("SSLError", 1, 0), ""),
    (Cell("SSLError", 1, 5), "FAILS when honest and pinned"),
    (Cell("served", 1, 68), "FAILS when honest and pinned"),
    (Cell(cells.STOPPED, 1, 0), "FAILS when honest and pinned"),
])  # fmt: skip
def test_a_way_that_refuses_pins_refuses_before_the_first_byte(pinned_honest, complaint):
    refusing = replace(PLAIN, refuses="a reason")
    assert replace(GOOD, way=refusing, pinned_honest=pinned_honest).complaint == complaint


def test_the_command_says_when_a_pinned_client_leaks(monkeypatch, capsys):
    assert command.main([PLAIN.key]) == 0
    without = tuple(("unpinned", identity) for _, identity in cells.CASES)
    monkeypatch.setattr(cells, "CASES", without)
    assert command.main([PLAIN.key]) == 1
    assert re.search(r"LEAKS \d+ bytes", capsys.readouterr().out)


def test_the_command_says_when_an_attack_or_an_honest_server_does_not_work(monkeypatch, capsys):
    strangers = world.CertificateAuthority("A CA that nobody trusts").issue_leaf(world.HOST)
    monkeypatch.setattr(
        cells, "CASES", [("unpinned", world.bank), *[("pinned", lambda: strangers)] * 3]
    )
    assert command.main([PLAIN.key]) == 1
    assert "FAILS when honest and pinned" in capsys.readouterr().out


def test_a_child_reaches_loopback_only():
    program = """
from tests.hard.clients.child import stay_on_loopback
stay_on_loopback()
import socket
print(socket.getaddrinfo("bank.example", 443)[0][4], socket.gethostbyname("bank.example"))
for reach in (
    lambda: socket.getaddrinfo("shop.example", 443),
    lambda: socket.gethostbyname("shop.example"),
    lambda: socket.gethostbyaddr("shop.example"),
    lambda: socket.create_connection(("192.0.2.1", 9)),
    lambda: socket.socket(type=socket.SOCK_DGRAM).connect(("192.0.2.1", 9)),
):
    try:
        print("REACHED", reach())
    except OSError as error:
        print(error)
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=cells.ROOT, capture_output=True, text=True, check=True)
    bank, *others = done.stdout.splitlines()
    assert bank == "('127.0.0.1', 443) 127.0.0.1"
    assert len(others) == 5
    assert all("must be" in line for line in others)


def test_a_way_that_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr(cells, "DEADLINE", 0.001)
    assert cells.run(PLAIN).honest == Cell(cells.STOPPED, 0, 0)


def test_a_missing_library_is_an_error(monkeypatch, capsys):
    monkeypatch.setitem(WAYS, "nowhere: connect", replace(PLAIN, library="nowhere"))
    with pytest.raises(SystemExit):
        command.main(["nowhere"])
    assert "not installed: nowhere" in capsys.readouterr().err
