"""The handshake in slow motion is the real one: same messages, same verdicts, and nothing moves
unless it is told to.
"""

import ssl
import threading

import pytest

from certpin_lab import (
    CertificateAuthority,
    Pin,
    PinMismatchError,
    PinPolicy,
    PinSet,
    client_context,
    unverified_context,
)
from certpin_lab.lab.slow_motion import SlowHandshake

HONEST, CARELESS = CertificateAuthority("Honest Root"), CertificateAuthority("Careless Root")
BANK, FORGED = HONEST.issue_leaf("bank.example"), CARELESS.issue_leaf("bank.example")
PINNED = client_context(
    [HONEST, CARELESS], PinPolicy({"bank.example": PinSet([Pin.of(BANK.certificate)])})
)
UNPINNED = client_context([HONEST, CARELESS])


def results(slow):
    return [flight.result for flight in slow.finish()]


def test_a_handshake_of_tls_1_3_takes_three_flights():
    slow = SlowHandshake(UNPINNED, BANK)
    slow.finish()
    assert [(flight.sender, flight.contents, flight.result) for flight in slow.flights] == [
        ("phone", "ClientHello", "answers"),
        (
            "bank",
            "ServerHello; encrypted: EncryptedExtensions, Certificate, CertificateVerify, Finished",
            "completes the handshake",
        ),
        ("phone", "encrypted: Finished", "completes the handshake"),
    ]
    assert str(slow.flights[0]) == "1. phone -> bank: ClientHello. The bank answers."


def test_a_handshake_of_tls_1_2_takes_four_and_shows_the_certificate():
    context = client_context([HONEST])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    flights = SlowHandshake(context, BANK).finish()
    assert [flight.sender for flight in flights] == ["phone", "bank", "phone", "bank"]
    assert "Certificate" in flights[1].readable


def test_the_client_may_send_only_after_its_checks():
    slow = SlowHandshake(UNPINNED, BANK)
    for _ in range(2):
        assert not slow.client_ready
        with pytest.raises(RuntimeError, match="has not completed"):
            slow.send(b"password")
        slow.step()
    assert slow.client_ready
    slow.send(b"password")
    flight = slow.step()
    assert flight.contents == "encrypted: Finished, application data"
    assert flight.result == "completes the handshake and reads the data"
    assert slow.received == b"password"
    assert b"password" not in flight.data


def test_a_pinned_client_refuses_the_forgery_and_never_sends():
    slow = SlowHandshake(PINNED, FORGED, server="attacker")
    assert results(slow)[1] == "refuses (pin: no pinned key)"
    assert isinstance(slow.error, PinMismatchError)
    with pytest.raises(RuntimeError):
        slow.send(b"password")
    assert slow.received == b""


def test_the_same_client_accepts_the_bank_and_an_unpinned_one_the_forgery():
    for context, identity in ((PINNED, BANK), (UNPINNED, FORGED)):
        slow = SlowHandshake(context, identity)
        slow.finish()
        assert slow.error is None
        assert slow.client_ready


def test_an_untrusted_root_is_refused_with_an_alert_that_can_be_read():
    slow = SlowHandshake(client_context([HONEST]), FORGED)
    slow.finish()
    assert slow.flights[1].result == "refuses (chain: issuer not found)"
    assert slow.flights[2].contents == "alert"
    assert slow.flights[2].result == "refuses (network: alert: unknown ca)"


def test_a_client_that_checks_nothing_completes_with_anybody():
    slow = SlowHandshake(unverified_context(), FORGED)
    slow.finish()
    assert slow.client_ready


def test_the_verified_chain_is_there_when_the_client_is_ready_and_not_before():
    slow = SlowHandshake(UNPINNED, BANK)
    assert slow.verified_chain == ()
    slow.finish()
    assert slow.verified_chain == (BANK.certificate, HONEST.certificate)


def test_nothing_moves_between_two_steps_and_an_attacker_can_act_there():
    slow = SlowHandshake(UNPINNED, BANK)
    slow.step()
    assert slow.in_flight
    assert not slow.client_ready
    slow.in_flight = bytes([*slow.in_flight[:-1], slow.in_flight[-1] ^ 1])
    assert slow.step().result.startswith("refuses (network:")
    assert not slow.client_ready


def test_bytes_that_are_not_tls_are_refused():
    slow = SlowHandshake(UNPINNED, BANK)
    slow.in_flight = b"GET / HTTP/1.1\r\n\r\n"
    flight = slow.step()
    assert flight.contents == "no TLS"
    assert flight.result == "refuses (network: not TLS)"


def test_bytes_to_an_end_that_hung_up_change_nothing():
    slow = SlowHandshake(client_context([HONEST]), FORGED)
    slow.finish()
    slow.in_flight = b"more"
    assert slow.step().result == "has hung up"


def test_a_handshake_that_is_over_has_no_next_step():
    slow = SlowHandshake(UNPINNED, BANK)
    slow.finish()
    with pytest.raises(RuntimeError, match="over"):
        slow.step()


def test_the_two_ends_need_names_of_their_own():
    with pytest.raises(ValueError, match="different names"):
        SlowHandshake(UNPINNED, BANK, client="bank")


def test_the_events_are_the_flights_and_what_came_of_them():
    slow = SlowHandshake(PINNED, FORGED, server="attacker")
    slow.finish()
    assert [(event.actor, event.target) for event in slow.events] == [
        ("phone", "attacker"),
        ("attacker", "phone"),
        ("phone", None),
        ("phone", "attacker"),
        ("attacker", None),
    ]
    assert slow.events[2].action == "refuses (pin: no pinned key)"


def test_it_opens_no_thread_and_runs_the_same_every_time():
    threads = threading.active_count()
    runs = [list(map(str, SlowHandshake(PINNED, FORGED).finish())) for _ in range(5)]
    assert threading.active_count() == threads
    assert all(run == runs[0] for run in runs)
