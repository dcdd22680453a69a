"""The server: the life of a request, and the one place where everything is put together."""
