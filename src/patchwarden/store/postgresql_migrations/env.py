"""Alembic runs this to connect: it is handed a connection that has begun a transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
