"""Compliance of nodes, item by item and counted."""
