"""Pictures and tables of what happened, drawn from the lab's values and never typed by hand.

A picture comes with one sentence that says the same: for a screen reader, for plain text, and for
the tests of the lessons.
"""

from .chains import chain
from .der_map import der_map
from .fleet_chart import rollout_chart
from .ladder import ladder
from .matrix import verdict_matrix
from .scatter import tradeoff
from .tables import case_table, outcome_table
from .timeline import timeline

__all__ = [
    "case_table",
    "chain",
    "der_map",
    "ladder",
    "outcome_table",
    "rollout_chart",
    "timeline",
    "tradeoff",
    "verdict_matrix",
]
