"""The pinned context: what it refuses, what it accepts, and that nothing leaves before the check."""

import asyncio
import os
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from certpin_lab import (
    CertificateAuthority,
    Identity,
    Pin,
    PinMismatchError,
    PinnedContext,
    PinPolicy,
    PinSet,
    TLSServer,
    client_context,
    presented_chain,
    unverified_context,
    verified_chain,
)
from certpin_lab.lab.contexts import server_context
from certpin_lab.lab.loopback import connect
from certpin_lab.lab.pki import derived_key
from certpin_lab.pinning import context as tls
from tests.waiting import soon

HOST = "bank.example"
ROOT = CertificateAuthority("Honest Root CA")
ISSUING = ROOT.issue_intermediate("Honest Issuing CA")
BANK = ISSUING.issue_leaf(HOST)
CARELESS = CertificateAuthority("Careless Root CA")
RESELLER = CARELESS.issue_intermediate("Careless Reseller CA")
FORGED = RESELLER.issue_leaf(HOST)
OTHER_SITE = ISSUING.issue_leaf("shop.example")
LEAF_PIN = Pin.of(BANK.certificate)
ISSUING_PIN = Pin.of(ISSUING.certificate)


def pinned(*pins: Pin, host: str = HOST, **options) -> ssl.SSLContext:
    return client_context([ROOT, CARELESS], PinPolicy({host: PinSet(pins, **options)}))


def handshake(
    context: ssl.SSLContext, identity, *, session=None, host=HOST, maximum=ssl.TLSVersion.TLSv1_3
) -> ssl.SSLObject:
    """Both ends in memory, until the client is done. Raises what the client raises."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=host, session=session)
    server_side = server_context(identity, session_tickets=2)
    server_side.maximum_version = maximum
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    ends = {client, server}
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
                ends.discard(end)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                if end is client:
                    raise
    with pytest.raises(ssl.SSLWantReadError):
        client.read(1)  # takes in the session tickets
    return client


@pytest.fixture(name="forger")
def _forger():
    with TLSServer(FORGED) as server:
        yield server


def records(server: TLSServer):
    """The server's records, once its connections are over."""
    assert soon(lambda: server.connections)
    return server.connections


# ---- refused, each with a twin that differs in one thing


def test_the_pinned_leaf_is_accepted_and_another_leaf_of_the_same_name_is_not():
    assert handshake(pinned(LEAF_PIN), BANK)
    with pytest.raises(PinMismatchError) as caught:
        handshake(pinned(LEAF_PIN), FORGED)
    assert caught.value.kind == "no pinned key"
    assert caught.value.server_hostname == HOST
    assert caught.value.expected == (LEAF_PIN,)
    assert [pin for pin, _ in caught.value.presented] == [
        Pin.of(certificate)
        for certificate in (FORGED.certificate, RESELLER.certificate, CARELESS.certificate)
    ]


@pytest.mark.parametrize("appended", [BANK.certificate, ISSUING.certificate])
def test_the_pinned_certificate_appended_to_the_presented_chain_does_not_help(appended):
    """CVE-2016-2402: the sender chooses what is in the presented chain."""
    stuffed = replace(FORGED, chain=(*FORGED.chain, appended))
    seen = handshake(client_context([ROOT, CARELESS]), stuffed)
    assert appended in presented_chain(seen)
    assert appended not in verified_chain(seen)
    with pytest.raises(PinMismatchError):
        handshake(pinned(Pin.of(appended)), stuffed)


def signed_by_the_attacker() -> Identity:
    """The bank's certificate to the letter, but for the key and the signature, which are the
    attacker's.
    """
    real, key = BANK.certificate, derived_key("attacker")
    builder = (
        x509.CertificateBuilder()
        .subject_name(real.subject)
        .issuer_name(real.issuer)
        .public_key(key.public_key())
    )
    builder = builder.serial_number(real.serial_number)
    builder = builder.not_valid_before(real.not_valid_before_utc).not_valid_after(
        real.not_valid_after_utc
    )
    for extension in real.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return Identity.of(key, builder.sign(key, hashes.SHA256()), ISSUING.certificate)


