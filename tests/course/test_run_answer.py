"""A learner's function does what it wants, and the process that asked lives on and knows what
happened.
"""

from __future__ import annotations

import builtins
import gc
import hashlib
import os
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certpin_lab.course.check import judge
from certpin_lab.course.exercise import Case, Exercise
from certpin_lab.course.reply import Reply, decode_reply
from certpin_lab.course.run_answer import run
from tests.waiting import soon

needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="needs fork, which Windows does not have"
)


def only(function: Callable[..., Any], *arguments: Any, seconds: float = 60.0) -> Reply:
    [reply] = run(function, [arguments], seconds=seconds)
    return reply


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        7,
        -0.5,
        "ä",
        b"\x00\xff",
        ...,
        [1, [2]],
        (1, "2"),
        {1, 2},
        {"a": {"b": (b"",)}},
        {(1, 2): 3},
    ],
)
def test_a_plain_value_comes_back_as_it_is(value: object) -> None:
    reply = only(lambda: value)
    assert (reply.kind, reply.value, type(reply.value)) == ("returned", value, type(value))


def test_closures_and_global_names_work() -> None:
    secret = "from the notebook"
    assert only(lambda: (secret, os.sep)).value == (secret, os.sep)


def test_one_reply_for_each_case_in_order() -> None:
    assert [reply.value for reply in run(lambda n: n * n, [(1,), (2,), (3,)])] == [1, 4, 9]


def test_an_exception_is_told_with_its_line() -> None:
    def fails() -> None:
        raise KeyError("pin")

    line = fails.__code__.co_firstlineno + 1
    assert only(fails).sentence == f"raised KeyError: 'pin', at line {line} of its cell"


def test_an_exception_whose_text_raises_is_told_without_it() -> None:
    class Nasty(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def fails() -> None:
        raise Nasty

    assert only(fails).sentence.startswith("raised Nasty, at line")


def test_an_endless_loop_is_stopped_and_earlier_cases_are_kept() -> None:
    def loops(n: int) -> int:
        while n:
            pass
        return n

    for seconds in (0.3, 3, 30):
        replies = run(loops, [(0,), (1,), (0,)], seconds=seconds)
        if len(replies) > 1:  # on a busy machine the first case, too, may need longer
            break
    assert [reply.kind for reply in replies] == ["returned", "stopped"]
    assert f"{seconds:g} seconds" in replies[1].sentence


def test_a_function_that_only_sleeps_is_stopped() -> None:
    assert only(time.sleep, 60, seconds=0.3).kind == "stopped"


def test_catching_everything_does_not_help_against_being_stopped() -> None:
    def clings() -> None:
        while True:
            try:
                while True:
                    pass
            except BaseException:  # noqa: BLE001
                continue

    assert only(clings, seconds=0.3).kind == "stopped"


def test_sys_exit_ends_nothing() -> None:
    assert "sys.exit" in only(sys.exit).sentence


@needs_fork
def test_os_exit_ends_only_the_child() -> None:
    reply = only(os._exit, 0)
    assert (reply.kind, "os._exit" in reply.sentence) == ("ended", True)


@needs_fork
def test_a_crash_ends_only_the_child() -> None:
    assert only(os.abort).kind == "ended"


def test_endless_recursion_is_told() -> None:
    def again() -> Any:
        return again()

    assert "without end" in only(again).sentence


@needs_fork
@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux limits the memory of a process"
)
def test_endless_memory_is_told() -> None:
    def hoards() -> Any:
        kept = []
        while True:
            kept.append(bytes(100 << 20))

    assert "memory" in only(hoards).sentence


def test_prints_are_kept_out_of_the_notebook_and_told(capfd: pytest.CaptureFixture[str]) -> None:
    def chatters() -> int:
        print("hello")
        print("to stderr", file=sys.stderr)
        os.write(1, b"past Python")
        return 1

    reply = only(chatters)
    assert (reply.value, reply.printed) == (1, "hello\nto stderr\n")
    assert capfd.readouterr() == ("", "")


def test_endless_prints_take_no_memory() -> None:
    def chatters() -> None:
        while True:
            print("x" * 1000)

    assert only(chatters, seconds=0.3).kind == "stopped"


def test_a_changed_input_is_noticed_and_the_original_is_as_before() -> None:
    pins = ["a", "b"]
    assert only(list.clear, pins).changed_input
    assert pins == ["a", "b"]
    assert not only(len, pins).changed_input


