"""The linter finds the planted fault of each sample policy and none in the clean ones, and each
rule is needed for that.
"""

import contextlib
import hashlib
import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from certpin_lab import Pin, PinMismatchError, PinPolicy, PinSet, PolicyError
from certpin_lab.cases.what_to_pin import PinningWorld
from certpin_lab.pinning import policy_linter
from certpin_lab.pinning.formats.policy_json import LONGEST_POLICY, read_policy
from certpin_lab.pinning.policy_linter import lint_policy

FOLDER = Path(__file__).parents[2] / "data" / "policies"
AT = datetime(2027, 1, 1, tzinfo=UTC)
WORLD = PinningWorld()
CHAIN = (*WORLD.bank.chain, WORLD.root.certificate)
LEAF, SPARE = str(Pin.of(CHAIN[0])), str(Pin.of(WORLD.spare_key.public_key()))
PLANTED = {
    "clean-leaf-and-backup": [],
    "clean-with-date": [],
    "one-pin": ["one pin"],
    "no-backup": ["no backup"],
    "expires-soon": ["expires soon"],
    "expired": ["expired"],
    "fails-open": ["fails open"],
    "hash-of-nothing": ["known bad pin"],
    "expired-ca": ["known bad pin"],
    "root-only": ["root only"],
    "nothing-matches": ["nothing matches"],
    "report-only": ["report only"],
    "clean-pooled": [],
    "leaf-where-a-ca-counts": ["wrong position"],
    "ca-where-the-leaf-counts": ["wrong position"],
    "certificate-hash": ["wrong recipe"],
    "refuses-soon": ["expires soon"],
    "two-bad-pins": ["known bad pin", "known bad pin"],
    "public-suffix": ["public suffix"],
}


def sample(name):
    return read_policy((FOLDER / f"{name}.json").read_text())


def codes(policy, **more):
    return [
        finding.code
        for finding in lint_policy(policy, **({"chains": {"bank.example": CHAIN}, "at": AT} | more))
    ]


def test_every_sample_is_in_the_table_and_says_that_it_is_invented():
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(PLANTED)
    for path in FOLDER.glob("*.json"):
        assert json.loads(path.read_text())["comment"].startswith("Invented for teaching. ")


@pytest.mark.parametrize("name", PLANTED)
def test_the_planted_fault_is_found_and_no_other(name):
    assert codes(sample(name)) == PLANTED[name]
    for finding in lint_policy(sample(name), chains={"bank.example": CHAIN}, at=AT):
        assert finding.what.endswith(".")
        assert finding.advice.endswith(".")


@pytest.mark.parametrize("rule", policy_linter._RULES)
def test_without_its_rule_a_fault_is_not_found(monkeypatch, rule):
    banned = PinPolicy({"bank.example": PinSet([LEAF, SPARE], banned=[str(Pin.of(CHAIN[1]))])})
    known = [sample(name) for name in PLANTED] + [banned]
    assert rule in [code for policy in known for code in codes(policy)]
    monkeypatch.delitem(policy_linter._RULES, rule)
    assert rule not in [code for policy in known for code in codes(policy)]


def test_a_fault_of_the_served_keys_is_judged_only_beside_the_chain():
    assert codes(sample("nothing-matches"), chains=None) == []
    assert codes(sample("nothing-matches"), chains={"shop.example": CHAIN}) == []


def test_a_wildcard_is_judged_with_every_host_it_matches():
    policy = PinPolicy({"**.bank.example": PinSet([SPARE, LEAF])})
    renewed = WORLD.bank.renewed(same_key=False)
    chains = {"bank.example": CHAIN, "app.bank.example": (*renewed.chain, WORLD.root.certificate)}
    assert codes(policy, chains=chains) == ["nothing matches"]


