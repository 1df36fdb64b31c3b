"""The benchmarks measure what they say: pairs, ratios, targets; and the quick rows really run.

No time is asserted.
"""

import json
import math
from contextlib import contextmanager
from itertools import count

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import measure
from benchmarks.measure import Row, Skipped, Target
from benchmarks.world import must_agree

AT_MOST, AT_LEAST = Target(1.05), Target(3.5, at_least=True)
QUICK = (
    "handshake-memory",
    "handshake-tcp",
    "urllib3",
    "aiohttp",
    "issuing",
    "attacker-bare",
    "trials",
    "import",
)


def row(ours, theirs, target=AT_MOST):
    @contextmanager
    def sides(_quick):
        yield ours, theirs

    return Row("a row", "ours", "theirs", "ms", target, sides, 5)


def test_the_ratio_is_ours_to_theirs_within_each_pair():
    """A machine that slows down slows both sides of a pair; the ratio of the medians would not say
    so.
    """
    ours, theirs = iter([9, 1, 20, 3, 40, 5]), iter([9, 1, 10, 3, 20, 5])
    result = measure.measure(row(lambda: next(ours), lambda: next(theirs)))
    assert (result.ours, result.theirs) == ([1, 20, 3, 40, 5], [1, 10, 3, 20, 5])
    assert result.ratio == 1
    assert (result.low, result.high) == (1, 2)


@pytest.mark.parametrize(
    ("ratio", "target", "met"),
    [(1.05, AT_MOST, True), (1.06, AT_MOST, False), (3.5, AT_LEAST, True), (3.4, AT_LEAST, False)],
)
def test_a_target_is_met_on_its_own_side(ratio, target, met):
    assert measure.measure(row(lambda: ratio, lambda: 1.0, target=target)).met is met


def test_the_two_sides_take_turns_and_who_goes_first_changes():
    order = []
    measure.sample(lambda: order.append("ours") or 1.0, lambda: order.append("theirs") or 1.0, 20)
    pairs = {tuple(order[place : place + 2]) for place in range(0, len(order), 2)}
    assert len(order) == 42, "a first pair warms up"
    assert pairs == {("ours", "theirs"), ("theirs", "ours")}


@pytest.mark.parametrize("percent", [0, 10, 50, 90, 100])
@pytest.mark.parametrize("values", [[3.0], [1.0, 5.0], [4.0, 1.0, 3.0, 2.0, 9.0, 7.0]])
def test_percentiles_are_numpys(values, percent):
    assert measure.percentile(values, percent) == pytest.approx(np.percentile(values, percent))


def test_a_row_that_cannot_be_measured_says_why_and_misses_its_target():
    @contextmanager
    def sides(_quick):
        raise Skipped("no network")
        yield

    result = measure.measure(Row("a row", "ours", "theirs", "ms", Target(1), sides, 5))
    assert (result.skipped, result.met) == ("no network", False)
    assert math.isnan(result.ratio)
    assert "no network" in command.line(vars(result))


def test_two_sides_that_make_different_connections_are_not_compared():
    must_agree(("TLSv1.3", "AES", b"leaf"), ("TLSv1.3", "AES", b"leaf"))
    with pytest.raises(RuntimeError, match=r"TLSv1\.2"):
        must_agree(("TLSv1.3", "AES", b"leaf"), ("TLSv1.2", "AES", b"leaf"))


def test_a_row_is_printed_with_its_spread_and_its_verdict():
    samples = count(1)
    result = vars(measure.measure(row(lambda: float(next(samples)), lambda: 2.0)))
    assert [cell.strip() for cell in command.line(result).split("|")[1:-1]] == [
        "ours", "theirs", "4 ms", "2 ms", "2.00", "1.20-2.80", "≤ 1.05", "MISSED",
    ]  # fmt: skip
    assert command.spread([2500.0, 3000.0, 2000.0], "ms") == "2.5 s"


def test_an_unknown_row_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        command.main(["isuing"])
    assert "there is no row isuing; there are handshake-memory" in capsys.readouterr().err


@pytest.mark.parametrize("name", QUICK)
def test_the_quick_rows_run_and_are_saved_with_every_sample(name, tmp_path, capsys):
    saved = tmp_path / "bench.json"
    command.main(["--quick", "--json", str(saved), name])
    written = json.loads(saved.read_text())
    [result] = written["rows"]
    assert result["name"] == name
    assert len(result["ours"]) == len(result["theirs"]) == command.rows()[name][1].quick_pairs
    assert all(sample > 0 for sample in (*result["ours"], *result["theirs"], result["ratio"]))
    assert {"python", "openssl", "cores", "measured"} <= set(written["machine"])
    assert result["what"] in capsys.readouterr().out
