"""What every cell must say, as data: the same on every version of Python and OpenSSL, and from run
to run.

A row has what most entry points say, and then those that say something else. The reason for each
difference stands beside it.
"""

from __future__ import annotations

TIMED_OUT = "network: timed out"
CLOSED = "network: closed by the peer"
NO_ANSWER = "network: no proper answer"
NOT_TLS = "network: not TLS"
OLD = "network: no common TLS version"
ENDED = "ended"


def _row(client: str, upstream: str | None = "", **others: str) -> dict[str, str]:
    """client: what the client entry points say. upstream: what the attacker notes of its host
    (None: what the victim gets is all).
    """
    attacker = client if upstream is None else f"{NO_ANSWER} / {upstream}"
    return {"": client, "attacker": attacker, "tunnel": ENDED} | others


# The attacker's victim gets no answer whenever the attacker got none: it hangs up, and its record
# has the word.
SERVERS: dict[str, dict[str, str]] = {
    "behaves": _row("accepted", None),
    "says_nothing": _row(TIMED_OUT, "timed out"),
    "closes_at_once": _row(CLOSED, "closed by the peer"),
    "resets": _row(CLOSED, "closed by the peer"),
    "sends_plain_http": _row(NOT_TLS, "not TLS"),
    "sends_random_bytes": _row(NOT_TLS, "not TLS"),
    "sends_an_alert": _row("network: alert: handshake failure", "alert: handshake failure"),
    "truncates_a_record": _row(CLOSED, "closed by the peer"),
    "leaves_in_the_handshake": _row(CLOSED, "closed by the peer"),
    "presents_no_certificate": _row("network: malformed message", "malformed message"),
    "presents_a_hundred_certificates": _row(
        "accepted", None
    ),  # 99 of them are idle, and OpenSSL does not mind
    "presents_ten_megabytes": _row("network: message too large", "message too large"),
    "presents_an_unreadable_certificate": _row(
        "network: unreadable certificate", "unreadable certificate"
    ),
    "stalls_in_the_server_hello": _row(TIMED_OUT, "timed out"),
    "stalls_in_its_certificate": _row(TIMED_OUT, "timed out"),
    "stalls_before_its_finished": _row(TIMED_OUT, "timed out"),
    "stalls_before_the_answer": _row(TIMED_OUT, None),
    "stalls_in_the_answer": _row(TIMED_OUT, None),
    "drips_the_handshake": _row(TIMED_OUT, "timed out"),
    # Most libraries wait anew for each byte: the lab's own ends hang up. These three have a
    # deadline for the whole request.
    "drips_the_answer": _row(NO_ANSWER, None, aiohttp=TIMED_OUT, asyncio=TIMED_OUT, bare=TIMED_OUT),
    "offers_tls_1_0": _row(OLD, "no common TLS version"),
    "offers_tls_1_1": _row(OLD, "no common TLS version"),
    "asks_for_a_client_certificate": _row("accepted", None),
    # In TLS 1.3 the refusal comes when the client has already sent its request, so the attacker's
    # part in it is over.
    "insists_on_a_client_certificate": _row(
        "network: alert: certificate required", None, attacker=NO_ANSWER
    ),
    "ends_without_close_notify": _row(
        "accepted", None
    ),  # the answer is whole: HTTP says how long it is
    "answers_too_late": _row(TIMED_OUT, None),
    "closes_in_the_answer": _row(NO_ANSWER, None),
    "cuts_the_answer_off": _row(NO_ANSWER, None),
    "answers_nonsense": _row(NO_ANSWER, None),
}


def server_claim(fault: str, entry: str) -> str:
    """What this entry point says of this faulty server."""
    row = SERVERS[fault]
    return row.get(entry, row[""])


def _record(server: str, attacker: str | None = None) -> dict[str, str]:
    return {"": server, "attacker": attacker or server, "gateway": "hung up"}


_SOME = "handshake, some received, "
_NOTHING = "handshake, nothing received, "
_NO = "no handshake, nothing received, "
# By (fault, was it after the handshake?): the record of the server or the attacker; the gateway
# keeps none of who asks for nothing.
CLIENTS: dict[tuple[str, bool], dict[str, str]] = {
    ("is_silent", False): _record(_NO + "timed out"),
    ("hangs_up", False): _record(_NO + "closed by the peer"),
    ("aborts", False): _record(_NO + "closed by the peer"),
    ("sends_garbage", False): _record(_NO + "not TLS"),
    ("sends_half_a_hello", False): _record(_NO + "timed out"),
    ("stalls_after_its_hello", False): _record(_NO + "timed out"),
    ("drips_its_hello", False): _record(_NO + "timed out"),
    ("is_silent", True): _record(_NOTHING + "timed out"),
    ("hangs_up", True): _record(_NOTHING + "None"),
    ("aborts", True): _record(_NOTHING + "None"),
    # What is wrong with the request is the host's business: the attacker passes it on, and that
    # ends without an error.
    ("sends_garbage", True): _record(_SOME + "timed out", _SOME + "None"),
    ("drips_its_request", True): _record(_SOME + "timed out", _SOME + "None"),
    ("sends_a_header_of_ten_megabytes", True): _record(_SOME + "None"),
    ("sends_headers_for_ever", True): _record(_SOME + "None"),
    ("sends_a_body_for_ever", True): _record(_SOME + "None"),
    ("never_reads_the_answer", True): _record(_SOME + "timed out", _SOME + "None"),
}


def client_claim(fault: str, late: bool, target: str) -> str:
    """What this server of the lab says of this faulty client."""
    row = CLIENTS[fault, late]
    return row.get(target, row[""])
