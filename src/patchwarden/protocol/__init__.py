"""AWS JSON 1.1 and Signature Version 4, the server's side: bytes and shapes, nothing of patches."""
