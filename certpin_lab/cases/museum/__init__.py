"""The bug museum: pinning clients with a bug that somebody shipped, one file an exhibit.

CONTRIBUTING.md says what belongs in one.
"""
