"""Facts that are shipped as files, so that they can be read and checked without code."""
