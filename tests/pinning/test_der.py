"""DER: what an element is, where it ends, and what every cut or wrong byte is called."""

import pytest

from certpin_lab import WireFormatError
from certpin_lab.pinning import der

INTEGER = b"\x02\x01\x05"


def long_form(size: int, length: int, content: int | None = None) -> bytes:
    """An octet string whose length stands in `size` bytes."""
    header = bytes([der.OCTET_STRING, 0x80 | size]) + length.to_bytes(size, "big")
    return header + bytes(length if content is None else content)


def test_the_tags_are_those_of_the_standard():
    """X.690 and X.680, section 8.4."""
    assert (der.BOOLEAN, der.INTEGER, der.BIT_STRING, der.OCTET_STRING) == (1, 2, 3, 4)
    assert (der.OID, der.SEQUENCE, der.SET) == (6, 0x30, 0x31)
    assert (der.UTC_TIME, der.GENERALIZED_TIME) == (0x17, 0x18)


def test_an_element_knows_its_content_and_its_own_bytes():
    found = der.element(b"\xff" + INTEGER + b"\xff", 1)
    assert (found.tag, found.content, found.encoded) == (der.INTEGER, b"\x05", INTEGER)
    assert (found.offset, found.start, found.end) == (1, 3, 4)


def test_an_element_may_be_empty():
    assert der.element(b"\x05\x00").content == b""
    assert der.element(b"\x04\x81\x00").content == b""


@pytest.mark.parametrize("length", [0, 1, 127])
def test_a_short_length_is_one_byte(length):
    assert len(der.element(bytes([der.OCTET_STRING, length]) + bytes(length)).content) == length


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_long_length_has_up_to_four_bytes(size):
    found = der.element(long_form(size, 200))
    assert (len(found.content), found.start) == (200, 2 + size)


def test_a_long_length_is_read_from_its_first_byte_on():
    assert len(der.element(long_form(2, 0x0102)).content) == 0x0102


@pytest.mark.parametrize(("data", "offset"), [
    (b"\x04\x80", 0),  # an indefinite length
    (long_form(5, 1), 0),
    (b"\x04\x81", 0),
    (b"\x04\x82\x00", 0),
    (b"\xff\x04\x81", 1),
])  # fmt: skip
def test_a_length_that_cannot_be_read_says_where_it_stands(data, offset):
    with pytest.raises(WireFormatError, match=f"length at byte {offset + 1} cannot be read"):
        der.element(data, offset)


@pytest.mark.parametrize(("data", "offset"), [(b"", 0), (b"\x02", 0), (INTEGER, 2), (INTEGER, 3)])
def test_an_element_that_does_not_begin_is_cut_off(data, offset):
    with pytest.raises(WireFormatError, match=rf"cut off at byte {offset}\."):
        der.element(data, offset)


@pytest.mark.parametrize("tag", [0x1F, 0x3F, 0xBF])
def test_a_tag_of_several_bytes_is_refused(tag):
    with pytest.raises(WireFormatError, match="At byte 0 there is a DER tag of several bytes"):
        der.element(bytes([tag, 0]))


def test_every_other_tag_is_one_byte():
    for tag in set(range(256)) - set(range(0x1F, 256, 0x20)):
        assert der.element(bytes([tag, 0])).tag == tag


def test_content_that_is_missing_is_counted():
    with pytest.raises(WireFormatError, match="at byte 0 announces 3 bytes; 2 are left"):
        der.element(b"\x04\x03ab")
    with pytest.raises(WireFormatError, match="at byte 0 announces 200 bytes; 199 are left"):
        der.element(long_form(2, 200, content=199))


def test_a_limit_inside_the_data_counts_as_its_end():
    assert der.element(INTEGER + INTEGER, 0, 3).end == 3
    for limit, says in ((1, "cut off"), (2, "announces 1 bytes; 0 are left")):
        with pytest.raises(WireFormatError, match=says):
            der.element(INTEGER + INTEGER, 0, limit)
    with pytest.raises(WireFormatError, match="length at byte 1"):
        der.element(long_form(2, 1), 0, 3)


def test_the_parts_fill_the_content_exactly():
    whole = der.element(b"\x30\x05" + INTEGER + b"\x05\x00" + INTEGER)
    assert [part.encoded for part in whole.parts()] == [INTEGER, b"\x05\x00"]
    assert der.element(b"\x30\x00").parts() == []
    with pytest.raises(WireFormatError, match="cut off at byte 5"):
        der.element(b"\x30\x04" + INTEGER + b"\x05\x00").parts()


def test_the_expected_parts_are_given_and_any_others_refused():
    pair = der.element(b"\x30\x05" + INTEGER + b"\x05\x00")
    assert [part.tag for part in der.expect(pair, "pair", der.INTEGER, 5)] == [der.INTEGER, 5]
    for tags in ((der.INTEGER,), (5, der.INTEGER), (der.INTEGER, 5, 5)):
        with pytest.raises(
            WireFormatError, match=f"at byte 0 is not a pair: .* the {len(tags)} parts"
        ):
            der.expect(pair, "pair", *tags)
