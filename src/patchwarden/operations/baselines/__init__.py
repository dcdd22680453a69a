"""Patch baselines, the groups that they judge, and the values that their rules take."""
