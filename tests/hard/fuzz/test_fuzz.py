"""Every reader keeps its promises on changed real inputs, and on every input that once broke one;
and a reader with a bug does not.
"""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from certpin_lab.lab import wire
from certpin_lab.pinning import certificate, der, hostnames, key_files, pin_doctor, pins, policy
from tests.hard.fuzz import __main__ as command
from tests.hard.fuzz.mutate import mutate, parse, write
from tests.hard.fuzz.seeds import KINDS, certificates
from tests.hard.fuzz.strategies import inputs
from tests.hard.fuzz.targets import TARGETS, place

CORPUS = Path(__file__).parent / "corpus"
FOUND = sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.rglob("*") if path.is_file())


def search(target, *, phases=tuple(Phase), most=400):
    """Put inputs to the target, the same in every run until a constant of the package changes."""

    @settings(
        max_examples=most,
        derandomize=True,
        deadline=None,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs(target))
    def put(data):
        target(data)

    put()


@pytest.mark.parametrize("name", FOUND)
def test_what_once_broke_a_promise_does_not_any_more(name):
    TARGETS[name.split("/")[0]]((CORPUS / name).read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_the_reader_keeps_its_promises_whatever_it_is_given(name):
    search(TARGETS[name])


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_accepts_some_seeds_and_refuses_others(name):
    target = TARGETS[name]
    outcomes = {target(seed) for kind in target.seeds for seed in (*KINDS[kind](), b"\xff")}
    assert "accepted" in outcomes
    assert (outcomes - {"accepted"} != set()) == bool(target.raises)


def test_an_error_of_many_lines_is_told_in_one():
    """Found by the search too; put together here, so that no file of ours looks like somebody's
    private key.
    """
    label, damaged = (
        b"PRIVATE KEY",
        b"MC4CAQAwBQYDK2VvBCIEIAABAgMeBQYHCAIAABwxDg8QERITFBUWFxgQGhscHR4f",
    )
    assert (
        TARGETS["keys"](b"-----BEGIN %b-----%b\n-----END %b-----" % (label, damaged, label))
        == "KeyFileError"
    )


# Readers with a bug: the target, what is replaced, and by what.

PROBLEM, DIAGNOSE = pins._problem_with, pin_doctor.diagnose
BLOCKS, READ = key_files._pem_blocks, key_files._read_block


def short_reads(cursor, count):
    cursor.offset += count
    return cursor._data[cursor.offset - count : cursor.offset]


def any_length(data, offset=0, _limit=None):
    return der.Element(data, offset, offset + 2, offset + 2 + data[offset + 1], data[offset])


def forgiving(data):
    for block in BLOCKS(data):
        with contextlib.suppress(key_files.KeyFileError):
            READ(1, *block)
            yield block


PLANTED = {
    "a TLS length is not checked": ("records", wire._Bytes, "take", short_reads),
    "reading goes on after the change of the cipher": (
        "messages",
        wire,
        "_CHANGE_CIPHER_SPEC",
        None,
    ),
    "a server name is shown as it is": (
        "client_hello",
        wire,
        "printable",
        lambda text, _longest: text.decode("latin-1"),
    ),
    "a DER length is not checked": ("certificate_fields", certificate, "element", any_length),
    "a DER length has one byte": ("spki", der, "element", any_length),
    "a pin may lack its padding": (
        "pin",
        pins,
        "_problem_with",
        lambda text: PROBLEM(text + "=" * (51 - len(text))),
    ),
    "a zone is part of a host": (
        "hostname",
        hostnames,
        "_refuse_what_is_not_a_host",
        lambda text: None,
    ),
    "one label matches any number": (
        "pattern",
        hostnames.HostPattern,
        "matches",
        lambda self, host: host.endswith(self.base),
    ),
    "a damaged block is left out": ("keys", key_files, "_pem_blocks", forgiving),
    "white space around a pin is right": (
        "diagnose",
        pin_doctor,
        "diagnose",
        lambda pin, *rest: DIAGNOSE(pin.strip(), *rest),
    ),
    "a pin in a policy is not read": ("policy", policy, "_pins", lambda given, name: tuple(given)),
}


@pytest.fixture(name="_fresh_names")
def fresh_names():
    """What a host name was read as under a planted bug is not remembered."""
    yield
    hostnames._canonical.cache_clear()


@pytest.mark.usefixtures("_fresh_names")
@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug, monkeypatch):
    name, owner, attribute, instead = PLANTED[bug]
    monkeypatch.setattr(owner, attribute, instead)
    with pytest.raises((AssertionError, AttributeError, TypeError, IndexError, ValueError)):
        search(TARGETS[name], phases=[Phase.generate], most=4000)  # it ends at the first find


