"""Patch Manager that you run yourself, wire-compatible with AWS Systems Manager."""

__version__ = "0.1.0"
