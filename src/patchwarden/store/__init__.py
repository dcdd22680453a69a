"""The store: domain values in, domain values out; the only SQL of the server.

`database` opens it; each other module keeps one aggregate and takes the `Database` as its first
argument, so that a caller decides what belongs to one transaction.
"""
