"""One module for each format of feeds."""