def test_a_forged_issuer_name_does_not_help():
    """Without verification, whoever names the pinned CA as the issuer and sends its certificate
    along has the pinned key in the chain.
    """
    forged = signed_by_the_attacker()
    assert ISSUING.certificate in verified_chain(handshake(unverified_context(), forged))
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        handshake(pinned(ISSUING_PIN), forged)
    assert caught.value.verify_code == 7
    assert handshake(pinned(ISSUING_PIN), BANK)


@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_resumed_session_is_refused_because_it_has_no_chain(maximum):
    server_side = server_context(BANK, session_tickets=2)
    server_side.maximum_version = maximum
    context = pinned(LEAF_PIN)

    def meet(session):
        to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(to_client, to_server, server_hostname=HOST, session=session)
        server = server_side.wrap_bio(to_server, to_client, server_side=True)
        waiting = [client, server]
        while waiting:
            end = waiting.pop(0)
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                waiting.append(end)
        with pytest.raises(ssl.SSLWantReadError):
            client.read(1)
        return client

    first = meet(None)
    assert not first.session_reused
    with pytest.raises(PinMismatchError) as caught:
        meet(first.session)
    assert caught.value.kind == "no verified chain"


def test_a_resumed_session_of_an_unlisted_host_is_accepted():
    context = pinned(LEAF_PIN, host="other.example")
    server_side = server_context(BANK, session_tickets=2)
    with TLSServer(BANK, session_tickets=2) as server:
        sessions = []
        for _ in range(2):
            with (
                connect(server.address) as tcp,
                context.wrap_socket(
                    tcp, server_hostname=HOST, session=sessions[-1] if sessions else None
                ) as tls,
            ):
                tls.sendall(b"GET / HTTP/1.1\r\nHost: bank.example\r\nConnection: close\r\n\r\n")
                assert b"hello from the lab" in b"".join(iter(lambda: tls.recv(4096), b""))
                sessions.append(tls.session)
                reused = tls.session_reused
    assert reused
    assert server_side


def test_a_banned_key_is_refused_wherever_it_stands():
    assert handshake(pinned(LEAF_PIN, banned=[Pin.of(RESELLER.certificate)]), BANK)
    with pytest.raises(PinMismatchError) as caught:
        handshake(pinned(LEAF_PIN, banned=[ISSUING_PIN]), BANK)
    assert caught.value.kind == "banned key"


def test_an_expired_pin_set_refuses_or_fails_open_as_it_says():
    past = datetime(2025, 6, 1, tzinfo=UTC)
    assert handshake(pinned(LEAF_PIN, expires=past, after_expiry="accept"), FORGED)
    with pytest.raises(PinMismatchError) as caught:
        handshake(pinned(LEAF_PIN, expires=past, after_expiry="refuse"), BANK)
    assert caught.value.kind == "pins expired"


def test_the_pinned_ca_does_not_vouch_for_another_host():
    """Spinner, ACSAC 2017: a pin stands on the host name check and does not replace it."""
    assert handshake(pinned(ISSUING_PIN), BANK)
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        handshake(pinned(ISSUING_PIN), OTHER_SITE)
    assert caught.value.verify_code == 62


def test_the_pinned_key_does_not_make_up_for_an_expired_certificate():
    past = datetime(2025, 6, 1, tzinfo=UTC)
    assert handshake(pinned(LEAF_PIN), ISSUING.issue_leaf(HOST, key=BANK.private_key))
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        handshake(pinned(LEAF_PIN), ISSUING.issue_leaf(HOST, key=BANK.private_key, not_after=past))
    assert caught.value.verify_code == 10


@pytest.mark.parametrize("damage", [ValueError, TypeError, IndexError, ConnectionResetError])
@pytest.mark.parametrize("step", ["verified_chain", "check"])
def test_a_certificate_that_cannot_be_read_is_refused(monkeypatch, step, damage):
    """OpenSSL reads certificates that `cryptography` does not, and some fail only when asked."""

    def unreadable(*_):
        raise damage("no such encoding")

    context = pinned(LEAF_PIN)
    assert handshake(context, BANK)
    monkeypatch.setattr(tls if step == "verified_chain" else context.policy, step, unreadable)
    with pytest.raises(PinMismatchError, match="no such encoding") as caught:
        handshake(context, BANK)
    assert (caught.value.kind, caught.value.server_hostname) == ("unreadable certificate", HOST)


