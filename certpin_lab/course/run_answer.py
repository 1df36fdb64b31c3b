"""Runs a learner's function where it can do no harm: in a forked child process, which is stopped
after a few seconds.

The child sees the notebook's variables, as a function in a notebook needs, but all that it does to
them stays in the child. What comes back is one line of JSON for each case, read strictly. It is no
security boundary: the child is the same user and may read and write what that user may. Where there
is no `fork` (Windows) a thread is used; a thread can be stopped only between two lines of Python,
and `os._exit` in it ends the kernel.
"""

from __future__ import annotations

import copy
import ctypes
import faulthandler
import gc
import io
import json
import os
import selectors
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, Literal, cast

from .answers import Plain, UnreadableAnswer, plain

Kind = Literal["returned", "raised", "unreadable", "stopped", "ended"]
_EXTRA_MEMORY = 1 << 30  # bytes a learner's function may take on top of what the kernel has
_LONGEST_REPLY = 1 << 20


@dataclass(frozen=True)
class Reply:
    """What came of one case: a plain value, or a sentence that begins with a verb: `raised
    KeyError: 'x'`.
    """

    kind: Kind
    value: Plain = None
    sentence: str = ""
    printed: str = ""
    changed_input: bool = False


Attempt = Callable[[tuple[Any, ...]], Reply]


def run(
    function: Callable[..., Any],
    inputs: Sequence[tuple[Any, ...]],
    *,
    seconds: float = 3.0,
    blamed: object = None,
) -> list[Reply]:
    """Call the function once for each tuple of arguments, contained.

    Args: function: the learner's, or a probe around it. Closures and notebook variables work.
        inputs: arguments, case by case. The originals never change. seconds: how long one case may
        take. blamed: the function whose line is named when an exception is raised; `function`
        itself when it is None.

    Returns: One reply a case, in order. A case that had to be stopped, or that ended its process,
        is the last one in the list.
    """
    attempt = partial(_attempt, function, getattr(blamed or function, "__code__", None))
    contained = _run_in_child if hasattr(os, "fork") else _run_in_thread
    return list(contained(attempt, inputs, seconds))


def _stopped(seconds: float) -> Reply:
    return Reply(
        "stopped",
        sentence=f"was still running after {seconds:g} seconds and was stopped. Look for a loop that never ends",
    )


# In the child: nothing but the function, one line for each case, and out by os._exit.


def _run_in_child(
    attempt: Attempt, inputs: Sequence[tuple[Any, ...]], seconds: float
) -> Iterator[Reply]:
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12+ warns about fork in a process with threads, and a kernel has threads. The
        # child takes none of their locks: it prints nothing, logs nothing, and leaves without
        # cleaning up.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(reader)
        _be_the_child(attempt, inputs, writer)
    os.close(writer)
    try:
        yield from _replies(reader, len(inputs), seconds, child)
    finally:
        os.close(reader)
        _reap(child)


def _be_the_child(attempt: Attempt, inputs: Sequence[tuple[Any, ...]], writer: int) -> None:
    try:
        os.setpgid(0, 0)  # so that what the function starts is stopped with it
        faulthandler.disable()  # a crash is told by the parent
        gc.freeze()  # the kernel's objects must not be finalised here: temporary folders, sockets
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        _limit_memory()
        for arguments in inputs:
            line = _encode_reply(attempt(arguments))
            while line:
                line = line[os.write(writer, line) :]
    finally:
        os._exit(0)


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):  # no /proc (macOS): then there is no limit
        import resource

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(
            resource.RLIMIT_AS, (used + _EXTRA_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1])
        )


def _attempt(
    function: Callable[..., Any], code: CodeType | None, arguments: tuple[Any, ...]
) -> Reply:
    """One call: its value or what it raised, what it printed, and whether it changed its arguments."""
    printed = _Start()
    before = _snapshot(arguments)
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            reply = Reply("returned", plain(function(*arguments)))
        except UnreadableAnswer as problem:
            reply = Reply("unreadable", sentence=str(problem))
        except SystemExit:
            reply = Reply("raised", sentence="ended Python with sys.exit. Return a value instead")
        except MemoryError:
            reply = Reply(
                "raised", sentence="used up its memory. Look for something that grows without end"
            )
        except RecursionError:
            reply = Reply(
                "raised", sentence="called itself without end. It needs a case in which it stops"
            )
        except BaseException as problem:  # noqa: BLE001  # whatever it is, it is told
            reply = Reply("raised", sentence=_describe(problem, code))
    return replace(reply, printed=printed.text, changed_input=_snapshot(arguments) != before)


