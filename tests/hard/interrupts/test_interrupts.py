"""A short search for harm done by interrupts, and twins that show that the search would find it."""

import gc
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from certpin_lab import Scene
from certpin_lab.lab import clients, loopback, scene
from certpin_lab.lab.gateway import Gateway
from tests.hard.interrupts.__main__ import attempt, known, sample, strike
from tests.hard.interrupts.inject import Interrupter, in_use
from tests.hard.interrupts.scenarios import SCENARIOS
from tests.waiting import soon

pytestmark = [
    pytest.mark.skipif(
        not Path("/dev/fd").exists(), reason="this system does not list its file descriptors"
    ),
    # What was not closed is let go here on purpose.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True, scope="module")
def _quick_collections():
    """The search collects garbage at every point.

    What the other tests have left in memory need not be looked through each time.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()  # here, and not in the middle of somebody else's test


@pytest.fixture(name="temporary")
def _temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def problems(*search):
    """`found` on a thread of its own: an error that a tracer has interrupted may stay in the state
    of its thread, as the context of every error to come.
    """
    with ThreadPoolExecutor(1) as own:
        return own.submit(found, *search).result()


def found(name, place, temporary, points=None):
    """What does not hold at these many points of a scenario, or at all."""
    scenario = SCENARIOS[name]
    count = min(strike(scenario, Interrupter(place)) for _ in range(2))
    told = [
        attempt(scenario, place, target, temporary) for target in sample(name, place, count, points)
    ]
    return [problem for problem in told if problem and not known(problem)]


@pytest.mark.parametrize("place", ["lines", "signals"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_after_an_interrupt_the_next_cell_works_and_nothing_stays(name, place, temporary):
    assert problems(name, place, temporary, 6) == []


def test_a_close_that_cannot_be_repeated_is_found(temporary, monkeypatch):
    close = loopback.Listener.close
    monkeypatch.setattr(
        loopback.Listener, "close", lambda self: None if self._closing else close(self)
    )
    assert problems("scene is closed", "signals", temporary)


def interrupted_in_the_tunnel(one, monkeypatch):
    """Run an app that is interrupted while it holds its socket, and keep the traceback, as a
    notebook does.
    """

    def stopped(post):
        client = loopback.connect(post.proxy_address)
        client.sendall(post.connect_request())
        client.recv(100)
        raise KeyboardInterrupt

    monkeypatch.setitem(clients.LIBRARIES, "ssl", stopped)
    with pytest.raises(KeyboardInterrupt) as interrupt:
        one.run(clients.Client("stopped", one.apps["unpinned"].context, "ssl"))
    return interrupt


def test_a_kept_traceback_does_not_keep_the_tunnel_open(monkeypatch):
    with Scene() as one:
        kept = interrupted_in_the_tunnel(one, monkeypatch)
        assert one.run("pinned").verdict == "served"
        assert kept.traceback


def test_without_clearing_its_frames_it_would(monkeypatch):
    monkeypatch.setattr(scene.traceback, "clear_frames", lambda _trace: None)
    monkeypatch.setattr(Gateway.wait_until_idle, "__defaults__", (0.5,))
    with Scene() as one:
        kept = interrupted_in_the_tunnel(one, monkeypatch)
        with pytest.raises(TimeoutError):
            one.run("pinned")
        del kept


def lab_threads():
    return sum(each.name.startswith("lab-") for each in threading.enumerate())


def use(one):
    one.run("unpinned")
    with one.hostile():
        return one.run("pinned")


def test_scenes_that_nobody_refers_to_any_more_end_by_themselves(tmp_path, monkeypatch):
    monkeypatch.setattr(loopback, "TIMEOUT", 600.0)  # so that no thread looks whether it is wanted
    before = in_use(tmp_path)
    outcomes = [
        use(Scene()) for _ in range(20)
    ]  # not closed, and the outcomes, with their errors, are kept
    assert len(outcomes) == 20
    assert soon(lambda: in_use(tmp_path) <= before), in_use(tmp_path) - before


def test_scenes_that_somebody_refers_to_run_on():
    before = lab_threads()
    scenes = [Scene() for _ in range(3)]
    assert lab_threads() == before + 9
    assert scenes[0].run("pinned").verdict == "served"
    for one in scenes:
        one.close()
    assert lab_threads() == before


def test_a_part_outlives_the_scene_that_nobody_refers_to():
    bank = Scene().bank
    with loopback.connect(bank.address):
        pass
    bank.close()


@pytest.mark.parametrize(
    "use", ["", "scene.run('pinned')", "scene.hostile().__enter__(); scene.run('unpinned')"]
)
def test_a_program_that_ends_with_an_open_scene_ends_in_silence(use):
    program = f"from certpin_lab import Scene\nscene = Scene()\n{use}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
