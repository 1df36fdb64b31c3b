"""The lab's own TLS contexts: what a server's key goes through on its way, and how many tickets."""

import os
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from certpin_lab import CertificateAuthority
from certpin_lab.lab.contexts import server_context, unverified_context

BANK = CertificateAuthority("Root").issue_leaf("bank.example")


def modes_of_key_files(monkeypatch) -> list[tuple[int, int]]:
    """The modes of every key file that `ssl` reads from now on, and of its folder."""
    seen = []
    load = ssl.SSLContext.load_cert_chain

    def look(context, path):
        paths = (Path(path), Path(path).parent)
        seen.append(tuple(stat.S_IMODE(each.stat().st_mode) for each in paths))
        load(context, path)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", look)
    return seen


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_nobody_else_can_read_the_key_on_its_way_whatever_the_umask_is(monkeypatch):
    seen = modes_of_key_files(monkeypatch)
    before = os.umask(0)
    try:
        server_context(BANK)
    finally:
        os.umask(before)
    assert seen == [(0o600, 0o700)]


def test_the_key_file_is_gone_at_once(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server_context(BANK)
    assert list(tmp_path.iterdir()) == []


def tickets(context: ssl.SSLContext) -> int:
    """How many session tickets a client gets with its first bytes."""
    ours, theirs = socket.socketpair()
    client = unverified_context()
    sessions = []

    def serve():
        with context.wrap_socket(theirs, server_side=True) as tls:
            tls.sendall(b"x")
            tls.recv(1)

    server = threading.Thread(target=serve)
    server.start()
    with client.wrap_socket(ours) as tls:
        tls.recv(1)
        sessions.append(tls.session)
        tls.sendall(b"y")
    server.join()
    return sum(session.has_ticket for session in sessions)


@pytest.mark.parametrize("count", [0, 1])
def test_a_server_gives_tickets_only_when_it_is_asked_to(count):
    context = server_context(BANK, session_tickets=count)
    assert context.num_tickets == count
    assert tickets(context) == count
    assert bool(context.options & ssl.OP_NO_TICKET) == (count == 0)


def test_the_context_that_checks_nothing_checks_nothing():
    context = unverified_context()
    assert (context.check_hostname, context.verify_mode) == (False, ssl.CERT_NONE)
