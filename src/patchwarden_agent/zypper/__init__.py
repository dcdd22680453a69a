"""The scanner for zypper: SUSE."""
