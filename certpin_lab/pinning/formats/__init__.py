"""Pin policies in the syntax of other systems, one module a format.

Each reads strictly, and writes the same bytes each time.
"""
