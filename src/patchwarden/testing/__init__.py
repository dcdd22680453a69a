"""What tests import, ours and other projects': a simulated fleet."""
