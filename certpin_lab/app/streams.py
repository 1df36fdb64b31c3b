"""Files that are read and output that is written, so that none of them ends in a traceback."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class InputError(Exception):
    """A file cannot be read; the message names it and says why."""


def read_input(name: str, longest: int) -> bytes:
    """The content of a file, or of standard input for "-"; of a longer one, `longest` + 1 bytes.

    Reads pipes to their end, and a pipe without a writer as empty. Raises `InputError` for a
    directory, a device, a closed standard input, and a file that is missing or protected.
    """
    try:
        if name == "-" and sys.stdin is None:
            raise InputError("Standard input is closed. Give a file.")
        if name == "-":
            return sys.stdin.buffer.read(longest + 1)
        mode = os.stat(name).st_mode  # noqa: PTH116  # before it is opened
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise InputError(f"{name}: This is a device. Give a file, or - for standard input.")
        with open(name, "rb", opener=_without_waiting) as file:
            return file.read(longest + 1)
    except (OSError, ValueError) as error:  # ValueError: the name has a null character
        raise InputError(f"{name}: {getattr(error, 'strerror', None) or error}.") from error


def _without_waiting(name: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to would wait for a writer."""
    if sys.platform == "win32":
        return os.open(name, flags)
    descriptor = os.open(name, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)  # but do wait for a writer's bytes
    return descriptor


@contextmanager
def complete_output() -> Iterator[None]:
    """Inside, any text can be printed; at the end all of it has been written.

    What the encoding of the terminal lacks is written as an escape such as \\u2714. Raises OSError
    for standard output that is closed, full, or a pipe that nobody reads.
    """
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        sys.stdout.flush()


def discard_output() -> None:
    """Drop what is still to be written to standard output: Python would try again when it ends."""
    with suppress(OSError, ValueError, AttributeError):  # closed, or not a file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(problem: object) -> None:
    """Say on standard error what is wrong, if it can be said there."""
    with suppress(OSError):
        if sys.stderr is not None:
            sys.stderr.write(f"certpin-lab: {problem}\n")
