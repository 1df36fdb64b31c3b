"""What came of one case, and the line of JSON in which a child process reports it.

Every object in that JSON has exactly one key, the name of a Python type that JSON lacks. The line
is read strictly: the learner's code can find the pipe and write to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from typing import Any, Literal, cast, get_args

from .answers import Plain

Kind = Literal["returned", "raised", "unreadable", "unusable", "failed", "stopped", "ended"]
Deed = Literal[
    "", "returned", "returned None", "returned False", "left open", "raised", "raised on purpose"
]
_TOLD = ("returned", "raised", "unreadable", "unusable", "failed")  # by the child itself
_LONGEST = 1 << 20


@dataclass(frozen=True)
class Reply:
    """What came of one case.

    kind: "returned", with the plain `value` that the probe gave. Otherwise why there is none: the
    learner's function "raised", what it gave is "unreadable" to the engine or "unusable" to the
    probe, the probe itself "failed", the time was up ("stopped"), or the process "ended". sentence:
    what happened, for the learner; it begins with a verb, "raised KeyError: 'x'". did: what the
    learner's own function did when it was last called; the probe may have caught what it raised.
    printed: the first hundred characters of what was printed or displayed. changed_input: whether
    the arguments were other ones afterwards.
    """

    kind: Kind
    value: Plain = None
    sentence: str = ""
    did: Deed = ""
    printed: str = ""
    changed_input: bool = False


def encoded(value: Plain) -> object:
    """A plain value as JSON has it."""
    if value is ...:
        return {"blank": 0}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, list):
        return [encoded(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[encoded(key), encoded(item)] for key, item in value.items()]}
    for kind in (tuple, set, frozenset):
        if isinstance(value, kind):
            return {kind.__name__: [encoded(item) for item in value]}
    return cast(object, value)


_DECODERS: dict[str, Callable[[Any], Plain]] = {
    "blank": lambda content: ...,
    "bytes": bytes.fromhex,
    "dict": lambda content: {_decoded(key): _decoded(item) for key, item in content},
    "tuple": lambda content: tuple(map(_decoded, content)),
    "set": lambda content: set(map(_decoded, content)),
    "frozenset": lambda content: frozenset(map(_decoded, content)),
}


def _decoded(value: Any) -> Plain:
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, dict):
        [(name, content)] = value.items()
        return _DECODERS[name](content)
    return value


def encode_reply(reply: Reply) -> bytes:
    """The line for a reply. A value that makes it longer than a megabyte is left out."""
    line = json.dumps(astuple(replace(reply, value=encoded(reply.value))))
    if len(line) > _LONGEST:
        return encode_reply(
            replace(reply, kind="unreadable", value=None, sentence="It is too long.")
        )
    return line.encode() + b"\n"


def too_long(line: bytes) -> bool:
    """Whether this beginning of a line is longer than any reply."""
    return len(line) > 2 * _LONGEST


def decode_reply(line: bytes) -> Reply:
    """The reply in a line. A forged line gains only what could have been returned as well."""
    try:
        kind, value, sentence, did, printed, changed = json.loads(line)
        if kind not in _TOLD or did not in get_args(Deed) or type(sentence + printed) is not str:
            raise ValueError(kind)
        return Reply(kind, _decoded(value), sentence, did, printed, changed is True)
    except (ValueError, TypeError, KeyError, RecursionError):
        sentence = "wrote to the channel that its answer is read from. Use return or raise instead"
        return Reply("ended", sentence=sentence)