class _Start(io.TextIOBase):
    """A stream that keeps the first hundred characters, however much is printed."""

    text = ""

    def write(self, text: str) -> int:
        self.text = (self.text + str(text))[:100]
        return len(text)


def _snapshot(arguments: tuple[Any, ...]) -> str:
    try:
        return json.dumps(_encode(plain(arguments)))
    except (UnreadableAnswer, RecursionError, MemoryError):
        return ""  # servers, contexts, keys: what is no plain value is not compared


def _describe(problem: BaseException, code: CodeType | None) -> str:
    try:
        message = str(problem)[:200]
    except BaseException:  # noqa: BLE001  # its __str__ is the learner's code too
        message = ""
    where = ""
    trace = problem.__traceback__
    while code is not None and trace is not None:
        if trace.tb_frame.f_code.co_filename == code.co_filename:
            where = f", at line {trace.tb_lineno} of its cell"
        trace = trace.tb_next
    return f"raised {type(problem).__name__}{': ' if message else ''}{message}{where}"


# In the parent: replies are read as they come, and the clock starts anew for each case.


def _replies(reader: int, count: int, seconds: float, child: int) -> Iterator[Reply]:
    waiting = b""
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        for _ in range(count):
            deadline = time.monotonic() + seconds
            while b"\n" not in waiting:
                if len(waiting) > 2 * _LONGEST_REPLY or not selector.select(
                    max(0.0, deadline - time.monotonic())
                ):
                    yield _stopped(seconds)
                    return
                if not (more := os.read(reader, 65536)):
                    yield Reply(
                        "ended",
                        sentence="ended Python itself (os._exit, or a crash). Return a value instead",
                    )
                    return
                waiting += more
            line, waiting = waiting.split(b"\n", 1)
            yield _decode_reply(line)


def _reap(child: int) -> None:
    for kill in (os.killpg, os.kill):
        with suppress(OSError):
            kill(child, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(child, 0)


# The line: JSON whose objects have exactly one key, the name of a Python type that JSON lacks.


def _encode(value: Plain) -> object:
    if value is ...:
        return {"blank": 0}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[_encode(key), _encode(item)] for key, item in value.items()]}
    for kind in (tuple, set, frozenset):
        if isinstance(value, kind):
            return {kind.__name__: [_encode(item) for item in value]}
    return cast(object, value)


_DECODERS: dict[str, Callable[[Any], Plain]] = {
    "blank": lambda content: ...,
    "bytes": bytes.fromhex,
    "dict": lambda content: {_decode(key): _decode(item) for key, item in content},
    "tuple": lambda content: tuple(map(_decode, content)),
    "set": lambda content: set(map(_decode, content)),
    "frozenset": lambda content: frozenset(map(_decode, content)),
}


def _decode(value: Any) -> Plain:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if isinstance(value, dict):
        [(name, content)] = value.items()
        return _DECODERS[name](content)
    return value


def _encode_reply(reply: Reply) -> bytes:
    line = json.dumps(
        [reply.kind, _encode(reply.value), reply.sentence, reply.printed, reply.changed_input]
    )
    if len(line) > _LONGEST_REPLY:
        line = json.dumps(
            ["unreadable", None, "It is far too long.", reply.printed, reply.changed_input]
        )
    return line.encode() + b"\n"


def _decode_reply(line: bytes) -> Reply:
    # The learner's code can find the pipe and write to it. All it gains is to say there what it
    # could as well have returned.
    try:
        kind, value, sentence, printed, changed = json.loads(line)
        if kind not in ("returned", "raised", "unreadable") or not isinstance(
            sentence + printed, str
        ):
            raise ValueError(kind)
        return Reply(kind, _decode(value), sentence, printed, changed is True)
    except (ValueError, TypeError, KeyError, RecursionError):
        return Reply(
            "ended",
            sentence="wrote something of its own where its answer is read. Return a value instead",
        )


# Without fork: a thread, and an exception raised in it from outside when the time is up.


def _run_in_thread(
    attempt: Attempt, inputs: Sequence[tuple[Any, ...]], seconds: float
) -> Iterator[Reply]:
    for arguments in inputs:
        replies: list[Reply] = []
        thread = threading.Thread(target=_into, args=(replies, attempt, arguments), daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
            )
            thread.join(1.0)
            yield _stopped(seconds)
            return
        yield replies[0]


def _into(replies: list[Reply], attempt: Attempt, arguments: tuple[Any, ...]) -> None:
    with suppress(
        TypeError
    ):  # a server or a context cannot be copied, and is no worse for being shared
        arguments = copy.deepcopy(arguments)
    replies.append(attempt(arguments))
