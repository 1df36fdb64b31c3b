"""What turns notebooks into a course: predictions, questions, progress, and checks of answers.

A lesson needs only the names below. Building and linting the notebooks are commands of their own,
in `authoring`.
"""

from .check import check
from .predict import predict, verdict
from .progress import progress
from .quiz import quiz

__all__ = ["check", "predict", "progress", "quiz", "verdict"]
