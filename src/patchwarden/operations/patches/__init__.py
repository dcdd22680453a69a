"""The patches of nodes, and their counts by state."""
