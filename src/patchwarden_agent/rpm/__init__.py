"""What the scanners of rpm systems share."""
