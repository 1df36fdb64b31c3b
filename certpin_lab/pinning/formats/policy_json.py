"""A pin policy as JSON, this package's own format, as in `data/policies/`.

What contradicts itself is refused when it is read.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ..errors import CertPinLabError, PolicyError
from ..policy import PinPolicy, PinSet
from ..text import printable

LONGEST_POLICY = 4 << 20  # characters; enough for ten thousand hosts
_HOST_FIELDS = {"pins", "banned", "position", "expires", "after_expiry", "enforce"}
_FIELDS = {"hosts", "unlisted", "comment"}


def read_policy(text: str) -> PinPolicy:
    """The policy in a file's text.

    `{"hosts": {pattern: {"pins": [...], "banned": [...], "position": ..., "expires": "2027-03-15",
    "after_expiry": ..., "enforce": ...}}, "unlisted": "accept"}`; of a host only `pins` is needed.
    A date means its beginning in UTC.

    Raises `PolicyError`, with the place, for text that is not such a policy or is longer than
    `LONGEST_POLICY`, and for whatever `PinSet` and `PinPolicy` refuse.
    """
    hosts = _fields(content := _json(text), _FIELDS, "The policy").get("hosts")
    if not isinstance(hosts, dict):
        raise PolicyError('A policy has "hosts": an object with a pin set for each host pattern.')
    pin_sets = {pattern: _pin_set(pattern, entry) for pattern, entry in hosts.items()}
    return PinPolicy(pin_sets, unlisted=content.get("unlisted", "accept"))


def _json(text: str) -> Any:
    if len(text) > LONGEST_POLICY:
        raise PolicyError(f"This is longer than {LONGEST_POLICY >> 20} MiB. A policy is shorter.")
    try:
        return json.loads(text, object_pairs_hook=_no_doubles)
    except json.JSONDecodeError as problem:
        raise PolicyError(
            f"This is not JSON: {problem.msg}, in line {problem.lineno}."
        ) from problem
    except PolicyError:  # a name that appears twice
        raise
    except ValueError:  # `int` refuses to read that many digits
        raise PolicyError(
            "This JSON has a number with thousands of digits, and a policy has none."
        ) from None
    except RecursionError:
        raise PolicyError("This JSON is nested too deeply to be a policy.") from None


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise PolicyError(
                f'"{printable(name, 80)}" appears twice.'
                " A JSON reader would silently drop one of them: keep only one."
            )
        found[name] = value
    return found


def _fields(value: Any, known: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PolicyError(f"{what} must be an object in braces; got {type(value).__name__}.")
    if unknown := sorted(set(value) - known):
        raise PolicyError(
            f'{what} has the unknown field "{printable(unknown[0], 80)}".'
            f" Known fields: {', '.join(sorted(known))}."
        )
    return value


def _pin_set(pattern: str, entry: Any) -> PinSet:
    pattern = printable(pattern, 80)  # from here on it stands in messages only
    options = dict(_fields(entry, _HOST_FIELDS, f"{pattern}: its entry"))
    if not isinstance(options.get("pins"), list) or not isinstance(options.get("banned", []), list):
        raise PolicyError(f'{pattern}: "pins" (and "banned") must be a list of texts.')
    if "expires" in options:
        options["expires"] = _date(pattern, options["expires"])
    try:
        return PinSet(options.pop("pins"), **options)
    except CertPinLabError as problem:
        raise PolicyError(f"{pattern}: {problem}") from problem


def _date(pattern: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise PolicyError(
            f'{pattern}: "expires" must be a date such as "2027-03-15"; got {value!r:.80}.'
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
