"""The story: a bank, a hostile Wi-Fi, two apps, and a key that changes overnight."""

import pytest

from certpin_lab import (
    CertificateAuthority,
    Client,
    Outcomes,
    Pin,
    PinMismatchError,
    Scene,
    Situation,
)
from certpin_lab.lab import trials
from certpin_lab.lab.loopback import Listener
from certpin_lab.lab.outcomes import find_error
from certpin_lab.lab.story import RENT, THIEF


@pytest.fixture(name="scene")
def _scene():
    with Scene() as scene:
        yield scene


def test_the_four_verdicts_of_the_first_lesson(scene):
    assert [scene.run(app).verdict for app in ("unpinned", "pinned")] == ["served", "served"]
    with scene.hostile():
        assert [scene.run(app).verdict for app in ("unpinned", "pinned")] == [
            "exposed",
            "protected",
        ]


def test_the_unpinned_app_loses_the_password_and_the_pinned_one_not_a_byte(scene):
    with scene.hostile():
        scene.run("unpinned")
        scene.run("pinned")
    read, spared = scene.attacker.connections
    assert b"password=tulip-garden-42" in read.received
    assert (spared.handshake_completed, spared.received, spared.error) == (True, b"", None)


def test_a_transfer_reaches_the_thief_and_the_victim_sees_nothing(scene):
    with scene.hostile():
        outcome = scene.run("unpinned", "transfer")
    assert scene.bank.app.transfers == [(THIEF, int(RENT["amount"]))]
    assert outcome.body.decode() == f"Sent 850 euros to {RENT['to']}."


def test_an_honest_transfer_reaches_the_landlord(scene):
    scene.run("unpinned", "transfer")
    assert scene.bank.app.transfers == [(RENT["to"], 850)]


def test_the_hostile_wifi_ends_with_its_block(scene):
    with scene.hostile():
        pass
    assert scene.run("pinned").verdict == "served"


def test_a_new_key_locks_the_pinned_app_out_of_its_own_bank(scene):
    scene.bank.identity = scene.bank.identity.renewed(same_key=False)
    assert scene.run("unpinned").verdict == "served"
    outcome = scene.run("pinned")
    assert (outcome.verdict, outcome.layer) == ("locked out", "pin")


def test_a_renewal_with_the_same_key_locks_nobody_out(scene):
    scene.bank.identity = scene.bank.identity.renewed(same_key=True)
    assert [scene.run(app).verdict for app in ("unpinned", "pinned")] == ["served", "served"]


def story(seed):
    with Scene(seed) as scene:
        scene.run("unpinned")
        with scene.hostile():
            scene.run("unpinned", "transfer")
            scene.run("pinned")
        return [str(event) for event in scene.events]


def test_the_events_are_the_same_each_time():
    first = story("certpin-lab")
    assert first == story("certpin-lab")
    assert [line.split(".")[0].strip() for line in first] == [
        str(number + 1) for number in range(len(first))
    ]


def test_the_events_say_who_was_reached_and_what_was_read():
    lines = "\n".join(story("certpin-lab"))
    assert (
        "attacker -> phone: certificate for bank.example, signed by Careless Reseller CA" in lines
    )
    assert "attacker -> bank: changes them and passes them on" in lines
    assert "phone: refuses (pin: no pinned key)" in lines
    assert "attacker: has received 0 bytes" in lines


def test_an_outcome_carries_its_own_part_of_the_story(scene):
    first, second = scene.run("unpinned"), scene.run("pinned")
    assert first.events + second.events == scene.events
    assert [event.number for event in second.events] == list(
        range(len(first.events) + 1, len(scene.events) + 1)
    )


def test_another_seed_is_another_world(scene):
    with Scene("another") as other:
        assert Pin.of(other.bank.identity.certificate) != Pin.of(scene.bank.identity.certificate)
        assert other.run("pinned").verdict == "served"


def test_an_app_of_another_world_refuses_this_bank(scene):
    with Scene("another") as other:
        outcome = scene.run(other.apps["pinned"])
    assert (outcome.verdict, outcome.layer) == ("locked out", "chain")


def test_an_unknown_app_or_action_says_what_there_is(scene):
    with pytest.raises(ValueError, match="unpinned, pinned"):
        scene.run("pined")
    with pytest.raises(ValueError, match="'balance' or 'transfer'"):
        scene.run("pinned", "robbery")


def test_an_error_of_the_caller_is_not_taken_for_a_refused_connection(scene):
    with pytest.raises(AttributeError):
        scene.run(Client("broken", None, "ssl"))


# ---- trials


def test_trials_fill_every_cell_from_a_handshake(scene):
    bank = scene.bank.identity
    situations = [
        Situation("at home", bank),
        Situation("café", bank, scene.careless_ca),
        Situation("new key", bank.renewed(same_key=False)),
        Situation("stranger's CA", bank, CertificateAuthority("Unknown CA")),
    ]
    outcomes = trials.run(scene.apps.values(), situations)
    assert isinstance(outcomes, Outcomes)
    assert outcomes.clients == ("unpinned", "pinned")
    verdicts = {(row.client, row.situation): (row.verdict, row.layer) for row in outcomes}
    assert verdicts == {
        ("unpinned", "at home"): ("served", None),
        ("pinned", "at home"): ("served", None),
        ("unpinned", "café"): ("exposed", None),
        ("pinned", "café"): ("protected", "pin"),
        ("unpinned", "new key"): ("served", None),
        ("pinned", "new key"): ("locked out", "pin"),
        ("unpinned", "stranger's CA"): ("protected", "chain"),
        ("pinned", "stranger's CA"): ("protected", "chain"),
    }
    assert outcomes["unpinned", "café"].attacker_read > 0
    assert outcomes["pinned", "café"].attacker_read == 0
    assert find_error(outcomes["pinned", "café"].error, PinMismatchError)


def test_trials_are_the_same_each_time(scene):
    situations = [Situation("café", scene.bank.identity, scene.careless_ca)]
    assert str(trials.run(scene.apps.values(), situations)) == str(
        trials.run(scene.apps.values(), situations)
    )


def test_trials_need_names_that_tell_the_rows_apart(scene):
    same = [Situation("café", scene.bank.identity), Situation("café", scene.bank.identity)]
    with pytest.raises(ValueError, match="names of their own"):
        trials.run(scene.apps.values(), same)
    with pytest.raises(ValueError, match="names of their own"):
        trials.run([], same[:1])


def test_whoever_hangs_up_without_a_word_has_read_nothing_and_whoever_keeps_no_record_cannot_be_measured(
    scene,
):
    def greets(connection, _peer):
        connection.sendall(b"hello")

    with (
        Listener(lambda connection, _peer: None, name="hangs-up") as rude,
        scene.wifi.hijack("bank.example", rude),
    ):
        outcome = scene.run("unpinned")
    assert (outcome.verdict, outcome.attacker_read, outcome.layer) == ("protected", 0, "network")
    with (
        Listener(greets, name="greets") as unrecorded,
        scene.wifi.hijack("bank.example", unrecorded),
        pytest.raises(LookupError, match="no record"),
    ):
        scene.run("unpinned")
