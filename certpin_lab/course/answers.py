"""Reads a learner's answer: into plain values first, then generously into an exercise's words.

`plain` is the gate: what passes it consists of exact builtin types, so comparing it runs no code of
the learner's. A class whose `__eq__` always says yes does not get through. Before that, only the
type of a value may be asked for, and compared by `is`: an attribute, a comparison or `isinstance`
may run what the learner wrote. Whether an answer is right is not decided here.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ..pinning.pins import Pin
from ..pinning.text import printable

Plain = Any
"""None, bool, int, float, str, bytes, `...`, or a list, tuple, set or dict of these.

Exact builtin types, no subclasses.
"""

_DEPTH = 20
_ITEMS = 10_000
_TEXT = 1000  # characters or bytes that count as one item more
_EXACT = (type(None), type(...), bool, float, str, bytes)


class UnreadableAnswer(ValueError):
    """The answer cannot be understood. The message says what to give instead.

    A learner reads the message and sees no traceback.
    """


def is_blank(answer: object) -> bool:
    """Whether nothing was answered yet: `...`, None, or empty text."""
    return answer is ... or answer is None or (type(answer) is str and not answer.strip())


def plain(value: object) -> Plain:
    """The same value in exact builtin types: a certificate as its DER bytes, a `Pin` as its text.

    Subclasses of builtin types are reduced to what they hold, with the builtin's own methods, so
    nothing they override runs. Raises UnreadableAnswer for any other object, for values nested more
    than 20 deep, and for more than 10,000 items, where 1,000 characters of text count as an item.
    """
    return _plain(value, _DEPTH, [_ITEMS])


def _plain(value: Any, depth: int, left: list[int]) -> Plain:
    kind = type(value)
    if any(kind is exact for exact in _EXACT):
        return _counted(value, depth, left)
    for base, read in _SCALARS.items():
        if issubclass(kind, base):
            return _counted(read(value), depth, left)
    _counted(None, depth, left)
    if issubclass(kind, dict):
        pairs = [
            (_key(_plain(key, depth - 1, left)), _plain(item, depth - 1, left))
            for key, item in dict.items(value)
        ]
        return dict(pairs)
    for base in (list, tuple, set, frozenset):
        if issubclass(kind, base):
            items = [_plain(item, depth - 1, left) for item in base.__iter__(value)]
            return base(map(_key, items)) if base in (set, frozenset) else base(items)
    return _object(value)


def _object(value: Any) -> Plain:
    """A certificate or a pin as plain value; no other object has one."""
    if type(value) is x509.Certificate:
        return value.public_bytes(Encoding.DER)
    if type(value) is Pin and type(vars(value).get("digest")) is bytes:
        return str(value)
    raise UnreadableAnswer(
        f"This answer holds {a_or_an(type_name(type(value)))} object."
        " Give plain values: text, numbers, lists, dicts."
    )


# The builtin's own method, called on the value, gives an exact builtin back whatever the subclass
# overrides.
_SCALARS: dict[type, Callable[[Any], Plain]] = {
    str: str.__str__,
    int: lambda value: _short_number(int.__add__(value, 0)),
    float: lambda value: float.__add__(value, 0.0),
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    bytearray: lambda value: bytes(bytearray.__getitem__(value, slice(None))),
}


def _short_number(value: int) -> int:
    if value.bit_length() > 4096:  # Python itself refuses to write out much longer ones
        raise UnreadableAnswer("This number is far too long.")
    return value


def _counted(value: Plain, depth: int, left: list[int]) -> Plain:
    left[0] -= 1 + (len(value) // _TEXT if isinstance(value, str | bytes) else 0)
    if depth < 0 or left[0] < 0:
        raise UnreadableAnswer(
            "This answer is too long or too deeply nested to be read. Give a shorter one."
        )
    return value


def _key(value: Plain) -> Plain:
    if isinstance(value, list | dict | set):
        raise UnreadableAnswer(
            "A list, dict or set cannot be inside a set or be a key. Use text there."
        )
    return value


def type_name(kind: type) -> str:
    """The name of a type, past a metaclass that overrides it, and safe to show."""
    return printable(type.__dict__["__name__"].__get__(kind))


def a_or_an(noun: str) -> str:
    """The noun with its article."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def show_id(id: object) -> str:
    """What was given as an id, safe to show: its text, or the name of its type."""
    if issubclass(type(id), str):
        return printable(str.__str__(id))
    return a_or_an(type_name(type(id)))


