"""The catalog of patches, and what baselines say about it."""
