"""Other people's formats, read into reports: one module for each, `known` has them in order."""