def read_id(id: object) -> str:
    """The id of an exercise, prediction or question as exact text that is safe to show.

    Raises UnreadableAnswer when it is no text. Whether something has this id is not checked.
    """
    if not issubclass(type(id), str):
        raise UnreadableAnswer(f'An id must be text, for example "00.1"; got {show_id(id)}.')
    return show_id(id)


def same(one: Plain, other: Plain) -> bool:
    """Whether two plain values are equal, types included; a list may equal a tuple."""
    return _comparable(one) == _comparable(other)


def _comparable(value: Plain) -> object:
    if isinstance(value, list | tuple):
        return "list", tuple(map(_comparable, value))
    if isinstance(value, set):
        return "set", frozenset(map(_comparable, value))
    if isinstance(value, dict):
        return "dict", frozenset(
            (_comparable(key), _comparable(item)) for key, item in value.items()
        )
    return type(value).__name__, value


def short(value: Plain) -> str:
    """The value as a learner would type it, cut to sixty characters."""
    text = repr(value[:60] if isinstance(value, str | bytes) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def closest(word: str, choices: Iterable[str]) -> str:
    """` Did you mean "...?"`, or nothing when no choice is near."""
    near = difflib.get_close_matches(word, list(choices), n=1)
    return f' Did you mean "{near[0]}"?' if near else ""


def one_of(choices: Iterable[str]) -> str:
    """The choices as a phrase: `"a", "b" or "c"`."""
    *most, last = [f'"{choice}"' for choice in choices]
    return f"{', '.join(most)} or {last}" if most else last


def _folded(word: str) -> str:
    return " ".join(word.casefold().replace("_", " ").replace("-", " ").strip(" .!").split())


def read_word(
    value: Plain, words: Mapping[str, Sequence[object]] | Iterable[str], what: str = "an answer"
) -> str:
    """The word of this vocabulary that the value means.

    value: what the learner gave, plain. Case, spaces, hyphens and a final dot do not matter.
    words: the words; as a mapping, each with what else is taken for it (text, or True and False).
    what: a phrase for the word, used when the value is not understood.

    Raises UnreadableAnswer with the words to choose from, and the closest one.
    """
    meanings = words if isinstance(words, Mapping) else dict.fromkeys(words, ())
    for word, others in meanings.items():
        for candidate in (word, *others):
            if (
                isinstance(value, str)
                and isinstance(candidate, str)
                and _folded(value) == _folded(candidate)
            ):
                return word
            if isinstance(value, bool) and value is candidate:
                return word
    hint = closest(_folded(value), meanings) if isinstance(value, str) else ""
    raise UnreadableAnswer(f"{short(value)} is not {what} I know. Use {one_of(meanings)}.{hint}")


def read_mapping(
    value: Plain,
    keys: Mapping[str, Sequence[str]] | Iterable[str],
    words: Mapping[str, Sequence[object]] | Iterable[str],
) -> dict[str, Plain]:
    """One word for each key, from a dict or a list of pairs.

    A word may stay blank (`...`), and a missing key is blank too. Raises UnreadableAnswer for
    another shape, an unknown key or word, or a key given twice.
    """
    known = keys if isinstance(keys, Mapping) else dict.fromkeys(keys, ())
    pairs = list(value.items()) if isinstance(value, dict) else value
    if not isinstance(pairs, list | tuple) or not all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs
    ):
        raise UnreadableAnswer(f"Give a dict with an entry for each of {one_of(known)}.")
    answer: dict[str, Plain] = dict.fromkeys(known, ...)
    for key, word in pairs:
        name = read_word(key, known, "a name")
        if answer[name] is not ...:
            raise UnreadableAnswer(f'"{name}" is answered twice. Keep one of the two.')
        answer[name] = ... if is_blank(word) else read_word(word, words)
    return answer
