"""A store with one node, as the fixture `store`."""

from node_store import store

__all__ = ["store"]
