"""The rules for lessons hold for every master, and each rule can fail."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from certpin_lab.authoring import build, lint, sources
from certpin_lab.course import lessons

FOLDER = build.ROOT / "notebooks"
MASTERS = {path.name: build.read(path) for path in build.masters(FOLDER)}
HINTS = "".join(
    f"<details><summary>Hint {number}: more</summary>text</details>\n" for number in (1, 2, 3)
)


@pytest.mark.parametrize("name", MASTERS)
def test_every_lesson_keeps_the_rules(name: str) -> None:
    assert lint.lint(MASTERS[name]) == []


@pytest.mark.parametrize("name", MASTERS)
def test_every_link_leads_somewhere(name: str) -> None:
    assert lint.dead_links(MASTERS[name], FOLDER) == []


@pytest.mark.parametrize("name", MASTERS)
def test_every_word_is_spelt_right(name: str) -> None:
    assert lint.misspelt(MASTERS[name]) == []


@pytest.mark.parametrize("name", MASTERS)
def test_every_notebook_is_small(name: str) -> None:
    assert lint.too_large(FOLDER / name) == []
    assert lint.too_large(FOLDER / "solutions" / name) == []


def test_the_lessons_make_one_course() -> None:
    assert lint.lint_course(MASTERS) == []


def good() -> NotebookNode:
    """The smallest lesson without a fault."""
    words = {"unpinned, honest Wi-Fi": "served"}
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# 00 Small\n\n**Which app?**"),
            new_markdown_cell(
                "**Time:** 10 minutes\n\n**Prerequisites:** none\n\n**Objectives:** you can tell."
            ),
            new_markdown_cell("## Try it"),
            new_code_cell("from certpin_lab.course import check, predict, verdict"),
            new_code_cell(f'predict("00.1", {words})'),
            new_code_cell('verdict("00.1", observed)'),
            new_markdown_cell(
                "## Lessons learned\n\n- One.\n- RFC 7469 says what a pin is [[1](#Background)]."
            ),
            new_markdown_cell("## Next\n\nLesson 01."),
            new_markdown_cell(
                "## Background\n\n1. What a pin is: [RFC 7469](https://www.rfc-editor.org/rfc/rfc7469)"
            ),
            new_markdown_cell("## Exercises"),
            new_markdown_cell("### Exercise 00.2"),
            new_code_cell(
                'answer = ...\n### BEGIN SOLUTION\nanswer = "unpinned"\n### END SOLUTION'
            ),
            new_code_cell('check("00.2", answer)'),
            new_markdown_cell(HINTS),
        ]
    )
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        cell.execution_count = number + 1
    return build.normal(build.marked(notebook))


def test_a_good_lesson_has_no_faults() -> None:
    assert lint.lint(good()) == []


def _replace(index: int, old: str, new: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        assert old in notebook.cells[index].source
        notebook.cells[index].source = notebook.cells[index].source.replace(old, new)

    return change


def _add(cell: NotebookNode, index: int = 3) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells.insert(index, deepcopy(cell))


def _output(**output: Any) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[3].outputs.append(new_output(**output))


def _repeat_check(notebook: NotebookNode) -> None:
    notebook.cells.append(deepcopy(notebook.cells[12]))


def _swap_sections(notebook: NotebookNode) -> None:
    notebook.cells[6], notebook.cells[7] = notebook.cells[7], notebook.cells[6]


def _many_long_cells(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source += "\n1\n2\n3"


def _one_in_ten_long(notebook: NotebookNode) -> None:
    notebook.cells += [new_code_cell("\n".join("1" * 12)) for _ in range(2)]


def _wordy(notebook: NotebookNode) -> None:
    notebook.cells[3:3] = [new_markdown_cell("word " * 50) for _ in range(9)]


FAULTS: list[tuple[lint.Rule, Callable[[NotebookNode], None], str]] = [
    (lint.opens_with_a_question, _replace(0, "# 00 ", "# "), "# NN Title"),
    (lint.opens_with_a_question, _replace(0, "?", "."), "question"),
    (lint.states_what_it_takes, _replace(1, "10 minutes", "soon"), "time"),
    (lint.states_what_it_takes, _replace(1, "Prerequisites", "Before"), "prerequisites"),
    (lint.states_what_it_takes, _replace(1, "**Objectives:** you can tell.", ""), "objectives"),
    (lint.asks_retrieval_questions, _replace(0, "# 00", "# 01"), "Three retrieval questions"),
    (lint.closes_in_order, _replace(7, "## Next", "## Then"), '"Next"'),
    (lint.closes_in_order, _swap_sections, "in this order"),
    (lint.closes_in_order, _replace(2, "## ", ""), "own"),
    (lint.cites_addresses, _replace(8, "https://", ""), "no source"),
    (lint.numbers_its_sources, _replace(8, "1. ", "2. "), "number from 1"),
    (
        lint.numbers_its_sources,
        _replace(8, "1. ", "1. Twice: https://example.org\n1. "),
        "each number once",
    ),
    (lint.numbers_its_sources, _replace(8, "https://", ""), "no address"),
    (lint.marks_lead_to_sources, _replace(6, "[1]", "[2]"), "[2] is not in Background"),
    (lint.marks_lead_to_sources, _replace(6, "[[1](#Background)]", ""), "refers to source 1"),
    (
        lint.marks_what_it_says_of_the_world,
        _replace(6, " [[1](#Background)]", ""),
        '"RFC 7469" needs a source: - RFC 7469 says',
    ),
    (
        lint.marks_what_it_says_of_the_world,
        _replace(2, "## Try it", "## Try it\n\nIn 2011 it broke."),
        '"2011"',
    ),
    (
        lint.marks_what_it_says_of_the_world,
        _replace(13, "text", "As in Chrome."),
        '"Chrome"',
    ),
    (lint.keeps_code_cells_short, _add(new_code_cell("\n".join("1" * 21))), "21 lines"),
    (lint.keeps_code_cells_short, _many_long_cells, "median"),
    (lint.keeps_code_cells_short, _one_in_ten_long, "One code cell in ten"),
    (lint.keeps_prose_short, _add(new_markdown_cell("word " * 121)), "121 words"),
    (
        lint.keeps_prose_short,
        _add(new_markdown_cell("word [[1](#Background)] " * 121)),
        "121 words",
    ),
    (
        lint.keeps_prose_short,
        _wordy,
        "median",
    ),
    (lint.names_declared_ids_only, _replace(12, "00.2", "00.7"), "no exercise"),
    (lint.names_declared_ids_only, _replace(12, "00.2", "00.7"), "never checked"),
    (lint.names_declared_ids_only, _replace(4, "00.1", "00.7"), "no prediction"),
    (lint.names_declared_ids_only, _replace(3, "from", 'quiz("00.q9")\nfrom'), "no question"),
    (lint.names_declared_ids_only, _repeat_check, "2 times"),
    (lint.predicts_before_it_tells, lambda notebook: notebook.cells.__delitem__(4), "00.1"),
    (lint.predicts_before_it_tells, lambda notebook: notebook.cells.__delitem__(5), "00.1"),
    (lint.climbs_the_hints, _replace(13, "Hint 3", "Hint 2"), "ladder"),
    (lint.climbs_the_hints, lambda notebook: notebook.cells.__delitem__(13), "ladder"),
    (
        lint.climbs_the_hints,
        _replace(13, HINTS, "<details><summary>Solution</summary>x</details>" + HINTS),
        "after",
    ),
    (lint.grades_every_check, lambda notebook: notebook.cells[12].metadata.clear(), "points"),
    (lint.grades_every_check, lambda notebook: notebook.cells[11].metadata.clear(), "answer cell"),
    (
        lint.grades_every_check,
        lambda notebook: notebook.cells[12].metadata.nbgrader.update(points=9),
        "1 points",
    ),
    (
        lint.runs_cleanly,
        lambda notebook: notebook.cells[3].update(execution_count=None),
        "execution count",
    ),
    (lint.runs_cleanly, _output(output_type="stream", name="stderr", text="noise"), "stderr"),
    (lint.runs_cleanly, _output(output_type="error", ename="E", evalue="", traceback=[]), "error"),
    (lint.runs_cleanly, _replace(3, "verdict", "verdict;"), "semicolon"),
    (lint.runs_cleanly, _replace(3, "from", "Out[1]\nfrom"), "history"),
    (lint.runs_cleanly, _output(output_type="display_data", data={"image/png": "AAAA"}), "picture"),
    (lint.holds_no_paths, _replace(6, "One", "Look in /home/ada"), "/home/a"),
    (
        lint.holds_no_paths,
        _output(output_type="stream", name="stdout", text="C:\\Users"),
        "absolute path",
    ),
    (lint.has_the_kernel_everybody_has, lambda notebook: notebook.metadata.clear(), "python3"),
    (
        lint.has_the_kernel_everybody_has,
        lambda notebook: notebook.cells[1].update(id=notebook.cells[0].id),
        "same id",
    ),
]


@pytest.mark.parametrize(
    ("rule", "fault", "says"), FAULTS, ids=[f"{rule.__name__}-{says}" for rule, _, says in FAULTS]
)
def test_each_rule_sees_its_fault(
    rule: lint.Rule, fault: Callable[[NotebookNode], None], says: str
) -> None:
    notebook = good()
    assert rule(notebook) == []
    fault(notebook)
    assert any(says in problem for problem in rule(notebook)), rule(notebook)


def test_a_list_without_numbers_is_a_fault() -> None:
    notebook = good()
    _replace(8, "1. ", "- ")(notebook)
    _replace(6, "[[1](#Background)]", "")(notebook)
    assert len(lint.lint(notebook)) == 1


def test_further_reading_needs_no_mark() -> None:
    notebook = good()
    notebook.cells[8].source += "\n2. More: <https://example.org>"
    assert len(lint.marks_lead_to_sources(notebook)) == 1
    _replace(8, "\n2. ", "\n\n### Further reading\n\n2. ")(notebook)
    assert lint.lint(notebook) == []


def test_the_sentences_of_the_exercises_are_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = good()
    assert lessons.exercise("00.2").why in sources.sentences("00")
    assert lessons.question("01.q1").options[0].feedback in " ".join(sources.sentences("01"))
    told = ["Chrome does.", "Recieved [7]."]  # codespell:ignore
    monkeypatch.setattr(sources, "sentences", lambda lesson: told)
    assert lint.marks_what_it_says_of_the_world(notebook) == [
        '"Chrome" needs a source: Chrome does....'
    ]
    assert lint.marks_lead_to_sources(notebook) == ["[7] is not in Background."]
    assert len(lint.misspelt(notebook)) == 1


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("`Chrome` and <code>chain[0]</code> are code.", ""),
        ("```\nRFC 7469\n```\nAnd no more.", ""),
        ("It listens on port 2011x, as in example20110.", ""),
        ("OpenSSL and Python are tried by the cells.", ""),
        ("See CVE-2016-2402.", "CVE-2016-2402"),
        ("Ballot SC-081v3 passed.", "SC-081v3"),
        ("Certificate Transparency shows it.", "Certificate Transparency"),
    ],
)
def test_what_names_the_world(text: str, named: str) -> None:
    assert sources.names_the_world(text) == named


def test_brackets_in_code_are_no_marks() -> None:
    text = "`chain[0]` and <code>names[1]</code>, see [[2](#Background)] and [3]."
    assert sources.marks(text) == [2, 3]


def test_a_mark_in_one_item_of_a_list_does_not_cover_the_next() -> None:
    text = "## Title\nSome:\n- one [1]\n- two\n\nMore.\nIt goes on.\n\n### Another"
    assert [sources.marks(one) for one in sources.paragraphs(text)] == [[], [1], [], []]


def test_every_rule_has_a_fault_that_it_sees() -> None:
    assert {rule for rule, _, _ in FAULTS} == set(lint.RULES)


def test_a_dead_link_is_seen_and_a_live_one_is_not(tmp_path: Path) -> None:
    notebook = good()
    notebook.cells[
        7
    ].source = "## Next\n\n[01](01_next.ipynb#top), [the RFC](https://example.org), [above](#top)"
    assert lint.dead_links(notebook, tmp_path) == ["The link to 01_next.ipynb leads nowhere."]
    (tmp_path / "01_next.ipynb").touch()
    assert lint.dead_links(notebook, tmp_path) == []


def test_a_misspelling_is_seen() -> None:
    notebook = good()
    assert lint.misspelt(notebook) == []
    notebook.cells[6].source += "\n\nThe certficate was recieved."  # codespell:ignore
    assert len(lint.misspelt(notebook)) >= 1


def test_a_large_file_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "large.ipynb"
    path.write_bytes(b"x" * 300_000)
    assert lint.too_large(path) == []
    path.write_bytes(b"x" * 300_001)
    assert len(lint.too_large(path)) == 1


def test_a_doubled_exercise_a_doubled_number_and_a_wrong_number_are_seen() -> None:
    found = lint.lint_course({"00_a.ipynb": good(), "00_b.ipynb": good(), "02_c.ipynb": good()})
    assert found == [
        "00_a.ipynb and 00_b.ipynb have the same number.",
        "Exercise 00.2 is checked in 3 places.",
        "02_c.ipynb: the title has another number.",
    ]