@given(days=st.integers(-400, 400))
def test_expired_and_soon_never_come_together_and_meet_at_the_date(days):
    policy = PinPolicy(
        {
            "bank.example": PinSet(
                [LEAF, SPARE], expires=AT + timedelta(days=days), after_expiry="refuse"
            )
        }
    )
    expected = ["expired"] if days <= 0 else ["expires soon"] if days <= 90 else []
    assert codes(policy) == expected


def test_patterns_that_pool_are_judged_by_what_they_pool():
    """`*.` never stands alone here, but the bank's own host has the pin of `**.` only."""
    policy = PinPolicy({"*.bank.example": PinSet([LEAF]), "**.bank.example": PinSet([SPARE])})
    findings = lint_policy(policy, at=AT)
    assert [(each.code, each.where) for each in findings] == [("one pin", "**.bank.example")]
    pooled = PinPolicy({"bank.example": PinSet([SPARE]), "**.bank.example": PinSet([LEAF, SPARE])})
    assert codes(pooled) == []


def test_a_chain_is_judged_once_however_many_patterns_match_its_host():
    other = str(Pin.of(CHAIN[1]))
    pins = {"bank.example": PinSet([SPARE]), "**.bank.example": PinSet([SPARE, other])}
    renewed = {"bank.example": (*WORLD.bank.chain[:1], WORLD.root.certificate)}
    assert codes(PinPolicy(pins), chains=renewed) == ["nothing matches"]


def test_a_ca_above_the_leaf_is_called_a_root_only_if_it_is_one():
    top = str(Pin.of(CHAIN[-1]))
    assert codes(PinPolicy({"bank.example": PinSet([top, SPARE])})) == ["root only"]
    without_root = {"bank.example": CHAIN[:-1]}
    issuing = PinPolicy({"bank.example": PinSet([str(Pin.of(CHAIN[1])), SPARE])})
    assert codes(issuing, chains=without_root) == []
    assert codes(issuing) == []


LOCKOUTS = {
    "expired": {"expires": AT, "after_expiry": "refuse"},
    "wrong position": {"position": "ca"},
    "banned key in use": {"banned": [str(Pin.of(CHAIN[1]))]},
}


@pytest.mark.parametrize("code", LOCKOUTS)
def test_nobody_is_called_locked_out_by_a_set_that_only_reports(code):
    for enforce in (True, False):
        pins = PinSet([LEAF, SPARE], enforce=enforce, **LOCKOUTS[code])
        policy = PinPolicy({"bank.example": pins})
        found = lint_policy(policy, chains={"bank.example": CHAIN}, at=AT)
        [said] = [finding.what for finding in found if finding.code == code]
        assert ("Everybody is locked out." in said) == enforce
        with contextlib.suppress(PinMismatchError):
            policy.check("bank.example", CHAIN, at=AT)
            assert not enforce


@pytest.mark.parametrize(("pattern", "wide"), [
    ("*.com", True), ("**.com", True), ("**.co.uk", True), ("*.github.io", True),
    ("*.bank.example", False), ("com", False), ("bank.co.uk", False), ("**.bank.co.uk", False),
])  # fmt: skip
def test_a_pattern_over_a_public_suffix_is_too_wide(pattern, wide):
    found = codes(PinPolicy({pattern: PinSet([LEAF, SPARE])}), chains=None)
    assert found == ["public suffix"] * wide


def test_every_pin_made_by_a_wrong_recipe_is_told_with_the_right_one():
    der, tbs = CHAIN[0].public_bytes(Encoding.DER), CHAIN[0].tbs_certificate_bytes
    wrong = [Pin(hashlib.sha256(each).digest()) for each in (der, tbs, bytes(LEAF, "ascii"))]
    policy = PinPolicy({"bank.example": PinSet([LEAF, *wrong])})
    found = lint_policy(policy, chains={"bank.example": CHAIN}, at=AT)
    assert [finding.code for finding in found] == ["wrong recipe"] * 3
    for pin in wrong:
        [finding] = [finding for finding in found if finding.what.startswith(str(pin))]
        assert LEAF in finding.advice


