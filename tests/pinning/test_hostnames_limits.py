"""How long a host name may be, and which of its last labels make it an address."""

import pytest

from certpin_lab import HostnameError
from certpin_lab.pinning.hostnames import HostPattern, canonical_hostname, families

LONGEST = ".".join(["a" * 49] * 5) + ".abc"  # 253 characters: RFC 1035, section 2.3.4, without dot


@pytest.mark.parametrize("dot", ["", "."])
def test_253_characters_are_a_host_name_and_254_are_none(dot):
    assert len(canonical_hostname(LONGEST + dot)) == 253
    with pytest.raises(HostnameError, match="is not a host name"):
        canonical_hostname(f"{LONGEST}d{dot}")


def test_a_label_may_begin_and_end_with_a_digit_and_be_one_character_long():
    assert canonical_hostname("1a.2.x-3.e") == "1a.2.x-3.e"


@pytest.mark.parametrize("name", ["0x7f.example", "7.example", "x0x.example", "1.0xample.example"])
def test_only_the_last_label_makes_a_name_an_address(name):
    assert canonical_hostname(name) == name


@pytest.mark.parametrize("address", ["::1%lo", "fe80::1%eth0", "127.0.0.1%lo", "bank%2eexample"])
def test_a_zone_or_an_escape_is_named(address):
    with pytest.raises(HostnameError, match="zone or an escape"):
        canonical_hostname(address)


def test_an_address_may_end_in_a_dot_too():
    assert canonical_hostname("127.0.0.1.") == "127.0.0.1"


def test_a_mapped_address_is_written_with_dots_and_any_other_is_not():
    assert canonical_hostname("::FFFF:127.0.0.1") == "::ffff:127.0.0.1"
    assert canonical_hostname("::FFFE:127.0.0.1") == "::fffe:7f00:1"


def test_text_that_no_standard_encodes_is_no_international_name():
    with pytest.raises(HostnameError, match="not a valid international host name"):
        canonical_hostname("\N{ZERO WIDTH JOINER}.example")


def test_a_pattern_of_another_type_says_which():
    with pytest.raises(HostnameError, match=r"host pattern is text, .* not bytes"):
        HostPattern.parse(b"*.bank.example")


def test_the_families_of_a_host_come_with_the_widest_first():
    assert families("a.b.c") == ["**.c", "**.b.c", "**.a.b.c", "*.b.c", "a.b.c"]
    assert families("c") == ["**.c", "c"]
