"""The mutation runs in short: a few mutants of every solution and of one module, the same in every
run; and what the runs rest on. `python -m tests.hard.mutants` has all of them.
"""

import ast
from dataclasses import replace

import pytest

from certpin_lab.course import lessons
from certpin_lab.course.check import judge
from tests.hard.controls.__main__ import ControlError
from tests.hard.mutants import __main__ as command
from tests.hard.mutants import core, operators, solutions
from tests.hard.mutants.operators import Mutant

FEW = ["--sample", "4", "--seed", "1"]
CHECK = """
def check(chain, pins):
    with suppress(KeyError):
        pins = pins["bank.example"]
    for certificate in chain:
        if certificate.pin in pins[:2] and len(pins) > 1:
            return True
    raise ValueError("it is not pinned")
"""


@pytest.mark.parametrize("id", solutions.ids())
def test_no_small_change_to_a_solution_is_accepted(id, capsys):
    assert command.main(["solutions", id, *FEW]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("id", solutions.ids())
def test_the_solution_itself_is_accepted(id):
    """Unless it is, that its mutants are refused means nothing."""
    own = solutions.answer(id)
    assert judge(lessons.exercise(id), own.value(own.cell))


def test_a_check_that_accepts_everything_lets_mutants_survive(capsys, monkeypatch):
    gullible = replace(lessons.exercise("00.2"), cases=())
    monkeypatch.setattr(solutions.lessons, "exercise", lambda id: gullible)
    assert command.main(["solutions", "00.2"]) == 1
    assert "00.2: 'pinned': 'locked out' => 'served'" in capsys.readouterr().out


def test_no_small_change_to_the_core_goes_unnoticed(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(core, "ARTIFACTS", tmp_path)
    assert command.main(["core", "pinning/der", *FEW]) == 0, capsys.readouterr().out


def harmless(module):
    return Mutant(f"{core._text(module)}\n# as it was\n", "nothing")


def test_a_change_that_no_test_notices_survives_and_one_that_does_not_run_is_killed():
    broken = Mutant("import no_such_module", "does not run")
    assert list(core.run("pinning/hostnames", [harmless("pinning/hostnames"), broken])) == [
        False,
        True,
    ]


def test_what_an_earlier_run_has_killed_is_not_asked_again_and_a_survivor_is(monkeypatch, tmp_path):
    monkeypatch.setattr(core, "ARTIFACTS", tmp_path)
    asked = []
    dead, alive = Mutant("1", "dead"), Mutant("2", "alive")

    def run(module, chosen):
        asked.append(chosen)
        return [mutant is dead for mutant in chosen]

    monkeypatch.setattr(core, "run", run)
    for chosen in ([dead], [dead, alive], [alive, dead]):
        assert core.killed("lab/outcomes", chosen) == [mutant is dead for mutant in chosen]
    assert asked == [[dead], [alive], [alive]]


def test_red_tests_without_a_mutant_are_an_error(monkeypatch):
    monkeypatch.setattr(core, "tests", lambda module: ["tests/no_such_file.py"])
    with pytest.raises(ControlError, match="without a mutant pytest ends with 4"):
        list(core.run("lab/outcomes", [harmless("lab/outcomes")]))


# ---- the operators


@pytest.mark.parametrize("change", [
    "check: if certificate.pin in pins[:2] and len(pins) > 1: => if certificate.pin not in pins[:2] and len(pins) > 1:",
    "check: if certificate.pin in pins[:2] and len(pins) > 1: => if certificate.pin in pins[:2] or len(pins) > 1:",
    "check: if certificate.pin in pins[:2] and len(pins) > 1: => if certificate.pin in pins[:2]:",
    "check: if certificate.pin in pins[:2] and len(pins) > 1: => if certificate.pin in pins[:2] and len(pins) >= 1:",
    "check: if certificate.pin in pins[:2] and len(pins) > 1: => if certificate.pin in pins[:2 - 1] and len(pins) > 1:",
    "check: if certificate.pin in pins[:2] and len(pins) > 1: => if not (certificate.pin in pins[:2] and len(pins) > 1):",
    "check: for certificate in chain: => for certificate in list(chain)[:1]:",
    "check: for certificate in chain: => for certificate in list(chain)[-1:]:",
    "check: return True => return False",
    "check: return True => pass",
    "check:  => break",
    "check: raise ValueError('it is not pinned') => pass",
    "check: with suppress(KeyError): => if True:",
])  # fmt: skip
def test_the_slips_that_people_make_are_among_the_mutants(change):
    assert change in [mutant.change for mutant in operators.mutants(CHECK)]


def test_a_misunderstanding_is_among_them_too():
    every = operators.mutants(CHECK, operators.every(operators.names(CHECK)))
    changes = " ".join(mutant.change for mutant in every)
    assert "if certificate in pins[:2]" in changes
    assert "if chain.pin in pins[:2]" in changes
    assert "if certificate.pin in []" in changes


def test_every_mutant_is_another_program_and_words_for_people_stay():
    source = CHECK.replace("    for", '    "Are any of these keys pinned?"\n    for', 1)
    every = [mutant.source for mutant in operators.mutants(source)]
    assert len(set(every)) == len(every)
    assert ast.unparse(ast.parse(source)) not in every
    assert all("Are any of these keys pinned?" in text for text in every)


def test_a_change_keeps_its_name_when_something_above_it_changes():
    below = "first = 1\n\n\ndef other():\n    pass\n" + CHECK
    assert {mutant.change for mutant in operators.mutants(CHECK)} <= {
        mutant.change for mutant in operators.mutants(below)
    }
