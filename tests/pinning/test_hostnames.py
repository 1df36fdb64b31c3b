"""Host names in one spelling, and the patterns that match them."""

from contextlib import nullcontext
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certpin_lab import HostnameError, Pin, PinPolicy, PinSet, PolicyError
from certpin_lab.pinning.hostnames import HostPattern, canonical_hostname


@pytest.mark.parametrize(("spelling", "canonical"), [
    ("bank.example", "bank.example"),
    ("BANK.Example", "bank.example"),
    ("bank.example.", "bank.example"),
    ("bücher.example", "xn--bcher-kva.example"),
    ("BÜCHER.example.", "xn--bcher-kva.example"),
    ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ("localhost", "localhost"),
    ("a_b.example", "a_b.example"),
    ("127.0.0.1", "127.0.0.1"),
    ("::1", "::1"),
    ("0:0:0:0:0:0:0:1", "::1"),
    ("::ffff:c000:201", "::ffff:192.0.2.1"),
    (f"{'a' * 63}.example", f"{'a' * 63}.example"),
])  # fmt: skip
def test_every_spelling_becomes_one(spelling, canonical):
    assert canonical_hostname(spelling) == canonical
    assert canonical_hostname(canonical) == canonical


@pytest.mark.parametrize(("text", "says"), [
    ("https://bank.example", "URL"), ("bank.example/login", "URL"), ("bank.example?x", "URL"), ("bank.example#x", "URL"),
    ("bank.example:443", "port"), ("[::1]", "brackets"), ("[::1]:443", "brackets"), (":443", "port"),
    ("ada@bank.example", "userinfo"), ("", "empty"), (".", "empty"), ("...", "empty"),
    ("bank..example", "not a host name"), (".bank.example", "not a host name"), ("bank.example..", "not a host name"),
    ("-bank.example", "not a host name"), ("bank-.example", "not a host name"), ("ba nk.example", "not a host name"),
    ("bank.example\n", "not a host name"), ("bank\x00.example", "not a host name"), ("*.bank.example", "not a host name"),
    (f"{'a' * 64}.example", "not a host name"), (".".join(["a" * 50] * 6), "not a host name"),
    ("1.2.3", "IP address"), ("2130706433", "IP address"), ("0x7f.0x1", "IP address"), ("127.0.0.1.5", "IP address"),
    ("faß.example", "IDNA 2003"), (b"bank.example", "bytes"), (None, "NoneType"),
])  # fmt: skip
def test_what_is_no_host_name_says_so(text, says):
    with pytest.raises(HostnameError, match=says) as caught:
        canonical_hostname(text)
    assert isinstance(caught.value, ValueError)


@given(st.text(max_size=300))
def test_no_text_makes_it_do_anything_else(text):
    try:
        canonical = canonical_hostname(text)
    except HostnameError:
        return
    assert canonical_hostname(canonical) == canonical
    assert canonical.isascii()
    assert canonical == canonical.lower()


@pytest.mark.parametrize(("pattern", "matching", "others"), [
    ("bank.example", ["bank.example"], ["www.bank.example", "evil-bank.example", "xbank.example", "bank.example.evil.test"]),
    ("*.bank.example", ["www.bank.example"], ["bank.example", "a.b.bank.example", "evilbank.example", "www.bank.example.evil.test"]),
    ("**.bank.example", ["bank.example", "www.bank.example", "a.b.bank.example"], ["evilbank.example", "example"]),
    ("127.0.0.1", ["127.0.0.1"], ["1.127.0.0.1", "27.0.0.1"]),
])  # fmt: skip
def test_a_pattern_matches_its_family_and_no_look_alike(pattern, matching, others):
    parsed = HostPattern.parse(pattern)
    assert str(parsed) == pattern
    assert [host for host in matching if not parsed.matches(host)] == []
    assert [host for host in others if parsed.matches(host)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "**",
        "*.",
        "**.",
        "www.*.example",
        "w*.bank.example",
        "***.example",
        "*.*.example",
        "*.127.0.0.1",
        "",
        None,
    ],
)
def test_asterisks_stand_only_in_front(pattern):
    with pytest.raises(HostnameError):
        HostPattern.parse(pattern)


LABELS = ("a", "b")
HOSTS = [".".join(labels) for count in (1, 2, 3, 4, 5) for labels in product(LABELS, repeat=count)]
PATTERNS = st.builds(
    lambda stars, labels: HostPattern(stars, ".".join(labels)),
    st.sampled_from(["", "*", "**"]),
    st.lists(st.sampled_from(LABELS), min_size=1, max_size=3),
)


@given(PATTERNS, PATTERNS)
def test_two_families_must_agree_exactly_when_some_host_belongs_to_both(one, other):
    first, second = (PinSet([Pin(bytes(32))], enforce=enforce) for enforce in (True, False))
    shared = any(one.matches(host) and other.matches(host) for host in HOSTS)
    with pytest.raises(PolicyError, match="share hosts") if shared else nullcontext():
        PinPolicy({str(one): first, f"{other}.": second})