@pytest.mark.parametrize("host", [None, "bank.example:443", "ada@bank.example"])
def test_a_connection_without_a_proper_host_name_is_refused(host, monkeypatch):
    """`ssl` itself lets few of them come so far."""

    def connection(name):
        return SimpleNamespace(
            context=pinned(LEAF_PIN), _sslobj=SimpleNamespace(server_hostname=name)
        )

    monkeypatch.setattr(tls, "verified_chain", lambda _connection: (BANK.certificate,))
    tls._check_pins(connection(HOST))
    with pytest.raises(PinMismatchError) as caught:
        tls._check_pins(connection(host))
    assert caught.value.kind == "no host name"


def test_renewal_with_the_same_key_is_accepted_and_with_a_new_key_is_not():
    assert handshake(pinned(LEAF_PIN), BANK.renewed(same_key=True))
    with pytest.raises(PinMismatchError):
        handshake(pinned(LEAF_PIN), BANK.renewed(same_key=False))


def test_the_backup_key_is_accepted():
    renewed = BANK.renewed(same_key=False)
    assert handshake(pinned(LEAF_PIN, Pin.of(renewed.certificate)), renewed)


@pytest.mark.parametrize(("position", "pin", "accepted"), [
    ("leaf", LEAF_PIN, True), ("leaf", ISSUING_PIN, False), ("ca", ISSUING_PIN, True), ("ca", LEAF_PIN, False),
])  # fmt: skip
def test_a_position_limits_where_a_pin_may_match(position, pin, accepted):
    context = pinned(pin, position=position)
    if accepted:
        assert handshake(context, BANK)
    else:
        with pytest.raises(PinMismatchError):
            handshake(context, BANK)


def test_an_unlisted_host_is_accepted_or_refused_as_the_policy_says():
    pins = {"other.example": PinSet([LEAF_PIN])}
    assert handshake(client_context([ROOT], PinPolicy(pins)), BANK)
    with pytest.raises(PinMismatchError) as caught:
        handshake(client_context([ROOT], PinPolicy(pins, unlisted="refuse")), BANK)
    assert caught.value.kind == "host not listed"


def test_report_only_lets_the_mismatch_pass_and_tells():
    reports = []
    policy = PinPolicy({HOST: PinSet([LEAF_PIN], enforce=False)}, report=reports.append)
    assert handshake(client_context([ROOT, CARELESS], policy), FORGED)
    assert [report.kind for report in reports] == ["no pinned key"]


# ---- the context cannot be talked out of its checks


def test_a_pinned_context_does_not_switch_the_other_checks_off():
    context = pinned(LEAF_PIN)
    with pytest.raises(ValueError, match="host name"):
        context.check_hostname = False
    with pytest.raises(ValueError, match="verifies the chain"):
        context.verify_mode = ssl.CERT_NONE
    context.check_hostname, context.verify_mode = True, ssl.CERT_REQUIRED
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


