"""What `check` says: not attempted, right and why, or wrong with the misconception and the case;
and when it raises.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from certpin_lab.course import check
from certpin_lab.course.answers import Plain, UnreadableAnswer, read_word
from certpin_lab.course.check import CheckFailed, Result, judge
from certpin_lab.course.exercise import Case, Exercise, Misconception
from certpin_lab.lab.pki import CertificateAuthority
from certpin_lab.pinning.certificate import spki_der
from certpin_lab.pinning.pins import Pin

LEAF = CertificateAuthority("Test CA").issue_leaf("bank.example").certificate
OTHER = CertificateAuthority("Another CA").issue_leaf("shop.example").certificate


def _fingerprint(certificate: Any) -> str:
    from cryptography.hazmat.primitives import hashes

    return "sha256/" + base64.b64encode(certificate.fingerprint(hashes.SHA256())).decode()


PIN = Exercise(
    "98.1",
    "Write a pin",
    points=3,
    why="It survives a renewal.",
    cases=(
        Case("the bank's leaf", lambda: str(Pin.of(LEAF)), (LEAF,)),
        Case("the shop's leaf", lambda: str(Pin.of(OTHER)), (OTHER,)),
    ),
    misconceptions=(
        Misconception(
            "a pin is the certificate's fingerprint", "It changes at each renewal.", _fingerprint
        ),
        Misconception(
            "a pin is written in hex",
            "Base64.",
            lambda c: "sha256/" + hashlib.sha256(spki_der(c)).hexdigest(),
        ),
    ),
)
SORTED = Exercise(
    "98.2",
    "Sort",
    points=1,
    why="Order matters.",
    cases=(
        Case("two", ["a", "b"], lambda world: (["b", "a"],)),
        Case("none", [], lambda world: ([],)),
    ),
    misconceptions=(Misconception("it is sorted already", "It is not.", {"two": ["b", "a"]}),),
)


def right_pin(certificate: Any) -> str:
    return str(Pin.of(certificate))


def test_a_right_function_is_right_and_told_why() -> None:
    result = judge(PIN, right_pin)
    assert (result.state, result.points, bool(result)) == ("right", 3, True)
    assert repr(result) == "✔ 98.1 Right. It survives a renewal."


def test_a_wrong_recipe_is_called_by_its_name() -> None:
    result = judge(PIN, _fingerprint)
    assert (result.state, result.misconception, result.case, bool(result)) == (
        "wrong",
        "a pin is the certificate's fingerprint",
        "the bank's leaf",
        False,
    )
    assert "the bank's leaf" in repr(result)
    assert str(Pin.of(LEAF)) in repr(result)


def test_a_wrong_answer_of_no_known_kind_names_the_case_alone() -> None:
    result = judge(PIN, lambda certificate: "sha256/")
    assert (result.state, result.misconception, result.case) == ("wrong", None, "the bank's leaf")


def test_a_wrong_type_is_said() -> None:
    assert "(str, not bytes)" in repr(judge(PIN, lambda certificate: b"raw"))


def test_a_pin_object_is_as_good_as_its_text() -> None:
    assert judge(PIN, Pin.of).state == "right"


def test_a_misconception_that_only_brushes_the_answer_is_not_named() -> None:
    def half(certificate: Any) -> str:
        return _fingerprint(certificate) if certificate == LEAF else right_pin(certificate)

    result = judge(PIN, half)
    assert (result.state, result.misconception) == ("wrong", None)


def stub(certificate: Any) -> Any: ...


def stub_with_a_text(certificate: Any) -> Any:
    """The pin of a certificate."""


def stub_with_a_blank_inside(certificate: Any) -> Any:
    digest: Any = ...
    return digest


@pytest.mark.parametrize(
    "answer", [..., None, "", stub, stub_with_a_text, stub_with_a_blank_inside]
)
def test_a_blank_is_not_attempted(answer: object) -> None:
    assert judge(PIN, answer).state == "not attempted"


def test_a_function_that_answers_nothing_for_one_case_is_wrong_not_blank() -> None:
    assert (
        judge(
            PIN, lambda certificate: None if certificate == OTHER else right_pin(certificate)
        ).state
        == "wrong"
    )


@pytest.mark.parametrize("answer", [42, "sha256/AAAA", [1]])
def test_a_value_where_a_function_is_needed_is_said(answer: object) -> None:
    result = judge(PIN, answer)
    assert (result.state, "function is needed" in repr(result)) == ("unclear", True)


def test_prints_and_changed_inputs_are_mentioned_and_do_no_harm() -> None:
    def sorts(names: list[str]) -> list[str]:
        print("sorting", names)
        names.sort()
        return names

    result = judge(SORTED, sorts)
    assert result.state == "right"
    assert "It printed or displayed \"sorting ['b', 'a']\"" in repr(result)
    assert "work on a copy" in repr(result)
    assert "displayed" not in repr(judge(SORTED, sorted))
    assert "copy" not in repr(judge(SORTED, sorted))


def test_a_tuple_counts_as_a_list() -> None:
    assert judge(SORTED, lambda names: tuple(sorted(names))).state == "right"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda names: names[0], "raised IndexError"),
        (lambda: ["a"], "raised TypeError"),
        (lambda names: object(), "cannot be compared"),
        (lambda names: exit(), "sys.exit"),
    ],
)
def test_a_failing_function_gets_a_sentence_and_the_case(answer: Any, sentence: str) -> None:
    result = (
        judge(SORTED, lambda names: sorted(names) if names else answer(names))
        if sentence == "raised IndexError"
        else judge(SORTED, answer)
    )
    assert result.state == "wrong"
    assert sentence in repr(result)
    assert result.case in ("two", "none")
    assert "Traceback" not in repr(result)


class AlwaysEqual:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __contains__(self, item: object) -> bool:
        return True

    def __getitem__(self, key: object) -> Any:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter([self])

    def __call__(self, *arguments: object) -> Any:
        return self


class Metaclass(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise RuntimeError("gotcha")


class Unnamable(metaclass=Metaclass):
    pass


@pytest.mark.parametrize(
    "answer", [AlwaysEqual(), {"unpinned": AlwaysEqual(), "pinned": AlwaysEqual()}, Unnamable()]
)
def test_an_answer_that_equals_everything_is_refused(answer: object) -> None:
    result = check("00.2", answer)
    assert (result.state, "object" in repr(result)) == ("unclear", True)


def test_a_function_that_returns_what_equals_everything_is_refused() -> None:
    assert judge(PIN, AlwaysEqual()).state == "wrong"


def test_a_dict_that_lies_about_its_items_is_read_for_what_it_holds() -> None:
    class Liar(dict):  # type: ignore[type-arg]
        def items(self) -> Any:
            return [("unpinned", "served"), ("pinned", "locked out")]

    assert check("00.2", Liar(unpinned="served", pinned="served")).state == "wrong"


@pytest.mark.parametrize(
    ("owner", "name"),
    [(hashlib, "sha256"), (ssl, "SSLContext"), (ssl.SSLContext, "wrap_socket"), (Pin, "of")],
)
def test_a_replaced_hash_or_handshake_is_refused(
    owner: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, lambda *_, **__: None)
    result = judge(PIN, right_pin)
    assert (result.state, f"{name} has been replaced" in repr(result)) == ("unclear", True)
    monkeypatch.undo()
    assert judge(PIN, right_pin).state == "right"


def test_a_fault_of_the_check_is_not_blamed_on_the_answer() -> None:
    def fails() -> str:
        raise ZeroDivisionError

    faulty = Exercise("98.3", "", 1, "", cases=(Case("any", fails),), misconceptions=())
    result = judge(faulty, lambda: 1)
    assert (result.state, "not your answer's fault" in repr(result)) == ("unclear", True)


def test_an_unknown_id_is_said_with_the_closest_one() -> None:
    assert 'Did you mean "00.2"?' in repr(check("00.3", "x"))
    assert "Lessons that have: 00" in repr(check("77.1", "x"))
    assert check(5, "x").state == "unclear"  # type: ignore[arg-type]


def _read(value: Plain) -> dict[str, Plain]:
    if value == "broken":
        raise UnreadableAnswer("Say it in one word.")
    return {"it": read_word(value, ("yes", "no"))}


WORD = Exercise("98.4", "", 1, "", cases=(Case("it", "yes"),), misconceptions=(), read=_read)


def test_a_value_that_cannot_be_read_is_not_wrong() -> None:
    assert repr(judge(WORD, "broken")) == "? 98.4 I cannot tell. Say it in one word."
    assert judge(WORD, "no").state == "wrong"
    assert "yes" not in repr(judge(WORD, "no"))


def test_require_raises_the_same_sentence_and_only_then() -> None:
    assert judge(WORD, "yes").require().state == "right"
    for answer in ("no", ..., "broken"):
        result = judge(WORD, answer)
        with pytest.raises(CheckFailed) as failure:
            result.require()
        assert str(failure.value) == repr(result)


@pytest.mark.parametrize("answer", [..., "pinned", "nonsense", None])
def test_under_grading_anything_but_right_raises(
    answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not check("00.2", answer)
    monkeypatch.setenv("CERTPIN_GRADING", "1")
    with pytest.raises(AssertionError):
        check("00.2", answer)
    with pytest.raises(AssertionError):
        check("00.9", answer)


def test_under_grading_a_right_answer_shows_its_points_and_says_why_in_html(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = judge(PIN, right_pin)
    monkeypatch.setenv("CERTPIN_GRADING", "1")
    assert float(repr(result)) == 3
    assert "It survives a renewal." in result._repr_html_()


def test_html_is_escaped() -> None:
    result = judge(SORTED, lambda names: ["<script>"])
    assert "<script>" not in result._repr_html_()
    assert "&lt;script&gt;" in result._repr_html_()


@contextmanager
def _listener() -> Iterator[Any]:
    """A server that keeps what a client sends: the shape of the exercises in which the answer is a
    client.
    """
    received: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                received.append(connection.recv(100))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname(), received
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


SILENT = Exercise(
    "98.5",
    "A client that sends nothing",
    points=1,
    why="Nothing sent, nothing read.",
    cases=(Case("the attacker listens", 0, lambda world: (world[0],)),),
    misconceptions=(
        Misconception("a short word does no harm", "It does.", {"the attacker listens": 2}),
    ),
    setting=_listener,
    measure=lambda world, case, value: sum(map(len, world[1])),
)


def test_a_client_is_judged_by_what_reached_the_other_side_not_by_what_it_says() -> None:
    def leaks(address: Any) -> int:
        with socket.create_connection(address, timeout=60) as connection:
            connection.sendall(b"pw")
            connection.recv(1)
        return 0

    def keeps(address: Any) -> int:
        with socket.create_connection(address, timeout=60):
            return 0

    assert judge(SILENT, leaks).misconception == "a short word does no harm"
    assert judge(SILENT, keeps).state == "right"


def test_only_a_right_answer_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".certpin-work").touch()
    monkeypatch.chdir(tmp_path)
    check("00.2", "pinned")
    assert not (tmp_path / ".certpin-progress.json").exists()
    check("00.2", "unpinned")
    assert json.loads((tmp_path / ".certpin-progress.json").read_text())["passed"] == ["00.2"]


def test_a_result_is_a_value() -> None:
    assert isinstance(judge(WORD, "yes"), Result)
    assert judge(WORD, "yes") == judge(WORD, "yes")
    assert judge(WORD, "yes") != judge(WORD, "no")
