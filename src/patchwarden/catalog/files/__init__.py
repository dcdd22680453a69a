"""Opens the files of feeds: takes compression and archives off, within limits."""
