"""The matrix of “What to pin” against a table that was written first, from what the sources say about
each choice.

S served, L locked out, P protected, E exposed. Sources: OWASP's Pinning Cheat Sheet (leaf with a
backup; a root vouches for all that is below it), RFC 7469 section 2.6 (any certificate of the
verified chain may match), RFC 5280 (what a renewal and an issuer are).
"""

from pathlib import Path

import nbformat
import pytest

from certpin_lab import CertificateAuthority, Client, Pin
from certpin_lab.cases.what_to_pin import (
    ATTACKS,
    RENEWALS,
    FingerprintPolicy,
    PinningWorld,
    apps,
    score,
)
from certpin_lab.lab import trials
from certpin_lab.pinning.pin_mismatch import PinMismatchError

WORDS = {"S": "served", "L": "locked out", "P": "protected", "E": "exposed"}
#                       renewals:     attacks:                       same key, new key, prepared
# key, intermediate, CA; installed root, other CA, same CA, sister CA, stolen key
EXPECTED = {
    "certificate":         "L L L L L   P P P P E",
    "leaf key":            "S L L S S   P P P P E",
    "leaf key + backup":   "S L S S S   P P P P E",
    "intermediate key":    "S S S L L   P P E P E",
    "root key":            "S S S S L   P P E E E",
    "root key + leaf key": "S S S S S   P P E E E",
    "no pin":              "S S S S S   E E E E E",
}  # fmt: skip


@pytest.fixture(scope="module")
def world():
    return PinningWorld()


@pytest.fixture(scope="module")
def matrix(world):
    return trials.run(apps(world), world.events)


@pytest.mark.parametrize("choice", EXPECTED)
def test_every_cell_is_what_the_sources_say(matrix, choice):
    found = {event: matrix[choice, event].verdict for event in (*RENEWALS, *ATTACKS)}
    assert list(found.values()) == [WORDS[letter] for letter in EXPECTED[choice].split()], found


def test_the_attacker_reads_nothing_exactly_where_a_choice_protects(matrix):
    for outcome in matrix:
        if outcome.hijacked:
            assert (outcome.attacker_read == 0) == (outcome.verdict == "protected")
            assert outcome.attacker_handshake


def test_a_refusal_is_the_pins_work_and_nobody_elses(matrix):
    assert {outcome.layer for outcome in matrix if not outcome.accepted} == {"pin"}


def test_a_second_run_gives_the_same_matrix(world, matrix):
    again = trials.run(apps(world), world.events)
    assert [str(one) for one in again] == [str(one) for one in matrix]


def test_another_seed_gives_other_keys_and_the_same_matrix(matrix):
    other = PinningWorld(seed="another class")
    assert Pin.of(other.bank.certificate) != Pin.of(PinningWorld().bank.certificate)
    found = trials.run(apps(other), other.events)
    assert [one.verdict for one in found] == [one.verdict for one in matrix]


def test_the_score_counts_what_the_matrix_shows(matrix):
    assert score(matrix, "leaf key + backup") == (4, 4)
    assert score(matrix, "no pin") == (0, 5)
    assert score(matrix, "certificate") == (4, 0)


def test_a_fingerprint_policy_leaves_other_hosts_alone_and_checks_its_own(world):
    policy = FingerprintPolicy("bank.example", world.bank.certificate)
    renewed = world.bank.renewed(same_key=True)
    assert policy.check("bank.example", world.bank.chain).position == 0
    assert policy.check("shop.example", renewed.chain).certificate is None
    with pytest.raises(PinMismatchError, match="another certificate"):
        policy.check("bank.example", renewed.chain)
    with pytest.raises(PinMismatchError):
        policy.check("bank.example", [])


def test_a_fingerprint_refuses_before_anything_is_sent(world):
    client = Client("certificate", apps(world)[0].context, library="httpx")
    [outcome] = trials.run([client], [world.events[6]])
    assert (outcome.verdict, outcome.attacker_read) == ("protected", 0)


def described(world, chain):
    """A row of the lesson's table: what this chain has in common with the bank's."""
    theirs = [Pin.of(each) for each in (*world.bank.chain, world.root.certificate)]
    keys = [Pin.of(each) for each in chain]
    leaf = {theirs[0]: "same", Pin.of(world.spare_key.public_key()): "prepared"}
    intermediate = "none" if len(chain) == 2 else "same" if keys[1] == theirs[1] else "other"
    return [
        "same" if chain[0] == world.bank.certificate else "new",
        leaf.get(keys[0], "new"),
        intermediate,
        "same" if keys[-1] == theirs[-1] else "other",
    ]


def test_the_lessons_table_says_what_changes_in_each_event(world):
    [path] = (Path(__file__).parents[2] / "notebooks" / "solutions").glob("07_*.ipynb")
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    rows = {
        cells[0]: cells[1:]
        for line in text.splitlines()
        if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 5
        and cells[0] in (*RENEWALS, *ATTACKS)
    }
    found = {}
    for event in world.events:
        attacker = event.attacker
        if attacker is None:
            identity = event.identity
        elif isinstance(attacker, CertificateAuthority):
            identity = attacker.issue_leaf("bank.example", generation=7)
        else:
            identity = attacker("bank.example")
        found[event.name] = described(world, (*identity.chain, identity.issuer.root))
    assert rows == found


def test_the_lesson_pins_what_the_exercises_pin(world):
    [path] = (Path(__file__).parents[2] / "notebooks" / "solutions").glob("07_*.ipynb")
    code = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    last = next(number for number, source in enumerate(code) if "apps = [" in source)
    notebook = {}
    for source in code[: last + 1]:
        exec(source, notebook)
    mine = {app.name: app.context._policy for app in notebook["apps"]}
    theirs = {app.name: app.context._policy for app in apps(world)[:-1]}
    pins = {name: policy.pins_for("bank.example").pins for name, policy in theirs.items()}
    assert {name: policy.pins_for("bank.example").pins for name, policy in mine.items()} == pins
    assert type(mine["certificate"]) is FingerprintPolicy
