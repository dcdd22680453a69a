"""Takes vendors' lists of patches into the catalog: one module per format, and the importer."""
