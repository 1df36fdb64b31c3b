"""The pin doctor: which wrong recipe made this pin?

A pin that never matches looks like any other. Given the pin and the certificates it should match,
`diagnose` makes every hash that people are known to make instead, and says which one it is. Reads
only what it is given: nothing is fetched, no signature verified.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from cryptography import x509

from .certificate import subject_text
from .errors import PinFormatError
from .key_files import KeyFileError, read_keys
from .pins import Pin
from .recipes import (
    LENGTHS,
    Made,
    is_hash_of_nothing,
    is_self_issued,
    makings,
    never_matches,
)

_LONGEST = 4096  # characters of a text that are looked at
_PREFIX = re.compile(r"(?i)(?:pin-)?(?:sha-?(?:1|256|384|512)|sha3-(?:256|384|512)|md5)[/:=]\s*")
_SHORTEST = 8  # characters that a piece of a pin must have to be recognised
# A digest inside the output of a tool or a line of a configuration: in hex, or in base64 (22
# characters are an MD5).
_INSIDE = re.compile(
    r"(?:[0-9a-fA-F]{2}[:-]?){15,63}[0-9a-fA-F]{2}(?![\w+/])|[\w+/-]{22,}={0,2}", re.ASCII
)
_MOST = 8  # of them are looked at
_NOTES = {
    "certificate hash": "It changes at every renewal, also when the key stays.",
    "hash of a name": "Anybody may write that name into a certificate.",
    "SSH key": "SSH has its own format for keys and its own fingerprints.",
}
# What happens to a whole text on its way: the name, the sentence, and how to undo it.
_REPAIRS = (
    ("URL encoding", "It is URL-encoded ('%2F' for '/').", unquote),
    ("plus turned into a space", "Its '+' became a space.", lambda text: text.replace(" ", "+")),
)
_DAMAGES = {
    "changed case": "Its capital and small letters were changed.",
    "truncated": "It was cut off before its end.",
    "one wrong character": "One of its characters is wrong.",
}


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a pin, if anything.

    `recipe`: how it was made, in words that never change: "right", "certificate hash", "raw key
    bits" and so on, or "nothing matches". `position`: the certificate of the chain that it was
    made from, 0 for the leaf, None for none of them. `finding`: the same in a sentence. `advice`:
    what to do. Printed, it is both.
    """

    recipe: str
    finding: str
    advice: str
    position: int | None = None

    @property
    def right(self) -> bool:
        """Whether the pin will match one of the certificates as it stands."""
        return self.recipe == "right"

    def __str__(self) -> str:
        return f"{self.finding} {self.advice}"

    __repr__ = __str__


@dataclass(frozen=True)
class _Spelling:
    """The bytes that a text stands for, and what is wrong with its spelling (empty if nothing)."""

    digest: bytes
    name: str = ""
    fault: str = ""


def diagnose(pin: str | Pin, chain: Sequence[x509.Certificate]) -> Diagnosis:
    """Say how this pin was made, and whether it will match.

    pin: the text as it is in somebody's configuration: `sha256/...`, bare base64, hex, a tool's
        whole output.
    chain: the certificates that it should match, leaf first; the leaf alone is enough, more of them
        find more.

    Raises TypeError for a pin that is not text, ValueError for an empty chain. Text that is no
    digest at all is a finding, not an error. Whether the chain is valid, or the right one, is not
    checked.
    """
    chain = tuple(chain)
    if not chain:
        raise ValueError("Give at least one certificate to compare the pin with.")
    if not isinstance(pin, str | Pin):
        raise TypeError(f"A pin must be text; got {type(pin).__name__}.")
    if pasted := _pasted_pem(str(pin), chain):
        return pasted
    text = str(pin)[:_LONGEST]
    for spelling in _spellings(text):
        for each in (spelling, *_turned(spelling)):
            if found := _known(each, chain) or _matching(each, chain):
                return found
    return _damaged(text, chain) or _nothing_matches(text, chain)


# What was written.


def _spellings(text: str) -> Iterator[_Spelling]:
    """What this text may stand for.

    The strict reading alone where there is one, and last whatever is inside the text.
    """
    try:
        yield _Spelling(Pin.parse(text).digest)
        return
    except PinFormatError:
        pass
    yield from _lenient(text)
    for name, fault, undo in _REPAIRS:
        if (repaired := undo(text.strip())) != text.strip():
            yield from _within(repaired, name, fault)
    for inside in _INSIDE.findall(text)[:_MOST]:
        yield from _within(inside, "text around it", "There is other text around it.")


def _within(text: str, name: str, fault: str) -> Iterator[_Spelling]:
    for spelling in _lenient(text):
        yield _Spelling(spelling.digest, name, f"{fault} {spelling.fault}")


