"""What every lesson has to look like, as rules: a rule takes a master notebook and returns a list
of sentences, empty when all is well.

`lint` applies them all to one master; `lint_course` adds what can only be seen over all of them.
Whether a lesson is clear, true and worth its minutes is for people to say.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from nbformat import NotebookNode

from ..course import lessons
from . import sources

CLOSING = ("Lessons learned", "Next", "Background", "Exercises")
_LARGEST = 300_000  # bytes
_LINK = re.compile(r"\]\((?!https?:|#|mailto:|attachment:)([^)#\s]+)[^)]*\)")
_ADDRESS = re.compile(r"https?://[\w.-]+\.\w+")
_ABSOLUTE = re.compile(r"(?<![\w./:])(/(home|tmp|root|work|usr|Users|var)/\w|[A-Z]:\\\\?\w)")
_SUMMARY = re.compile(r"<details>\s*<summary>(.*?)</summary>", re.DOTALL)
_CALLS = ("check", "predict", "verdict", "quiz")
Rule = Callable[[NotebookNode], list[str]]


def _texts(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _headings(notebook: NotebookNode) -> list[str]:
    return [
        line[3:].strip()
        for text in _texts(notebook)
        for line in text.splitlines()
        if line.startswith("## ")
    ]


def _section(notebook: NotebookNode, heading: str) -> str:
    """The Markdown of a section, with its code left out; empty when there is no such section."""
    _, _, rest = ("\n\n".join(_texts(notebook)) + "\n").partition(f"\n## {heading}")
    return re.split(r"\n## ", rest)[0]


def _number(notebook: NotebookNode) -> int:
    """The lesson's number, from its title; -1 when there is none."""
    found = re.match(r"# (\d\d)\b", (_texts(notebook) or [""])[0])
    return int(found[1]) if found else -1


def calls(cells: Iterable[NotebookNode], name: str) -> list[str]:
    """The ids that a course function is called with, in the order of the cells:
    `calls(notebook.cells, "check")`.
    """
    found = []
    for cell in cells:
        if cell.cell_type != "code":
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == name
                and node.args
            ):
                found += [node.args[0].value] if isinstance(node.args[0], ast.Constant) else []
    return [str(id) for id in found]


def opens_with_a_question(notebook: NotebookNode) -> list[str]:
    """The first cell is `# NN Title` and holds the question that the lesson answers."""
    problems = []
    if not notebook.cells or notebook.cells[0].cell_type != "markdown" or _number(notebook) < 0:
        problems.append('The first cell has to be Markdown and begin with "# NN Title".')
    if "?" not in (_texts(notebook) or [""])[0]:
        problems.append("The first cell has to ask the question that the lesson answers.")
    return problems


def states_what_it_takes(notebook: NotebookNode) -> list[str]:
    """Minutes, prerequisites and objectives stand before the first section."""
    opening = "\n".join(_texts(notebook)).split("\n## ")[0].casefold()
    wanted = {"prerequisites": "you need", "objectives": "you can"}
    problems = [
        f'Before the first section there is no "{this}" ({or_this}).'
        for this, or_this in wanted.items()
        if this not in opening and or_this not in opening
    ]
    if not re.search(r"\d+ minutes|minutes\W+\d+", opening):
        problems.append("Before the first section there is no time in minutes.")
    return problems


def asks_retrieval_questions(notebook: NotebookNode) -> list[str]:
    """From lesson 01 on, three questions from earlier lessons come first."""
    asked = calls(notebook.cells, "quiz")
    if _number(notebook) < 1 or len(asked) >= 3:
        return []
    return [f"Three retrieval questions are needed; there are {len(asked)}."]


def closes_in_order(notebook: NotebookNode) -> list[str]:
    """After at least one section: lessons learned, next, background, exercises; then nothing."""
    headings = _headings(notebook)
    problems = [f'There is no section "{name}".' for name in CLOSING if name not in headings]
    if not problems and tuple(headings[-4:]) != CLOSING:
        problems.append(f"The last sections have to be, in this order: {', '.join(CLOSING)}.")
    if not [name for name in headings if name not in CLOSING]:
        problems.append("There is no section of the lesson's own.")
    return problems


