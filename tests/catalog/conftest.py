"""A store with one node, as the fixture `store`."""

from node_store import fresh_node_store, store

__all__ = ["fresh_node_store", "store"]