def _turned(spelling: _Spelling) -> Iterator[_Spelling]:
    """What the bytes stand for if they are themselves a text, or in reverse order."""
    text = spelling.digest.decode("ascii", "replace").strip()
    for digest, name, fault in (
        (
            _from_hex(text),
            "base64 of hex",
            "It is the base64 of the hex text, not of the 32 bytes.",
        ),
        (_from_base64(_PREFIX.sub("", text, count=1)), "double base64", "It is in base64 twice."),
        (spelling.digest[::-1], "reversed bytes", "Its bytes are in reverse order."),
    ):
        if digest:
            yield _Spelling(digest, name, fault)


def _lenient(text: str) -> Iterator[_Spelling]:
    bare = text.strip().strip("\"'`")
    found = _PREFIX.match(bare)
    prefix = found[0] if found else ""
    body = bare.removeprefix(prefix)
    yield from _readings(text, prefix, body)
    # curl's second slash; or the first character of the base64, which was tried already
    if found and body.startswith("/"):
        yield from _readings(text, f"{prefix}/", body[1:])


def _readings(text: str, prefix: str, body: str) -> Iterator[_Spelling]:
    compact = re.sub(r"\s+", "", body.strip('"'))
    if digest := _from_hex(compact):
        yield _Spelling(digest, "hex", "It is written in hex, and a pin is written in base64.")
    elif digest := _from_base64(compact):
        faults = _faults(text, prefix, compact, digest)
        yield _Spelling(digest, next(iter(faults), "another spelling"), " ".join(faults.values()))


def _from_hex(text: str) -> bytes | None:
    plain = re.sub("[:-]", "", text.removeprefix("0x"))
    return bytes.fromhex(plain) if re.fullmatch("(?:[0-9a-fA-F]{2}){16,}", plain) else None


def _from_base64(text: str) -> bytes | None:
    standard = _standard(text)
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _standard(text: str) -> str:
    """Base64 in the alphabet of a pin, without its padding."""
    return text.rstrip("=").translate(str.maketrans("-_", "+/"))


_Fault = tuple[str, bool, str]  # its name, whether it is there, and the sentence


def _faults(text: str, prefix: str, compact: str, digest: bytes) -> dict[str, str]:
    """Every fault of this base64 by its name; the first one names the diagnosis."""
    spaced = len(text.split()) > 1
    where = "in" if spaced else "around"
    again = base64.b64encode(digest).decode().rstrip("=")
    stray = "Its last character has stray bits, so it was not written by a base64 encoder."
    found: tuple[_Fault, ...] = (
        ("white space", spaced or text != text.strip(), f"There is white space {where} it."),
        *_alphabet_faults(compact),
        *_prefix_faults(prefix),
        ("quotes", text.strip()[:1] in ("'", '"', "`"), "There are quotes around it."),
        ("stray bits", again != _standard(compact), stray),
    )
    return {name: fault for name, wrong, fault in found if wrong}


def _alphabet_faults(compact: str) -> tuple[_Fault, ...]:
    padding, right = len(compact) - len(compact.rstrip("=")), -len(_standard(compact)) % 4
    url_safe = "It is in URL-safe base64 ('-' and '_'); a pin has '+' and '/'."
    return (
        ("URL-safe base64", bool({*"-_"} & {*compact}), url_safe),
        ("padding missing", padding < right, "The '=' at its end is missing."),
        ("too much padding", padding > right, "There are too many '=' at its end."),
    )


def _prefix_faults(prefix: str) -> tuple[_Fault, ...]:
    other = prefix not in ("", "sha256/", "sha256//")
    return (
        ("curl's spelling", prefix == "sha256//", "It has curl's two slashes after sha256."),
        ("prefix missing", not prefix, "The 'sha256/' in front is missing."),
        ("another spelling", other, f"It begins with {prefix!r} instead of 'sha256/'."),
    )


# What it is.


def _pasted_pem(text: str, chain: tuple[x509.Certificate, ...]) -> Diagnosis | None:
    """A file pasted in place of its pin."""
    if "-----BEGIN " not in text:
        return None
    start, right = "This is a PEM file, not a pin", _right_pin(chain, 0)
    try:
        found = read_keys(text.encode("utf-8", "replace"))
    except KeyFileError as problem:
        return Diagnosis("PEM file", f"{start}. {problem}", right)
    pins = list(map(Pin.of, chain))
    if positions := [pins.index(key.pin) for key in found if key.pin in pins]:
        whose = _whose(chain, positions[0])
        right = _right_pin(chain, positions[0])
        return Diagnosis("PEM file", f"{start}: the key of {whose}.", right, positions[0])
    other = f"{start}, and its key is none of these certificates' ({found[0].description})."
    return Diagnosis("PEM file", f"{other} The pin of its key is {found[0].pin}.", right)