def cites_addresses(notebook: NotebookNode) -> list[str]:
    """The background section gives sources with their addresses."""
    return (
        []
        if _ADDRESS.search(_section(notebook, "Background"))
        else ["The section Background has no source with an address."]
    )


def numbers_its_sources(notebook: NotebookNode) -> list[str]:
    """The items of Background are numbered from 1 on, and each gives an address."""
    items = sources.items(_section(notebook, "Background"))
    if not items:
        return ['Background must be a numbered list: "1. What it says: [title](address)".']
    in_order = [number for number, _ in items] == [*range(1, len(items) + 1)]
    problems = [] if in_order else ["Background: number from 1 on, each number once."]
    return problems + [
        f"Source {number} has no address." for number, text in items if not sources.addresses(text)
    ]


def marks_lead_to_sources(notebook: NotebookNode) -> list[str]:
    """Every mark has its item in Background, every item a mark or a place in Further reading."""
    background = _section(notebook, "Background")
    if not (items := set(dict(sources.items(background)))):
        return []
    used = {number for text in _statements(notebook) for number in sources.marks(text)}
    return [
        *(f"[{number}] is not in Background." for number in sorted(used - items)),
        *(
            f"Nothing refers to source {number}: mark what it says, or move it to Further reading."
            for number in sorted(items - used - sources.optional(background))
        ),
    ]


def marks_what_it_says_of_the_world(notebook: NotebookNode) -> list[str]:
    """A paragraph that names a year, a CVE, a standard, a product or an organisation is marked."""
    if not sources.items(_section(notebook, "Background")):
        return []
    return [
        f'"{named}" needs a source: {" ".join(text.split())[:60]}...'
        for text in _statements(notebook)
        if (named := sources.names_the_world(text)) and not sources.marks(text)
    ]


def _statements(notebook: NotebookNode) -> list[str]:
    """What a lesson says, Background apart: its paragraphs, and each sentence it declares."""
    prose = "\n\n".join(_texts(notebook)).replace(_section(notebook, "Background"), "\n\n")
    return sources.paragraphs(prose) + sources.sentences(f"{_number(notebook):02}")


def keeps_code_cells_short(notebook: NotebookNode) -> list[str]:
    """Median at most 3 lines, nine in ten at most 10, none over 20.

    Blank lines and nbgrader's markers do not count.
    """
    lengths = [
        sum(bool(line.strip()) and "### " not in line for line in cell.source.splitlines())
        for cell in _code(notebook)
    ]
    if not lengths:
        return ["There is no code cell."]
    problems = [
        f"A code cell has {length} lines; 20 is the limit." for length in lengths if length > 20
    ]
    if median(lengths) > 3:
        problems.append(
            f"Half of the code cells have more than {median(lengths):g} lines; the median has to be"
            " 3 or less."
        )
    if (tenth := quantiles([*lengths, lengths[-1]], n=10, method="inclusive")[-1]) > 10:
        problems.append(
            f"One code cell in ten has more than {tenth:g} lines; the limit for it is 10."
        )
    return problems


def keeps_prose_short(notebook: NotebookNode) -> list[str]:
    """No prose cell over 120 words, and a median of at most 45.

    Hints, the closing sections and the marks of sources are not prose.
    """
    prose = [
        text
        for text in "\f".join(_texts(notebook)).split("## Lessons learned")[0].split("\f")
        if "<details>" not in text
    ]
    lengths = [
        len(re.sub(r"\[\[\d+\]\(.*?\)\]|[#*_`|>-]|\]\(.*?\)", " ", text).split())
        for text in prose
        if text.strip()
    ]
    problems = [
        f"A prose cell has {length} words; 120 is the limit." for length in lengths if length > 120
    ]
    if lengths and median(lengths) > 45:
        problems.append(
            f"The median prose cell has {median(lengths):g} words; it should have 20 to 40."
        )
    return problems


