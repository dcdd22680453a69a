"""The inventory of nodes."""
