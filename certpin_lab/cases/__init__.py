"""What the lessons put to the test: broken servers, choices of a pin, fleets and outages, errors
at a support line, facts about the world, a museum of bugs.
"""

from .broken_servers import (
    broken_cases,
    eight_servers,
    issue,
    root,
)
from .facts import (
    Incident,
    incidents,
    validity_limit,
)
from .fleets import (
    START,
    Adoption,
    Release,
    Rollout,
    Served,
    percent,
    renewals,
    simulate,
)
from .outages import (
    barclays_2016,
    smashing_magazine_2016,
)
from .tickets import (
    tickets,
)
from .what_to_pin import (
    ATTACKS,
    RENEWALS,
    FingerprintPolicy,
    PinningWorld,
    score,
)

__all__ = [
    "ATTACKS",
    "RENEWALS",
    "START",
    "Adoption",
    "FingerprintPolicy",
    "Incident",
    "PinningWorld",
    "Release",
    "Rollout",
    "Served",
    "barclays_2016",
    "broken_cases",
    "eight_servers",
    "incidents",
    "issue",
    "percent",
    "renewals",
    "root",
    "score",
    "simulate",
    "smashing_magazine_2016",
    "tickets",
    "validity_limit",
]
