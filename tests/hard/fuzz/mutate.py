"""Changes to real input that random bytes would never hit upon, for both drivers. All chance comes
from the `Random` given.

Bytes are cut, copied and overwritten; DER is taken apart, changed somewhere, and written again with
lengths that fit, so that a change deep inside reaches the code that reads it. Limit: DER with
long-form tags or without a definite length is mutated as bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

Tree = tuple[
    int | None, "bytes | list[Tree]"
]  # a tag and a content; without a tag, bytes to be written as they are
NUMBERS = (0x00, 0x01, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF)
TAGS = (
    0x01,
    0x02,
    0x03,
    0x04,
    0x05,
    0x06,
    0x0C,
    0x13,
    0x17,
    0x18,
    0x30,
    0x31,
    0x82,
    0xA0,
    0xA3,
    0x1F,
)


def mutate(data: bytes, chance: Random, others: Sequence[bytes] = ()) -> bytes:
    """One to four changes to these bytes; `others` are inputs that parts may be taken from."""
    for _ in range(chance.randint(1, 4)):
        der = data[:1] == b"\x30" and chance.random() < 0.7
        data = _as_der(data, chance) if der else _as_bytes(data, chance, others)
    return data


def _as_bytes(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    start = chance.randint(0, len(data))
    end = min(len(data), start + chance.choice((0, 1, 1, 2, 4, 16, 64)))
    donor = chance.choice(others) if others else data
    take = chance.randint(0, len(donor))
    piece = chance.choice((
        b"",
        bytes([chance.choice(NUMBERS)]) * (end - start or 1),
        bytes([chance.randint(0, 255)]),
        bytes(byte ^ 1 << chance.randint(0, 7) for byte in data[start:end]),
        data[start:end] * 2,
        donor[take : take + chance.choice((1, 8, 64, 512))],
    ))  # fmt: skip
    return data[:start] + piece + data[end:]


def _as_der(data: bytes, chance: Random) -> bytes:
    trees = parse(data)
    if trees is None:
        return _as_bytes(data, chance, ())
    nodes = trees
    while chance.random() < 0.8:  # go down, to where something is changed
        inner = [content for _, content in nodes if isinstance(content, list) and content]
        if not inner:
            break
        nodes = chance.choice(inner)
    position = chance.randrange(len(nodes))
    tag, content = nodes[position]
    change = chance.randint(0, 6)
    if change == 0:
        nodes[position : position + 1] = []
    elif change == 1:
        nodes[position:position] = [(tag, content)] * chance.choice((1, 1, 1, 20))
    elif change == 2:
        nodes[position] = (chance.choice(TAGS), content)
    elif change == 3:
        other = chance.randrange(len(nodes))
        nodes[position], nodes[other] = nodes[other], nodes[position]
    elif change == 4:
        element = write((tag, content))
        lie = chance.choice((*NUMBERS, (element[1] + 1) % 256))
        nodes[position] = (None, element[:1] + bytes([lie]) + element[2:])
    else:
        body = b"".join(map(write, content)) if isinstance(content, list) else content
        nodes[position] = (tag, _as_bytes(body, chance, ()))
    return b"".join(map(write, trees))


def parse(data: bytes, depth: int = 0) -> list[Tree] | None:
    """The DER elements in these bytes, opened as far as they can be; None where the bytes are not
    DER.
    """
    found: list[Tree] = []
    offset = 0
    while offset < len(data):
        if offset + 2 > len(data) or data[offset] & 0x1F == 0x1F:
            return None
        size = data[offset + 1] & 0x7F if data[offset + 1] & 0x80 else 0
        start = offset + 2 + size
        length = int.from_bytes(data[offset + 2 : start], "big") if size else data[offset + 1]
        if size > 4 or start + length > len(data):
            return None
        content = data[start : start + length]
        opened = (
            parse(content, depth + 1)
            if data[offset] & 0x20 or (data[offset] == 0x04 and depth < 9)
            else None
        )
        found.append((data[offset], content if opened is None else opened))
        offset = start + length
    return found


def write(tree: Tree) -> bytes:
    """The element in DER, with the shortest length."""
    tag, content = tree
    body = b"".join(map(write, content)) if isinstance(content, list) else content
    if tag is None:
        return body
    size = (len(body).bit_length() + 7) // 8 or 1
    length = (
        bytes([len(body)])
        if len(body) < 0x80
        else bytes([0x80 | size]) + len(body).to_bytes(size, "big")
    )
    return bytes([tag]) + length + body