def names_declared_ids_only(notebook: NotebookNode) -> list[str]:
    """Every id that is asked about is declared, and every exercise of the lesson is checked exactly
    once.
    """
    problems = []
    for name, find in zip(
        _CALLS,
        (lessons.exercise, lessons.prediction, lessons.prediction, lessons.question),
        strict=True,
    ):
        for id in calls(notebook.cells, name):
            try:
                find(id)
            except LookupError as problem:
                problems.append(f"{name}: {problem.args[0]}")
    for id, count in Counter(calls(notebook.cells, "check")).items():
        problems += [f"Exercise {id} is checked {count} times; once is right."] if count > 1 else []
    lesson = f"{_number(notebook):02}"
    declared = lessons.declared(lesson).EXERCISES if lesson in lessons.numbers() else ()
    return problems + [
        f"Exercise {one.id} is declared, but never checked."
        for one in declared
        if one.id not in calls(notebook.cells, "check")
    ]


def predicts_before_it_tells(notebook: NotebookNode) -> list[str]:
    """Every prediction is followed by its verdict, and no verdict comes first."""
    order: list[tuple[str, str]] = []
    for cell in _code(notebook):
        order += [(name, id) for name in ("predict", "verdict") for id in calls([cell], name)]
    problems = []
    for id in dict.fromkeys(id for _, id in order):
        if [name for name, other in order if other == id] != ["predict", "verdict"]:
            problems.append(
                f"Prediction {id} has to be made once, and its verdict shown once, after it."
            )
    return problems


def climbs_the_hints(notebook: NotebookNode) -> list[str]:
    """Each exercise has three hints in `<details>` under its heading: Hint 1, Hint 2, Hint 3; a
    solution only after them.
    """
    problems = []
    for id, text in _around_checks(notebook):
        summaries = [re.sub(r"<.*?>", "", summary).strip() for summary in _SUMMARY.findall(text)]
        hints = [summary for summary in summaries if not summary.startswith("Solution")]
        if len(hints) < 3 or not all(
            hint.startswith(f"Hint {number}") for number, hint in enumerate(hints, 1)
        ):
            problems.append(
                f"Exercise {id} needs a ladder: <details><summary>Hint 1 ...</summary>, then Hint 2"
                " and Hint 3."
            )
        if summaries != hints and summaries[-1] in hints:
            problems.append(f"Exercise {id}: the solution has to come after the hints.")
    return problems