def in_memory(context, identity=FORGED):
    """A client and a server that share two buffers; their handshake is still to come."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=HOST)
    return client, server_context(identity).wrap_bio(to_server, to_client, server_side=True)


@pytest.mark.parametrize(("name", "value"), [
    ("context", client_context([ROOT, CARELESS])),
    ("context", client_context([ROOT, CARELESS], PinPolicy({"other.example": PinSet([LEAF_PIN])}))),
    ("server_hostname", "unlisted.example"),
])  # fmt: skip
def test_context_and_host_name_are_fixed_when_a_connection_is_made(name, value, forger):
    """Whoever changes them before a handshake that was put off does not change the verdict."""
    with pytest.raises(AttributeError):
        setattr(in_memory(pinned(LEAF_PIN))[0], name, value)
    put_off = {"server_hostname": HOST, "do_handshake_on_connect": False}
    with (
        connect(forger.address) as tcp,
        pinned(LEAF_PIN).wrap_socket(tcp, **put_off) as tls_socket,
    ):
        with pytest.raises(AttributeError, match="fixed"):
            setattr(tls_socket, name, value)
        with pytest.raises(PinMismatchError, match=HOST):
            tls_socket.do_handshake()


def test_the_name_that_openssl_verified_counts_and_not_the_one_on_the_socket(forger):
    with (
        connect(forger.address) as tcp,
        pinned(LEAF_PIN).wrap_socket(
            tcp, server_hostname=HOST, do_handshake_on_connect=False
        ) as tls_socket,
    ):
        vars(tls_socket)["server_hostname"] = "unlisted.example"
        with pytest.raises(PinMismatchError, match=HOST):
            tls_socket.do_handshake()


def test_a_connection_whose_class_checks_no_pins_is_refused(forger):
    """`sslsocket_class` and `sslobject_class` may be assigned, and eventlet ignores the first."""
    context = pinned(LEAF_PIN)
    context.sslsocket_class, context.sslobject_class = ssl.SSLSocket, ssl.SSLObject
    with pytest.raises(ssl.SSLError, match="SSLObject would not check the pins"):
        in_memory(context)
    with connect(forger.address) as tcp:
        with pytest.raises(ssl.SSLError, match="SSLSocket would not check the pins"):
            context.wrap_socket(tcp, server_hostname=HOST)
        assert tcp.fileno() == -1
    assert [record.received for record in records(forger)] == [b""]


def test_a_class_that_adds_to_the_pinned_one_is_welcome(forger):
    context = pinned(LEAF_PIN)
    context.sslsocket_class = type("Counting", (context.sslsocket_class,), {"count": 0})
    with (
        TLSServer(BANK) as server,
        connect(server.address) as tcp,
        context.wrap_socket(tcp, server_hostname=HOST) as accepted,
    ):
        assert accepted.count == 0
    with connect(forger.address) as tcp, pytest.raises(PinMismatchError):
        context.wrap_socket(tcp, server_hostname=HOST)


def test_a_context_that_is_made_directly_is_as_strict():
    policy = PinPolicy({HOST: PinSet([LEAF_PIN])})
    direct, helped = PinnedContext(policy), client_context([ROOT], policy)
    plain = client_context([ROOT])
    for option in (
        *("options", "verify_flags", "verify_mode", "check_hostname", "minimum_version"),
        "hostname_checks_common_name",
    ):
        values = [getattr(context, option) for context in (direct, helped, plain)]
        assert len(set(values)) == 1, option
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(direct, BANK)
    direct.load_verify_locations(cadata=ROOT.certificate.public_bytes(Encoding.DER))
    assert handshake(direct, BANK)


def test_a_pinned_context_needs_a_policy():
    with pytest.raises(TypeError, match="PinPolicy"):
        PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    assert isinstance(pinned(LEAF_PIN), PinnedContext)


@pytest.mark.parametrize("policy", ["", {}, [], (), 0, False, PinSet([LEAF_PIN])])
def test_a_policy_that_is_empty_or_none_of_ours_does_not_mean_no_pins(policy):
    with pytest.raises(TypeError, match="PinPolicy"):
        client_context([ROOT], policy)
    assert type(client_context([ROOT], None)) is ssl.SSLContext


def test_the_policy_of_a_context_cannot_be_exchanged():
    """A library that keeps connections open would go on using those that were checked against other
    pins.
    """
    context = pinned(LEAF_PIN)
    with pytest.raises(AttributeError):
        context.policy = PinPolicy({HOST: PinSet([ISSUING_PIN])})
    assert context.policy.pins_for(HOST) == PinSet([LEAF_PIN])


def test_no_second_handshake_can_bring_another_certificate():
    for context in (client_context([ROOT]), pinned(LEAF_PIN)):
        assert context.options & ssl.OP_NO_RENEGOTIATION
    assert not ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).options & ssl.OP_NO_RENEGOTIATION


def test_a_client_that_trusts_nobody_is_refused():
    with pytest.raises(ValueError, match="trust anchor"):
        client_context([])


def test_a_client_context_ignores_the_common_name_and_the_system_store(monkeypatch, tmp_path):
    store = tmp_path / "store.pem"
    store.write_bytes(CARELESS.certificate.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(store))
    everybody = ssl.create_default_context()
    assert "Careless Root CA" in str(everybody.get_ca_certs())
    context = client_context([ROOT])
    assert not context.hostname_checks_common_name
    assert [
        dict(pair[0] for pair in anchor["subject"])["commonName"]
        for anchor in context.get_ca_certs()
    ] == [ROOT.name]


# ---- nothing leaves before the check


SENDERS = {
    "send": lambda tls: tls.send(b"secret"),
    "sendall": lambda tls: tls.sendall(b"secret"),
    "write": lambda tls: tls.write(b"secret"),
    "makefile": lambda tls: tls.makefile("wb", buffering=0).write(b"secret"),
    "sendfile": lambda tls: tls.sendfile(open(__file__, "rb")),  # noqa: SIM115, PTH123
    "recv": lambda tls: tls.recv(1),
    "read": lambda tls: tls.read(1),
    "recv_into": lambda tls: tls.recv_into(bytearray(1)),
    "unwrap": lambda tls: tls.unwrap(),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("way", SENDERS)
def test_no_way_of_sending_skips_the_check_when_the_handshake_was_put_off(way, forger):
    with (
        connect(forger.address) as tcp,
        pinned(LEAF_PIN).wrap_socket(
            tcp, server_hostname=HOST, do_handshake_on_connect=False
        ) as tls,
    ):
        for _ in range(2):  # also when it is tried again
            with pytest.raises(PinMismatchError):
                SENDERS[way](tls)
    assert [record.received for record in records(forger)] == [b""]


def test_the_same_put_off_handshake_sends_when_the_pin_matches():
    with TLSServer(BANK) as server:
        context = pinned(LEAF_PIN)
        with (
            connect(server.address) as tcp,
            context.wrap_socket(tcp, server_hostname=HOST, do_handshake_on_connect=False) as tls,
        ):
            tls.sendall(b"secret")
        assert [record.received for record in records(server)] == [b"secret"]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("way", SENDERS)
def test_a_refused_connection_does_not_go_on_in_plaintext(way, forger):
    tls = pinned(LEAF_PIN).wrap_socket(socket.socket(), server_hostname=HOST)
    with tls:
        with pytest.raises(PinMismatchError):
            tls.connect(forger.address)
        with pytest.raises(OSError, match="not open"):
            SENDERS[way](tls)
    assert [record.received for record in records(forger)] == [b""]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("way", SENDERS)
@pytest.mark.parametrize("ended", ["shutdown", "unwrap"])
def test_an_accepted_connection_does_not_go_on_in_plaintext_when_its_tls_has_ended(way, ended):
    with TLSServer(BANK) as server, connect(server.address) as tcp:
        with pinned(LEAF_PIN).wrap_socket(tcp, server_hostname=HOST) as tls:
            tls.sendall(b"while it is encrypted")
            tls.shutdown(socket.SHUT_RD) if ended == "shutdown" else tls.unwrap()
            with pytest.raises(OSError, match="not open"):
                SENDERS[way](tls)
        assert [record.received for record in records(server)] == [b"while it is encrypted"]


def test_a_memory_bio_writes_nothing_before_the_check():
    client, server = in_memory(pinned(LEAF_PIN))
    with pytest.raises(ssl.SSLWantReadError):
        client.write(b"secret")
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    with pytest.raises(PinMismatchError):
        client.write(b"secret")
    server.do_handshake()  # TLS 1.3: the client's Finished may have left, application data has not
    with pytest.raises(ssl.SSLWantReadError):
        server.read(100)


def test_a_refused_memory_bio_neither_reads_nor_unwraps():
    client, server = in_memory(pinned(LEAF_PIN))
    for end in (client, server):
        with pytest.raises(ssl.SSLWantReadError):
            end.do_handshake()
    for attempt in (lambda: client.read(1), client.unwrap, lambda: client.read(1), client.unwrap):
        with pytest.raises(PinMismatchError):
            attempt()


def test_an_asyncio_stream_is_never_handed_out(forger):
    async def attempt():
        await asyncio.open_connection(*forger.address, ssl=pinned(LEAF_PIN), server_hostname=HOST)

    with pytest.raises(PinMismatchError):
        asyncio.run(attempt())
    assert [record.received for record in records(forger)] == [b""]


# ---- chains


def test_the_verified_chain_has_the_root_and_the_presented_chain_does_not():
    seen = handshake(client_context([ROOT]), BANK)
    assert verified_chain(seen) == (BANK.certificate, ISSUING.certificate, ROOT.certificate)
    assert presented_chain(seen) == BANK.chain == (BANK.certificate, ISSUING.certificate)


def test_an_unverified_client_talks_to_anybody():
    assert handshake(unverified_context(), FORGED, host="nobody.example")


def test_the_private_key_is_gone_from_the_disk_after_loading(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    server_context(BANK)
    assert os.listdir(tmp_path) == []  # noqa: PTH208
