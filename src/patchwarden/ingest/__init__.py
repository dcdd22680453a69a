"""What nodes send: read, checked against limits, kept, judged."""