def _around_checks(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """For each check its id and the Markdown from the heading above it to the next heading."""
    blocks: list[list[NotebookNode]] = [[]]
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            blocks.append([])
        blocks[-1].append(cell)
    for block in blocks:
        for id in calls(block, "check"):
            yield id, "\n".join(cell.source for cell in block if cell.cell_type == "markdown")


def grades_every_check(notebook: NotebookNode) -> list[str]:
    """Every check cell carries nbgrader's metadata, with the exercise's points, and every answer
    cell is marked as a solution.
    """
    problems = []
    for cell in _code(notebook):
        nbgrader: Mapping[str, Any] = cell.metadata.get("nbgrader", {})
        if "### BEGIN SOLUTION" in cell.source and not nbgrader.get("solution"):
            problems.append("An answer cell is not marked for nbgrader. Run: make lessons")
        for id in calls([cell], "check"):
            try:
                points = lessons.exercise(id).points
            except LookupError:
                continue
            if not nbgrader.get("grade") or nbgrader.get("points") != points:
                problems.append(
                    f"The check of {id} is not marked for nbgrader with {points} points. Run: make"
                    " lessons"
                )
    return problems


def runs_cleanly(notebook: NotebookNode) -> list[str]:
    """Executed from 1 to N, with no error and nothing on stderr, and nothing that strict nbval
    trips over.
    """
    problems = []
    for number, cell in enumerate(_code(notebook), 1):
        if cell.execution_count != number:
            problems.append(
                f"Code cell {number} has the execution count {cell.execution_count}. Run: make"
                " lessons"
            )
        if any(
            output.output_type == "error" or output.get("name") == "stderr"
            for output in cell.outputs
        ):
            problems.append(f"Code cell {number} shows an error or writes to stderr.")
        if any(line.rstrip().endswith(";") for line in cell.source.splitlines()):
            problems.append(
                f"Code cell {number} has a line that ends with a semicolon: it does not hide the"
                " output under nbval."
            )
        if re.search(r"\b(Out|In)\[", cell.source):
            problems.append(
                f"Code cell {number} uses Out[...] or In[...]: the history is not kept under nbval."
            )
        if any(
            "image/png" in output.get("data", {}) and "text/plain" not in output.data
            for output in cell.outputs
        ):
            problems.append(
                f"Code cell {number} shows a picture without a sentence that says what it shows."
            )
    return problems


def holds_no_paths(notebook: NotebookNode) -> list[str]:
    """No absolute path of somebody's machine, in a source or an output."""
    problems = []
    for number, cell in enumerate(notebook.cells):
        shown = [
            str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
            for output in cell.get("outputs", [])
        ]
        if found := _ABSOLUTE.search("\n".join([cell.source, *shown])):
            problems.append(f"Cell {number} holds the absolute path {found[0]}...")
    return problems


def has_the_kernel_everybody_has(notebook: NotebookNode) -> list[str]:
    """The kernel is python3, and every cell has an id."""
    problems = (
        []
        if notebook.metadata.get("kernelspec", {}).get("name") == "python3"
        else ["The kernel has to be python3. Run: make lessons"]
    )
    ids = [cell.get("id") for cell in notebook.cells]
    return (
        problems
        if len(set(ids)) == len(ids) and all(ids)
        else [*problems, "Two cells have the same id, or one has none."]
    )


RULES: tuple[Rule, ...] = (
    opens_with_a_question,
    states_what_it_takes,
    asks_retrieval_questions,
    closes_in_order,
    cites_addresses,
    numbers_its_sources,
    marks_lead_to_sources,
    marks_what_it_says_of_the_world,
    keeps_code_cells_short,
    keeps_prose_short,
    names_declared_ids_only,
    predicts_before_it_tells,
    climbs_the_hints,
    grades_every_check,
    runs_cleanly,
    holds_no_paths,
    has_the_kernel_everybody_has,
)


def lint(notebook: NotebookNode) -> list[str]:
    """Everything that the rules have to say about one master."""
    return [problem for rule in RULES for problem in rule(notebook)]


def dead_links(notebook: NotebookNode, folder: Path) -> list[str]:
    """Relative links, from the learner's copy in `folder`, that lead to no file."""
    targets = [target for text in _texts(notebook) for target in _LINK.findall(text)]
    return [
        f"The link to {target} leads nowhere."
        for target in targets
        if not (folder / target).exists()
    ]


def too_large(path: Path) -> list[str]:
    """A notebook file over 300 kB."""
    size = path.stat().st_size
    return (
        [f"The file has {size // 1000} kB; {_LARGEST // 1000} kB is the limit."]
        if size > _LARGEST
        else []
    )


def misspelt(notebook: NotebookNode) -> list[str]:
    """Words that codespell knows as misspelt, in prose, code and the exercises' sentences."""
    told = sources.sentences(f"{_number(notebook):02}")
    text = "\n".join([*(cell.source for cell in notebook.cells), *told])
    command = [sys.executable, "-m", "codespell_lib", "-"]
    found = subprocess.run(  # noqa: S603  # our own command
        command, input=text, capture_output=True, text=True, check=False, timeout=60
    )
    if found.returncode not in (0, 65):  # 65: misspellings were found
        raise RuntimeError(f"codespell failed: {found.stderr.strip()}")
    return [f"Spelling: {line.strip()}" for line in found.stdout.splitlines() if "==>" in line]


def lint_course(notebooks: Mapping[str, NotebookNode]) -> list[str]:
    """What can be seen only over all masters, by file name: no number twice, each exercise in one
    lesson only, titles that fit.
    """
    problems = []
    for before, after in pairwise(sorted(notebooks)):
        if before[:2] == after[:2]:
            problems.append(f"{before} and {after} have the same number.")
    counted = Counter(
        id for notebook in notebooks.values() for id in calls(notebook.cells, "check")
    )
    problems += [
        f"Exercise {id} is checked in {count} places." for id, count in counted.items() if count > 1
    ]
    for name, notebook in notebooks.items():
        if _number(notebook) != int(name[:2]):
            problems.append(f"{name}: the title has another number.")
    return problems
