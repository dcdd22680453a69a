"""Managed nodes."""
