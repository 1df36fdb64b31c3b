"""DER, the encoding of certificates and keys, read with bounds (X.690, sections 8.1 and 10.1).

Every length is checked before anything is read, so truncated, oversized or random bytes end in
`WireFormatError`, quickly.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import WireFormatError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID, SEQUENCE, SET = (
    0x01,
    0x02,
    0x03,
    0x04,
    0x06,
    0x30,
    0x31,
)
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18


@dataclass(frozen=True)
class Element:
    """One DER element: where it begins in `data`, where its content lies, and its tag."""

    data: bytes
    offset: int
    start: int  # of the content
    end: int
    tag: int

    @property
    def content(self) -> bytes:
        """The bytes after the header."""
        return self.data[self.start : self.end]

    @property
    def encoded(self) -> bytes:
        """The element's own bytes, header included."""
        return self.data[self.offset : self.end]

    def parts(self) -> list[Element]:
        """The elements that its content consists of.

        Raises `WireFormatError` where they do not fill it exactly.
        """
        found, offset = [], self.start
        while offset < self.end:
            found.append(element(self.data, offset, self.end))
            offset = found[-1].end
        return found


def element(data: bytes, offset: int = 0, limit: int | None = None) -> Element:
    """The element at `offset`, which must end at or before `limit`.

    By default the limit is the end of the data.
    """
    limit = len(data) if limit is None else limit
    if offset + 2 > limit:
        raise WireFormatError(f"The DER is cut off at byte {offset}.")
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if tag & 0x1F == 0x1F:
        raise WireFormatError(
            f"At byte {offset} there is a DER tag of several bytes, which certificates do not use."
        )
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4 or start + size > limit:
            raise WireFormatError(f"The DER length at byte {offset + 1} cannot be read.")
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    if length > limit - start:
        raise WireFormatError(
            f"The DER element at byte {offset} announces {length} bytes; {limit - start} are left."
        )
    return Element(data, offset, start, start + length, tag)


def expect(parent: Element, name: str, *tags: int) -> list[Element]:
    """The parts of an element, which must have these tags, in this order.

    `name` says in the error what the element should be.
    """
    parts = parent.parts()
    if [part.tag for part in parts] != list(tags):
        raise WireFormatError(
            f"The element at byte {parent.offset} is not a {name}: it does not have the "
            f"{len(tags)} parts expected there."
        )
    return parts
