"""What runs on a managed node: it scans and reports. Standard library only, Python 3.9 or later."""

__version__ = "0.1.0"
