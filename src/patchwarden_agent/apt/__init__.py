"""The scanner for apt: Debian, Ubuntu and their kin."""
