"""Whatever an answer is or does, `check` says a sentence within a deadline, and raises nothing."""

from __future__ import annotations

import builtins
import copy
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from certpin_lab.course import check, predict, quiz
from certpin_lab.course.check import judge
from certpin_lab.course.exercise import Case, Exercise
from certpin_lab.course.run_answer import run
from certpin_lab.course.tampering import tampering
from certpin_lab.pinning.pins import Pin
from certpin_lab.pinning.policy import PinSet

needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="needs fork, which Windows does not have"
)
DOUBLE = Exercise(
    "98.1", "", 1, "Good.", cases=(Case("two", 4, (2,)),), misconceptions=(), seconds=0.3
)


class TooLate(BaseException):
    """Raised by the deadline; nothing that catches exceptions of the answer's may catch it."""


@pytest.fixture(autouse=True)
def deadline() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TooLate

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def raises(problem: BaseException) -> Callable[..., Any]:
    def method(*_: Any, **__: Any) -> Any:
        raise problem

    return method


def never_returns(*_: Any, **__: Any) -> Any:
    while True:
        pass


ESCAPES = "\x1b[31mred\nnext\u202eline"
BEHAVIOURS = {
    "raises": raises(RuntimeError(ESCAPES)),
    "exits": raises(SystemExit(1)),
    "raises past Exception": raises(BaseException()),
    "never returns": never_returns,
    "gives itself": lambda self, *_, **__: self,
}
METHODS = (
    "__bool__", "__call__", "__eq__", "__getattr__", "__getattribute__", "__getitem__", "__hash__",
    "__index__", "__iter__", "__len__", "__repr__", "__str__",
)  # fmt: skip
ON_THE_CLASS = ("__eq__", "__getattribute__", "__hash__", "__instancecheck__", "__subclasscheck__")


def hostile_objects() -> Iterator[tuple[str, object]]:
    for how, behaviour in BEHAVIOURS.items():
        for name in METHODS:
            yield f"{name} {how}", type("Hostile", (), {name: behaviour})()
        yield f"__class__ {how}", type("Hostile", (), {"__class__": property(behaviour)})()
        for name in ON_THE_CLASS:
            kind = type("Kind", (type,), {name: behaviour})("Hostile", (), {})
            yield f"{name} of the class {how}", object.__new__(kind)
        for base in (str, int, dict, list):
            methods = dict.fromkeys(("__eq__", "__str__", "__iter__", "strip", "items"), behaviour)
            yield f"{base.__name__} {how}", type("Hostile", (base,), methods | {"__hash__": None})()
    pin: Any = object.__new__(Pin)
    yield "a pin without a digest", pin
    yield "a name that escapes", type("\x1b[31mRed\nName", (), {})()
    yield "a text with escapes", ESCAPES
    yield "a long text", "x" * 20_000_000
    yield "a long text in a list", ["y" * 20_000_000]


HOSTILE = dict(hostile_objects())


def is_safe_to_show(text: str) -> bool:
    return all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_object_gets_a_sentence(name: str) -> None:
    answer: Any = HOSTILE[name]
    found = [judge(DOUBLE, answer), check("00.2", answer), check(answer, "pinned")]
    found += [check("00.2", {"unpinned": answer, "pinned": "locked out"})]
    assert not any(found)
    shown = [*found, predict("00.1", answer), predict(answer, "served"), quiz("01.q1", answer)]
    assert all(is_safe_to_show(repr(one)) for one in shown)


@pytest.mark.parametrize("how", BEHAVIOURS)
@pytest.mark.parametrize("problem", [Exception, BaseException])
def test_a_hostile_exception_gets_a_sentence(how: str, problem: type[BaseException]) -> None:
    kind = type("Hostile", (problem,), {"__str__": BEHAVIOURS[how]})
    result = judge(DOUBLE, raises(kind()))
    assert (result.state, is_safe_to_show(repr(result))) == ("wrong", True)


