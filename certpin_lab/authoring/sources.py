"""Sources by number: the items of a lesson's Background, the marks that refer to them, and what
needs a mark.

A mark is `[[2](#Background)]` in prose, and `[2]` in the plain sentences of exercises, predictions
and questions. Whether a source says what it is said to say is for people to find out: the day on
which it was read, and what it says, stand in `data/sources.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..course import lessons
from ..course.exercise import Exercise, Question

_NAMES = (
    "Android|ANSSI|Apple|Barclays|Certificate Transparency|Chrome|Chromium|Cloudflare|CNNIC|Comodo"
    "|DigiNotar|Encrypted Client Hello|Entrust|Firefox|Google|HPKP|iOS|Lenovo|Let's Encrypt|MASTG"
    "|Microsoft|Mozilla|OkHttp|OWASP|Safari|Smashing Magazine|Superfish|Symantec|Tor Browser"
    "|TrustKit|TURKTRUST|Windows"
)
_WORLD = re.compile(rf"\b(?:(?:19|20)\d\d|CVE-[\d-]+|RFC \d+|SC-\d+\w*|{_NAMES})\b")
_FURTHER = re.compile(r"^\W*Further reading", re.MULTILINE)
_HEADING = re.compile(r"^#+ .*$", re.MULTILINE)
_BETWEEN = re.compile(r"\n\s*\n|\n(?=(?:[-*]|\d+\.) )")
_CODE = re.compile(r"```.*?```|`[^`]*`|<code>.*?</code>", re.DOTALL)
_ITEM = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_LINK = re.compile(r"https?://(?:[^\s<>()\[\]\"'`]|\([^\s()]*\))+")
_MARK = re.compile(r"\[(\d+)\]")


def addresses(text: str) -> list[str]:
    """The web addresses in a text."""
    return [found.rstrip(".,;:") for found in _LINK.findall(text)]


def items(background: str) -> list[tuple[int, str]]:
    """The numbered items of a Background: number and text."""
    return [(int(number), text) for number, text in _ITEM.findall(background)]


def optional(background: str) -> set[int]:
    """The numbers of the items under "Further reading", which nothing has to refer to."""
    return set(dict(items(" ".join(_FURTHER.split(background)[1:]))))


def marks(text: str) -> list[int]:
    """The numbers of the sources that a text refers to."""
    return [int(number) for number in _MARK.findall(_CODE.sub("", text))]


def names_the_world(text: str) -> str:
    """The first year, CVE, standard, product or organisation that a text names; "" for none."""
    found = _WORLD.search(_CODE.sub("", text))
    return found[0] if found else ""


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a Markdown text: each item of a list is one, headings are none."""
    prose = _HEADING.sub("", _CODE.sub("", text))
    return [block for block in _BETWEEN.split(prose) if block.strip()]


def sentences(lesson: str) -> list[str]:
    """The sentences that a lesson, "06", shows from its predictions, questions and exercises."""
    if lesson not in lessons.numbers():
        return []
    declared = lessons.declared(lesson)
    return [
        *(prediction.question for prediction in declared.PREDICTIONS),
        *(text for question in declared.QUESTIONS for text in _asked(question)),
        *(text for exercise in declared.EXERCISES for text in _told(exercise)),
    ]


def _asked(question: Question) -> Iterator[str]:
    yield question.text
    for option in question.options:
        yield f"{option.text}: {option.feedback}"


def _told(exercise: Exercise) -> Iterator[str]:
    yield exercise.why
    for idea in exercise.misconceptions:
        yield f"{idea.name}: {idea.why}"
