"""The revisions, one module each; the first makes all tables."""
