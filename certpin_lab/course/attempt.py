"""One call of a learner's function: what it returned or raised, and what it showed on the way.

It runs in a child process, or in a thread where there is no `fork` (see `run_answer`). Nothing here
judges, and nothing here is safe from an endless loop.
"""

from __future__ import annotations

import builtins
import dis
import getpass
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import replace
from types import CodeType, FunctionType, MethodType, TracebackType
from typing import Any, NoReturn

from ..pinning.text import printable
from .answers import UnreadableAnswer, plain, type_name
from .reply import Deed, Reply, encoded

_RAISE = dis.opmap["RAISE_VARARGS"]


class _AskedForInput(BaseException):
    """What `input()` raises during a check. No `except Exception` catches it."""


_SENTENCES: dict[type[BaseException], str] = {
    SystemExit: "ended Python with sys.exit. Use return or raise instead",
    MemoryError: "used up its memory. Look for something that grows without end",
    RecursionError: "called itself without end. It needs a case in which it stops",
    _AskedForInput: "asked for input(), which nobody answers during a check. Use its arguments",
}


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """The plain probe: what the function returns."""
    return function(*arguments)


def attempt(
    probe: Callable[..., Any], function: Callable[..., Any], arguments: tuple[Any, ...]
) -> Reply:
    """What comes of `probe(function, *arguments)`, and what the function itself did."""
    watched = Watched(function)
    before = _snapshot(arguments)
    try:
        reply = Reply("returned", plain(probe(watched, *arguments)))
    except UnreadableAnswer as problem:
        reply = Reply("unreadable", sentence=_message(problem, longest=500))
    except BaseException as problem:  # noqa: BLE001  # whatever it is, the learner is told
        reply = _failure(problem, watched)
    return replace(reply, did=watched.did, changed_input=_snapshot(arguments) != before)


class Watched:
    """A learner's function for a probe to call. It keeps what became of the last call."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.did: Deed = ""
        self.raised: BaseException | None = None

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.did, self.raised = "", None
        try:
            value = self._function(*arguments, **named)
        except BaseException as problem:
            self.raised = problem
            self.did = "raised on purpose" if self._on_purpose() else "raised"
            raise
        self.did = _deed(value)
        return value

    def _frames(self) -> list[TracebackType]:
        """Where the exception passed: from the call down to where it was raised."""
        assert self.raised is not None
        frames, trace = [], self.raised.__traceback__
        while trace is not None:
            frames.append(trace)
            trace = trace.tb_next
        return frames

    def _is_own(self, frame: TracebackType) -> bool:
        code = _code(self._function)
        return code is not None and frame.tb_frame.f_code.co_filename == code.co_filename

    def _on_purpose(self) -> bool:
        """Whether a `raise` or an `assert` of the learner's own raised it."""
        last = self._frames()[-1]
        return self._is_own(last) and last.tb_frame.f_code.co_code[last.tb_lasti] == _RAISE

    def where(self) -> str:
        """The last line of the learner's own that the exception passed, as a phrase."""
        lines = [frame.tb_lineno for frame in self._frames() if self._is_own(frame)]
        return f", at line {lines[-1]} of its cell" if lines else ""


def _code(function: object) -> CodeType | None:
    # No attribute of an object whose class is the learner's: it may do anything.
    if type(function) is MethodType:
        function = function.__func__
    return function.__code__ if type(function) is FunctionType else None


def _deed(value: object) -> Deed:
    if value is None:
        return "returned None"
    if value is False:
        return "returned False"
    items = value if type(value) is tuple or type(value) is list else ()
    return "left open" if value is ... or any(item is ... for item in items) else "returned"


def _failure(problem: BaseException, watched: Watched) -> Reply:
    for kind, sentence in _SENTENCES.items():
        if issubclass(type(problem), kind):
            return Reply("raised", sentence=sentence)
    name, message = type_name(type(problem)), _message(problem)
    described = f"{name}{': ' if message else ''}{message}"
    if problem is watched.raised:
        return Reply("raised", sentence=f"raised {described}{watched.where()}")
    if watched.did.startswith("returned"):
        return Reply("unusable", sentence=(message or name).rstrip("."))
    return Reply("failed", sentence=described)


def _message(problem: BaseException, longest: int = 200) -> str:
    """The text of an exception on one line; nothing where its `__str__` fails."""
    try:
        return printable(" ".join(str(problem)[:1000].split()), longest)
    except BaseException:  # noqa: BLE001  # its __str__ is the learner's code too
        return ""


def _snapshot(arguments: tuple[Any, ...]) -> str:
    try:
        return json.dumps(encoded(plain(arguments)))
    except (UnreadableAnswer, RecursionError, MemoryError):
        return ""  # servers, contexts, keys: what is no plain value is not compared


class Start(io.TextIOBase):
    """A stream that keeps the first hundred characters, however much is written."""

    text = ""

    def write(self, text: str) -> int:
        self.text = (self.text + str.__str__(text))[:100]
        return len(text)


@contextmanager
def shown_in(stream: Start) -> Iterator[None]:
    """Sends what is printed or displayed to the stream, and refuses to wait for input."""
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(stream))
        stack.enter_context(redirect_stderr(stream))
        stack.enter_context(_replaced(builtins, "input", _nobody_answers))
        stack.enter_context(_replaced(getpass, "getpass", _nobody_answers))
        if publisher := _publisher():
            stack.enter_context(_replaced(publisher, "publish", _Display(stream)))
        yield


def _nobody_answers(*_: object, **__: object) -> NoReturn:
    raise _AskedForInput


def _publisher() -> Any:
    """Where this kernel's `display` sends what it shows; None outside IPython."""
    if "IPython" not in sys.modules:
        return None
    return getattr(sys.modules["IPython"].get_ipython(), "display_pub", None)


class _Display:
    def __init__(self, stream: Start) -> None:
        self.stream = stream

    def __call__(self, data: Any, *_: object, **__: object) -> None:
        self.stream.write(f"{data.get('text/plain', '')}\n")


@contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    own = name in vars(owner)
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        with suppress(AttributeError):
            setattr(owner, name, before) if own else delattr(owner, name)
