"""The order of package versions, one module per packaging system."""
