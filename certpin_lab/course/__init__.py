"""What turns notebooks into a course: predictions, checks that understand a wrong answer, questions
and progress.

A lesson needs only the names below. Building and linting the notebooks are commands of their own:
`course.build`, `course.lint`.
"""

from .check import check
from .predict import predict, verdict
from .progress import progress
from .quiz import quiz

__all__ = ["check", "predict", "progress", "quiz", "verdict"]