@needs_fork
def test_monkeypatching_stays_in_the_child() -> None:
    original, length = hashlib.sha256, builtins.len

    def patches() -> str:
        hashlib.sha256 = lambda *_: None  # type: ignore[assignment,misc]
        builtins.len = lambda _: 42  # type: ignore[assignment]
        os.environ["CERTPIN_PATCHED"] = "1"
        return "done"

    assert only(patches).value == "done"
    assert (hashlib.sha256, builtins.len, "CERTPIN_PATCHED" in os.environ) == (
        original,
        length,
        False,
    )


@needs_fork
def test_threads_and_processes_end_with_the_function() -> None:
    def spawns() -> int:
        threading.Thread(target=time.sleep, args=(60,)).start()
        child = os.fork()
        if child == 0:
            time.sleep(60)
        return child

    grandchild = only(spawns).value
    assert soon(
        lambda: not _runs(grandchild), within=30
    )  # its new parent needs a moment to collect it


def _runs(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2]
    except OSError:
        return False


class AlwaysEqual:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class EqualText(str):
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __str__(self) -> str:
        return "right"


def test_an_object_that_equals_everything_does_not_come_back() -> None:
    assert only(AlwaysEqual).kind == "unreadable"
    assert only(lambda: [{"deep": AlwaysEqual()}]).kind == "unreadable"


def test_text_that_equals_everything_comes_back_as_the_text_that_it_is() -> None:
    value = only(lambda: EqualText("wrong")).value
    assert (value, type(value)) == ("wrong", str)


def test_values_without_end_are_refused() -> None:
    nested: list[Any] = []
    nested.append(nested)
    assert only(lambda: nested).kind == "unreadable"
    assert only(lambda: list(range(20_000))).kind == "unreadable"
    assert only(lambda: 1 << 100_000).kind == "unreadable"
    assert only(lambda: "x" * 5_000_000).kind == "unreadable"


@needs_fork
@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('["returned", {"code": "x"}, "", "returned", "", false]', "ended"),
        ('["returned", 7, "", "returned", "", false]', "returned"),
    ],
)
def test_a_line_forged_in_the_pipe_is_an_answer_or_nothing(line: str, kind: str) -> None:
    others = {descriptor for descriptor in range(3, 200) if _is_pipe(descriptor)}

    def forges() -> int:
        [pipe] = [
            descriptor
            for descriptor in range(3, 200)
            if _is_pipe(descriptor) and descriptor not in others
        ]
        return os.write(pipe, line.encode() + b"\n")

    assert only(forges).kind == kind


def _is_pipe(descriptor: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def test_what_is_right_is_in_no_frame_and_on_no_heap_while_the_function_runs() -> None:
    def looks() -> list[str]:
        found, frame = [], sys._getframe()
        while frame := frame.f_back:  # type: ignore[assignment]
            found += [value for value in frame.f_locals.values() if type(value) is str]
        boxes = [thing for thing in gc.get_objects() if type(thing) in (list, dict, tuple)]
        found += [item for box in boxes for item in list(box) if type(item) is str]
        return [text for text in found if text.startswith("7f3a")]

    def right() -> str:
        return "".join(["7f", "3a", "9c"])

    exercise = Exercise("99.1", "", 1, "", cases=(Case("any", right),), misconceptions=())
    assert repr(judge(exercise, looks)).startswith(
        "✘ 99.1 Not yet. In the case “any” your answer is []"
    )
    known = right()
    assert set(only(looks).value) == {known}  # in a frame it would be found, so the search works


@needs_fork
def test_nothing_is_left_behind() -> None:
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    for function in (int, sys.exit, os.abort):
        only(function)
    only(time.sleep, 60, seconds=0.1)
    after = len(list(Path("/proc/self/fd").iterdir())) if before else 0
    assert after == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def _loops() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda: 1, "returned"),
        (sys.exit, "raised"),
        (_loops, "stopped"),
        (AlwaysEqual, "unreadable"),
    ],
)
def test_without_fork_a_thread_contains_it(
    function: Callable[..., Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "fork")
    threads = threading.active_count()
    assert only(function, seconds=0.3 if kind == "stopped" else 60).kind == kind
    assert soon(lambda: threading.active_count() == threads)


def test_without_fork_inputs_are_copies_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    pins = ["a"]
    assert only(lambda one: one.clear(), pins).changed_input
    assert pins == ["a"]


def test_a_line_that_is_no_reply_is_refused() -> None:
    for line in (
        b"",
        b"1",
        b"[]",
        b'["returned", {"code": "x"}, "", "returned", "", false]',
        b'["stopped", 1, "", "", "", false]',
        b'["returned", 1, "", "danced", "", false]',
        b"\xff",
    ):
        assert decode_reply(line).kind == "ended"
    assert decode_reply(b'["returned", 1, "", "returned", "", false]') == Reply(
        "returned", 1, did="returned"
    )
