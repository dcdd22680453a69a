"""The rules of patching as pure functions: values in, values out.

Nothing here reads a clock, a file or a network. Instants are seconds since 1970-01-01T00:00Z
as `float`, the form that reports, the store and the wire share (docs/decisions/0004-time.md).
"""
