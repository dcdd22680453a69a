"""How the schema of a store in PostgreSQL grows: revisions, run by Alembic.

The rule for each later revision: it only adds. The version before goes on working with the new
schema, so that it may serve while the revision runs and until the last server is replaced; what
nothing uses any more is removed by a revision of the version after.
"""
