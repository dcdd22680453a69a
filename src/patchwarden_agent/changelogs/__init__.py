"""Fetches changelogs of packages on offer, which tell the CVEs that they fix."""
