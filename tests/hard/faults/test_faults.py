"""The fault matrix in short: every fault, a few entry points at once, and waits of a fifth.

`python -m tests.hard.faults` has all of it.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from certpin_lab.lab import attacker, clients, gateway, loopback, server
from tests.hard.faults import __main__ as command
from tests.hard.faults import cells, claims, peers

SHORT = {"bare", "requests", "aiohttp", "trials.run", "attacker"}


@contextmanager
def short_waits():
    with pytest.MonkeyPatch.context() as patch:
        for module in (loopback, server, attacker, clients, gateway):
            for name in ("TIMEOUT", "LIFETIME", "TUNNEL_LIFETIME"):
                if hasattr(module, name):
                    patch.setattr(module, name, getattr(module, name) / 5)
        yield


def right(claim, cell):
    return cell.outcome == claim and cell.seconds <= cells.limit()


def wrong(jobs):
    """The cells that are not as claimed, neither beside the others nor, should the machine be
    loaded, alone and with the lab's own waits.
    """
    with cells.trials_with_faults():
        with short_waits(), ThreadPoolExecutor(len(jobs)) as pool:
            met = list(pool.map(lambda job: right(job[2], job[3]()), jobs))
        again = [
            (entry, claim, work())
            for (_, entry, claim, work), well in zip(jobs, met, strict=True)
            if not well
        ]
    return [(entry, cell) for entry, claim, cell in again if not right(claim, cell)]


@pytest.mark.parametrize("fault", claims.SERVERS)
def test_a_faulty_server_leads_to_the_same_words_everywhere_in_time(fault):
    assert wrong([job for job in command.jobs([fault]) if job[1] in SHORT]) == []


@pytest.mark.parametrize("fault", dict.fromkeys(fault for fault, _ in claims.CLIENTS))
def test_a_faulty_client_harms_nobody_and_is_on_record(fault):
    assert wrong([job for job in command.jobs([fault]) if job[1] in cells.TARGETS]) == []


def test_every_fault_has_a_claim_and_every_claim_a_fault():
    assert {peer.__name__ for peer in peers.SERVERS} == set(claims.SERVERS)
    callers = {
        (one.__name__, late)
        for late, all_ in ((False, peers.EARLY), (True, peers.LATE))
        for one in all_
    }
    assert callers == set(claims.CLIENTS)


def test_the_command_says_when_a_cell_is_not_as_claimed(monkeypatch, capsys):
    arguments = ["closes_at_once"]
    monkeypatch.setattr(command, "ENTRIES", {"bare": cells.ENTRIES["bare"]})
    assert command.main(arguments) == 0
    monkeypatch.setitem(claims.SERVERS, "closes_at_once", {"": "accepted"})
    assert command.main(arguments) == 1
    assert "NOT AS CLAIMED: accepted" in capsys.readouterr().out
