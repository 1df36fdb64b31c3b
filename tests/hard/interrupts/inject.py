"""Raise KeyboardInterrupt in the main thread at one chosen point of the code, and look at what
stays behind.

A signal can strike only where CPython looks for one: at the start of a function, after a call, at a
jump backwards (`CHECK_EVAL_BREAKER` in
https://github.com/python/cpython/blob/3.13/Python/bytecodes.c). "signals" are these points, "lines"
the beginnings of all lines, "opcodes" everything. Limit: code in C is left alone, and so is what
happens in it when a signal comes.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import certpin_lab

PACKAGE = str(Path(certpin_lab.__file__).parent)
LOOKS_FOR_SIGNALS = ("RESUME", "CALL", "CALL_FUNCTION_EX", "CALL_KW", "JUMP_BACKWARD")
PLACES = ("lines", "signals", "opcodes", "everywhere")


class Interrupter:
    """Counts the points at which it could interrupt, and raises KeyboardInterrupt at the one with
    this number (from 0; None: at none).

    place: "lines", "signals" or "opcodes" of certpin_lab, or "everywhere": the signals of every
    module that runs in the main thread.
    """

    def __init__(self, place: str, target: int | None = None) -> None:
        self.place, self.target = place, target
        self.count = 0
        self.struck = ""

    def __enter__(self) -> Interrupter:
        self._before = sys.gettrace()
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _enter(self, frame: FrameType, _event: str, _argument: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        if not (name.startswith(PACKAGE) or (self.place == "everywhere" and name != __file__)):
            return None
        frame.f_trace_lines = self.place == "lines"
        frame.f_trace_opcodes = self.place != "lines"
        before = "RESUME"

        def trace(frame: FrameType, event: str, _argument: Any) -> Callable[..., Any]:
            nonlocal before
            if event == "line" or (
                event == "opcode" and (self.place == "opcodes" or before in LOOKS_FOR_SIGNALS)
            ):
                self._point(frame)
            if event == "opcode":
                before = _operations(frame.f_code)[frame.f_lasti]
            return trace

        return trace

    def _point(self, frame: FrameType) -> None:
        self.count += 1
        if self.count - 1 == self.target:
            file = Path(frame.f_code.co_filename)
            self.struck = (
                f"{file.parent.name}/{file.name}:{frame.f_lineno} in {frame.f_code.co_qualname}"
            )
            raise KeyboardInterrupt


@functools.cache
def _operations(code: CodeType) -> dict[int, str]:
    return {each.offset: each.opname for each in dis.get_instructions(code)}


class Left(AssertionError):
    """Something stayed behind."""


@contextlib.contextmanager
def nothing_left(temporary: Path, *, patience: float = 8.0) -> Iterator[None]:
    """Raises `Left` when, `patience` seconds after the block, there are other threads, file
    descriptors or temporary files than before it.

    temporary: the folder for temporary files (TMPDIR). A listening port is a file descriptor of
    this process, so it is found too.
    """
    gc.collect()
    before = in_use(temporary)
    yield
    gc.collect()
    pause = threading.Event()
    for _ in range(int(patience / 0.01)):
        if not (left := in_use(temporary) - before):
            return
        pause.wait(0.01)
    raise Left(", ".join(sorted(left)))


def in_use(temporary: Path) -> set[str]:
    """The lab's threads, this process's file descriptors, and the temporary files, in words."""
    # A thread whose start was interrupted stays in the list for ever, and never runs: it has no
    # number.
    threads = {
        f"thread {each.name} {each.ident}"
        for each in threading.enumerate()
        if each.ident and each.name.startswith("lab-")
    }
    descriptors = set()
    for name in os.listdir("/dev/fd"):  # noqa: PTH208
        with contextlib.suppress(OSError):  # the one that listed the folder is gone
            descriptors.add(f"descriptor {name} {os.readlink(f'/dev/fd/{name}')}")  # noqa: PTH115
    return threads | descriptors | {f"file {each.name}" for each in temporary.iterdir()}


@contextlib.contextmanager
def unraisable_interrupts() -> Iterator[list[str]]:
    """Collects the interrupts that struck in a finalizer: Python can only print those.

    Others are printed as always.
    """
    found: list[str] = []

    def hook(problem: Any) -> None:
        if isinstance(problem.exc_value, KeyboardInterrupt):
            found.append(str(problem.object))
        elif problem.exc_type is not ResourceWarning:
            sys.__unraisablehook__(problem)

    before, sys.unraisablehook = sys.unraisablehook, hook
    try:
        yield found
    finally:
        sys.unraisablehook = before
