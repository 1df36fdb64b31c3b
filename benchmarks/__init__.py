"""Ratios against peers: our code and somebody else's do the same work side by side. Start with
`python -m benchmarks`.

Not part of the package that is installed, and not part of the tests: times depend on the machine.
See README.md.
"""
