"""Parts of the tests that need something a machine may lack."""

import os

import pytest


def require(present: object, what: str) -> None:
    """Skip the test unless `present`; `what` says what is missing and how to install it.

    CI sets CERTPIN_NO_SKIPS, and there it fails.
    """
    if present:
        return
    if os.environ.get("CERTPIN_NO_SKIPS") == "1":
        pytest.fail(f"Missing, and required here: {what}")
    pytest.skip(what)
