"""The scanner for dnf and yum."""