def _known(spelling: _Spelling, chain: tuple[x509.Certificate, ...]) -> Diagnosis | None:
    """Pins that match nothing anywhere, whatever the certificate is."""
    if is_hash_of_nothing(spelling.digest):
        finding = (
            "This is the hash of nothing: the command that should have printed the key failed,"
            " and its empty output was hashed."
        )
        return Diagnosis("hash of nothing", finding, _right_pin(chain, 0))
    pin = Pin(spelling.digest) if len(spelling.digest) == 32 else None
    reason = never_matches(pin) if pin and pin not in map(Pin.of, chain) else None
    if reason is None:
        return None
    recipe = "expired CA" if any(spelling.digest) else "placeholder"
    return Diagnosis(recipe, f"This pin is in many examples, and {reason}.", _right_pin(chain, 0))


def _matching(spelling: _Spelling, chain: tuple[x509.Certificate, ...]) -> Diagnosis | None:
    made = makings(chain).get(spelling.digest)
    if made is None:
        return None
    if made.algorithm:
        return _of(made, spelling, chain)
    said = f"This is not a hash, but {made.what} itself,"
    return _wrong("not hashed", said, [spelling.fault], made.position, chain)


def _of(made: Made, spelling: _Spelling, chain: tuple[x509.Certificate, ...]) -> Diagnosis:
    position, weak = made.position, made.algorithm != "sha256"
    recipe = made.recipe or (made.algorithm if weak else "") or spelling.name or "right"
    if recipe == "right":
        kept = (
            "A new key there will need a new pin."
            if position == 0
            else "It matches any chain that contains this CA."
        )
        return Diagnosis("right", f"This is the pin of {_whose(chain, position)}.", kept, position)
    said = f"This is the {made.title} of {made.what}" if made.recipe or weak else "This is the pin"
    notes = [_NOTES.get(recipe, ""), "A pin is made with SHA-256." if weak else "", spelling.fault]
    return _wrong(recipe, said, notes, position, chain)


def _wrong(
    recipe: str, said: str, notes: Sequence[str], position: int, chain: tuple[x509.Certificate, ...]
) -> Diagnosis:
    finding = " ".join(filter(None, [f"{said} of {_whose(chain, position)}.", *notes])).strip()
    return Diagnosis(recipe, finding, _right_pin(chain, position), position)


def _damaged(text: str, chain: tuple[x509.Certificate, ...]) -> Diagnosis | None:
    """A digest that lost its end, its capital letters or a character, whatever it was made from."""
    bare = _PREFIX.sub("", text.strip().strip("\"'`"), count=1)
    hexadecimal = re.sub("[:-]|0x", "", bare).lower()
    pieces = (_standard(bare), _standard(bare.removeprefix("/")), hexadecimal)
    for whole, made in _undamaged(chain):
        for name in filter(None, (_damage(written, whole) for written in pieces)):
            return _of(made, _Spelling(b"", name, _DAMAGES[name]), chain)
    return None


@lru_cache(maxsize=4)
def _undamaged(chain: tuple[x509.Certificate, ...]) -> tuple[tuple[str, Made], ...]:
    """Every SHA-256 that a recipe makes, in base64 without its padding and in hex."""
    return tuple(
        (text, made)
        for digest, made in makings(chain).items()
        if made.algorithm == "sha256"
        for text in (_standard(base64.b64encode(digest).decode()), digest.hex())
    )


def _damage(written: str, whole: str) -> str:
    """What turned the whole text of a digest into what was written; empty for none of these."""
    if len(written) < _SHORTEST:
        return ""
    if len(written) < len(whole):
        return "truncated" if whole.startswith(written) else ""
    if written.casefold() == whole.casefold():
        return "changed case"
    if len(written) > len(whole):
        return ""
    place = next(n for n, character in enumerate(whole) if written[n] != character)
    return "one wrong character" if written[place + 1 :] == whole[place + 1 :] else ""


def _nothing_matches(text: str, chain: tuple[x509.Certificate, ...]) -> Diagnosis:
    try:
        Pin.parse(text)
        finding = (
            "This is spelt like a pin, and no recipe known here makes it from these certificates."
        )
    except PinFormatError as problem:
        read = next(_spellings(text), None)
        size = len(read.digest) if read else 0
        length = f" It holds {size} bytes, as {LENGTHS[size]} does." if size in LENGTHS else ""
        finding = (
            "No recipe known here makes this from these certificates,"
            f" and it is not spelt like a pin. {problem}{length}"
        )
    advice = (
        "It may belong to another host, an older key, or a CA that is not in this file:"
        " try the whole chain, or an older one."
    )
    return Diagnosis("nothing matches", finding, f"{advice} {_right_pin(chain, 0)}")


def _whose(chain: tuple[x509.Certificate, ...], position: int) -> str:
    certificate = chain[position]
    above = "root" if is_self_issued(certificate) else "intermediate"
    return f"the {above if position else 'leaf'} ({subject_text(certificate)})"


def _right_pin(chain: tuple[x509.Certificate, ...], position: int) -> str:
    what = "the leaf" if position == 0 else "that certificate"
    return f"The pin of {what} is {Pin.of(chain[position])}"
