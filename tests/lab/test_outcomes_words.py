"""Every verify code of OpenSSL that the lab has words for, every reason of TLS, and every sentence
about an outcome.
"""

import errno
import ssl

import pytest

from certpin_lab import Event, Outcome, Outcomes
from certpin_lab.lab.outcomes import classify, find_error

# The numbers: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
VERIFY_CODES = {
    "chain: issuer not found": (2, 20, 21),
    "chain: signature does not verify": (7,),
    "validity: not yet valid": (9,),
    "validity: expired": (10,),
    "chain: self-signed certificate": (18,),
    "chain: root not trusted": (19,),
    "chain: chain too long": (22,),
    "chain: revoked": (23,),
    "chain: issuer is not a CA": (24, 79),
    "chain: path length exceeded": (25,),
    "chain: wrong purpose": (26,),
    "chain: certificate rejected": (28,),
    "chain: issuer may not sign certificates": (32,),
    "chain: unknown critical extension": (34,),
    "chain: name constraint violated": (47, 48),
    "hostname: name does not match": (62, 64),
    "chain: key too small": (66,),
    "chain: authority key identifier missing": (85,),
    "chain: subject key identifier missing": (86,),
}
TLS_REASONS = {
    "not TLS": (
        *("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"),
        *("PACKET_LENGTH_TOO_LONG", "BAD_RECORD_TYPE"),
    ),
    "no common TLS version": ("UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "NO_PROTOCOLS_AVAILABLE"),
    "message too large": ("EXCESSIVE_MESSAGE_SIZE",),
    "malformed message": ("LENGTH_MISMATCH", "LENGTH_TOO_SHORT", "BAD_LENGTH"),
    "unreadable certificate": ("CERT_LENGTH_MISMATCH",),
}


def words(error: BaseException) -> str:
    return ": ".join(classify(error))


def test_every_verify_code_has_its_words_and_every_other_its_number():
    named = {code: name for name, codes in VERIFY_CODES.items() for code in codes}
    for code in range(1, 100):
        error = ssl.SSLCertVerificationError(1, "certificate verify failed")
        error.verify_code = code
        assert words(error) == named.get(code, f"chain: verify code {code}")


def test_every_reason_of_tls_has_its_words():
    for name, reasons in TLS_REASONS.items():
        for reason in reasons:
            error = ssl.SSLError(1, "")
            error.reason = reason
            assert words(error) == f"network: {name}"


@pytest.mark.parametrize("error", [
    ssl.SSLWantReadError(2, "x"), ssl.SSLWantWriteError(3, "x"), ssl.SSLError(1, "The read operation timed out"),
])  # fmt: skip
def test_a_connection_that_waits_for_more_has_timed_out(error):
    assert words(error) == "network: timed out"


@pytest.mark.parametrize("error", [
    ssl.SSLZeroReturnError(6, "x"), ssl.SSLEOFError(8, "x"), EOFError(), BrokenPipeError(32, "x"),
])  # fmt: skip
def test_a_connection_that_ends_was_closed_by_the_peer(error):
    assert words(error) == "network: closed by the peer"


def test_the_reason_behind_an_error_without_one_is_taken():
    outer, inner = ssl.SSLError(1, "of a library"), ssl.SSLError(1, "")
    inner.reason = "HTTP_REQUEST"
    outer.__cause__ = inner
    assert words(outer) == "network: not TLS"


def test_an_error_without_a_reason_behind_one_that_has_it_changes_nothing():
    outer, inner = ssl.SSLError(1, ""), ssl.SSLError(1, "of a library")
    outer.reason = "HTTP_REQUEST"
    outer.__cause__ = inner
    assert words(outer) == "network: not TLS"


def test_a_socket_that_is_not_connected_was_closed_whatever_came_before():
    error = OSError(errno.ENOTCONN, "not connected")
    error.__context__ = RuntimeError("before")
    assert words(error) == "network: closed by the peer"


def test_of_two_errors_the_nearer_one_is_found():
    outer, wrapper = RuntimeError("outer"), RuntimeError("wrapper")
    outer.__cause__, outer.__context__ = TimeoutError("near"), wrapper
    wrapper.__cause__ = TimeoutError("far")
    assert str(find_error(outer, TimeoutError)) == "near"


def outcome(**changes: object) -> Outcome:
    fields = {"client": "app", "situation": "home", "hijacked": False, "accepted": True}
    return Outcome(**(fields | {"layer": None, "reason": "accepted"} | changes))


def test_an_outcome_says_who_where_and_what():
    assert repr(outcome()) == str(outcome()) == "app, home: accepted"
    refused = outcome(accepted=False, layer="pin", reason="no pinned key")
    assert str(refused) == "app, home: refused (pin: no pinned key)"
    assert str(outcome(hijacked=True)) == "app, home: accepted; the attacker read 0 bytes"
    read = outcome(hijacked=True, attacker_read=42)
    assert str(read) == "app, home: accepted; the attacker read 42 bytes"


def test_outcomes_are_printed_one_a_line():
    pair = Outcomes((outcome(), outcome(situation="café")))
    assert repr(pair) == str(pair) == "app, home: accepted\napp, café: accepted"
    assert [row.situation for row in pair] == ["home", "café"]
    assert (pair.clients, pair.situations) == (("app",), ("home", "café"))
    assert pair[:1] == (pair[0],)


def test_what_is_beside_the_point_does_not_tell_two_outcomes_apart():
    first = outcome()
    assert first == outcome(body=b"x", error=OSError(), events=(Event(1, "app", "asks"),))
    assert first != outcome(attacker_handshake=True)
    assert (first.attacker_read, first.attacker_handshake, first.body) == (0, False, b"")


def test_a_body_that_is_no_text_is_shown_all_the_same():
    assert outcome(body=b"1 \xff").screen == "1 \N{REPLACEMENT CHARACTER}"
    refused = outcome(accepted=False, body=b"x").screen
    assert refused == "No safe connection. Your data was not sent."


def test_an_event_says_who_does_what_and_to_whom():
    assert repr(Event(3, "app", "says hello", "bank")) == " 3. app -> bank: says hello"
    assert str(Event(12, "app", "waits")) == "12. app: waits"