def test_thousands_of_hosts_cost_a_few_look_ups_each():
    """Counts look-ups, not seconds: each pattern against each would be sixteen million."""

    class Sets(dict):
        def __contains__(self, key):
            asked.append(key)
            return super().__contains__(key)

    class Policy(PinPolicy):
        def __init__(self):
            """Takes no pins: checking them in pairs is another module's business."""

        @property
        def pin_sets(self):
            asked.extend(sets)
            return sets

    asked = []
    sets = Sets({f"h{number}.bank.example": PinSet([LEAF]) for number in range(4000)})
    assert len(lint_policy(Policy(), at=AT)) == 4000
    assert len(asked) <= 4000 * 6


def test_a_naive_moment_is_refused():
    with pytest.raises(PolicyError, match="time zone"):
        lint_policy(sample("one-pin"), at=datetime(2027, 1, 1))  # noqa: DTZ001


# Reading.


def test_what_is_read_is_what_the_file_says():
    policy = sample("clean-with-date")
    assert policy.unlisted == "refuse"
    [pins] = policy.pin_sets.values()
    assert {str(pin) for pin in pins.pins} == {LEAF, SPARE}
    assert (pins.expires, pins.after_expiry) == (datetime(2028, 6, 30, tzinfo=UTC), "refuse")
    assert policy.pins_for("bank.example") == pins


ONE = '{"hosts": {"bank.example": {"pins": ["%s"]%s}}}'


@pytest.mark.parametrize(("text", "says"), [
    ("{", "not JSON"),
    ("[]", "must be an object in braces; got list"),
    ("{}", 'A policy has "hosts"'),
    ('{"hosts": []}', 'A policy has "hosts"'),
    ('{"host": {}}', 'has the unknown field "host"'),
    ('{"hosts": {}}', "pins nothing"),
    ('{"hosts": {"bank.example": {}}}', '"pins"'),
    ('{"hosts": {"bank.example": {"pins": "sha256/x"}}}', '"pins"'),
    ('{"hosts": {"bank.example": {"pins": []}}}', "bank.example: An empty pin set"),
    ('{"hosts": {"bank.example": {"pins": ["x"]}}}', "bank.example: 'x' is not a pin"),
    (ONE % (LEAF, ', "pin": 1'), 'has the unknown field "pin"'),
    (ONE % (LEAF, ', "expires": "soon", "after_expiry": "refuse"'), "must be a date such as"),
    (ONE % (LEAF, ', "expires": "2027-01-01"'), "Give expires and after_expiry together"),
    (ONE % (LEAF, f'}}, "bank.example": {{"pins": ["{SPARE}"]'), "appears twice"),
    (ONE % (LEAF, ', "enforce": 1'), "enforce must be True or False"),
    ('{"hosts": ' + '{"a":' * 100_000 + "1" + "}" * 100_001, "nested too deeply|not JSON"),
])  # fmt: skip
def test_a_file_that_is_no_policy_is_refused_with_a_sentence(text, says):
    with pytest.raises(PolicyError, match=says):
        read_policy(text)


@given(text=st.text(max_size=200))
def test_any_text_is_a_policy_or_a_policy_error(text):
    with pytest.raises(PolicyError):
        read_policy(text)


@pytest.mark.parametrize("piece", ["[],", "{},", '"",', "0,"])
def test_memory_grows_no_faster_than_the_text(piece):
    text = "[" + piece * ((1 << 20) // len(piece)) + "0]"
    tracemalloc.start()
    try:
        with pytest.raises(PolicyError, match="got list"):
            read_policy(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak / len(text) < 40


def test_what_is_longer_than_any_policy_is_refused_before_it_is_read():
    with pytest.raises(PolicyError, match="longer than 4 MiB"):
        read_policy("[" * (LONGEST_POLICY + 1))
