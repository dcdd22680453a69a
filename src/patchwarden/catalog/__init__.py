"""Takes vendors' feeds into the catalog: read whole, proved right, then imported."""
