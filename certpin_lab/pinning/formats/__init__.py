"""Pin policies in the syntax of other systems, one module a format: read strictly, written byte for
byte the same each time.
"""
