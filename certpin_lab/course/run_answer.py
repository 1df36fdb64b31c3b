"""Runs a learner's function where it can do no harm: in a child process that is stopped after a few
seconds.

The child sees the notebook's variables, as a function in a notebook needs, but all that it does to
them stays in the child. What comes back is one line for each case (see `reply`). Between the kernel
and the child stands a guard, a process that runs nothing of the learner's: on Linux it ends
whatever the function has started, wherever that has moved to; elsewhere only what stayed in the
child's process group. It is no security boundary: the child is the same user and may read and write
what that user may. Where there is no `fork` (Windows) a thread is used; a thread can be stopped
only between two lines of Python, and `os._exit` in it ends the kernel.
"""

from __future__ import annotations

import copy
import ctypes
import faulthandler
import gc
import os
import selectors
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from .attempt import Start, attempt, call, shown_in
from .reply import Reply, decode_reply, encode_reply, too_long

_EXTRA_MEMORY = 1 << 30  # bytes a learner's function may take on top of what the kernel has
SECONDS = 3.0  # that one case of a learner's answer may run, unless its exercise says otherwise
_PATIENCE = 2.0  # seconds for the guard to end what it guards
_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None  # not to be loaded in a child

Attempt = Callable[[tuple[Any, ...]], Reply]


def run(
    function: Callable[..., Any],
    inputs: Sequence[tuple[Any, ...]],
    *,
    probe: Callable[..., Any] = call,
    seconds: float = SECONDS,
) -> list[Reply]:
    """Call `probe(function, *arguments)`, contained, once for each tuple of arguments.

    function: the learner's. Closures and notebook variables work. inputs: the arguments, case by
    case; the originals never change. seconds: how long one case may take.

    Returns one reply a case, in order. A case that had to be stopped, or that ended its process, is
    the last one in the list.
    """
    contained = _run_in_child if hasattr(os, "fork") else _run_in_thread
    return list(contained(partial(attempt, probe, function), inputs, seconds))


def _shown(attempt_one: Attempt, arguments: tuple[Any, ...]) -> Reply:
    stream = Start()
    with shown_in(stream):
        reply = attempt_one(arguments)
    return replace(reply, printed=stream.text)


def _stopped(seconds: float) -> Reply:
    sentence = f"was still running after {seconds:g} seconds and was stopped"
    return Reply("stopped", sentence=f"{sentence}. Look for a loop that never ends")


def _ended() -> Reply:
    sentence = "ended Python itself (os._exit, or a crash). Use return or raise instead"
    return Reply("ended", sentence=sentence)


# The kernel: it reads replies as they come, and the clock starts anew for each case.


def _run_in_child(
    attempt_one: Attempt, inputs: Sequence[tuple[Any, ...]], seconds: float
) -> Iterator[Reply]:
    reader, writer = os.pipe()
    held, leash = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12+ warns about fork in a process with threads, and a kernel has threads. The
        # child takes none of their locks: it prints nothing, logs nothing, and leaves without
        # cleaning up.
        warnings.simplefilter("ignore", DeprecationWarning)
        guard = os.fork()
        if guard == 0:
            _close(reader, leash)
            _be_the_guard(partial(_be_the_child, attempt_one, inputs, writer), writer, held)
    _close(writer, held)
    try:
        yield from _replies(reader, len(inputs), seconds)
    finally:
        _close(reader, leash)
        _collect(guard)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _replies(reader: int, count: int, seconds: float) -> Iterator[Reply]:
    waiting = b""
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        for _ in range(count):
            deadline = time.monotonic() + seconds
            while b"\n" not in waiting:
                left = max(0.0, deadline - time.monotonic())
                if too_long(waiting) or not selector.select(left):
                    yield _stopped(seconds)
                    return
                if not (more := os.read(reader, 65536)):
                    yield _ended()
                    return
                waiting += more
            line, waiting = waiting.split(b"\n", 1)
            yield decode_reply(line)


def _collect(guard: int) -> None:
    """Wait for the guard, which has been let go; one that does not end is killed."""
    deadline = time.monotonic() + _PATIENCE
    with suppress(ChildProcessError):
        while os.waitpid(guard, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.kill(guard, signal.SIGKILL)
            time.sleep(0.001)


# The guard: it forks the child, waits until the kernel lets go of the leash, or dies, and leaves
# nobody behind.


def _be_the_guard(be_the_child: Callable[[], NoReturn], writer: int, held: int) -> NoReturn:
    try:
        os.setpgid(0, 0)  # an interrupt in a terminal is the kernel's alone
        gc.freeze()  # the kernel's objects must not be finalised here: temporary folders, sockets
        if _PRCTL:
            _PRCTL(_ADOPT_ORPHANS, 1, 0, 0, 0)
        child = os.fork()
        if child == 0:
            os.close(held)
            be_the_child()
        os.close(writer)
        os.read(held, 1)
        _end(child)
    finally:
        os._exit(0)


def _end(child: int) -> None:
    for kill in (os.killpg, os.kill):
        with suppress(OSError):
            kill(child, signal.SIGKILL)
    with suppress(ChildProcessError):  # nobody is left
        os.waitpid(child, 0)
        while True:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                _kill_orphans()
                time.sleep(0.001)


def _kill_orphans() -> None:
    """Kill the orphans that the guard has adopted."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = stat.read_text(errors="replace").rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                os.kill(int(stat.parent.name), signal.SIGKILL)


# The child: nothing but the function, one line for each case, and out by os._exit.


def _be_the_child(attempt_one: Attempt, inputs: Sequence[tuple[Any, ...]], writer: int) -> NoReturn:
    try:
        os.setpgid(0, 0)  # so that what the function starts is stopped with it
        faulthandler.disable()  # the kernel tells the learner about a crash
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        _limit_memory()
        for arguments in inputs:
            line = encode_reply(_shown(attempt_one, arguments))
            while line:
                line = line[os.write(writer, line) :]
    finally:
        os._exit(0)


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):  # no /proc (macOS): then there is no limit
        import resource

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (used + _EXTRA_MEMORY, hard))


# Without fork: a thread, and an exception raised in it from outside when the time is up. Output is
# redirected by the caller, so that it comes back even if the thread does not.


def _run_in_thread(
    attempt_one: Attempt, inputs: Sequence[tuple[Any, ...]], seconds: float
) -> Iterator[Reply]:
    for arguments in inputs:
        reply = _shown(partial(_in_thread, attempt_one, seconds), arguments)
        yield reply
        if reply.kind == "stopped":
            return


def _in_thread(attempt_one: Attempt, seconds: float, arguments: tuple[Any, ...]) -> Reply:
    replies: list[Reply] = []
    thread = threading.Thread(target=_into, args=(replies, attempt_one, arguments), daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
        )
        thread.join(1.0)
        return _stopped(seconds)
    return replies[0] if replies else _ended()


def _into(replies: list[Reply], attempt_one: Attempt, arguments: tuple[Any, ...]) -> None:
    # A server or a context cannot be copied, and is no worse for being shared.
    with suppress(TypeError):
        arguments = copy.deepcopy(arguments)
    replies.append(attempt_one(arguments))