# What the targets and the command are made of.


def test_der_is_written_as_it_was_read_and_a_change_deep_inside_keeps_the_lengths_right():
    for one in certificates():
        assert b"".join(map(write, parse(one))) == one
    changed = [mutate(certificates()[0], Random(seed)) for seed in range(200)]
    assert len(set(changed)) > 150
    whole = [
        der
        for der in changed
        if (parsed := parse(der)) and len(parsed) == 1 and der != certificates()[0]
    ]
    assert len(whole) > 100


def test_one_fault_has_one_place_whatever_the_input(monkeypatch):
    def failing(text):
        with pytest.raises(KeyError) as found:
            TARGETS["pin"](text)
        return place(found.value)

    monkeypatch.setattr(pins, "_problem_with", lambda text: {}[text])
    one = failing(b"1")
    assert one.startswith("KeyError at certpin_lab/pinning/pins.py:")
    assert failing(b"2") == one
    monkeypatch.setattr(pins, "_PREFIX", None)
    monkeypatch.setattr(pins, "_problem_with", lambda text: None)
    with pytest.raises(TypeError) as other:
        TARGETS["pin"](b"1")
    assert place(other.value) != one


def test_a_pem_block_ends_before_the_next_one_begins():
    unended, whole = b"-----BEGIN A-----\n", b"-----BEGIN A-----\n-----END A-----"
    assert list(BLOCKS(whole * 2)) == [("A", b"\n")] * 2
    with pytest.raises(key_files.KeyFileError, match="no end"):
        list(BLOCKS(unended + whole))


def test_the_command_says_how_to_install_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    assert command.main(["pin"]) == 2
    assert f"{sys.executable} -m pip install" in capsys.readouterr().err


def test_the_command_refuses_a_target_that_it_does_not_know(capsys):
    with pytest.raises(SystemExit):
        command.main(["pinn"])
    assert "there is no target pinn; there are pin, hostname" in capsys.readouterr().err


NUMBERS = {
    "inputs": 7,
    "outcomes": {"accepted": 7},
    "slowest": 0.5,
    "began_with": 40,
    "peak": 60,
    "crashes": {},
}
CRASH = {"AssertionError at wire.py:1": {"file": "abc", "length": 3, "first": 5}}


@pytest.mark.parametrize(
    ("numbers", "status", "findings"),
    [(NUMBERS, 0, 0), (NUMBERS | {"crashes": CRASH}, 0, 1), (NUMBERS, 70, 1), (None, 1, 1)],
)
def test_a_crash_and_a_process_that_died_are_findings(
    numbers, status, findings, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(command, "ARTIFACTS", tmp_path)

    def run(words, **_):
        if numbers:
            (tmp_path / "pin" / "numbers.json").write_text(json.dumps(numbers))
        return subprocess.CompletedProcess(words, status)

    monkeypatch.setattr(command.subprocess, "run", run)
    assert command.main(["pin", "--inputs", "7"]) == bool(findings)
    printed = capsys.readouterr().out
    assert printed.count("pin: ") == findings
    assert ("500.0 ms" in printed) == bool(numbers)
    assert (str(tmp_path / "pin") in printed) == bool(findings)