def test_an_exception_text_is_shown_on_one_printable_line() -> None:
    result = judge(DOUBLE, raises(ValueError("\ud800 " + ESCAPES)))
    assert "raised ValueError: ? ?[31mred next?line, at line" in repr(result)
    repr(result).encode()


def test_a_callable_that_has_no_truth_is_called_all_the_same() -> None:
    doubles = type(
        "Doubles", (), {"__bool__": raises(ValueError()), "__call__": lambda _, n: 2 * n}
    )
    assert judge(DOUBLE, doubles()).state == "right"


def test_input_is_told_and_not_taken_for_an_endless_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "input", lambda *_: time.sleep(60))  # as a kernel's waits
    assert "asked for input()" in repr(judge(DOUBLE, lambda n: int(input("n? ")) * n))

    def gives_up(n: int) -> int:
        try:
            return int(input())
        except Exception:  # noqa: BLE001
            return 2 * n

    assert judge(DOUBLE, gives_up).state == "wrong"


def test_what_is_displayed_is_told() -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import display

    def displays(n: int) -> int:
        display([n])
        return 2 * n

    InteractiveShell.instance()
    try:
        result = judge(DOUBLE, displays)
    finally:
        InteractiveShell.clear_instance()
    assert "printed or displayed '[2]'" in repr(result)


def test_a_long_answer_is_refused_at_once() -> None:
    started = time.monotonic()
    assert check("00.2", "x" * 20_000_000).state == "unclear"
    assert judge(DOUBLE, lambda n: "x" * 20_000_000).state == "wrong"
    assert time.monotonic() - started < 1


@needs_fork
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux hands orphans on")
@pytest.mark.parametrize("and_then", ["return", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_a_process_in_a_session_of_its_own_ends_with_the_check(
    and_then: str, tmp_path: Path
) -> None:
    def spawns() -> int:
        started = subprocess.Popen(["sleep", "60"], start_new_session=True)
        orphan = os.fork()
        if orphan == 0:
            os.setsid()
            if grandchild := os.fork():
                os._exit(grandchild > 0)
            (tmp_path / "orphan").write_text(str(os.getpid()))
            time.sleep(60)
        (tmp_path / "started").write_text(str(started.pid))
        while not (tmp_path / "orphan").exists():
            time.sleep(0.01)
        return 0 if and_then == "return" else eval(and_then)

    run(spawns, [()])
    for name in ("started", "orphan"):
        assert not Path("/proc", (tmp_path / name).read_text()).exists()


@needs_fork
def test_an_answer_that_stops_its_guard_does_not_hold_the_check_up() -> None:
    def stops() -> None:
        os.kill(os.getppid(), signal.SIGSTOP)

    [reply] = run(stops, [()])
    assert reply.kind == "returned"


def test_without_fork_output_is_back_as_soon_as_the_check_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(os, "fork", raising=False)
    awake = threading.Event()
    stdout = sys.stdout

    def sleeps() -> None:
        time.sleep(3)
        awake.set()

    [reply] = run(sleeps, [()], seconds=0.1)
    assert (reply.kind, sys.stdout is stdout, awake.is_set()) == ("stopped", True, False)
    print("the notebook's own")
    assert capsys.readouterr().out == "the notebook's own\n"


@pytest.mark.parametrize("name", ["__str__", "__getattribute__", "__format__"])
def test_a_replaced_method_of_a_pin_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pin, name, lambda self, *_: "sha256/wrong", raising=False)
    result = judge(DOUBLE, lambda n: 2 * n)
    assert (result.state, f"Pin.{name} has been replaced" in repr(result)) == ("unclear", True)


def test_a_copy_of_a_pin_set_is_no_tampering() -> None:
    """Python notes the names of a class's slots when the first of its objects is copied."""
    copy.copy(PinSet([Pin(b"1" * 32)]))
    assert "__slotnames__" in vars(PinSet)
    assert tampering() == ""
