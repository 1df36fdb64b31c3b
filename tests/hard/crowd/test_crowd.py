"""Four kernels at once, beside a neighbour who pokes at all of them, work as if each were alone;
and what goes wrong would be seen.
"""

import socket
import sys

import nbformat
import pytest

from tests.hard.crowd import __main__ as command
from tests.hard.crowd.learners import Learner, compared
from tests.hard.crowd.neighbour import Neighbour, Poked, listening

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@linux
def test_four_kernels_and_a_neighbour(capsys):
    assert command.main(["--kernels", "4"]) == 0, capsys.readouterr().out
    table = capsys.readouterr().out
    assert "outputs that differ                0" in table
    assert "worlds with pins of their own      4" in table


@linux
def test_a_lesson_whose_output_is_another_one_is_seen(tmp_path, capsys):
    cell = nbformat.v4.new_code_cell(
        "1 + 1",
        outputs=[nbformat.v4.new_output("execute_result", {"text/plain": "3"}, execution_count=1)],
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "wrong.ipynb")
    assert command.main(["--kernels", "1", "--no-neighbour", str(tmp_path / "wrong.ipynb")]) == 1
    assert (
        "learner-0: wrong, cell 0: [('text/plain', '2')] instead of [('text/plain', '3')]"
        in capsys.readouterr().out
    )


def good(word: str) -> Learner:
    return Learner(
        word,
        5,
        memory=90.0,
        world={"pin": word, "verdicts": ["exposed", "protected"], "words": [word]},
    )


def test_a_word_in_another_world_a_wrong_verdict_and_a_shared_pin_are_problems():
    ada, bob = good("ada"), good("bob")
    assert command.report([ada, bob]) == []
    bob.world["words"] = ["ada", "bob"]
    assert len(command.report([ada, bob])) == 1
    bob.world |= {"words": ["bob"], "verdicts": ["exposed", "exposed"]}
    assert len(command.report([ada, bob])) == 1
    bob.world |= {"verdicts": ["exposed", "protected"], "pin": "ada"}
    assert len(command.report([ada, bob])) == 1


@pytest.mark.parametrize(
    "got",
    [Poked(read=b"ada, tulip-garden-42"), Poked(firsts={"HTTP/1.1 200 Connected": 1})],
)
def test_a_secret_or_a_tunnel_in_the_neighbours_hands_is_a_problem(got):
    assert (
        command.report_neighbour(Poked(read=b"HTTP/1.1 407", firsts={"HTTP/1.1 407 No.": 3})) == []
    )
    assert len(command.report_neighbour(got)) == 1


def test_pixels_are_not_compared_and_every_text_is():
    picture = nbformat.v4.new_output(
        "display_data", {"text/plain": "A ladder.", "image/png": "AAAA"}
    )
    printed = nbformat.v4.new_output("stream", name="stdout", text="hello\n")
    cell = nbformat.v4.new_code_cell("", outputs=[picture, printed])
    assert compared(cell) == [("text/plain", "A ladder."), ("stdout", "hello\n")]


@linux
def test_the_neighbour_pokes_at_what_is_opened_after_it_began_and_at_nothing_else():
    with socket.create_server(("127.0.0.1", 0)) as before, Neighbour() as neighbour:
        neighbour.begin()
        with socket.create_server(("127.0.0.1", 0)) as after:
            old, new = before.getsockname()[1], after.getsockname()[1]
            assert {old, new} <= listening()
            after.settimeout(60)
            after.accept()[0].close()
            poked = neighbour.end()
        assert new in poked.ports
        assert old not in poked.ports
