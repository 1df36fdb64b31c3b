"""Inputs for hypothesis: real ones, real ones changed somewhere, and new ones built the way the
reader expects them.

Of what is built, each part is right four times in five, and anything otherwise. Limit: no
certificates are built, only changed.
"""

from __future__ import annotations

import base64
import json

from hypothesis import strategies as st

from certpin_lab.pinning.pins import Pin
from tests.hard.fuzz.mutate import mutate
from tests.hard.fuzz.seeds import KINDS, certificates
from tests.hard.fuzz.targets import Target, chain


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Inputs worth giving to this target, cut to its longest."""
    seeds = [seed for kind in target.seeds for seed in KINDS[kind]()]
    changed = st.builds(
        mutate, st.sampled_from(seeds), st.randoms(use_true_random=False), st.just(seeds)
    )
    built = [BUILT[kind] for kind in target.seeds if kind in BUILT]
    return st.one_of(changed, *built, st.sampled_from(seeds), st.binary(max_size=64)).map(
        lambda data: data[: target.longest]
    )


@st.composite
def mostly(draw: st.DrawFn, good: st.SearchStrategy, other: st.SearchStrategy) -> object:
    return draw(other if draw(st.integers(0, 4)) == 4 else good)


# TLS, from the inside out.


def counted(size: int, content: bytes) -> bytes:
    """A length of `size` bytes, and what it counts."""
    return len(content).to_bytes(size, "big") + content


def listed(size: int, each: st.SearchStrategy[bytes], most: int = 4) -> st.SearchStrategy[bytes]:
    return st.lists(each, max_size=most).map(lambda parts: counted(size, b"".join(parts)))


def typed(
    kind: int, kind_size: int, size: int, body: st.SearchStrategy[bytes]
) -> st.SearchStrategy[bytes]:
    return mostly(body, SHORT).map(
        lambda content: kind.to_bytes(kind_size, "big") + counted(size, content)
    )


SHORT, TWO, ANY_TEXT = (
    st.binary(max_size=12),
    st.binary(min_size=2, max_size=2),
    st.text(max_size=80),
)
NAME = st.builds(
    lambda kind, name: bytes([kind]) + counted(2, name),
    st.integers(0, 1),
    ANY_TEXT.map(str.encode) | SHORT,
)
SHARE = st.builds(lambda group, key: group + counted(2, key), TWO, SHORT)
EXTENSION = st.one_of(
    typed(0, 2, 2, listed(2, NAME)),
    typed(43, 2, 2, listed(1, TWO) | TWO),
    typed(51, 2, 2, listed(2, SHARE) | SHARE),
    st.integers(1, 65535).flatmap(lambda kind: typed(kind, 2, 2, SHORT)),
)
EXTENSIONS = mostly(listed(2, EXTENSION), SHORT)
START = st.builds(lambda version, session: version + bytes(32) + counted(1, session), TWO, SHORT)
CLIENT = st.builds(
    lambda start, suites, after: start + suites + b"\x01\x00" + after,
    START,
    listed(2, TWO),
    EXTENSIONS,
)
SERVER = st.builds(lambda start, after: start + b"\x13\x01\x00" + after, START, EXTENSIONS)
CERTIFICATES = listed(
    3, mostly(st.sampled_from(certificates()), SHORT).map(lambda der: counted(3, der)), 3
)
MESSAGE = st.one_of(
    typed(1, 1, 3, CLIENT),
    typed(2, 1, 3, SERVER),
    typed(11, 1, 3, CERTIFICATES),
    typed(8, 1, 3, SHORT),
)
BETWEEN = st.sampled_from(
    [b"\x14\x03\x03\x00\x01\x01", b"\x15\x03\x03\x00\x02\x02\x28", b"\x16\x03\x03\x00\x00"]
)


@st.composite
def flights(draw: st.DrawFn) -> bytes:
    """Handshake messages in records: whole, several in one, or cut anywhere; some with another
    record behind them.
    """
    messages = draw(st.lists(MESSAGE, min_size=1, max_size=3))
    data = b""
    for left in messages if draw(st.booleans()) else [b"".join(messages)]:
        while left:
            cut = draw(mostly(st.just(len(left)), st.integers(1, len(left))))
            data += b"\x16\x03\x03" + counted(2, left[:cut]) + draw(mostly(st.just(b""), BETWEEN))
            left = left[cut:]
    return data


# Text.

ODD_TEXT = ANY_TEXT | st.text("ab.*%:/\x1b\ud800é", max_size=400)
NAMES = [
    "bank",
    "BANK",
    "example",
    "xn--a",
    "*",
    "**",
    "",
    "faß",
    "é",
    "1",
    "0x1",
    "a" * 63,
    "::ffff:1",
    "::%e",
]
HOST = st.lists(mostly(st.sampled_from(NAMES), ODD_TEXT), min_size=1, max_size=4).map(".".join)
PINS = [Pin.of(certificate).digest for certificate in chain()]
DIGEST = mostly(st.sampled_from(PINS) | st.binary(min_size=32, max_size=32), st.binary(max_size=64))
SPELLINGS = (
    lambda digest: base64.urlsafe_b64encode(digest).decode(),
    lambda digest: base64.b64encode(digest).decode().rstrip("="),
    lambda digest: digest.hex(),
)
PIN = st.builds(
    lambda before, spelling, digest, after: before + spelling(digest) + after,
    mostly(
        st.just("sha256/"),
        st.sampled_from(["sha256//", "", " sha256/", "sha1/", "SHA256:", 'pin-sha256="']),
    ),
    mostly(st.just(lambda digest: base64.b64encode(digest).decode()), st.sampled_from(SPELLINGS)),
    DIGEST,
    mostly(st.just(""), st.sampled_from(["=", " ", "\n", '"']) | ODD_TEXT),
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | ODD_TEXT,
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
DATE = st.datetimes(timezones=st.none() | st.timezones()).map(lambda moment: moment.isoformat())
OPTIONS = {
    "banned": st.lists(PIN, max_size=2),
    "position": st.sampled_from(["any", "leaf", "ca"]),
    "expires": DATE,
    "after_expiry": st.sampled_from(["refuse", "accept"]),
    "enforce": st.booleans(),
}
ENTRY = st.fixed_dictionaries(
    {"pins": mostly(st.lists(PIN, min_size=1, max_size=3), ANY)},
    optional={name: mostly(value, ANY) for name, value in OPTIONS.items()},
)
HOSTS = st.dictionaries(
    HOST, mostly(ENTRY, st.dictionaries(ODD_TEXT, ANY, max_size=2)), min_size=1, max_size=3
)
POLICY = st.fixed_dictionaries(
    {"hosts": mostly(HOSTS, ANY)}, optional={"unlisted": mostly(st.just("refuse"), ANY)}
)

BUILT = {
    "handshakes": flights(),
    "hosts": HOST.map(lambda text: text.encode("utf-8", "surrogatepass")),
    "pins": PIN.map(lambda text: text.encode("utf-8", "surrogatepass")),
    "policies": mostly(POLICY, st.dictionaries(ODD_TEXT, ANY, max_size=2)).map(
        lambda content: json.dumps(content).encode()
    ),
}
