"""Outcomes in words that stay the same, whatever the library or the version of OpenSSL."""

import errno
import ssl
import urllib.error

import pytest

from certpin_lab import Outcome, Outcomes, PinMismatchError
from certpin_lab.lab.outcomes import AnswerError, classify, find_error

MISMATCH = PinMismatchError("no pinned key", "no key of the verified chain is pinned.")


def certificate_error(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


def wrapped(error: BaseException, how: str) -> BaseException:
    if how == "reason":
        return urllib.error.URLError(error)
    if how == "args":
        return RuntimeError("max retries", error)
    outer = RuntimeError("failed")
    if how == "cause":
        outer.__cause__ = error
    else:
        outer.__context__ = error
    return outer


@pytest.mark.parametrize("how", ["reason", "args", "cause", "context"])
def test_the_error_is_found_in_whatever_wraps_it(how):
    twice = wrapped(wrapped(MISMATCH, how), "cause")
    assert find_error(twice, PinMismatchError) is MISMATCH
    assert find_error(twice, TimeoutError) is None
    assert classify(twice) == ("pin", "no pinned key")


def test_a_circle_of_errors_is_walked_once():
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__context__, other.__context__ = other, one
    assert find_error(one, TimeoutError) is None


@pytest.mark.parametrize(("error", "expected"), [
    (certificate_error(10), ("validity", "expired")),
    (certificate_error(9), ("validity", "not yet valid")),
    (certificate_error(18), ("chain", "self-signed certificate")),
    (certificate_error(20), ("chain", "issuer not found")),
    (certificate_error(47), ("chain", "name constraint violated")),
    (certificate_error(62), ("hostname", "name does not match")),
    (certificate_error(999), ("chain", "verify code 999")),
    (tls_error("TLSV1_ALERT_UNKNOWN_CA"), ("network", "alert: unknown ca")),
    (tls_error("SSL/TLS_ALERT_BAD_CERTIFICATE"), ("network", "alert: bad certificate")),
    (tls_error("WRONG_VERSION_NUMBER"), ("network", "not TLS")),
    (tls_error("UNSUPPORTED_PROTOCOL"), ("network", "no common TLS version")),
    (tls_error("UNEXPECTED_EOF_WHILE_READING"), ("network", "closed by the peer")),
    (tls_error("EXCESSIVE_MESSAGE_SIZE"), ("network", "message too large")),
    (tls_error("LENGTH_MISMATCH"), ("network", "malformed message")),
    (ssl.SSLError(1, "[SSL] ASN1 lib (_ssl.c:1006)"), ("network", "unreadable certificate")),
    (tls_error("SOMETHING_NEW"), ("network", "TLS failed")),
    (ssl.SSLEOFError(8, "EOF"), ("network", "closed by the peer")),
    (TimeoutError("slow"), ("network", "timed out")),
    (ConnectionAbortedError("SSL handshake is taking longer than 5 seconds"), ("network", "timed out")),
    (ConnectionRefusedError(111, "refused"), ("network", "no connection")),
    (AnswerError("half of it"), ("network", "no proper answer")),
    (ConnectionResetError(104, "reset"), ("network", "closed by the peer")),
    (OSError(errno.ENOTCONN, "not connected"), ("network", "closed by the peer")),
    (OSError(errno.EADDRNOTAVAIL, "no route"), ("network", "no connection")),
])  # fmt: skip
def test_every_failure_has_a_layer_and_words_of_its_own(error, expected):
    assert classify(error) == expected


@pytest.mark.parametrize(("hijacked", "accepted", "read", "verdict"), [
    (False, True, 0, "served"), (False, False, 0, "locked out"), (True, True, 100, "exposed"), (True, True, 0, "exposed"),
    (True, False, 0, "protected"), (True, False, 1, "exposed"),
])  # fmt: skip
def test_the_verdict_is_what_it_means_to_the_user(hijacked, accepted, read, verdict):
    layer = None if accepted else "pin"
    assert Outcome("app", "somewhere", hijacked, accepted, layer, "reason", read).verdict == verdict


def test_outcomes_are_found_by_position_and_by_name():
    rows = tuple(
        Outcome(client, place, False, True, None, "accepted")
        for place in ("home", "café")
        for client in ("a", "b")
    )
    outcomes = Outcomes(rows)
    assert outcomes["b", "café"] is outcomes[3] is outcomes[-1]
    assert (outcomes.clients, outcomes.situations, len(outcomes)) == (
        ("a", "b"),
        ("home", "café"),
        4,
    )
    with pytest.raises(KeyError, match="clients are"):
        outcomes["c", "café"]


def test_what_the_user_sees_is_the_answer_or_that_there_is_none():
    assert (
        Outcome("app", "home", False, True, None, "accepted", body="Balance: 1 €".encode()).screen
        == "Balance: 1 €"
    )
    assert Outcome("app", "home", False, False, "pin", "no pinned key").screen.startswith(
        "No safe connection"
    )
